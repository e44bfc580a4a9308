//! The SELECT list: what each record looks like.

mod compile;
mod value;

use serde_json::{Map, Value, json};

use crate::org::{FieldDescribe, ObjectDescribe, Row, table::id_of};

use super::{
    ast::Query,
    column::{AccessColumn, Leaf, object_of},
    filter::Filter,
    order::Sort,
    plan,
    select::window,
    session::Session,
    source::Source,
};

pub use value::of_cell;

/// The items of a record, in select order.
#[derive(Debug, Default)]
pub struct Shape<'a> {
    items: Vec<Item<'a>>,
    columns: Vec<String>,
}

#[derive(Debug)]
enum Item<'a> {
    Value {
        key: String,
        leaf: Leaf<'a>,
        /// `toLabel()`: the label of a picklist's value.
        as_label: bool,
    },
    Parent {
        key: String,
        field: &'a FieldDescribe,
        items: Vec<Item<'a>>,
    },
    Access(Vec<AccessColumn>),
    TypeOf {
        key: String,
        field: &'a FieldDescribe,
        branches: Vec<(&'a str, Vec<Item<'a>>)>,
        otherwise: Vec<Item<'a>>,
    },
    Children(Box<Children<'a>>),
}

#[derive(Debug)]
struct Children<'a> {
    key: String,
    object: &'a ObjectDescribe,
    /// The child's field that points back.
    field: String,
    query: Query,
    shape: Shape<'a>,
    filter: Filter<Source<'a>>,
    sort: Sort<'a>,
}

impl<'a> Shape<'a> {
    /// `Id`, `Account.Name`, …: the selected fields in order.
    pub fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    pub fn record(&self, session: &Session<'a>, object: &'a ObjectDescribe, row: &'a Row) -> Value {
        record(&self.items, session, object, row)
    }
}

fn record<'a>(
    items: &[Item<'a>],
    session: &Session<'a>,
    object: &'a ObjectDescribe,
    row: &'a Row,
) -> Value {
    let mut record = Map::new();
    record.insert(
        "attributes".to_owned(),
        attributes(session, &object.name, id_of(row)),
    );
    for item in items {
        let (key, value) = item.entry(session, object, row);
        record.insert(key.to_owned(), value);
    }
    Value::Object(record)
}

/// `{"type", "url"}` of a record.
pub fn attributes(session: &Session<'_>, object: &str, id: &str) -> Value {
    let version = &session.org.settings().api_version;
    json!({"type": object, "url": format!("/services/data/v{version}/sobjects/{object}/{id}")})
}

impl<'a> Item<'a> {
    fn key(&self) -> &str {
        match self {
            Self::Value { key, .. } | Self::Parent { key, .. } | Self::TypeOf { key, .. } => key,
            Self::Access(_) => "UserRecordAccess",
            Self::Children(children) => &children.key,
        }
    }

    fn entry(
        &self,
        session: &Session<'a>,
        object: &'a ObjectDescribe,
        row: &'a Row,
    ) -> (&str, Value) {
        let value = match self {
            Self::Value { leaf, as_label, .. } => {
                let value = value::of_leaf(session, object, row, leaf);
                if *as_label {
                    value::label(leaf, value)
                } else {
                    value
                }
            }
            Self::Parent { field, items, .. } => {
                let parent = session.parent(field, row);
                parent.map_or(Value::Null, |(object, row)| {
                    record(items, session, object, row)
                })
            }
            Self::Access(columns) => access(session, columns, row),
            Self::TypeOf {
                field,
                branches,
                otherwise,
                ..
            } => {
                let items = object_of(session, field, row)
                    .and_then(|name| branches.iter().find(|(branch, _)| *branch == name))
                    .map_or(otherwise, |(_, items)| items);
                let parent = session.parent(field, row);
                parent.map_or(Value::Null, |(object, row)| {
                    record(items, session, object, row)
                })
            }
            Self::Children(children) => children.records(session, row),
        };
        (self.key(), value)
    }
}

fn access(session: &Session<'_>, columns: &[AccessColumn], row: &Row) -> Value {
    let user = session.visibility.user_id().unwrap_or_default();
    let access = session.visibility.record_access(user, id_of(row));
    let mut record = Map::new();
    record.insert(
        "attributes".to_owned(),
        attributes(session, "UserRecordAccess", id_of(row)),
    );
    for column in columns {
        let name = Leaf::Access(*column).name().to_owned();
        record.insert(
            name,
            of_cell(&column.cell(access), crate::org::FieldType::String),
        );
    }
    Value::Object(record)
}

impl<'a> Children<'a> {
    fn records(&self, session: &Session<'a>, parent: &Row) -> Value {
        let rows = plan::children(
            session,
            self.object,
            &self.field,
            id_of(parent),
            &self.filter,
        );
        let rows = self.sort.sorted(session, self.object, rows.into_iter());
        let records: Vec<Value> = window(rows, &self.query)
            .map(|row| self.shape.record(session, self.object, row))
            .collect();
        if records.is_empty() {
            return Value::Null;
        }
        json!({"totalSize": records.len(), "done": true, "records": records})
    }
}
