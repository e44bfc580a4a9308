//! Plain queries: rows in, records out.

use serde_json::Value;

use crate::{
    error::ApiError,
    org::{ObjectDescribe, Org, Row, id::IdKey, table::Table},
};

use super::{
    QueryMode, QueryResult, Visibility,
    ast::Query,
    begin,
    filter::{Compiler, Place},
    order::Sort,
    plan::{self, Sequence},
    project::Shape,
    session::Session,
};

/// What a statement found.
pub enum Found<'a> {
    Rows(Rows<'a>),
    /// Counts, groups and access: computed, with no rows behind them.
    Result(QueryResult),
}

/// The rows that a query found, in its order, and the shape that it asks for.
pub struct Rows<'a> {
    session: Session<'a>,
    object: &'a ObjectDescribe,
    shape: Shape<'a>,
    rows: Vec<&'a Row>,
}

impl<'a> Rows<'a> {
    /// The object as the describe spells it.
    pub fn object(&self) -> &'a ObjectDescribe {
        self.object
    }

    pub fn columns(&self) -> Vec<String> {
        self.shape.columns()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows' ids, by which [`find_again`] finds them again.
    pub fn keys(&self) -> Vec<IdKey> {
        self.rows.iter().map(|row| Table::key(row)).collect()
    }

    /// The records, each made when it is asked for.
    pub fn records(&self) -> impl Iterator<Item = Value> {
        let record = |row: &&'a Row| self.shape.record(&self.session, self.object, row);
        self.rows.iter().map(record)
    }

    pub fn into_result(self) -> QueryResult {
        QueryResult {
            object: self.object.name.clone(),
            columns: self.columns(),
            total_size: self.len(),
            records: self.records().collect(),
        }
    }
}

pub fn find<'a>(
    session: Session<'a>,
    object: &'a ObjectDescribe,
    query: &Query,
) -> Result<Rows<'a>, ApiError> {
    let shape = Shape::compile(&session, object, query, 0)?;
    let filter = Compiler::filter(&session, object, query, Place::Outer)?;
    let sort = Sort::compile(&session, object, query.alias.as_deref(), &query.order_by)?;
    let sequence = sort.sequence();
    let rows = plan::matching(&session, object, &filter, sequence);
    let rows = match sequence {
        Sequence::Any => sort.sorted(&session, object, rows),
        Sequence::ByStamp | Sequence::ById => rows,
    };
    let visible = rows.filter(|row| session.visibility.record(&object.name, row));
    let rows = window(visible, query).collect();
    Ok(Rows {
        session,
        object,
        shape,
        rows,
    })
}

/// The rows that a query found earlier, as they are now. Those that are gone since, or that the user
/// may no longer read, are left out.
///
/// # Errors
/// As [`super::query`], when a field or the object is gone since.
pub fn find_again<'a>(
    org: &'a Org,
    visibility: &'a dyn Visibility,
    soql: &str,
    mode: QueryMode,
    keys: &[IdKey],
) -> Result<Rows<'a>, ApiError> {
    let (session, statement) = begin(org, visibility, soql, mode)?;
    let object = session.object(&statement.from)?;
    let shape = Shape::compile(&session, object, &statement, 0)?;
    let rows = plan::named(&session, object, keys);
    let rows = rows
        .filter(|row| visibility.record(&object.name, row))
        .collect();
    Ok(Rows {
        session,
        object,
        shape,
        rows,
    })
}

/// The rows that OFFSET and LIMIT leave.
pub fn window<'r>(
    rows: impl Iterator<Item = &'r Row>,
    query: &Query,
) -> impl Iterator<Item = &'r Row> {
    let to_count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    rows.skip(query.offset.map_or(0, to_count))
        .take(query.limit.map_or(usize::MAX, to_count))
}
