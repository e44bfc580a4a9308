//! Vectors that were computed before, in one SQLite file.
//!
//! The file is a cache and nothing else: deleting it costs time. Vectors are kept as the 32-bit
//! floats they were computed as, so that a cached one and a computed one are the same. The write
//! ahead log makes it safe to be killed at any moment; only a power cut may lose the last writes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::thread;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Transaction};
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::{Error, ModelId};

/// "prec" in ASCII: tells our file from another program's database.
const APPLICATION_ID: i32 = 0x7072_6563;
const SCHEMA_VERSION: i32 = 1;
const SCHEMA: &str = "
    CREATE TABLE model (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
    CREATE TABLE embedding (
        model INTEGER NOT NULL REFERENCES model (id),
        text BLOB NOT NULL,
        vector BLOB NOT NULL,
        UNIQUE (model, text)
    );";
const WORKER: &str = "embedding cache";

/// What a text is found by: its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextKey([u8; 32]);

impl TextKey {
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

/// An open cache. SQLite blocks, so it has a thread of its own, which ends with the last clone.
#[derive(Clone)]
pub struct EmbeddingCache {
    requests: mpsc::Sender<Request>,
}

/// Vectors by the text they were computed from.
type Vectors = HashMap<TextKey, Vec<f32>>;

enum Request {
    Get {
        model: ModelId,
        keys: Vec<TextKey>,
        reply: oneshot::Sender<Result<Vectors, Error>>,
    },
    Put {
        model: ModelId,
        vectors: Vectors,
        reply: oneshot::Sender<Result<(), Error>>,
    },
}

impl EmbeddingCache {
    /// Opens the cache, or makes it and its folder.
    ///
    /// # Errors
    /// [`Error::CacheDamaged`] for a file that is no cache of ours any more, here or at any later
    /// call; [`Error::CacheUnusable`] when the disk or its permissions are in the way.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path)?;
        let (requests, receiver) = mpsc::channel(16);
        thread::Builder::new()
            .name("embedding-cache".to_owned())
            .spawn(move || file.serve(receiver))
            .map_err(|error| Error::CacheUnusable {
                path: path.to_owned(),
                reason: format!("no thread could be started for it: {error}"),
            })?;
        Ok(Self { requests })
    }

    /// The vectors that the cache has of these texts.
    pub async fn get_many(
        &self,
        model: &ModelId,
        keys: Vec<TextKey>,
    ) -> Result<HashMap<TextKey, Vec<f32>>, Error> {
        let model = model.clone();
        self.ask(|reply| Request::Get { model, keys, reply }).await
    }

    /// Keeps vectors, in one transaction. A vector that is there already is replaced.
    pub async fn put_many(&self, model: &ModelId, vectors: Vectors) -> Result<(), Error> {
        let model = model.clone();
        self.ask(|reply| Request::Put {
            model,
            vectors,
            reply,
        })
        .await
    }

    async fn ask<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Request,
    ) -> Result<T, Error> {
        let stopped = || Error::Stopped { worker: WORKER };
        let (reply, answer) = oneshot::channel();
        let sent = self.requests.send(request(reply)).await;
        sent.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

/// The file, on its thread.
struct File {
    path: PathBuf,
    connection: Connection,
}

impl File {
    fn open(path: &Path) -> Result<Self, Error> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::CacheUnusable {
                path: path.to_owned(),
                reason: error.to_string(),
            })?;
        }
        let failed = |error| failure(path, &error);
        let connection = Connection::open(path).map_err(failed)?;
        let mut file = Self {
            path: path.to_owned(),
            connection,
        };
        file.prepare()?;
        Ok(file)
    }

    /// Reads whose file this is before anything is written to it.
    fn prepare(&mut self) -> Result<(), Error> {
        let application = self.pragma("application_id")?;
        let version = self.pragma("user_version")?;
        let tables = "SELECT count(*) FROM sqlite_schema";
        let tables: i64 = self
            .connection
            .query_row(tables, [], |row| row.get(0))
            .map_err(|error| failure(&self.path, &error))?;
        match (application, version, tables) {
            (APPLICATION_ID, SCHEMA_VERSION, _) => self.run("PRAGMA journal_mode = WAL"),
            (0, 0, 0) => {
                self.run("PRAGMA journal_mode = WAL")?;
                self.run(&format!(
                    "BEGIN IMMEDIATE; {SCHEMA}
                     PRAGMA application_id = {APPLICATION_ID};
                     PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
                ))
            }
            (APPLICATION_ID, _, _) => Err(self.damaged("another version of precis made it")),
            _ => Err(self.damaged("it is another program's database")),
        }?;
        self.run("PRAGMA synchronous = NORMAL")
    }

    fn pragma(&self, name: &str) -> Result<i32, Error> {
        self.connection
            .pragma_query_value(None, name, |row| row.get(0))
            .map_err(|error| failure(&self.path, &error))
    }

    fn run(&self, sql: &str) -> Result<(), Error> {
        self.connection
            .execute_batch(sql)
            .map_err(|error| failure(&self.path, &error))
    }

    fn damaged(&self, reason: &str) -> Error {
        Error::CacheDamaged {
            path: self.path.clone(),
            reason: reason.to_owned(),
        }
    }

    /// A reply that nobody waits for any more is dropped.
    fn serve(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(request) = requests.blocking_recv() {
            match request {
                Request::Get { model, keys, reply } => {
                    let _ = reply.send(self.get_many(&model, &keys));
                }
                Request::Put {
                    model,
                    vectors,
                    reply,
                } => {
                    let _ = reply.send(self.put_many(&model, &vectors));
                }
            }
        }
    }

    fn get_many(&mut self, model: &ModelId, keys: &[TextKey]) -> Result<Vectors, Error> {
        let read = (|| {
            let transaction = self.connection.transaction()?;
            let Some(model) = model_row(&transaction, model)? else {
                return Ok(Vec::new());
            };
            let mut select = transaction
                .prepare_cached("SELECT vector FROM embedding WHERE model = ?1 AND text = ?2")?;
            let mut found = Vec::new();
            for key in keys {
                let vector = select.query_row((model, key.0), |row| row.get::<_, Vec<u8>>(0));
                if let Some(vector) = vector.optional()? {
                    found.push((*key, vector));
                }
            }
            Ok(found)
        })();
        let found = read.map_err(|error| failure(&self.path, &error))?;
        let decode = |(key, blob): (TextKey, Vec<u8>)| {
            let vector = decode(&blob).ok_or_else(|| self.damaged("a vector is cut off"))?;
            Ok((key, vector))
        };
        found.into_iter().map(decode).collect()
    }

    fn put_many(&mut self, model: &ModelId, vectors: &Vectors) -> Result<(), Error> {
        let write = (|| {
            let transaction = self.connection.transaction()?;
            transaction.execute(
                "INSERT OR IGNORE INTO model (name) VALUES (?1)",
                [model.as_str()],
            )?;
            let model = model_row(&transaction, model)?;
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT OR REPLACE INTO embedding (model, text, vector) VALUES (?1, ?2, ?3)",
                )?;
                for (key, vector) in vectors {
                    insert.execute((model, key.0, encode(vector)))?;
                }
            }
            transaction.commit()
        })();
        write.map_err(|error| failure(&self.path, &error))
    }
}

fn model_row(transaction: &Transaction, model: &ModelId) -> rusqlite::Result<Option<i64>> {
    transaction
        .prepare_cached("SELECT id FROM model WHERE name = ?1")?
        .query_row([model.as_str()], |row| row.get(0))
        .optional()
}

fn encode(vector: &[f32]) -> Vec<u8> {
    vector
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn decode(blob: &[u8]) -> Option<Vec<f32>> {
    let (values, rest) = blob.as_chunks::<4>();
    let vector = values.iter().map(|&bytes| f32::from_le_bytes(bytes));
    rest.is_empty().then(|| vector.collect())
}

fn failure(path: &Path, error: &rusqlite::Error) -> Error {
    let path = path.to_owned();
    let reason = error.to_string();
    let damaged = matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
    );
    if damaged {
        Error::CacheDamaged { path, reason }
    } else {
        Error::CacheUnusable { path, reason }
    }
}
