//! The writing side of an index that is on the server whole.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{Document, ObjectName, Passage, RecordId, SourceKey};
use qdrant_client::qdrant::{
    DenseVector, NamedVectors, PointId, PointStruct, PointsIdsList, PointsSelector, SparseVector,
    Vector, points_selector,
};

use super::collection::{MEANING, Names, WORDS};
use super::meta::Meta;
use super::payload::{self, HEAD, ORDINAL, PASSAGE, RECORDS, SOURCE, TITLE, TITLE_SOURCE};
use super::{CHUNK, Server, filter, words};
use crate::access::Vocabulary;
use crate::conditions::Conditions;
use crate::keyword::{PassageRow, tells_something};
use crate::{Counts, Error, IndexedDocument, blocking};

/// Characters of documents in one request.
const DOCUMENT_CHARACTERS: usize = 4_000_000;

/// The only hand that changes an index on the server.
pub(crate) struct ServerWriter {
    server: Arc<Server>,
    meta: Meta,
}

impl ServerWriter {
    /// Makes the collections of the model if they are not there, and reads where they stand.
    pub(crate) async fn open(server: Arc<Server>) -> Result<Self, Error> {
        let is_new = server.prepare().await?;
        let known = match is_new {
            true => None,
            false => Meta::read_to_write(&server.link, &server.names.passages).await?,
        };
        let meta = known.unwrap_or_else(|| Meta::new(&server.model));
        // Readers of this process know what occurs from the beginning.
        server.published().await?;
        Ok(Self { server, meta })
    }

    pub(crate) fn cursor(&self) -> Option<&str> {
        self.meta.cursor.as_deref()
    }

    /// Replaces each document as a whole. Readers see it at once.
    pub(crate) async fn write(
        &mut self,
        removals: &[RecordId],
        upserts: Vec<IndexedDocument>,
    ) -> Result<(), Error> {
        let written = blocking::run(move || Written::of(upserts)).await?;
        self.grow(&written.vocabulary).await?;
        let server = &self.server;
        let passages = &server.names.passages;
        let documents = Names::documents(passages);
        let mut touched = removals.to_vec();
        touched.extend(&written.ids);
        if touched.is_empty() {
            return Ok(());
        }
        // A passage that is found must find its document.
        for points in written.documents {
            server.upsert(&documents, points).await?;
        }
        server.upsert(passages, written.passages).await?;
        for touched in touched.chunks(CHUNK) {
            let stale = filter::stale(touched, written.stay.iter().copied());
            server.delete(passages, stale).await?;
        }
        self.remove(&documents, removals).await
    }

    /// Notes where the sync stands, with all that was written before it.
    pub(crate) async fn commit(&mut self, cursor: &str) -> Result<(), Error> {
        let meta = Meta {
            cursor: Some(cursor.to_owned()),
            committed_at: Some(Utc::now()),
            ..self.meta.clone()
        };
        self.put(meta).await
    }

    /// Tells readers up to when the index knows what Salesforce had.
    pub(crate) async fn note_as_of(&mut self, as_of: DateTime<Utc>) -> Result<(), Error> {
        let meta = Meta {
            as_of: Some(as_of),
            ..self.meta.clone()
        };
        match meta.cursor.is_some() && meta != self.meta {
            true => self.put(meta).await,
            false => Ok(()),
        }
    }

    pub(crate) async fn counts(&self) -> Result<Counts, Error> {
        let server = &self.server;
        let passages = &server.names.passages;
        Ok(Counts {
            documents: server.counts_in(&Names::documents(passages)).await?,
            passages: server.count_in(passages, None).await?,
            vectors: server.count().await?,
        })
    }

    pub(crate) async fn document_ids(&self, object: &ObjectName) -> Result<Vec<RecordId>, Error> {
        let documents = Names::documents(&self.server.names.passages);
        self.server.ids_of_object(&documents, object).await
    }

    /// The server and the collection of documents, to read all of it.
    pub(crate) fn to_export(&self) -> (Arc<Server>, String) {
        let documents = Names::documents(&self.server.names.passages);
        (Arc::clone(&self.server), documents)
    }

    async fn put(&mut self, meta: Meta) -> Result<(), Error> {
        let server = &self.server;
        meta.write(&server.link, &server.names.passages).await?;
        self.meta = meta;
        // Readers beside the writer see at once what is new.
        self.server.remembered.forget();
        self.server.published().await?;
        Ok(())
    }

    /// What may be read is decided by the fields that are known to occur. So a reader must know of
    /// a field before anything is found by it: hits show where their text comes from and are held
    /// against that, but that a hidden title matched does not show.
    async fn grow(&mut self, more: &Vocabulary) -> Result<(), Error> {
        let mut vocabulary = self.meta.vocabulary.clone();
        vocabulary.add(more);
        if vocabulary == self.meta.vocabulary {
            return Ok(());
        }
        let has_new_titles = vocabulary.title_sources != self.meta.vocabulary.title_sources;
        let meta = Meta {
            vocabulary,
            ..self.meta.clone()
        };
        self.put(meta).await?;
        // Before the first commit nobody is shown anything.
        if has_new_titles && self.meta.cursor.is_some() {
            tokio::time::sleep(self.server.longest_read()).await;
        }
        Ok(())
    }

    async fn remove(&self, collection: &str, documents: &[RecordId]) -> Result<(), Error> {
        let ids: Vec<PointId> = documents
            .iter()
            .copied()
            .map(payload::document_id)
            .collect();
        let writes = self.server.link.writes();
        for ids in ids.chunks(CHUNK) {
            let list = PointsIdsList { ids: ids.to_vec() };
            let delete = qdrant_client::qdrant::DeletePoints {
                collection_name: collection.to_owned(),
                wait: Some(true),
                points: Some(PointsSelector {
                    points_selector_one_of: Some(points_selector::PointsSelectorOneOf::Points(
                        list,
                    )),
                }),
                ..Default::default()
            };
            let link = &self.server.link;
            link.write(|| writes.delete_points(delete.clone())).await?;
        }
        Ok(())
    }
}

/// Documents as points.
#[derive(Default)]
struct Written {
    ids: Vec<RecordId>,
    stay: Vec<domain::PassageId>,
    passages: Vec<PointStruct>,
    /// In requests of a bearable size.
    documents: Vec<Vec<PointStruct>>,
    vocabulary: Vocabulary,
}

impl Written {
    fn of(upserts: Vec<IndexedDocument>) -> Result<Self, Error> {
        let mut written = Self::default();
        let mut characters = DOCUMENT_CHARACTERS;
        for IndexedDocument { document, passages } in upserts {
            let filters = Conditions::filters(&document);
            written.ids.push(document.id);
            let objects = &mut written.vocabulary.objects;
            objects.insert(document.object.as_str().to_owned());
            let mut keys = Conditions::keys(&document);
            written.vocabulary.add_conditions(&filters);
            written.vocabulary.add_conditions(&keys);
            for (ordinal, (passage, vector)) in (0..).zip(passages) {
                written.add_passage(&document, &filters, passage, vector, ordinal)?;
            }
            keys.terms.extend(filters.terms);
            let length = text_length(&document);
            if characters + length > DOCUMENT_CHARACTERS {
                written.documents.push(Vec::new());
                characters = 0;
            }
            characters += length;
            let point = document_point(document, &keys)?;
            if let Some(points) = written.documents.last_mut() {
                points.push(point);
            }
        }
        Ok(written)
    }

    fn add_passage(
        &mut self,
        document: &Document,
        filters: &Conditions,
        passage: Passage,
        vector: Option<Vec<f32>>,
        ordinal: u64,
    ) -> Result<(), Error> {
        let title = document.title.as_ref();
        let title = title.filter(|_| tells_something(&passage.text, ordinal));
        let mut fields = payload::of_document(document, filters);
        let source = passage.source().as_str().to_owned();
        self.vocabulary.sources.insert(source.clone());
        fields.insert(SOURCE.to_owned(), source.into());
        if let Some(title) = title {
            let source = SourceKey::new(&document.object, &title.field);
            let source = source.as_str().to_owned();
            self.vocabulary.title_sources.insert(source.clone());
            fields.insert(TITLE_SOURCE.to_owned(), source.into());
            fields.insert(TITLE.to_owned(), title.text.as_str().into());
        }
        fields.insert(ORDINAL.to_owned(), (ordinal as i64).into());
        let words = words::of_passage(&passage.text, title.map(|title| title.text.as_str()));
        let (indices, values) = words.into_iter().unzip();
        let mut vectors = NamedVectors::default();
        let words = Vector::from(SparseVector { values, indices });
        vectors.vectors.insert(WORDS.to_owned(), words);
        if let Some(data) = vector {
            let meaning = Vector::from(DenseVector { data });
            vectors.vectors.insert(MEANING.to_owned(), meaning);
        }
        let id = passage.id;
        let row = PassageRow {
            document_object: document.object.clone(),
            passage,
        };
        fields.insert(PASSAGE.to_owned(), payload::json(&row)?);
        self.stay.push(id);
        self.passages.push(PointStruct {
            id: Some(payload::id_of(id)),
            payload: fields,
            vectors: Some(vectors.into()),
        });
        Ok(())
    }
}

fn document_point(mut document: Document, conditions: &Conditions) -> Result<PointStruct, Error> {
    let records = std::mem::take(&mut document.records);
    let mut fields = payload::of_document(&document, conditions);
    fields.insert(HEAD.to_owned(), payload::json(&document)?);
    fields.insert(RECORDS.to_owned(), payload::json(&records)?);
    Ok(PointStruct {
        id: Some(payload::document_id(document.id)),
        payload: fields,
        vectors: Some(NamedVectors::default().into()),
    })
}

fn text_length(document: &Document) -> usize {
    let fields = document.records.iter().flat_map(|record| &record.fields);
    fields.map(|text| text.text.len()).sum()
}
