//! One row, in one shape whether it came by REST or by Bulk.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{ObjectName, RecordId};
use serde_json::{Map, Value};

use crate::time;

/// One row of a query result: texts by the path that was selected.
///
/// Every value is a text: booleans are `true` and `false`, numbers their JSON text, times as
/// Salesforce writes them. What is empty or null is absent. A parent's field stands under its path
/// (`Account.Name`, `What.Type`), so do the parts of an address (`BillingAddress.city`); the ids of
/// a list field are joined by `;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    object: ObjectName,
    /// In the order of the reply. Rows have a few dozen fields, so a scan beats a map.
    fields: Vec<(Arc<str>, String)>,
    children: BTreeMap<Arc<str>, Vec<Record>>,
}

/// The rest of a child result that did not fit into its parent's row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    pub(crate) relationship: Arc<str>,
    /// The `nextRecordsUrl`.
    pub(crate) next: String,
}

impl Record {
    /// The object of the row; `AggregateResult` for aggregates.
    pub fn object(&self) -> &ObjectName {
        &self.object
    }

    /// The text under a path, none if null, empty or not selected. Case does not count, as in SOQL.
    pub fn text(&self, path: &str) -> Option<&str> {
        let exact = self.fields.iter().find(|(name, _)| &**name == path);
        exact
            .or_else(|| {
                self.fields
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(path))
            })
            .map(|(_, text)| text.as_str())
    }

    /// The record's own id.
    pub fn id(&self) -> Option<RecordId> {
        self.record_id("Id")
    }

    /// The id under a path, none if there is none or it is not an id.
    pub fn record_id(&self, path: &str) -> Option<RecordId> {
        self.text(path).and_then(|text| text.parse().ok())
    }

    /// The time under a path.
    pub fn datetime(&self, path: &str) -> Option<DateTime<Utc>> {
        self.text(path).and_then(time::parse)
    }

    /// The date under a path.
    pub fn date(&self, path: &str) -> Option<NaiveDate> {
        self.text(path).and_then(|text| text.parse().ok())
    }

    /// The boolean under a path.
    pub fn bool(&self, path: &str) -> Option<bool> {
        self.text(path).and_then(|text| text.parse().ok())
    }

    /// The number under a path.
    pub fn number(&self, path: &str) -> Option<f64> {
        self.text(path).and_then(|text| text.parse().ok())
    }

    /// The rows of a child subquery, all of them; none if it has no rows or was not asked for.
    pub fn children(&self, relationship: &str) -> &[Record] {
        self.children
            .get(relationship)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Every path with a text, in the order of the reply.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|(path, text)| (&**path, text.as_str()))
    }

    pub(crate) fn from_csv<'a>(
        object: &ObjectName,
        columns: &[Arc<str>],
        values: impl Iterator<Item = &'a str>,
    ) -> Self {
        let fields = columns
            .iter()
            .zip(values)
            .filter(|(_, text)| !text.is_empty())
            .map(|(path, text)| (path.clone(), text.to_owned()))
            .collect();
        Self {
            object: object.clone(),
            fields,
            children: BTreeMap::new(),
        }
    }

    pub(crate) fn add_children(&mut self, relationship: Arc<str>, rows: Vec<Record>) {
        self.children.entry(relationship).or_default().extend(rows);
    }
}

/// Turns the JSON rows of one page into records. Paths and object names repeat in every row, so
/// they are shared.
#[derive(Debug, Default)]
pub(crate) struct RowReader {
    paths: HashSet<Arc<str>>,
    objects: BTreeMap<String, ObjectName>,
}

impl RowReader {
    /// The record of a row, and the child results of it that need further calls. A text says why a
    /// row is none.
    pub(crate) fn read(&mut self, row: Value) -> Result<(Record, Vec<Unread>), String> {
        let Value::Object(mut row) = row else {
            return Err("a row is not an object".to_owned());
        };
        let mut record = Record {
            object: self.object_of(&row)?,
            fields: Vec::with_capacity(row.len()),
            children: BTreeMap::new(),
        };
        row.shift_remove("attributes");
        let mut unread = Vec::new();
        for (name, value) in row {
            match value {
                Value::Object(rows) if is_child_result(&rows) => {
                    let relationship = self.shared(&name);
                    let (children, next) = self.read_children(rows)?;
                    record.add_children(relationship.clone(), children);
                    unread.extend(next.map(|next| Unread { relationship, next }));
                }
                Value::Object(parent) => self.flatten(&name, parent, &mut record.fields),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_) => {
                    let path = self.shared(&name);
                    record
                        .fields
                        .extend(text_of(value).map(|text| (path, text)));
                }
            }
        }
        Ok((record, unread))
    }

    fn object_of(&mut self, row: &Map<String, Value>) -> Result<ObjectName, String> {
        let name = row
            .get("attributes")
            .and_then(|attributes| attributes.get("type"))
            .and_then(Value::as_str)
            .ok_or("a row does not say its object")?;
        if let Some(object) = self.objects.get(name) {
            return Ok(object.clone());
        }
        let object = ObjectName::parse(name).map_err(|error| error.to_string())?;
        self.objects.insert(name.to_owned(), object.clone());
        Ok(object)
    }

    /// The rows of a child result and where it goes on. Subqueries below subqueries must fit into
    /// their first page.
    fn read_children(
        &mut self,
        mut result: Map<String, Value>,
    ) -> Result<(Vec<Record>, Option<String>), String> {
        let next = match result.shift_remove("nextRecordsUrl") {
            Some(Value::String(next)) => Some(next),
            Some(_) | None => None,
        };
        let Some(Value::Array(rows)) = result.shift_remove("records") else {
            return Err("a child result has no rows".to_owned());
        };
        let mut records = Vec::with_capacity(rows.len());
        for row in rows {
            let (record, unread) = self.read(row)?;
            if !unread.is_empty() {
                return Err("a subquery within a subquery has more than one page".to_owned());
            }
            records.push(record);
        }
        Ok((records, next))
    }

    /// Adds the fields of a parent, or the parts of an address, under their paths. Parents nest at
    /// most five levels deep, so the recursion is shallow; serde_json bounds it in any case.
    fn flatten(
        &mut self,
        prefix: &str,
        parent: Map<String, Value>,
        fields: &mut Vec<(Arc<str>, String)>,
    ) {
        for (name, value) in parent {
            if name == "attributes" {
                continue;
            }
            let path = format!("{prefix}.{name}");
            match value {
                Value::Object(grandparent) => self.flatten(&path, grandparent, fields),
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_) => {
                    let path = self.shared(&path);
                    fields.extend(text_of(value).map(|text| (path, text)));
                }
            }
        }
    }

    fn shared(&mut self, path: &str) -> Arc<str> {
        if let Some(shared) = self.paths.get(path) {
            return shared.clone();
        }
        let shared: Arc<str> = Arc::from(path);
        self.paths.insert(shared.clone());
        shared
    }
}

fn is_child_result(value: &Map<String, Value>) -> bool {
    value.contains_key("records") && value.contains_key("totalSize")
}

fn text_of(value: Value) -> Option<String> {
    let text = match value {
        Value::Null | Value::Object(_) => return None,
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text,
        Value::Array(items) => {
            let texts: Vec<String> = items.into_iter().filter_map(text_of).collect();
            texts.join(";")
        }
    };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(row: Value) -> (Record, Vec<Unread>) {
        RowReader::default().read(row).unwrap()
    }

    #[test]
    fn a_rest_row_becomes_texts_by_path() {
        let (case, unread) = read(json!({
            "attributes": {"type": "Case", "url": "/services/data/v66.0/sobjects/Case/x"},
            "Id": "500EzAAAAAAAAAB",
            "Subject": "Pump \u{1F6B0} leaks",
            "IsClosed": false,
            "Amount": 12.5,
            "Count": 7,
            "Description": null,
            "Empty": "",
            "ToIds": ["003A", "003B"],
            "SystemModstamp": "2021-02-09T23:17:59.000+0000",
            "CloseDate": "2021-03-01",
            "Account": {"attributes": {"type": "Account"}, "Name": "Acme",
                        "Owner": {"attributes": {"type": "User"}, "Name": "Ada"}},
            "Contact": null,
            "What": {"attributes": {"type": "Name"}, "Type": "Opportunity"},
            "BillingAddress": {"city": "Kyoto", "street": null},
        }));
        assert!(unread.is_empty());
        assert_eq!(case.object().as_str(), "Case");
        assert_eq!(
            case.id().map(|id| id.to_string()).as_deref(),
            Some("500EzAAAAAAAAABI55")
        );
        for (path, text) in [
            ("Subject", Some("Pump \u{1F6B0} leaks")),
            ("subject", Some("Pump \u{1F6B0} leaks")),
            ("IsClosed", Some("false")),
            ("Amount", Some("12.5")),
            ("Count", Some("7")),
            ("Description", None),
            ("Empty", None),
            ("ToIds", Some("003A;003B")),
            ("Account.Name", Some("Acme")),
            ("Account.Owner.Name", Some("Ada")),
            ("Contact.Name", None),
            ("What.Type", Some("Opportunity")),
            ("BillingAddress.city", Some("Kyoto")),
        ] {
            assert_eq!(case.text(path), text, "{path}");
        }
        assert_eq!(case.bool("IsClosed"), Some(false));
        assert_eq!(case.number("Amount"), Some(12.5));
        assert!(case.datetime("SystemModstamp").is_some());
        assert!(case.date("CloseDate").is_some());
        assert_eq!(case.record_id("Subject"), None);
    }

    #[test]
    fn children_and_their_next_page_are_found() {
        let (case, unread) = read(json!({
            "attributes": {"type": "Case"},
            "Id": "500EzAAAAAAAAAB",
            "CaseComments": {"totalSize": 2, "done": false, "nextRecordsUrl": "/services/data/v66.0/query/01g-1",
                "records": [{"attributes": {"type": "CaseComment"}, "CommentBody": "first"}]},
            "EmailMessages": null,
        }));
        let comments = case.children("CaseComments");
        assert_eq!(comments.len(), 1);
        assert_eq!(comments[0].text("CommentBody"), Some("first"));
        assert!(case.children("EmailMessages").is_empty());
        assert_eq!(unread.len(), 1);
        assert_eq!(&*unread[0].relationship, "CaseComments");
    }

    #[test]
    fn rows_of_another_shape_are_refused() {
        for row in [
            json!("text"),
            json!({"Id": "x"}),
            json!({"attributes": {"type": "Case; DROP"}}),
            json!({"attributes": {"type": "Case"}, "C": {"totalSize": 1, "records": 5}}),
        ] {
            assert!(RowReader::default().read(row.clone()).is_err(), "{row}");
        }
    }

    #[test]
    fn a_csv_row_has_the_same_shape() {
        let columns: Vec<Arc<str>> = ["Id", "Account.Name", "IsClosed"].map(Arc::from).into();
        let object = ObjectName::parse("Case").unwrap();
        let row = ["500EzAAAAAAAAAB", "", "true"];
        let case = Record::from_csv(&object, &columns, row.into_iter());
        assert_eq!(case.text("Account.Name"), None);
        assert_eq!(case.bool("IsClosed"), Some(true));
        assert_eq!(case.fields().count(), 2);
    }
}
