//! SOQL as values: names are checked, literals are typed, and only `Display` writes text.

mod chunk;
mod condition;
mod literal;
mod path;
#[cfg(test)]
mod tests;

use std::fmt;

use domain::{FieldName, ObjectName};

pub use condition::{Condition, Pattern};
pub use literal::Literal;
pub use path::{FieldPath, InvalidPath};

/// One query. There is no way to put text into it that was not checked as a name or written as a
/// literal.
///
/// ```
/// # use domain::ObjectName;
/// # use precis_salesforce::{Condition, FieldPath, Literal, Soql};
/// let object = ObjectName::parse("Case")?;
/// let subject = FieldPath::parse("Subject")?;
/// let soql = Soql::select([FieldPath::ID, FieldPath::parse("Account.Name")?])
///     .from(&object)
///     .filter(Condition::eq(subject, Literal::text("it's broken")))
///     .limit(10);
/// assert_eq!(
///     soql.to_string(),
///     r"SELECT Id, Account.Name FROM Case WHERE Subject = 'it\'s broken' LIMIT 10"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Soql {
    selected: Vec<Selected>,
    object: ObjectName,
    filter: Option<Condition>,
    order: Vec<Order>,
    limit: Option<u32>,
}

/// What is selected, before it is said from which object.
#[derive(Debug, Clone, PartialEq)]
pub struct Select(Vec<Selected>);

/// One entry of the select list.
#[derive(Debug, Clone, PartialEq)]
pub enum Selected {
    Field(FieldPath),
    Children(Children),
}

/// A child subquery: `(SELECT CommentBody FROM CaseComments ORDER BY CreatedDate)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Children {
    fields: Vec<FieldPath>,
    relationship: FieldName,
    filter: Option<Condition>,
    order: Vec<Order>,
    limit: Option<u32>,
}

/// One entry of `ORDER BY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    path: FieldPath,
    direction: Direction,
    nulls: Nulls,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// Where nulls go in an order. Salesforce puts them first unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nulls {
    First,
    Last,
}

impl Soql {
    /// Starts a query. With nothing selected it asks for `Id`.
    pub fn select<S: Into<Selected>>(selected: impl IntoIterator<Item = S>) -> Select {
        Select(selected.into_iter().map(Into::into).collect())
    }

    /// `SELECT COUNT() FROM object`, for [`crate::Client::count`].
    pub fn count(object: &ObjectName) -> Self {
        Self {
            selected: Vec::new(),
            object: object.clone(),
            filter: None,
            order: Vec::new(),
            limit: None,
        }
    }

    /// Adds a condition; rows must meet all conditions that were added.
    #[must_use]
    pub fn filter(mut self, condition: Condition) -> Self {
        self.filter = Some(join(self.filter, condition));
        self
    }

    /// Adds an order; earlier ones count first.
    #[must_use]
    pub fn order_by(mut self, order: impl Into<Order>) -> Self {
        self.order.push(order.into());
        self
    }

    #[must_use]
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(rows);
        self
    }

    /// The object after `FROM`.
    pub fn object(&self) -> &ObjectName {
        &self.object
    }

    /// The query that counts these rows.
    pub(crate) fn as_count(&self) -> Self {
        Self {
            selected: Vec::new(),
            order: Vec::new(),
            ..self.clone()
        }
    }

    pub(crate) fn is_count(&self) -> bool {
        self.selected.is_empty()
    }

    pub(crate) fn has_children(&self) -> bool {
        self.selected
            .iter()
            .any(|selected| matches!(selected, Selected::Children(_)))
    }
}

impl Select {
    #[must_use]
    pub fn from(self, object: &ObjectName) -> Soql {
        let mut selected = self.0;
        if selected.is_empty() {
            selected.push(FieldPath::ID.into());
        }
        Soql {
            selected,
            ..Soql::count(object)
        }
    }
}

impl Children {
    /// The rows under a parent, by the relationship's name in the parent's describe.
    pub fn new<F: Into<FieldPath>>(
        relationship: &FieldName,
        fields: impl IntoIterator<Item = F>,
    ) -> Self {
        let mut fields: Vec<FieldPath> = fields.into_iter().map(Into::into).collect();
        if fields.is_empty() {
            fields.push(FieldPath::ID);
        }
        Self {
            fields,
            relationship: relationship.clone(),
            filter: None,
            order: Vec::new(),
            limit: None,
        }
    }

    #[must_use]
    pub fn filter(mut self, condition: Condition) -> Self {
        self.filter = Some(join(self.filter, condition));
        self
    }

    #[must_use]
    pub fn order_by(mut self, order: impl Into<Order>) -> Self {
        self.order.push(order.into());
        self
    }

    #[must_use]
    pub fn limit(mut self, rows: u32) -> Self {
        self.limit = Some(rows);
        self
    }
}

impl Order {
    pub fn ascending(path: impl Into<FieldPath>) -> Self {
        Self {
            path: path.into(),
            direction: Direction::Ascending,
            nulls: Nulls::First,
        }
    }

    pub fn descending(path: impl Into<FieldPath>) -> Self {
        Self {
            direction: Direction::Descending,
            ..Self::ascending(path)
        }
    }

    #[must_use]
    pub fn nulls(self, nulls: Nulls) -> Self {
        Self { nulls, ..self }
    }
}

fn join(existing: Option<Condition>, added: Condition) -> Condition {
    match existing {
        Some(existing) => existing.and(added),
        None => added,
    }
}

impl<P: Into<FieldPath>> From<P> for Order {
    fn from(path: P) -> Self {
        Self::ascending(path)
    }
}

impl<P: Into<FieldPath>> From<P> for Selected {
    fn from(path: P) -> Self {
        Self::Field(path.into())
    }
}

impl From<Children> for Selected {
    fn from(children: Children) -> Self {
        Self::Children(children)
    }
}

impl fmt::Display for Soql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SELECT ")?;
        if self.is_count() {
            f.write_str("COUNT()")?;
        } else {
            write_list(f, &self.selected)?;
        }
        write!(f, " FROM {}", self.object)?;
        write_rest(f, self.filter.as_ref(), &self.order, self.limit)
    }
}

impl fmt::Display for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(path) => path.fmt(f),
            Self::Children(children) => children.fmt(f),
        }
    }
}

impl fmt::Display for Children {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(SELECT ")?;
        write_list(f, &self.fields)?;
        write!(f, " FROM {}", self.relationship)?;
        write_rest(f, self.filter.as_ref(), &self.order, self.limit)?;
        f.write_str(")")
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.fmt(f)?;
        match self.direction {
            Direction::Ascending => {}
            Direction::Descending => f.write_str(" DESC")?,
        }
        match self.nulls {
            Nulls::First => Ok(()),
            Nulls::Last => f.write_str(" NULLS LAST"),
        }
    }
}

fn write_rest(
    f: &mut fmt::Formatter<'_>,
    filter: Option<&Condition>,
    order: &[Order],
    limit: Option<u32>,
) -> fmt::Result {
    if let Some(filter) = filter {
        write!(f, " WHERE {filter}")?;
    }
    if !order.is_empty() {
        f.write_str(" ORDER BY ")?;
        write_list(f, order)?;
    }
    if let Some(limit) = limit {
        write!(f, " LIMIT {limit}")?;
    }
    Ok(())
}

fn write_list(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}
