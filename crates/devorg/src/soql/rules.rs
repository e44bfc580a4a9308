//! What a statement may not do, whatever it is about: limits, and the narrower language of Bulk.

use crate::{error::ApiError, org::ObjectDescribe};

use super::{
    QueryMode, aggregate,
    ast::{Condition, Expression, Operand, Operator, Query, SelectItem},
    parse::malformed,
};

const MOST_SUBQUERIES: usize = 20;
const LARGEST_OFFSET: u64 = 2000;
/// FIELDS(ALL) and FIELDS(CUSTOM) must be limited to this many rows.
const FIELDS_LIMIT: u64 = 200;

pub fn check(query: &Query, mode: QueryMode) -> Result<(), ApiError> {
    check_clauses(query)?;
    let subqueries = query
        .select
        .iter()
        .filter(|item| matches!(item, SelectItem::Children(_)));
    if subqueries.count() > MOST_SUBQUERIES {
        return Err(malformed(
            "A query can have at most 20 subqueries in its SELECT list.",
        ));
    }
    check_fields_function(query)?;
    if mode.is_bulk() {
        check_bulk(query)?;
    }
    Ok(())
}

/// The rules that hold for subqueries too.
pub fn check_clauses(query: &Query) -> Result<(), ApiError> {
    if let Some(clause) = query.unsupported {
        return Err(malformed(format!(
            "{clause} is not supported in this context"
        )));
    }
    if let Some(scope) = &query.scope
        && !scope.eq_ignore_ascii_case("everything")
    {
        return Err(ApiError::bad_request(
            "INVALID_QUERY_SCOPE",
            format!("the scope '{scope}' is not supported"),
        ));
    }
    if query.offset.is_some_and(|offset| offset > LARGEST_OFFSET) {
        return Err(ApiError::bad_request(
            "NUMBER_OUTSIDE_VALID_RANGE",
            "Maximum SOQL offset allowed is 2000",
        ));
    }
    Ok(())
}

fn check_fields_function(query: &Query) -> Result<(), ApiError> {
    let unbounded = query.select.iter().any(|item| match item {
        SelectItem::Expression {
            expression: Expression::Function { name, argument },
            ..
        } => {
            let group = argument
                .as_ref()
                .map(|group| group.concat().to_ascii_uppercase());
            name == "FIELDS" && matches!(group.as_deref(), Some("ALL" | "CUSTOM"))
        }
        SelectItem::Expression { .. } | SelectItem::Children(_) | SelectItem::TypeOf(_) => false,
    });
    if unbounded && query.limit.is_none_or(|limit| limit > FIELDS_LIMIT) && !names_ids(query) {
        return Err(malformed(
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ));
    }
    Ok(())
}

/// Does the WHERE clause confine the query to 200 ids?
fn names_ids(query: &Query) -> bool {
    let Some(condition) = &query.filter else {
        return false;
    };
    required(condition)
        .into_iter()
        .any(|(path, operator, operand)| {
            let few = match operand {
                Operand::List(list) => {
                    operator == Operator::In && list.len() as u64 <= FIELDS_LIMIT
                }
                Operand::Literal(_) => operator == Operator::Equal,
                Operand::Subquery(_) => false,
            };
            few && path.eq_ignore_ascii_case("Id")
        })
}

fn check_bulk(query: &Query) -> Result<(), ApiError> {
    let refused = |what: &str| {
        Err(ApiError::bad_request(
            "API_ERROR",
            format!("{what} not supported in Bulk Query"),
        ))
    };
    if !query.group_by.is_empty() || aggregate::is_count(query) || aggregate::is_aggregate(query) {
        return refused("Aggregate functions and GROUP BY are");
    }
    if query.offset.is_some() {
        return refused("OFFSET is");
    }
    for item in &query.select {
        match item {
            SelectItem::Children(_) => return refused("Aggregate Relationships"),
            SelectItem::TypeOf(_) => return refused("TYPEOF is"),
            SelectItem::Expression {
                expression: Expression::Function { name, .. },
                ..
            } if name == "FIELDS" => {
                return refused("The SOQL FIELDS function is");
            }
            SelectItem::Expression { .. } => {}
        }
    }
    Ok(())
}

/// ContentDocumentLink cannot be read as a whole.
pub fn check_object(object: &ObjectDescribe, query: &Query) -> Result<(), ApiError> {
    if object.name != "ContentDocumentLink" {
        return Ok(());
    }
    let conditions = query.filter.as_ref().map(required).unwrap_or_default();
    let is_confined = conditions.into_iter().any(|(path, operator, _)| {
        let by_id = ["Id", "ContentDocumentId", "LinkedEntityId"]
            .iter()
            .any(|field| path.eq_ignore_ascii_case(field));
        by_id && matches!(operator, Operator::Equal | Operator::In)
    });
    if is_confined {
        return Ok(());
    }
    Err(malformed(
        "Implementation restriction: ContentDocumentLink requires a filter by a single Id on \
         ContentDocumentId or LinkedEntityId using the equals operator or multiple Id's using the IN \
         operator.",
    ))
}

/// The comparisons that every row must satisfy, with the path that they are about.
fn required(condition: &Condition) -> Vec<(String, Operator, &Operand)> {
    match condition {
        Condition::All(conditions) => conditions.iter().flat_map(required).collect(),
        Condition::Compare {
            left: Expression::Field(path),
            operator,
            right,
        } => {
            vec![(path.join("."), *operator, right)]
        }
        Condition::Any(_) | Condition::Not(_) | Condition::Compare { .. } => Vec::new(),
    }
}
