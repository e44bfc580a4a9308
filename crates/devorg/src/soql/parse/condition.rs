//! What stands after WHERE and HAVING.

use winnow::{
    ModalResult, Parser,
    ascii::multispace0,
    combinator::{alt, cut_err, delimited, opt, peek, preceded, repeat, separated},
    error::{ContextError, ErrMode},
};

use super::{
    clause::{self, expression},
    literal::literal,
    token::{keyword, sign},
};
use crate::soql::ast::{Condition, Operand, Operator};

/// Terms joined by AND, or by OR; a mixture needs parentheses.
pub fn condition(input: &mut &str) -> ModalResult<Condition> {
    let first = term(input)?;
    let Some(is_and) = opt(peek(connective)).parse_next(input)? else {
        return Ok(first);
    };
    let mut terms = vec![first];
    while let Some(next_is_and) = opt(peek(connective)).parse_next(input)? {
        if next_is_and != is_and {
            return Err(ErrMode::Cut(ContextError::new()));
        }
        connective(input)?;
        terms.push(cut_err(term).parse_next(input)?);
    }
    Ok(if is_and {
        Condition::All(terms)
    } else {
        Condition::Any(terms)
    })
}

/// True for AND, false for OR.
fn connective(input: &mut &str) -> ModalResult<bool> {
    alt((keyword("and").value(true), keyword("or").value(false))).parse_next(input)
}

fn term(input: &mut &str) -> ModalResult<Condition> {
    let negations: usize = repeat(0.., keyword("not")).parse_next(input)?;
    let inner = alt((
        delimited(sign('('), cut_err(condition), cut_err(sign(')'))),
        comparison,
    ))
    .parse_next(input)?;
    Ok(match negations {
        0 => inner,
        even if even % 2 == 0 => Condition::Not(Box::new(Condition::Not(Box::new(inner)))),
        _ => Condition::Not(Box::new(inner)),
    })
}

fn comparison(input: &mut &str) -> ModalResult<Condition> {
    let left = expression(input)?;
    let operator = cut_err(operator).parse_next(input)?;
    let right = match operator {
        Operator::In | Operator::NotIn => cut_err(list_or_subquery).parse_next(input)?,
        Operator::Includes | Operator::Excludes => cut_err(list).parse_next(input)?,
        Operator::Equal
        | Operator::NotEqual
        | Operator::Less
        | Operator::LessOrEqual
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Like => cut_err(literal).map(Operand::Literal).parse_next(input)?,
    };
    Ok(Condition::Compare {
        left,
        operator,
        right,
    })
}

fn operator(input: &mut &str) -> ModalResult<Operator> {
    let symbols = alt((
        "!=".value(Operator::NotEqual),
        "<>".value(Operator::NotEqual),
        "<=".value(Operator::LessOrEqual),
        ">=".value(Operator::GreaterOrEqual),
        "=".value(Operator::Equal),
        "<".value(Operator::Less),
        ">".value(Operator::Greater),
    ));
    let words = alt((
        keyword("like").value(Operator::Like),
        keyword("in").value(Operator::In),
        (keyword("not"), keyword("in")).value(Operator::NotIn),
        keyword("includes").value(Operator::Includes),
        keyword("excludes").value(Operator::Excludes),
    ));
    preceded(multispace0, alt((symbols, words))).parse_next(input)
}

fn list_or_subquery(input: &mut &str) -> ModalResult<Operand> {
    let begins_query = peek((sign('('), keyword("select")));
    if opt(begins_query).parse_next(input)?.is_none() {
        return list(input);
    }
    delimited(sign('('), cut_err(clause::query), cut_err(sign(')')))
        .map(|query| Operand::Subquery(Box::new(query)))
        .parse_next(input)
}

fn list(input: &mut &str) -> ModalResult<Operand> {
    delimited(
        sign('('),
        separated(1.., literal, sign(',')),
        cut_err(sign(')')),
    )
    .map(Operand::List)
    .parse_next(input)
}
