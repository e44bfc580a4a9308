//! From text to [`Query`].

mod clause;
mod condition;
mod literal;
mod token;

use winnow::Parser;

use super::ast::Query;
use crate::error::ApiError;

/// Salesforce's limit on the length of a statement, in characters.
const LONGEST: usize = 100_000;
/// Parentheses deeper than this are refused: the parser and what follows it recurse.
const DEEPEST: usize = 64;

/// Parses a whole statement.
///
/// # Errors
/// `MALFORMED_QUERY` with the place and the token at fault.
pub fn parse(soql: &str) -> Result<Query, ApiError> {
    if soql.chars().count() > LONGEST {
        return Err(malformed(
            "SOQL statements cannot be longer than 100000 characters.",
        ));
    }
    if nesting(soql) > DEEPEST {
        return Err(malformed(
            "The query is too complicated: it nests too deeply.",
        ));
    }
    clause::statement
        .parse(soql)
        .map_err(|error| unexpected(soql, error.offset()))
}

pub fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::bad_request("MALFORMED_QUERY", message)
}

/// How deep the parentheses outside of strings nest.
fn nesting(soql: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut in_string = false;
    let mut characters = soql.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' if in_string => {
                characters.next();
            }
            '\'' => in_string = !in_string,
            '(' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ')' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Salesforce's message: the statement, a caret below the fault, the place, the token.
fn unexpected(soql: &str, offset: usize) -> ApiError {
    let before = soql.get(..offset).unwrap_or(soql);
    let rest = soql.get(offset..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start().len();
    let rest = rest.trim_start();
    let column = before.chars().count() + blanks + 1;
    let word = rest.find(|character: char| !character.is_alphanumeric() && character != '_');
    let token: String = match word {
        Some(0) => rest.chars().take(1).collect(),
        Some(end) => rest[..end].chars().take(80).collect(),
        None => rest.chars().take(80).collect(),
    };
    let token = if token.is_empty() {
        "<EOF>".to_owned()
    } else {
        token
    };
    let shown: String = soql.chars().take(1000).collect();
    malformed(format!(
        "\n{shown}\n{:>width$}\nERROR at Row:1:Column:{column}\nunexpected token: '{token}'",
        "^",
        width = column.min(1000),
    ))
}
