//! Plain queries: rows in, records out.

use serde_json::Value;

use crate::{
    error::ApiError,
    org::{ObjectDescribe, Row},
};

use super::{
    QueryResult,
    ast::Query,
    filter::{Compiler, Place},
    order::Sort,
    plan::{self, Sequence},
    project::Shape,
    session::Session,
};

pub fn run<'a>(
    session: &Session<'a>,
    object: &'a ObjectDescribe,
    query: &Query,
) -> Result<QueryResult, ApiError> {
    let shape = Shape::compile(session, object, query, 0)?;
    let filter = Compiler::filter(session, object, query, Place::Outer)?;
    let sort = Sort::compile(session, object, query.alias.as_deref(), &query.order_by)?;
    let sequence = sort.sequence();
    let rows = plan::matching(session, object, &filter, sequence);
    let rows = match sequence {
        Sequence::Any => sort.sorted(session, object, rows),
        Sequence::ByStamp | Sequence::ById => rows,
    };
    let visible = rows.filter(|row| session.visibility.record(&object.name, row));
    let records: Vec<Value> = window(visible, query)
        .map(|row| shape.record(session, object, row))
        .collect();
    Ok(QueryResult {
        object: object.name.clone(),
        columns: shape.columns(),
        total_size: records.len(),
        records,
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
