//! One comparison: an operator and a literal, against values of one type.

use std::{cmp::Ordering, collections::HashSet, ops::Range};

use chrono::{DateTime, Utc};

use super::like::Pattern;
use crate::{
    error::ApiError,
    org::{
        FieldType, Org,
        id::{self, IdKey},
        stamp,
    },
    soql::{
        ast::{Literal, Operand, Operator, Text},
        calendar,
        cell::{Cell, compare_text, place},
        parse::malformed,
        session::invalid_field,
    },
};

const DAY: i64 = 86_400_000;

#[derive(Clone, Debug)]
pub enum Check {
    Null,
    Text(Comparison, String),
    /// Lower-case texts.
    TextIn(HashSet<String>),
    Like(Pattern),
    Id(Comparison, IdKey),
    IdIn(HashSet<IdKey>),
    Number(Comparison, f64),
    Boolean(bool),
    /// Against a span of milliseconds: a day, a month, or a single moment.
    Time(Comparison, Range<i64>),
    /// Any of these sets of lower-case picklist values is contained.
    Includes(Vec<Vec<String>>),
    Any(Vec<Check>),
    Not(Box<Check>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is compared: its name for messages, its type, and where and when.
pub struct Subject<'s> {
    pub name: &'s str,
    pub kind: FieldType,
    pub org: &'s Org,
    pub now: DateTime<Utc>,
}

impl Check {
    /// Does it hold for this value? Null satisfies nothing but `= null` and negations.
    pub fn matches(&self, cell: &Cell<'_>) -> bool {
        match (self, cell) {
            (Self::Any(checks), _) => checks.iter().any(|check| check.matches(cell)),
            (Self::Not(check), _) => !check.matches(cell),
            (Self::Null, _) => cell.is_null(),
            (Self::Text(comparison, expected), Cell::Text(text)) => {
                comparison.holds(compare_text(text, expected))
            }
            (Self::TextIn(expected), Cell::Text(text)) => expected.contains(&text.to_lowercase()),
            (Self::Like(pattern), Cell::Text(text)) => pattern.matches(text),
            (Self::Id(comparison, expected), Cell::Id(id)) => comparison.holds(id.cmp(expected)),
            (Self::IdIn(expected), Cell::Id(id)) => expected.contains(id),
            (Self::Number(comparison, expected), Cell::Number(number)) => number
                .partial_cmp(expected)
                .is_some_and(|order| comparison.holds(order)),
            (Self::Boolean(expected), Cell::Boolean(flag)) => expected == flag,
            (Self::Time(comparison, span), Cell::Time(moment)) => {
                comparison.holds(place(*moment, span))
            }
            (Self::Includes(sets), Cell::Text(text)) => includes(sets, text),
            _ => false,
        }
    }

    fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

fn includes(sets: &[Vec<String>], text: &str) -> bool {
    let text = text.to_lowercase();
    let chosen: Vec<&str> = text.split(';').collect();
    sets.iter()
        .any(|set| set.iter().all(|value| chosen.contains(&value.as_str())))
}

/// Compiles operator and operand for the subject.
///
/// # Errors
/// `INVALID_QUERY_FILTER_OPERATOR` for an operator that the type does not know, `INVALID_FIELD` for a
/// literal of another type.
pub fn check(
    subject: &Subject<'_>,
    operator: Operator,
    operand: &Operand,
) -> Result<Check, ApiError> {
    subject.allow(operator)?;
    match (operator, operand) {
        (Operator::In, Operand::List(list)) => subject.one_of(list),
        (Operator::NotIn, Operand::List(list)) => subject.one_of(list).map(Check::negated),
        (Operator::Includes, Operand::List(list)) => subject.including(list),
        (Operator::Excludes, Operand::List(list)) => subject.including(list).map(Check::negated),
        (Operator::Like, Operand::Literal(Literal::Text(text))) => {
            Ok(Check::Like(Pattern::new(text)))
        }
        (_, Operand::Literal(literal)) => subject.compared(operator, literal),
        (_, Operand::List(_) | Operand::Subquery(_)) => Err(malformed("unexpected token: '('")),
    }
}

impl Subject<'_> {
    fn allow(&self, operator: Operator) -> Result<(), ApiError> {
        let allowed = match operator {
            Operator::Equal | Operator::NotEqual => true,
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => {
                !matches!(self.kind, FieldType::Boolean | FieldType::Multipicklist)
            }
            Operator::Like => self.kind.is_text() && self.kind != FieldType::Multipicklist,
            Operator::In | Operator::NotIn => {
                !matches!(self.kind, FieldType::Boolean | FieldType::Multipicklist)
            }
            Operator::Includes | Operator::Excludes => self.kind == FieldType::Multipicklist,
        };
        if allowed {
            return Ok(());
        }
        Err(filter_operator(format!(
            "invalid operator on {} field: {}",
            self.type_name(),
            self.name
        )))
    }

    fn compared(&self, operator: Operator, literal: &Literal) -> Result<Check, ApiError> {
        let comparison = match operator {
            Operator::Equal => Comparison::Equal,
            Operator::NotEqual => return Ok(self.test(Comparison::Equal, literal)?.negated()),
            Operator::Less => Comparison::Less,
            Operator::LessOrEqual => Comparison::LessOrEqual,
            Operator::Greater => Comparison::Greater,
            Operator::GreaterOrEqual => Comparison::GreaterOrEqual,
            Operator::Like
            | Operator::In
            | Operator::NotIn
            | Operator::Includes
            | Operator::Excludes => {
                return Err(self.wrong_type());
            }
        };
        self.test(comparison, literal)
    }

    fn test(&self, comparison: Comparison, literal: &Literal) -> Result<Check, ApiError> {
        let is_empty = matches!(literal, Literal::Text(text) if text.text.is_empty());
        if matches!(literal, Literal::Null) || is_empty {
            return match comparison {
                Comparison::Equal => Ok(Check::Null),
                Comparison::Less
                | Comparison::LessOrEqual
                | Comparison::Greater
                | Comparison::GreaterOrEqual => Err(filter_operator(format!(
                    "invalid operator for null on field: {}",
                    self.name
                ))),
            };
        }
        match literal {
            Literal::Text(text) if self.kind.is_id() => Ok(Check::Id(comparison, self.id(text)?)),
            Literal::Text(text) if self.kind.is_text() || self.kind == FieldType::Time => {
                Ok(Check::Text(comparison, plain(text)?.to_owned()))
            }
            Literal::Number(number) if self.kind.is_numeric() => {
                Ok(Check::Number(comparison, *number))
            }
            Literal::Boolean(flag) if self.kind == FieldType::Boolean => Ok(Check::Boolean(*flag)),
            Literal::Date(_) | Literal::Datetime(_) | Literal::Named { .. } => {
                Ok(Check::Time(comparison, self.span(literal)?))
            }
            Literal::Text(_) | Literal::Number(_) | Literal::Boolean(_) | Literal::Null => {
                Err(self.wrong_type())
            }
        }
    }

    fn one_of(&self, list: &[Literal]) -> Result<Check, ApiError> {
        let mut texts = HashSet::new();
        let mut ids = HashSet::new();
        let mut others = Vec::new();
        for literal in list {
            match self.test(Comparison::Equal, literal)? {
                Check::Text(_, text) => {
                    texts.insert(text.to_lowercase());
                }
                Check::Id(_, id) => {
                    ids.insert(id);
                }
                other @ (Check::Null
                | Check::TextIn(_)
                | Check::Like(_)
                | Check::IdIn(_)
                | Check::Number(..)
                | Check::Boolean(_)
                | Check::Time(..)
                | Check::Includes(_)
                | Check::Any(_)
                | Check::Not(_)) => others.push(other),
            }
        }
        if !texts.is_empty() {
            others.push(Check::TextIn(texts));
        }
        if !ids.is_empty() {
            others.push(Check::IdIn(ids));
        }
        Ok(match others.len() {
            1 => others.swap_remove(0),
            _ => Check::Any(others),
        })
    }

    fn including(&self, list: &[Literal]) -> Result<Check, ApiError> {
        let mut sets = Vec::new();
        for literal in list {
            let Literal::Text(text) = literal else {
                return Err(self.wrong_type());
            };
            sets.push(values(plain(text)?));
        }
        Ok(Check::Includes(sets))
    }

    fn id(&self, text: &Text) -> Result<IdKey, ApiError> {
        let id = text.text.as_str();
        let known = id::is_valid(id)
            || self
                .org
                .object_of_id(id)
                .is_some_and(|object| self.org.row_all(object, id).is_some());
        IdKey::parse(id)
            .filter(|_| known)
            .ok_or_else(|| filter_operator(format!("invalid ID field: {id}")))
    }

    /// The span that a date literal means: a day for a date, a moment for a datetime.
    fn span(&self, literal: &Literal) -> Result<Range<i64>, ApiError> {
        let is_date = self.kind == FieldType::Date;
        match literal {
            Literal::Date(date) if is_date => {
                let start = stamp::midnight(*date).timestamp_millis();
                Ok(start..start + DAY)
            }
            Literal::Datetime(time) if self.kind == FieldType::Datetime => {
                let start = time.timestamp_millis();
                Ok(start..start + 1)
            }
            Literal::Named { name, count } if is_date || self.kind == FieldType::Datetime => {
                let span = calendar::span(name, *count, self.now);
                span.ok_or_else(|| malformed(format!("{name} is out of range")))
            }
            Literal::Date(_)
            | Literal::Datetime(_)
            | Literal::Named { .. }
            | Literal::Text(_)
            | Literal::Number(_)
            | Literal::Boolean(_)
            | Literal::Null => Err(self.wrong_type()),
        }
    }

    fn wrong_type(&self) -> ApiError {
        let quoted = self.kind.is_text() || self.kind.is_id();
        invalid_field(format!(
            "value of filter criterion for field '{}' must be of type {} and should {}be enclosed in quotes",
            self.name,
            self.type_name(),
            if quoted { "" } else { "not " },
        ))
    }

    fn type_name(&self) -> &'static str {
        if self.kind.is_id() {
            "id"
        } else if self.kind == FieldType::Datetime {
            "dateTime"
        } else if matches!(
            self.kind,
            FieldType::Currency | FieldType::Percent | FieldType::Double
        ) {
            "double"
        } else if self.kind.is_text() && self.kind != FieldType::Multipicklist {
            "string"
        } else {
            self.kind.as_str()
        }
    }
}

/// The text of a literal outside of LIKE, where wildcards cannot be escaped.
fn plain(text: &Text) -> Result<&str, ApiError> {
    if text.escaped_wildcards.is_empty() {
        return Ok(&text.text);
    }
    Err(malformed(
        "Invalid string literal. Illegal character sequence '\\%' or '\\_' outside of LIKE",
    ))
}

fn values(text: &str) -> Vec<String> {
    text.split(';').map(str::to_lowercase).collect()
}

fn filter_operator(message: String) -> ApiError {
    ApiError::bad_request("INVALID_QUERY_FILTER_OPERATOR", message)
}
