//! What stands beside the vectors: names of payload fields, and how they are read and written.

use std::collections::HashMap;

use domain::{Document, PassageId, RecordId};
use qdrant_client::qdrant::point_id::PointIdOptions;
use qdrant_client::qdrant::value::Kind;
use qdrant_client::qdrant::with_payload_selector::SelectorOptions;
use qdrant_client::qdrant::{
    ListValue, PayloadIncludeSelector, PointId, Value, WithPayloadSelector,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::Error;
use crate::conditions::Conditions;

pub(super) type Payload = HashMap<String, Value>;

/// Of documents and passages; all are indexed.
pub(super) const DOCUMENT: &str = "document";
pub(super) const OBJECT: &str = "object";
pub(super) const CONDITIONS: &str = "conditions";
/// Milliseconds since 1970.
pub(super) const UPDATED: &str = "updated_at";
/// The same; absent where a document has no such time.
pub(super) const CREATED: &str = "created_at";
/// Of passages, indexed: where text and title come from, and the place in the document.
pub(super) const SOURCE: &str = "source";
pub(super) const TITLE_SOURCE: &str = "title_source";
pub(super) const ORDINAL: &str = "ordinal";
/// The title that the passage is found by; absent if there is none.
pub(super) const TITLE: &str = "title";
/// The passage as JSON.
pub(super) const PASSAGE: &str = "passage";
/// The document as JSON, in two parts: a list of hits needs no text.
pub(super) const HEAD: &str = "head";
pub(super) const RECORDS: &str = "records";
/// What the index says of itself, as JSON.
pub(super) const META: &str = "meta";

/// Names of documents' points: ids of Salesforce are no ids of Qdrant.
const DOCUMENTS: Uuid = Uuid::from_u128(0x7c1f_0e0a_5b9d_4b62_9b0e_2f0f_6a53_c1d4);

pub(super) fn id_of(passage: PassageId) -> PointId {
    PointId::from(passage.0.to_string())
}

pub(super) fn document_id(document: RecordId) -> PointId {
    PointId::from(Uuid::new_v5(&DOCUMENTS, document.as_str().as_bytes()).to_string())
}

/// The one point of the documents' collection that is none.
pub(super) fn meta_id() -> PointId {
    PointId::from(DOCUMENTS.to_string())
}

pub(super) fn passage_of(id: Option<&PointId>) -> Option<PassageId> {
    match id?.point_id_options.as_ref()? {
        PointIdOptions::Uuid(text) => Uuid::parse_str(text).ok().map(PassageId),
        PointIdOptions::Num(_) => None,
    }
}

/// What passages and documents are filtered by.
pub(super) fn of_document(document: &Document, conditions: &Conditions) -> Payload {
    let mut payload = Payload::new();
    payload.insert(DOCUMENT.to_owned(), document.id.as_str().into());
    payload.insert(OBJECT.to_owned(), document.object.as_str().into());
    payload.insert(CONDITIONS.to_owned(), list(conditions.terms.iter()));
    let updated = document.updated_at.timestamp_millis();
    payload.insert(UPDATED.to_owned(), updated.into());
    if let Some(created) = document.created_at {
        payload.insert(CREATED.to_owned(), created.timestamp_millis().into());
    }
    payload
}

pub(super) fn list<'a>(values: impl Iterator<Item = &'a String>) -> Value {
    let values = values.map(|value| value.as_str().into()).collect();
    Value::from(Kind::ListValue(ListValue { values }))
}

pub(super) fn json(value: &impl Serialize) -> Result<Value, Error> {
    match serde_json::to_string(value) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

pub(super) fn text<'a>(payload: &'a Payload, field: &str) -> Option<&'a str> {
    let Kind::StringValue(text) = payload.get(field)?.kind.as_ref()? else {
        return None;
    };
    Some(text)
}

pub(super) fn integer(payload: &Payload, field: &str) -> Option<i64> {
    let Kind::IntegerValue(number) = payload.get(field)?.kind.as_ref()? else {
        return None;
    };
    Some(*number)
}

pub(super) fn record_id(payload: &Payload) -> Option<RecordId> {
    RecordId::parse(text(payload, DOCUMENT)?).ok()
}

/// A field that holds JSON. One that is not there is damage: the writer always writes it.
pub(super) fn read<T: DeserializeOwned>(payload: &Payload, field: &str) -> Result<T, Error> {
    let text = text(payload, field).ok_or_else(|| unreadable(format!("'{field}' is missing")))?;
    serde_json::from_str(text).map_err(|error| unreadable(format!("'{field}': {error}")))
}

/// A request for these fields alone.
pub(super) fn only(fields: &[&str]) -> WithPayloadSelector {
    if fields.is_empty() {
        return WithPayloadSelector::from(false);
    }
    let fields = fields.iter().map(ToString::to_string).collect();
    SelectorOptions::Include(PayloadIncludeSelector { fields }).into()
}

fn unreadable(detail: String) -> Error {
    Error::Engine {
        engine: "Qdrant",
        detail: format!("a payload cannot be read: {detail}"),
    }
}
