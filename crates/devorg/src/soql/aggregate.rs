//! COUNT(), and queries with aggregates or GROUP BY.

mod compile;
mod fold;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::{
    error::ApiError,
    org::{ObjectDescribe, Row},
};

use super::{
    QueryResult,
    ast::{Expression, Query, SelectItem},
    cell::Cell,
    filter::{Compiler, Place},
    order::Key,
    parse::malformed,
    plan,
    project::of_cell,
    session::Session,
};
use compile::{Output, Plan};
use fold::Total;

/// Is it a bare `SELECT COUNT()`?
pub fn is_count(query: &Query) -> bool {
    matches!(
        query.select.as_slice(),
        [SelectItem::Expression { expression: Expression::Function { name, argument: None }, alias: None }]
            if name == "COUNT"
    )
}

/// Does it group or aggregate?
pub fn is_aggregate(query: &Query) -> bool {
    !query.group_by.is_empty()
        || query.select.iter().any(|item| match item {
            SelectItem::Expression {
                expression: Expression::Function { name, .. },
                ..
            } => fold::Function::named(name).is_some(),
            SelectItem::Expression { .. } | SelectItem::Children(_) | SelectItem::TypeOf(_) => {
                false
            }
        })
}

/// `COUNT()`: the number of rows, and no records.
pub fn count<'a>(
    session: &Session<'a>,
    object: &'a ObjectDescribe,
    query: &Query,
) -> Result<QueryResult, ApiError> {
    if !query.order_by.is_empty() || !query.group_by.is_empty() {
        return Err(malformed(
            "COUNT() cannot be used with ORDER BY or GROUP BY",
        ));
    }
    let filter = Compiler::filter(session, object, query, Place::Outer)?;
    let rows = plan::rows(session, object, &filter);
    Ok(QueryResult {
        object: object.name.clone(),
        columns: Vec::new(),
        records: Vec::new(),
        total_size: super::select::window(rows, query).count(),
    })
}

/// One record of type `AggregateResult` for each group; without GROUP BY exactly one.
pub fn run<'a>(
    session: &Session<'a>,
    object: &'a ObjectDescribe,
    query: &Query,
) -> Result<QueryResult, ApiError> {
    let plan = Plan::compile(session, object, query)?;
    let filter = Compiler::filter(session, object, query, Place::Outer)?;
    let mut groups: BTreeMap<Vec<String>, Group<'a>> = BTreeMap::new();
    if plan.keys.is_empty() {
        groups.insert(Vec::new(), Group::new(&plan, Vec::new()));
    }
    for row in plan::rows(session, object, &filter) {
        let cells: Vec<Cell<'a>> = plan
            .keys
            .iter()
            .map(|key| key.cell(session, object, row))
            .collect();
        let name = cells
            .iter()
            .map(|cell| of_cell(cell, crate::org::FieldType::String).to_string())
            .collect();
        let group = groups
            .entry(name)
            .or_insert_with(|| Group::new(&plan, cells));
        group.add(&plan, session, object, row);
    }
    let mut kept: Vec<Vec<Cell<'a>>> = groups.into_values().map(Group::finish).collect();
    kept.retain(|cells| plan.having.matches(&|index: &usize| cells[*index]));
    plan.sort(&mut kept);
    let offset = usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = usize::try_from(query.limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let records: Vec<Value> = kept
        .iter()
        .skip(offset)
        .take(limit)
        .map(|cells| plan.record(cells))
        .collect();
    Ok(QueryResult {
        object: object.name.clone(),
        columns: plan
            .outputs
            .iter()
            .map(|output| output.name.clone())
            .collect(),
        total_size: records.len(),
        records,
    })
}

/// The values of a group so far: its keys, then its totals, in the plan's order.
struct Group<'a> {
    keys: Vec<Cell<'a>>,
    totals: Vec<Total<'a>>,
}

impl<'a> Group<'a> {
    fn new(plan: &Plan<'a>, keys: Vec<Cell<'a>>) -> Self {
        let totals = plan
            .aggregates
            .iter()
            .map(|aggregate| Total::new(aggregate.function))
            .collect();
        Self { keys, totals }
    }

    fn add(
        &mut self,
        plan: &Plan<'a>,
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        row: &'a Row,
    ) {
        for (total, aggregate) in self.totals.iter_mut().zip(&plan.aggregates) {
            match &aggregate.column {
                Some(column) => total.add(column.cell(session, object, row)),
                None => total.add(Cell::Boolean(true)),
            }
        }
    }

    fn finish(self) -> Vec<Cell<'a>> {
        let totals = self.totals.into_iter().map(Total::finish);
        self.keys.into_iter().chain(totals).collect()
    }
}

impl<'a> Plan<'a> {
    fn record(&self, cells: &[Cell<'a>]) -> Value {
        let mut record = Map::new();
        record.insert("attributes".to_owned(), json!({"type": "AggregateResult"}));
        for Output { name, index, kind } in &self.outputs {
            record.insert(name.clone(), of_cell(&cells[*index], *kind));
        }
        Value::Object(record)
    }

    fn sort(&self, groups: &mut [Vec<Cell<'a>>]) {
        groups.sort_by_cached_key(|cells| {
            let keys = self.order.iter().map(|(index, direction)| Key {
                cell: cells[*index],
                direction: *direction,
            });
            keys.collect::<Vec<_>>()
        });
    }
}
