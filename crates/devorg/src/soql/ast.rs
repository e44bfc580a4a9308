//! The shape of a SOQL statement, with the names as they were written.

use chrono::{DateTime, NaiveDate, Utc};

/// `Account.Owner.Name`, split at the dots.
pub type Path = Vec<String>;

#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    pub select: Vec<SelectItem>,
    pub from: String,
    pub alias: Option<String>,
    /// The name after `USING SCOPE`.
    pub scope: Option<String>,
    pub filter: Option<Condition>,
    pub group_by: Vec<Expression>,
    pub having: Option<Condition>,
    pub order_by: Vec<Order>,
    pub limit: Option<u64>,
    pub offset: Option<u64>,
    /// `FOR UPDATE`, `ALL ROWS`, `WITH …`: what only Apex understands, or this engine does not.
    pub unsupported: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    Expression {
        expression: Expression,
        alias: Option<String>,
    },
    Children(Box<Query>),
    TypeOf(TypeOf),
}

/// A field or a function of one.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Field(Path),
    /// `COUNT()` has no argument.
    Function {
        name: String,
        argument: Option<Path>,
    },
}

/// `TYPEOF What WHEN Account THEN Name ELSE Subject END`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeOf {
    pub relationship: String,
    pub branches: Vec<(String, Vec<Path>)>,
    pub otherwise: Vec<Path>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare {
        left: Expression,
        operator: Operator,
        right: Operand,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
    In,
    NotIn,
    Includes,
    Excludes,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Literal(Literal),
    List(Vec<Literal>),
    Subquery(Box<Query>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Text(Text),
    Number(f64),
    Boolean(bool),
    Null,
    Date(NaiveDate),
    Datetime(DateTime<Utc>),
    /// `TODAY`, or `LAST_N_DAYS:30` with its number.
    Named {
        name: String,
        count: Option<i32>,
    },
}

/// A quoted string, its escapes resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    /// Positions (in characters) of `%` and `_` that were escaped and so are no wildcards.
    pub escaped_wildcards: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub expression: Expression,
    pub descending: bool,
    /// Nulls come first unless the statement says otherwise.
    pub nulls_last: bool,
}
