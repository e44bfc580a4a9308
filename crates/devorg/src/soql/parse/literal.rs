//! Values: quoted text, numbers, dates, and the named spans of time.

use chrono::DateTime;
use winnow::{
    ModalResult, Parser,
    ascii::multispace0,
    combinator::{alt, cut_err, preceded},
    error::{ContextError, ErrMode},
    token::{any, take, take_while},
};

use crate::{
    org::stamp,
    soql::{
        ast::{Literal, Text},
        calendar,
    },
};

pub fn literal(input: &mut &str) -> ModalResult<Literal> {
    preceded(multispace0, alt((text.map(Literal::Text), bare))).parse_next(input)
}

fn bare(input: &mut &str) -> ModalResult<Literal> {
    take_while(1.., |next: char| {
        next.is_ascii_alphanumeric() || "-+:._".contains(next)
    })
    .verify_map(classify)
    .parse_next(input)
}

fn classify(token: &str) -> Option<Literal> {
    match token.to_ascii_lowercase().as_str() {
        "null" => return Some(Literal::Null),
        "true" => return Some(Literal::Boolean(true)),
        "false" => return Some(Literal::Boolean(false)),
        _ => {}
    }
    if token.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return named(token);
    }
    if let Some(date) = stamp::parse_date(token) {
        return Some(Literal::Date(date));
    }
    if token.contains(['T', 't', ':']) {
        return datetime(token);
    }
    let number: f64 = token.parse().ok()?;
    number.is_finite().then_some(Literal::Number(number))
}

/// `2021-02-09T23:17:59Z`, `….000Z`, `…+01:00`, `…+0100`; the zone is required.
fn datetime(token: &str) -> Option<Literal> {
    let zoned = token.ends_with(['Z', 'z']) || token.get(19..)?.contains(['+', '-']);
    let time = DateTime::parse_from_rfc3339(token)
        .map(|time| time.to_utc())
        .ok();
    let time = time.or_else(|| stamp::parse(token))?;
    zoned.then_some(Literal::Datetime(time))
}

fn named(token: &str) -> Option<Literal> {
    let (name, count) = match token.split_once(':') {
        Some((name, count)) => (name, Some(count.parse::<i32>().ok()?)),
        None => (token, None),
    };
    let name = name.to_ascii_uppercase();
    calendar::is_name(&name, count.is_some()).then_some(Literal::Named { name, count })
}

fn text(input: &mut &str) -> ModalResult<Text> {
    '\''.parse_next(input)?;
    let mut text = Text::default();
    loop {
        match cut_err(any).parse_next(input)? {
            '\'' => return Ok(text),
            '\\' => escape(input, &mut text)?,
            character => text.text.push(character),
        }
    }
}

fn escape(input: &mut &str, text: &mut Text) -> ModalResult<()> {
    let character = match cut_err(any).parse_next(input)? {
        'n' | 'N' => '\n',
        'r' | 'R' => '\r',
        't' | 'T' => '\t',
        'b' | 'B' => '\u{8}',
        'f' | 'F' => '\u{c}',
        wildcard @ ('%' | '_') => {
            text.escaped_wildcards.push(text.text.chars().count());
            wildcard
        }
        plain @ ('"' | '\'' | '\\') => plain,
        'u' | 'U' => cut_err(take(4_usize).verify_map(code_point)).parse_next(input)?,
        _ => return Err(ErrMode::Cut(ContextError::new())),
    };
    text.text.push(character);
    Ok(())
}

fn code_point(digits: &str) -> Option<char> {
    let all_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let code = u32::from_str_radix(digits, 16).ok().filter(|_| all_hex)?;
    char::from_u32(code)
}
