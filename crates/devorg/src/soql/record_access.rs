//! `UserRecordAccess`: a virtual object that holds a row for every user and record it is asked about.

use serde_json::{Map, Value};

use crate::{
    error::ApiError,
    org::{FieldType, id},
};

use super::{
    QueryResult,
    ast::{Condition, Expression, Literal, Operand, Operator, Path, Query, SelectItem},
    cell::Cell,
    column::AccessColumn,
    filter::{Check, Subject, check},
    parse::malformed,
    project::{attributes, of_cell},
    session::{Session, no_such_column},
};

/// Salesforce's limit on the records of one query.
const MOST_RECORDS: usize = 200;

/// The WHERE clause: one user, some records, and conditions on the answer.
#[derive(Default)]
struct Question {
    user: Option<String>,
    records: Option<Vec<String>>,
    conditions: Vec<(AccessColumn, Check)>,
}

#[derive(Clone, Copy)]
enum Output {
    User,
    Record,
    Access(AccessColumn, &'static str),
}

pub fn run(session: &Session<'_>, query: &Query) -> Result<QueryResult, ApiError> {
    if session.mode.is_bulk() {
        return Err(ApiError::bad_request(
            "API_ERROR",
            "Entity 'UserRecordAccess' is not supported by the Bulk API.",
        ));
    }
    let outputs = outputs(query)?;
    if !query.group_by.is_empty() || !query.order_by.is_empty() || query.offset.is_some() {
        return Err(malformed(
            "UserRecordAccess supports neither GROUP BY, ORDER BY nor OFFSET here",
        ));
    }
    let mut question = Question::default();
    if let Some(condition) = &query.filter {
        question.read(session, condition)?;
    }
    let (Some(user), Some(records)) = (question.user, question.records) else {
        return Err(malformed(
            "Must filter on both UserId and RecordId to query UserRecordAccess",
        ));
    };
    if records.len() > MOST_RECORDS {
        return Err(malformed(
            "The number of record ids in the filter of UserRecordAccess exceeds the maximum of 200",
        ));
    }
    let limit = query
        .limit
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(usize::MAX);
    let records: Vec<Value> = records
        .iter()
        .filter_map(|record| answer(session, &user, record, &question.conditions, &outputs))
        .take(limit)
        .collect();
    Ok(QueryResult {
        object: "UserRecordAccess".to_owned(),
        columns: outputs
            .iter()
            .map(|output| output.name().to_owned())
            .collect(),
        total_size: records.len(),
        records,
    })
}

fn answer(
    session: &Session<'_>,
    user: &str,
    record: &str,
    conditions: &[(AccessColumn, Check)],
    outputs: &[Output],
) -> Option<Value> {
    let access = session.visibility.record_access(user, record);
    if !conditions
        .iter()
        .all(|(column, check)| check.matches(&column.cell(access)))
    {
        return None;
    }
    let mut row = Map::new();
    row.insert(
        "attributes".to_owned(),
        attributes(session, "UserRecordAccess", record),
    );
    for output in outputs {
        let value = match output {
            Output::User => user.into(),
            Output::Record => record.into(),
            Output::Access(column, _) => of_cell(&column.cell(access), FieldType::String),
        };
        row.insert(output.name().to_owned(), value);
    }
    Some(Value::Object(row))
}

fn outputs(query: &Query) -> Result<Vec<Output>, ApiError> {
    let mut outputs = Vec::new();
    for item in &query.select {
        let SelectItem::Expression {
            expression: Expression::Field(path),
            alias: None,
        } = item
        else {
            return Err(malformed(
                "UserRecordAccess can only be asked for its fields",
            ));
        };
        outputs.push(Output::named(path)?);
    }
    Ok(outputs)
}

impl Output {
    fn named(path: &Path) -> Result<Self, ApiError> {
        let name = path.last().map(String::as_str).unwrap_or_default();
        if name.eq_ignore_ascii_case("UserId") {
            return Ok(Self::User);
        }
        if name.eq_ignore_ascii_case("RecordId") || name.eq_ignore_ascii_case("Id") {
            return Ok(Self::Record);
        }
        let column = AccessColumn::named(name);
        column
            .map(|(column, name)| Self::Access(column, name))
            .ok_or_else(|| no_such_column(&path.join("."), "UserRecordAccess"))
    }

    fn name(self) -> &'static str {
        match self {
            Self::User => "UserId",
            Self::Record => "RecordId",
            Self::Access(_, name) => name,
        }
    }
}

impl Question {
    fn read(&mut self, session: &Session<'_>, condition: &Condition) -> Result<(), ApiError> {
        match condition {
            Condition::All(conditions) => conditions
                .iter()
                .try_for_each(|condition| self.read(session, condition)),
            Condition::Compare {
                left: Expression::Field(path),
                operator,
                right,
            } => self.compare(session, path, *operator, right),
            Condition::Any(_) | Condition::Not(_) | Condition::Compare { .. } => Err(malformed(
                "The filter of UserRecordAccess supports only AND",
            )),
        }
    }

    fn compare(
        &mut self,
        session: &Session<'_>,
        path: &Path,
        operator: Operator,
        right: &Operand,
    ) -> Result<(), ApiError> {
        match Output::named(path)? {
            Output::User => match ids(operator, right)?.as_slice() {
                [user] => self.user = Some(user.clone()),
                _ => return Err(malformed("UserRecordAccess answers for one user at a time")),
            },
            Output::Record => self.records = Some(ids(operator, right)?),
            Output::Access(column, name) => {
                let kind = match column.cell(super::RecordAccess::default()) {
                    Cell::Boolean(_) => FieldType::Boolean,
                    Cell::Null
                    | Cell::Text(_)
                    | Cell::Id(_)
                    | Cell::Number(_)
                    | Cell::Time(_)
                    | Cell::Opaque(_) => FieldType::Picklist,
                };
                let subject = Subject {
                    name,
                    kind,
                    org: session.org,
                    now: session.org.now(),
                };
                self.conditions
                    .push((column, check(&subject, operator, right)?));
            }
        }
        Ok(())
    }
}

/// The ids of `= 'x'` or `IN ('x', …)`, widened to 18 characters.
fn ids(operator: Operator, right: &Operand) -> Result<Vec<String>, ApiError> {
    let literals = match (operator, right) {
        (Operator::Equal, Operand::Literal(literal)) => std::slice::from_ref(literal),
        (Operator::In, Operand::List(literals)) => literals.as_slice(),
        _ => {
            return Err(malformed(
                "UserRecordAccess can only be filtered with = and IN",
            ));
        }
    };
    let mut ids = Vec::new();
    for literal in literals {
        let Literal::Text(text) = literal else {
            return Err(malformed("ids must be enclosed in quotes"));
        };
        let key = id::IdKey::parse(&text.text).ok_or_else(|| {
            ApiError::bad_request(
                "INVALID_QUERY_FILTER_OPERATOR",
                format!("invalid ID field: {}", text.text),
            )
        })?;
        let id = if text.text.len() == 15 {
            key.widen()
        } else {
            text.text.clone()
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}
