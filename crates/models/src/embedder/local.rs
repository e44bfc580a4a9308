//! A sentence-embedding model that runs in this process, on threads of its own.
//!
//! Texts are encoded one by one on single threads, never padded into batches. Measured with packed
//! weights, batches of 16 were 15 % slower for long passages, half as fast for passages of mixed
//! length, no faster for short ones, and took 300 MB more. It also makes a vector depend on nothing
//! but its own text, which is what makes the embedding cache sound.
//!
//! Queries have threads of their own, so that a question does not queue behind a sync: the
//! operating system shares the cores between the two lanes, and a query is short.

mod encoder;
mod files;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::{mpsc, oneshot};

use crate::{Error, ModelId};
use encoder::Encoder;

/// Texts that may wait in a lane; whoever brings more waits for room.
const LANE_CAPACITY: usize = 64;
const WORKER: &str = "local embedding model";

/// A loaded model and the threads that run it, which end when the last clone is dropped.
#[derive(Clone)]
pub struct LocalModel {
    id: ModelId,
    dimension: usize,
    queries: mpsc::Sender<Job>,
    passages: mpsc::Sender<Job>,
}

struct Job {
    text: String,
    reply: oneshot::Sender<Result<Vec<f32>, Error>>,
}

impl LocalModel {
    /// Loads `model.onnx` and `tokenizer.json` from a folder and starts `threads` threads for
    /// passages and as many for queries (at least one each).
    ///
    /// The model is a BERT-like encoder in ONNX, pooled by the mean over its tokens. Blocks while
    /// it reads.
    ///
    /// # Errors
    /// [`Error::ModelMissing`] and [`Error::ModelChanged`] name the command that fetches the
    /// files; [`Error::ModelUnusable`] says why a model does not fit.
    pub fn load(folder: &Path, threads: usize) -> Result<Self, Error> {
        let files = files::read(folder)?;
        let (name, digest) = (files.name, files.digest.clone());
        let encoder = Encoder::new(folder, files)?;
        let dimension = encoder.dimension();
        let encoder = Arc::new(encoder);
        Ok(Self {
            id: ModelId::from_stored(format!("local/{name}/{digest}/{dimension}")),
            dimension,
            queries: start_lane("embed-query", threads, &encoder, folder)?,
            passages: start_lane("embed-passage", threads, &encoder, folder)?,
        })
    }

    pub fn id(&self) -> &ModelId {
        &self.id
    }

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    pub async fn query(&self, text: &str) -> Result<Vec<f32>, Error> {
        let reply = submit(&self.queries, text.to_owned()).await?;
        receive(reply).await
    }

    pub async fn passages(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Error> {
        let mut replies = Vec::with_capacity(texts.len());
        for text in texts {
            replies.push(submit(&self.passages, text).await?);
        }
        let mut vectors = Vec::with_capacity(replies.len());
        for reply in replies {
            vectors.push(receive(reply).await?);
        }
        Ok(vectors)
    }
}

async fn submit(
    lane: &mpsc::Sender<Job>,
    text: String,
) -> Result<oneshot::Receiver<Result<Vec<f32>, Error>>, Error> {
    let (reply, answer) = oneshot::channel();
    let job = Job { text, reply };
    lane.send(job)
        .await
        .map_err(|_| Error::Stopped { worker: WORKER })?;
    Ok(answer)
}

async fn receive(reply: oneshot::Receiver<Result<Vec<f32>, Error>>) -> Result<Vec<f32>, Error> {
    reply.await.map_err(|_| Error::Stopped { worker: WORKER })?
}

fn start_lane(
    name: &str,
    threads: usize,
    encoder: &Arc<Encoder>,
    folder: &Path,
) -> Result<mpsc::Sender<Job>, Error> {
    let (sender, receiver) = mpsc::channel(LANE_CAPACITY);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..threads.max(1) {
        let encoder = Arc::clone(encoder);
        let receiver = Arc::clone(&receiver);
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(&encoder, &receiver))
            .map_err(|error| Error::ModelUnusable {
                folder: folder.to_owned(),
                reason: format!("no thread could be started for it: {error}"),
            })?;
    }
    Ok(sender)
}

/// Encodes what the lane brings until all senders are gone.
fn work(encoder: &Encoder, lane: &Mutex<mpsc::Receiver<Job>>) {
    let session = encoder.session();
    loop {
        // The lock is the queue for the next job: it is held while waiting, not while encoding.
        let job = lane
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv();
        let Some(Job { text, reply }) = job else {
            return;
        };
        if reply.is_closed() {
            continue; // Whoever asked went away.
        }
        let _ = reply.send(session.encode(&text));
    }
}
