//! A small index to test with, and documents that read like sentences.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeZone, Utc};
use domain::{
    ArticleVisibility, Document, DocumentRecord, Facet, FieldAccess, FieldName, FieldText, Grant,
    Number, ObjectName, Parents, Passage, PassageId, Reach, RecordId, Subject, Title, UserId,
    Viewer,
};
use precis_store::{
    Batch, Error, Filters, IndexedDocument, ModelSpec, OpenOptions, Reader, Scored, ServerOptions,
    Words, Writer,
};
use qdrant_client::Qdrant;
use tempfile::TempDir;

pub const DIMENSION: usize = 32;

pub struct TestIndex {
    pub folder: PathBuf,
    pub reader: Reader,
    pub writer: Writer,
    pub remote: Option<Remote>,
    /// Goes with its files when it is dropped.
    pub directory: TempDir,
}

impl TestIndex {
    pub async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self::open(directory, Remote::of_this_run()).await
    }

    pub async fn with(documents: Vec<IndexedDocument>) -> Self {
        let mut index = Self::new().await;
        index.add(documents).await;
        index
    }

    async fn open(directory: TempDir, remote: Option<Remote>) -> Self {
        let folder = directory.path().join("index");
        let options = options(&folder);
        let opened = match &remote {
            None => precis_store::open(options).await,
            Some(remote) => precis_store::open_on_server(options, remote.options.clone()).await,
        };
        let (reader, writer) = opened.unwrap();
        Self {
            folder,
            reader,
            writer,
            remote,
            directory,
        }
    }

    /// Closes the index as a process would that ends here, and opens it again.
    pub async fn reopened(self) -> Self {
        let Self {
            reader,
            writer,
            remote,
            directory,
            ..
        } = self;
        drop(reader);
        drop(writer);
        Self::open(directory, remote).await
    }

    /// Closes the index and leaves its folder.
    pub fn closed(self) -> (TempDir, PathBuf) {
        (self.directory, self.folder)
    }

    pub async fn add(&mut self, upserts: Vec<IndexedDocument>) {
        let batch = Batch {
            upserts,
            removals: Vec::new(),
        };
        self.writer.write(batch).await.unwrap();
        self.writer.commit("added").await.unwrap();
    }

    pub async fn remove(&mut self, removals: Vec<RecordId>) {
        let batch = Batch {
            upserts: Vec::new(),
            removals,
        };
        self.writer.write(batch).await.unwrap();
        self.writer.commit("removed").await.unwrap();
    }

    /// The documents that the words find, best first, each once.
    pub async fn words(&self, viewer: &Viewer, text: &str) -> Vec<RecordId> {
        self.words_in(viewer, text, &Filters::default()).await
    }

    pub async fn words_in(&self, viewer: &Viewer, text: &str, filters: &Filters) -> Vec<RecordId> {
        let query = self.reader.parse(text);
        let found = self.reader.keyword(viewer, &query, filters, 50).await;
        documents(&found.unwrap())
    }

    /// The documents whose vectors are nearest to the text's, nearest first, each once.
    pub async fn nearest(&self, viewer: &Viewer, text: &str) -> Vec<RecordId> {
        self.nearest_in(viewer, text, &Filters::default()).await
    }

    pub async fn nearest_in(
        &self,
        viewer: &Viewer,
        text: &str,
        filters: &Filters,
    ) -> Vec<RecordId> {
        let found = self.reader.vector(viewer, &vector(text), filters, 50).await;
        documents(&found.unwrap())
    }

    /// What both engines find under the filters.
    pub async fn both(&self, viewer: &Viewer, text: &str, filters: &Filters) -> Vec<RecordId> {
        let mut words = self.words_in(viewer, text, filters).await;
        let mut nearest = self.nearest_in(viewer, text, filters).await;
        words.sort();
        nearest.sort();
        assert_eq!(words, nearest, "the engines differ about '{text}'");
        words
    }
}

/// A collection of its own on a server, removed when it is dropped.
pub struct Remote {
    pub options: ServerOptions,
}

impl Remote {
    /// None where the tests run on folders, as they do unless [`crate::server`] starts them.
    fn of_this_run() -> Option<Self> {
        match std::env::var("PRECIS_TEST_WORDS").ok()?.as_str() {
            "local" => Self::new(Words::Local),
            "server" => Self::new(Words::Server),
            other => panic!("PRECIS_TEST_WORDS is {other}"),
        }
    }

    /// None without a server to test on.
    pub fn new(words: Words) -> Option<Self> {
        let url = std::env::var("PRECIS_TEST_QDRANT_URL").ok()?;
        let collection = format!("test-{}", uuid::Uuid::new_v4().simple());
        let options = ServerOptions {
            words,
            ..ServerOptions::new(url, collection)
        };
        Some(Self { options })
    }

    pub fn client(&self) -> Qdrant {
        let url = Qdrant::from_url(&self.options.url);
        url.skip_compatibility_check().build().unwrap()
    }

    /// The collections of this index that the server has.
    pub async fn collections(&self) -> Vec<String> {
        let all = self.client().list_collections().await.unwrap().collections;
        let names = all.into_iter().map(|collection| collection.name);
        names
            .filter(|name| name.starts_with(&self.options.collection))
            .collect()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        let (client, collection) = (self.client(), self.options.collection.clone());
        // A runtime cannot wait inside another.
        let removal = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = { runtime }.enable_all().build().unwrap();
            runtime.block_on(async {
                let all = client.list_collections().await.unwrap().collections;
                for found in all.into_iter().map(|found| found.name) {
                    if found.starts_with(&collection) {
                        let _ = client.delete_collection(found).await;
                    }
                }
            });
        });
        let _ = removal.join();
    }
}

pub fn options(folder: &Path) -> OpenOptions {
    OpenOptions {
        folder: folder.to_owned(),
        model: ModelSpec {
            id: "test/hash".to_owned(),
            dimension: DIMENSION,
        },
        writer_memory: 16_000_000,
        exact_vectors: false,
    }
}

pub async fn open_error(folder: &Path) -> Error {
    match precis_store::open(options(folder)).await {
        Ok(_) => panic!("{} was opened", folder.display()),
        Err(error) => error,
    }
}

fn documents(hits: &[Scored]) -> Vec<RecordId> {
    let mut found = Vec::new();
    for hit in hits {
        if !found.contains(&hit.document) {
            found.push(hit.document);
        }
    }
    found
}

/// A stable vector of a text: the same words, the same direction.
pub fn vector(text: &str) -> Vec<f32> {
    let mut vector = [0.01; DIMENSION];
    for word in text.to_lowercase().split_whitespace() {
        let hash = word.bytes().fold(7usize, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        vector[hash % DIMENSION] += 1.0;
    }
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter().map(|x| x / length).collect()
}

pub fn object(name: &str) -> ObjectName {
    ObjectName::parse(name).unwrap()
}

pub fn field(name: &str) -> FieldName {
    FieldName::parse(name).unwrap()
}

/// The id of the `number`-th record of the object with this prefix.
pub fn id(prefix: &str, number: u32) -> RecordId {
    RecordId::parse(&format!("{prefix}Ez{number:010}")).unwrap()
}

pub fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 5, day, 12, 0, 0).unwrap()
}

/// Who may read these objects, each with all its fields.
pub fn viewer(objects: &[&str]) -> Viewer {
    let all = objects
        .iter()
        .map(|name| (object(name), FieldAccess::All))
        .collect();
    with_access(all)
}

/// Who may read these fields (`Case.Subject`) and nothing else.
pub fn viewer_of_fields(sources: &[&str]) -> Viewer {
    let mut objects: BTreeMap<ObjectName, FieldAccess> = BTreeMap::new();
    for source in sources {
        let (name, field_name) = source.split_once('.').unwrap();
        let access = objects
            .entry(object(name))
            .or_insert(FieldAccess::Only(BTreeSet::new()));
        if let FieldAccess::Only(fields) = access {
            fields.insert(field(field_name));
        }
    }
    with_access(objects)
}

fn with_access(objects: BTreeMap<ObjectName, FieldAccess>) -> Viewer {
    let user = UserId::try_from(id("005", 1)).unwrap();
    let reach = Reach {
        user: user.record_id(),
        all_data: true,
        open: BTreeSet::new(),
        principals: BTreeSet::new(),
    };
    Viewer::new(Subject::User(user), "ada@example.com".to_owned(), objects)
        .with_reach(Arc::new(reach))
}

/// A case whose subject is its title, with its description as text.
pub fn case(number: u32, subject: &str, description: &str) -> CaseBuilder {
    let document = Document {
        id: id("500", number),
        object: object("Case"),
        label: "Case".to_owned(),
        title: Some(Title {
            field: field("Subject"),
            text: subject.to_owned(),
        }),
        number: Some(Number {
            field: field("CaseNumber"),
            text: format!("{number:08}"),
        }),
        url: format!("https://demo.example.com/{number}"),
        parents: Parents::default(),
        owner: None,
        status: None,
        language: None,
        created_at: None,
        updated_at: day(1),
        facets: BTreeMap::new(),
        articles: Vec::new(),
        grants: BTreeSet::new(),
        visibility: None,
        records: Vec::new(),
    };
    CaseBuilder { document }.record("Case", id("500", number), "Description", description)
}

pub struct CaseBuilder {
    document: Document,
}

impl CaseBuilder {
    pub fn comment(self, number: u32, text: &str) -> Self {
        self.record("CaseComment", id("00a", number), "CommentBody", text)
    }

    pub fn record(mut self, name: &str, record_id: RecordId, field_name: &str, text: &str) -> Self {
        self.document.records.push(DocumentRecord {
            record_id,
            object: object(name),
            written_at: None,
            file: None,
            fields: vec![FieldText::new(field(field_name), text.to_owned())],
        });
        self
    }

    pub fn status(mut self, value: &str) -> Self {
        self.document.status = Some(Facet::new(field("Status"), value.to_owned()));
        self
    }

    pub fn facet(mut self, name: &str, field_name: &str, value: &str) -> Self {
        let facet = Facet::new(field(field_name), value.to_owned());
        let values = self.document.facets.entry(name.to_owned()).or_default();
        values.push(facet);
        self
    }

    pub fn account(mut self, number: u32) -> Self {
        self.document.parents.account = Some(id("001", number));
        self
    }

    pub fn contact(mut self, number: u32) -> Self {
        self.document.parents.contact = Some(id("003", number));
        self
    }

    pub fn created(mut self, time: DateTime<Utc>) -> Self {
        self.document.created_at = Some(time);
        self
    }

    pub fn owner(mut self, number: u32) -> Self {
        self.document.owner = Some(id("005", number));
        self
    }

    pub fn language(mut self, language: &str) -> Self {
        self.document.language = Some(language.to_owned());
        self
    }

    /// Makes it a version of an article, with an id of its own.
    pub fn version_of(mut self, article: RecordId, version: u32) -> Self {
        self.document.id = id("ka0", version);
        self.document.parents.article = Some(article);
        self
    }

    pub fn updated(mut self, time: DateTime<Utc>) -> Self {
        self.document.updated_at = time;
        self
    }

    pub fn untitled(mut self) -> Self {
        self.document.title = None;
        self
    }

    pub fn grant(mut self, grant: Grant) -> Self {
        self.document.grants.insert(grant);
        self
    }

    /// Makes it an article, as far as who sees it goes.
    pub fn visible(mut self, visibility: ArticleVisibility) -> Self {
        self.document.visibility = Some(visibility);
        self
    }

    /// One passage and one vector for each field.
    pub fn build(self) -> IndexedDocument {
        let document = self.document;
        let mut passages = Vec::new();
        for record in &document.records {
            for text in &record.fields {
                let passage = Passage {
                    id: PassageId::new(document.id, record.record_id, &text.field, 0),
                    document_id: document.id,
                    record_id: record.record_id,
                    object: record.object.clone(),
                    field: text.field.clone(),
                    start: 0,
                    end: text.text.chars().count(),
                    text: text.text.clone(),
                };
                passages.push((passage, Some(vector(&text.text))));
            }
        }
        IndexedDocument { document, passages }
    }
}
