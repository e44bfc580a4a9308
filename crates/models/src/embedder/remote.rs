//! Embedding by a service that speaks the OpenAI protocol.

use std::sync::Arc;

use async_openai::types::embeddings::{CreateEmbeddingRequest, EmbeddingInput, EncodingFormat};
use serde::Deserialize;

use crate::endpoint::Endpoint;
use crate::transport::{self, ModelClient, unexpected};
use crate::{Error, ModelId};

/// Azure OpenAI and OpenAI take at most this many texts in a request.
const MAX_TEXTS: usize = 2_048;
/// They take at most 300,000 tokens in a request, and a token is at least one byte.
const MAX_BYTES: usize = 300_000;

/// Which embedding model to use, and how.
#[derive(Debug, Clone)]
pub struct RemoteOptions {
    pub endpoint: Endpoint,
    /// Length of the model's vectors; without it, a first request finds out.
    pub dimension: Option<usize>,
    /// Ask the service for vectors of that length, shorter than the model's own. Only models that
    /// were trained for it can, such as `text-embedding-3-large`.
    pub shorten: bool,
    /// Most texts in one request; above 2,048 it counts as 2,048.
    pub batch: usize,
}

/// A connected embedding model. Clones share its connections.
#[derive(Clone)]
pub struct RemoteEmbedder(Arc<Inner>);

struct Inner {
    client: ModelClient,
    options: RemoteOptions,
    id: ModelId,
    dimension: usize,
}

/// The part of a reply that is used. `async-openai`'s own type also demands `usage` and `object`,
/// which compatible servers leave out.
#[derive(Deserialize)]
struct Reply {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

impl RemoteEmbedder {
    /// Checks the options; sends one request if they leave the dimension open.
    pub async fn connect(options: RemoteOptions) -> Result<Self, Error> {
        let endpoint = &options.endpoint;
        if options.dimension == Some(0) {
            return Err(Error::Setting {
                setting: endpoint.setting("dimension"),
                reason: "it must be at least 1".to_owned(),
            });
        }
        let client = transport::client(endpoint)?;
        let dimension = match options.dimension {
            Some(dimension) => dimension,
            None => learn_dimension(&client, &options).await?,
        };
        let id = ModelId::from_stored(format!(
            "remote/{}/{}/{dimension}",
            endpoint.place(),
            endpoint.model()
        ));
        Ok(Self(Arc::new(Inner {
            client,
            options,
            id,
            dimension,
        })))
    }

    pub fn id(&self) -> &ModelId {
        &self.0.id
    }

    pub fn dimension(&self) -> usize {
        self.0.dimension
    }

    pub async fn query(&self, text: &str) -> Result<Vec<f32>, Error> {
        let mut vectors = self.passages(vec![text.to_owned()]).await?;
        vectors.pop().ok_or_else(|| unexpected("no vector"))
    }

    pub async fn passages(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Error> {
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in batches(texts, self.0.options.batch) {
            for vector in request(&self.0.client, &self.0.options, batch).await? {
                self.check_dimension(vector.len())?;
                vectors.push(vector);
            }
        }
        Ok(vectors)
    }

    fn check_dimension(&self, found: usize) -> Result<(), Error> {
        if found == self.0.dimension {
            return Ok(());
        }
        Err(Error::Dimension {
            setting: self.0.options.endpoint.setting("dimension"),
            expected: self.0.dimension,
            found,
        })
    }
}

async fn learn_dimension(client: &ModelClient, options: &RemoteOptions) -> Result<usize, Error> {
    let vectors = request(client, options, vec!["precis".to_owned()]).await?;
    Ok(vectors.first().map_or(0, Vec::len))
}

/// Cuts texts into requests that the service takes.
fn batches(texts: Vec<String>, limit: usize) -> Vec<Vec<String>> {
    let limit = limit.clamp(1, MAX_TEXTS);
    let mut batches = Vec::new();
    let mut batch: Vec<String> = Vec::new();
    let mut bytes = 0;
    for text in texts {
        let full = batch.len() == limit || bytes + text.len() > MAX_BYTES;
        if full && !batch.is_empty() {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += text.len();
        batch.push(text);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

async fn request(
    client: &ModelClient,
    options: &RemoteOptions,
    mut texts: Vec<String>,
) -> Result<Vec<Vec<f32>>, Error> {
    for text in &mut texts {
        // The protocol refuses an empty text, and with it the whole request.
        if text.is_empty() {
            text.push(' ');
        }
    }
    let expected = texts.len();
    let shortened = options.dimension.filter(|_| options.shorten);
    let request = CreateEmbeddingRequest {
        model: options.endpoint.model().to_owned(),
        input: EmbeddingInput::StringArray(texts),
        encoding_format: Some(EncodingFormat::Float),
        user: None,
        dimensions: shortened.and_then(|dimension| u32::try_from(dimension).ok()),
    };
    let reply: Result<Reply, _> = client.embeddings().create_byot(request).await;
    let reply = reply.map_err(|error| transport::error_of(&options.endpoint, error))?;
    in_order(reply.data, expected)
}

/// The protocol numbers the vectors and promises no order.
fn in_order(mut items: Vec<Item>, expected: usize) -> Result<Vec<Vec<f32>>, Error> {
    items.sort_by_key(|item| item.index);
    let numbered = items.iter().map(|item| item.index).eq(0..expected);
    if !numbered {
        let found = items.len();
        return Err(unexpected(format!(
            "{found} vectors, not numbered as the {expected} texts"
        )));
    }
    items
        .into_iter()
        .map(|item| normalised(item.embedding))
        .collect()
}

/// Azure's vectors have length 1 already; other servers' need not.
fn normalised(mut vector: Vec<f32>) -> Result<Vec<f32>, Error> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if !length.is_normal() {
        return Err(unexpected("a vector without a direction"));
    }
    for value in &mut vector {
        *value /= length;
    }
    Ok(vector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_order_and_both_limits() {
        let long = "x".repeat(200_000);
        let texts = vec!["a".into(), long.clone(), long, "b".into(), "c".into()];
        let lengths = |limit: usize| -> Vec<usize> {
            let batches = batches(texts.clone(), limit);
            assert_eq!(batches.concat(), texts);
            batches.iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(2_048), [2, 3]);
        assert_eq!(lengths(2), [2, 2, 1]);
        assert_eq!(lengths(0), [1, 1, 1, 1, 1]);
        assert!(batches(Vec::new(), 8).is_empty());
    }

    #[test]
    fn vectors_are_put_in_order_and_gaps_are_refused() {
        let item = |index, x| Item {
            index,
            embedding: vec![x, 0.0],
        };
        let vectors = in_order(vec![item(1, -2.0), item(0, 3.0)], 2).unwrap();
        assert_eq!(vectors, [[1.0, 0.0], [-1.0, 0.0]]);
        assert!(in_order(vec![item(0, 1.0), item(0, 1.0)], 2).is_err());
        assert!(in_order(vec![item(0, 1.0)], 2).is_err());
        assert!(in_order(vec![item(0, 0.0)], 1).is_err());
        assert!(in_order(vec![item(0, f32::NAN)], 1).is_err());
    }
}
