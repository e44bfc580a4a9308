//! The index as lines of JSON: the contract of `precis export`.

use std::sync::Arc;

use domain::Document;
use futures::{Stream, StreamExt};

use super::Syncs;

impl Syncs {
    /// Every indexed document as one line of JSON, as of the last commit. Waits for a running sync.
    pub fn export(&self) -> impl Stream<Item = std::io::Result<Vec<u8>>> + Send + use<> {
        let indexer = Arc::clone(&self.indexer);
        futures::stream::unfold(None, move |documents| {
            let indexer = Arc::clone(&indexer);
            async move {
                let mut documents = match documents {
                    Some(documents) => documents,
                    None => indexer.lock().await.writer().documents(),
                };
                let line = match documents.next().await? {
                    Ok(document) => line(&document),
                    Err(error) => Err(std::io::Error::other(error)),
                };
                Some((line, Some(documents)))
            }
        })
        .boxed()
    }
}

fn line(document: &Document) -> std::io::Result<Vec<u8>> {
    let records: Vec<_> = document
        .records
        .iter()
        .map(|record| {
            let fields: serde_json::Map<_, _> = record
                .fields
                .iter()
                .map(|text| (text.field.to_string(), text.text.clone().into()))
                .collect();
            serde_json::json!({
                "record_id": record.record_id,
                "object": record.object,
                "fields": fields,
            })
        })
        .collect();
    let title = document.title.as_ref().map(|title| title.text.clone());
    let mut line = serde_json::json!({
        "id": document.id,
        "object": document.object,
        "title": title.unwrap_or_else(|| document.plain_title()),
        "url": document.url,
        "parents": document.parents,
        "records": records,
    });
    if !document.grants.is_empty() {
        line["grants"] = serde_json::to_value(&document.grants)?;
    }
    if let Some(visibility) = &document.visibility {
        line["visibility"] = serde_json::to_value(visibility)?;
    }
    let mut line = serde_json::to_vec(&line)?;
    line.push(b'\n');
    Ok(line)
}
