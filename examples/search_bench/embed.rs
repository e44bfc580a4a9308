//! An embedding service that costs next to nothing, so that it is precis that is measured.
//!
//! A word's vector is noise of its own plus, for a word of a subject, the subject's direction; a
//! text's vector is the sum over its words, rare ones counting more. So texts gather around their
//! subjects and texts that share words are nearer, as with a real model, and a question is near to
//! what it was taken from. Noise alone would make every graph look bad and no result meaningful.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::post;
use axum::{Json, Router};
use fastrand::Rng;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::words::{Language, SUBJECTS, subject_of};

/// Gives two texts of one subject a similarity of about 0.4, as a real model does.
const SUBJECT_WEIGHT: f32 = 0.3;
const MOST_BYTES: usize = 64 << 20;

#[derive(Deserialize)]
struct Request {
    input: Vec<String>,
}

struct Model {
    dimension: usize,
    words: HashMap<String, Vec<f32>>,
}

/// Prints `{"url": …}` and serves until it is ended.
pub async fn serve(dimension: usize) -> anyhow::Result<()> {
    let model = Arc::new(Model::new(dimension));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!(
        "{}",
        json!({"url": format!("http://{}/v1", listener.local_addr()?)})
    );
    let router = Router::new()
        .route("/v1/embeddings", post(embeddings))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .with_state(model);
    axum::serve(listener, router)
        .await
        .context("the service ended")
}

async fn embeddings(State(model): State<Arc<Model>>, Json(request): Json<Request>) -> Json<Value> {
    let vectors = request.input.iter().enumerate().map(|(index, text)| {
        json!({"object": "embedding", "index": index, "embedding": model.vector(text)})
    });
    let vectors: Vec<Value> = vectors.collect();
    Json(
        json!({"object": "list", "model": "synthetic", "data": vectors,
        "usage": {"prompt_tokens": 0, "total_tokens": 0}}),
    )
}

impl Model {
    fn new(dimension: usize) -> Self {
        let subjects: Vec<Vec<f32>> = (0..SUBJECTS)
            .map(|subject| noise(0x5eed_0000 + subject as u64, dimension))
            .collect();
        let language = Language::new();
        let words = language.ranks().into_iter().map(|(word, rank)| {
            let mut vector = noise(rank as u64, dimension);
            if let Some(subject) = subject_of(rank) {
                for (value, direction) in vector.iter_mut().zip(&subjects[subject]) {
                    *value += SUBJECT_WEIGHT * direction;
                }
            }
            // Rare words tell more, as the inverse of their frequency does.
            let weight = (rank as f32).ln() / 10.0;
            vector.iter_mut().for_each(|value| *value *= weight);
            (word.to_owned(), vector)
        });
        Self {
            dimension,
            words: words.collect(),
        }
    }

    fn vector(&self, text: &str) -> Vec<f32> {
        let mut sum = vec![0.0; self.dimension];
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            let known = self.words.get(word);
            for (value, add) in sum.iter_mut().zip(known.into_iter().flatten()) {
                *value += add;
            }
        }
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length < f32::EPSILON {
            return noise(text.len() as u64, self.dimension);
        }
        // Four digits are as exact as int8 needs, and half the bytes.
        let short = |value: f32| (value / length * 1e4).round() / 1e4;
        sum.into_iter().map(short).collect()
    }
}

/// A direction at random, always the same for a seed.
fn noise(seed: u64, dimension: usize) -> Vec<f32> {
    let mut random = Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    // The sum of a few even numbers is bell-shaped enough.
    let even = |random: &mut Rng| random.f32() - 0.5;
    (0..dimension)
        .map(|_| even(&mut random) + even(&mut random) + even(&mut random))
        .collect()
}
