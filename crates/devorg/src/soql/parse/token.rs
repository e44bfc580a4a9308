//! Words and signs. Every token skips the blanks before it.

use winnow::{
    ModalResult, Parser,
    ascii::multispace0,
    combinator::{preceded, separated},
    token::{one_of, take_while},
};

use crate::soql::ast::Path;

/// Words that end a clause and so cannot be an alias.
const RESERVED: [&str; 24] = [
    "and", "asc", "by", "desc", "else", "end", "excludes", "for", "from", "group", "having", "in",
    "includes", "like", "limit", "not", "nulls", "offset", "or", "order", "select", "using",
    "where", "with",
];

/// A name, of whatever meaning.
pub fn word<'i>(input: &mut &'i str) -> ModalResult<&'i str> {
    preceded(multispace0, bare_word).parse_next(input)
}

fn bare_word<'i>(input: &mut &'i str) -> ModalResult<&'i str> {
    (
        one_of(|first: char| first.is_ascii_alphabetic()),
        take_while(0.., |next: char| {
            next.is_ascii_alphanumeric() || next == '_'
        }),
    )
        .take()
        .parse_next(input)
}

/// A name that is no keyword.
pub fn alias<'i>(input: &mut &'i str) -> ModalResult<&'i str> {
    word.verify(|word: &str| {
        !RESERVED
            .iter()
            .any(|reserved| word.eq_ignore_ascii_case(reserved))
            && !word.eq_ignore_ascii_case("all")
            && !word.eq_ignore_ascii_case("update")
    })
    .parse_next(input)
}

/// This very word, in any case.
pub fn keyword<'i>(
    expected: &'static str,
) -> impl Parser<&'i str, (), winnow::error::ErrMode<winnow::error::ContextError>> {
    word.verify(move |word: &str| word.eq_ignore_ascii_case(expected))
        .void()
}

pub fn sign<'i>(
    expected: char,
) -> impl Parser<&'i str, (), winnow::error::ErrMode<winnow::error::ContextError>> {
    preceded(multispace0, expected).void()
}

/// `Account.Owner.Name`; no blanks around the dots.
pub fn path(input: &mut &str) -> ModalResult<Path> {
    preceded(
        multispace0,
        separated(1.., bare_word.map(str::to_owned), '.'),
    )
    .parse_next(input)
}

/// A whole number.
pub fn number(input: &mut &str) -> ModalResult<u64> {
    preceded(
        multispace0,
        take_while(1.., |digit: char| digit.is_ascii_digit()),
    )
    .try_map(str::parse)
    .parse_next(input)
}
