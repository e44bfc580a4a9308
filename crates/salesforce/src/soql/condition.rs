//! What stands after `WHERE`.

use std::fmt::{self, Write};

use super::literal::write_escaped;
use super::{FieldPath, Literal, Soql};

/// A condition on rows. Parentheses are written wherever SOQL may need them.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition(Kind);

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Compare(FieldPath, Comparison, Literal),
    Like(FieldPath, Pattern),
    In(FieldPath, Membership, Vec<Literal>),
    InRows(FieldPath, Box<Soql>),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Membership {
    In,
    NotIn,
}

/// What `LIKE` compares with. `%` and `_` in the text stand for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    open_start: bool,
    open_end: bool,
}

impl Condition {
    pub fn eq(path: impl Into<FieldPath>, value: impl Into<Literal>) -> Self {
        Self::compare(path, Comparison::Equal, value)
    }

    /// Also true for null, as Salesforce has it.
    pub fn ne(path: impl Into<FieldPath>, value: impl Into<Literal>) -> Self {
        Self::compare(path, Comparison::NotEqual, value)
    }

    pub fn gt(path: impl Into<FieldPath>, value: impl Into<Literal>) -> Self {
        Self::compare(path, Comparison::Greater, value)
    }

    pub fn ge(path: impl Into<FieldPath>, value: impl Into<Literal>) -> Self {
        Self::compare(path, Comparison::GreaterOrEqual, value)
    }

    pub fn lt(path: impl Into<FieldPath>, value: impl Into<Literal>) -> Self {
        Self::compare(path, Comparison::Less, value)
    }

    pub fn le(path: impl Into<FieldPath>, value: impl Into<Literal>) -> Self {
        Self::compare(path, Comparison::LessOrEqual, value)
    }

    pub fn like(path: impl Into<FieldPath>, pattern: Pattern) -> Self {
        Self(Kind::Like(path.into(), pattern))
    }

    /// One of these; with none, no row. For long lists see [`super::Soql::chunks_in`].
    pub fn is_in<L: Into<Literal>>(
        path: impl Into<FieldPath>,
        values: impl IntoIterator<Item = L>,
    ) -> Self {
        Self::member(path, Membership::In, values)
    }

    /// One of the values that another query selects (a semi-join). Salesforce takes two of them in a
    /// query, each selecting one id or reference.
    pub fn is_in_rows(path: impl Into<FieldPath>, rows: Soql) -> Self {
        Self(Kind::InRows(path.into(), Box::new(rows)))
    }

    /// None of these; with none given, every row.
    pub fn not_in<L: Into<Literal>>(
        path: impl Into<FieldPath>,
        values: impl IntoIterator<Item = L>,
    ) -> Self {
        Self::member(path, Membership::NotIn, values)
    }

    /// All of these; with none given, every row.
    pub fn all(conditions: impl IntoIterator<Item = Condition>) -> Self {
        Self(Kind::All(conditions.into_iter().collect()))
    }

    /// Any of these; with none given, no row.
    pub fn any(conditions: impl IntoIterator<Item = Condition>) -> Self {
        Self(Kind::Any(conditions.into_iter().collect()))
    }

    #[must_use]
    pub fn and(self, other: Condition) -> Self {
        match self.0 {
            Kind::All(mut conditions) => {
                conditions.push(other);
                Self(Kind::All(conditions))
            }
            kind @ (Kind::Compare(..)
            | Kind::Like(..)
            | Kind::In(..)
            | Kind::InRows(..)
            | Kind::Any(_)
            | Kind::Not(_)) => Self::all([Self(kind), other]),
        }
    }

    #[must_use]
    pub fn or(self, other: Condition) -> Self {
        match self.0 {
            Kind::Any(mut conditions) => {
                conditions.push(other);
                Self(Kind::Any(conditions))
            }
            kind @ (Kind::Compare(..)
            | Kind::Like(..)
            | Kind::In(..)
            | Kind::InRows(..)
            | Kind::All(_)
            | Kind::Not(_)) => Self::any([Self(kind), other]),
        }
    }

    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "and, or and not read alike; an operator for one of them would not"
    )]
    pub fn not(self) -> Self {
        Self(Kind::Not(Box::new(self)))
    }

    fn compare(
        path: impl Into<FieldPath>,
        comparison: Comparison,
        value: impl Into<Literal>,
    ) -> Self {
        Self(Kind::Compare(path.into(), comparison, value.into()))
    }

    fn member<L: Into<Literal>>(
        path: impl Into<FieldPath>,
        membership: Membership,
        values: impl IntoIterator<Item = L>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        Self(Kind::In(path.into(), membership, values))
    }
}

impl Pattern {
    pub fn starts_with(text: impl Into<String>) -> Self {
        Self::new(text, false, true)
    }

    pub fn ends_with(text: impl Into<String>) -> Self {
        Self::new(text, true, false)
    }

    pub fn contains(text: impl Into<String>) -> Self {
        Self::new(text, true, true)
    }

    fn new(text: impl Into<String>, open_start: bool, open_end: bool) -> Self {
        Self {
            text: text.into(),
            open_start,
            open_end,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Compare(path, comparison, value) => write!(f, "{path} {comparison} {value}"),
            Kind::Like(path, pattern) => write!(f, "{path} LIKE {pattern}"),
            Kind::In(_, Membership::In, values) if values.is_empty() => f.write_str(NO_ROW),
            Kind::In(_, Membership::NotIn, values) if values.is_empty() => f.write_str(EVERY_ROW),
            Kind::In(path, membership, values) => {
                write!(f, "{path} {membership} (")?;
                super::write_list(f, values)?;
                f.write_char(')')
            }
            Kind::InRows(path, rows) => write!(f, "{path} IN ({rows})"),
            Kind::All(conditions) => write_joined(f, conditions, " AND ", EVERY_ROW),
            Kind::Any(conditions) => write_joined(f, conditions, " OR ", NO_ROW),
            Kind::Not(condition) => {
                f.write_str("NOT ")?;
                write_nested(f, condition)
            }
        }
    }
}

/// SOQL has no `true` and `false` in this place, and an empty list is an error there.
const EVERY_ROW: &str = "Id != null";
const NO_ROW: &str = "Id = null";

fn write_joined(
    f: &mut fmt::Formatter<'_>,
    conditions: &[Condition],
    joint: &str,
    if_empty: &str,
) -> fmt::Result {
    if let [only] = conditions {
        return write!(f, "{only}");
    }
    if conditions.is_empty() {
        return f.write_str(if_empty);
    }
    for (position, condition) in conditions.iter().enumerate() {
        if position > 0 {
            f.write_str(joint)?;
        }
        write_nested(f, condition)?;
    }
    Ok(())
}

fn write_nested(f: &mut fmt::Formatter<'_>, condition: &Condition) -> fmt::Result {
    match &condition.0 {
        Kind::Compare(..) | Kind::Like(..) | Kind::In(..) | Kind::InRows(..) => {
            write!(f, "{condition}")
        }
        Kind::All(_) | Kind::Any(_) | Kind::Not(_) => write!(f, "({condition})"),
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
        })
    }
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "IN",
            Self::NotIn => "NOT IN",
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.open_start { "'%" } else { "'" })?;
        let mut rest = self.text.as_str();
        while let Some(position) = rest.find(['%', '_']) {
            write_escaped(f, &rest[..position])?;
            write!(f, "\\{}", &rest[position..=position])?;
            rest = &rest[position + 1..];
        }
        write_escaped(f, rest)?;
        f.write_str(if self.open_end { "%'" } else { "'" })
    }
}
