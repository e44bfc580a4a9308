//! The fields of the keyword index, and how documents and passages become its rows.
//!
//! There are two kinds of rows. A *passage row* is what is searched. A *document row* keeps the
//! document, its head apart from its records, and the keys by which it is looked up. Both carry the document's id, so that one
//! deletion takes all rows of a document away.

use domain::{Document, Passage};
use serde::{Deserialize, Serialize};
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::PreTokenizedString;

use super::analysis::{ANALYZER, tokens_in};
use super::tongue::{DocumentTongues, Tongue};
use crate::conditions::Conditions;

/// The fields of the schema; what they are for stands at [`build`].
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub text: Field,
    pub title: Field,
    pub tongue: Field,
    pub passage_high: Field,
    pub passage_low: Field,
    pub ordinal: Field,
    pub source: Field,
    pub title_source: Field,
    pub document: Field,
    pub object: Field,
    pub condition: Field,
    pub condition_source: Field,
    pub updated: Field,
    pub created: Field,
    pub document_object: Field,
    pub head: Field,
    pub stored: Field,
}

pub(crate) const PASSAGE_HIGH: &str = "passage_high";
pub(crate) const PASSAGE_LOW: &str = "passage_low";
pub(crate) const ORDINAL: &str = "ordinal";
pub(crate) const DOCUMENT: &str = "document";
pub(crate) const UPDATED: &str = "updated";
pub(crate) const HEAD: &str = "head";

/// The stored part of a passage row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PassageRow {
    /// The document's object, whose permission counts beside the passage's own.
    pub document_object: domain::ObjectName,
    pub passage: Passage,
}

pub(crate) fn build() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let fields = Fields {
        // Passage rows: what is searched…
        text: schema.add_text_field("text", prose()),
        title: schema.add_text_field("title", prose()),
        // …the language in which either was analysed, unless it is English…
        tongue: schema.add_text_field("tongue", term()),
        // …the passage's id in two halves…
        passage_high: schema.add_u64_field(PASSAGE_HIGH, FAST),
        passage_low: schema.add_u64_field(PASSAGE_LOW, FAST),
        // …its place in the document (document rows have none), and where its text and the title
        // come from.
        ordinal: schema.add_u64_field(ORDINAL, FAST),
        source: schema.add_text_field("source", term()),
        title_source: schema.add_text_field("title_source", term()),
        // Both kinds of rows: the document that they belong to and what it is filtered by.
        document: schema.add_text_field(DOCUMENT, term().set_fast("raw")),
        object: schema.add_text_field("object", term()),
        condition: schema.add_text_field("condition", term()),
        condition_source: schema.add_text_field("condition_source", term()),
        updated: schema.add_i64_field(UPDATED, FAST),
        created: schema.add_i64_field("created", FAST),
        // Document rows: to count and list them by object, and the document without its records,
        // which lists and facets read by the hundred, as JSON in a column.
        document_object: schema.add_text_field("document_object", term()),
        head: schema.add_bytes_field(HEAD, FAST),
        // Both: the passage, or the document's records, as JSON.
        stored: schema.add_bytes_field("stored", STORED),
    };
    (schema.build(), fields)
}

fn prose() -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(ANALYZER)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions),
    )
}

/// A value that matches whole or not at all.
fn term() -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic),
    )
}

/// The row of a document.
pub(crate) fn document_row(
    fields: &Fields,
    document: &mut Document,
    filters: &Conditions,
) -> serde_json::Result<TantivyDocument> {
    let mut row = common_row(fields, document, filters);
    add_conditions(fields, &mut row, &Conditions::keys(document));
    row.add_text(fields.document_object, document.object.as_str());
    let records = std::mem::take(&mut document.records);
    row.add_bytes(fields.stored, &serde_json::to_vec(&records)?);
    row.add_bytes(fields.head, &serde_json::to_vec(document)?);
    document.records = records;
    Ok(row)
}

/// The row of a document's passage; `ordinal` is its place among the document's passages.
pub(crate) fn passage_row(
    fields: &Fields,
    document: &Document,
    filters: &Conditions,
    passage: Passage,
    ordinal: u64,
    tongues: &DocumentTongues,
) -> serde_json::Result<TantivyDocument> {
    let mut row = common_row(fields, document, filters);
    let (high, low) = passage.id.0.as_u64_pair();
    row.add_u64(fields.passage_high, high);
    row.add_u64(fields.passage_low, low);
    row.add_u64(fields.ordinal, ordinal);
    row.add_text(fields.source, passage.source().as_str());
    let tongue = tongues.of_passage(&passage.text);
    add_prose(fields, &mut row, fields.text, &passage.text, tongue);
    if let Some(title) = &document.title
        && tells_something(&passage.text, ordinal)
    {
        let source = domain::SourceKey::new(&document.object, &title.field);
        add_prose(
            fields,
            &mut row,
            fields.title,
            &title.text,
            tongues.of_title(),
        );
        row.add_text(fields.title_source, source.as_str());
    }
    let stored = PassageRow {
        document_object: document.object.clone(),
        passage,
    };
    row.add_bytes(fields.stored, &serde_json::to_vec(&stored)?);
    Ok(row)
}

/// Adds a text as it is analysed in its language; none is English.
fn add_prose(
    fields: &Fields,
    row: &mut TantivyDocument,
    field: Field,
    text: &str,
    tongue: Option<&Tongue>,
) {
    let Some(tongue) = tongue else {
        row.add_text(field, text);
        return;
    };
    let tokens = tokens_in(tongue, text);
    row.add_text(fields.tongue, tongue.code());
    row.add_pre_tokenized_text(
        field,
        PreTokenizedString {
            text: text.to_owned(),
            tokens,
        },
    );
}

/// Whether a passage is found by its document's title too. Short values ("Status: New") are not: a
/// document with ten of them would fill a list of hits with itself.
pub(crate) fn tells_something(text: &str, ordinal: u64) -> bool {
    const FEWEST_WORDS: usize = 4;
    ordinal == 0 || text.split_whitespace().take(FEWEST_WORDS).count() == FEWEST_WORDS
}

fn common_row(fields: &Fields, document: &Document, filters: &Conditions) -> TantivyDocument {
    let mut row = TantivyDocument::new();
    row.add_text(fields.document, document.id.as_str());
    row.add_text(fields.object, document.object.as_str());
    row.add_i64(fields.updated, document.updated_at.timestamp_millis());
    if let Some(created) = document.created_at {
        row.add_i64(fields.created, created.timestamp_millis());
    }
    add_conditions(fields, &mut row, filters);
    row
}

fn add_conditions(fields: &Fields, row: &mut TantivyDocument, conditions: &Conditions) {
    for term in &conditions.terms {
        row.add_text(fields.condition, term);
    }
    for source in &conditions.sources {
        row.add_text(fields.condition_source, source);
    }
}
