//! One text through the tokenizer and the model, to one vector.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rten::{Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value};
use tokenizers::{Tokenizer, TruncationParams};

use super::files::ModelFiles;
use crate::Error;

/// What all-MiniLM-L6-v2 was trained to read; later tokens are dropped.
const MAX_TOKENS: usize = 256;

/// Text beyond this many bytes is dropped before it is tokenized, so that a question of a megabyte
/// costs no more than its beginning. 256 words of the longest kind that a tokenizer takes apart
/// (100 characters) fit.
const MAX_BYTES: usize = 32 * 1024;

pub struct Encoder {
    folder: PathBuf,
    tokenizer: Tokenizer,
    model: Model,
    ids: NodeId,
    mask: NodeId,
    /// Not every BERT-like model has this input.
    types: Option<NodeId>,
    output: NodeId,
    dimension: usize,
}

/// An encoder as one thread uses it.
pub struct Session<'a> {
    encoder: &'a Encoder,
    /// One thread: sessions run beside each other instead of sharing each multiplication.
    pool: Arc<ThreadPool>,
}

impl Encoder {
    pub fn new(folder: &Path, files: ModelFiles) -> Result<Self, Error> {
        let unusable = |reason: String| Error::ModelUnusable {
            folder: folder.to_owned(),
            reason,
        };
        let tokenizer = tokenizer(&files.tokenizer).map_err(unusable)?;
        // Packing the weights once takes 40 MB; passages become a sixth faster, short texts two thirds.
        let model = ModelOptions::with_all_ops()
            .prepack_weights(true)
            .load(files.weights)
            .map_err(|error| unusable(format!("model.onnx: {error}")))?;
        let input = |name: &str| {
            let reason = || format!("model.onnx has no input `{name}`");
            model.find_node(name).ok_or_else(|| unusable(reason()))
        };
        let output = model.output_ids().first().copied();
        let mut encoder = Self {
            folder: folder.to_owned(),
            tokenizer,
            ids: input("input_ids")?,
            mask: input("attention_mask")?,
            types: model.find_node("token_type_ids"),
            output: output.ok_or_else(|| unusable("model.onnx has no output".to_owned()))?,
            model,
            dimension: 0,
        };
        encoder.dimension = encoder.session().encode("precis")?.len();
        Ok(encoder)
    }

    pub fn dimension(&self) -> usize {
        self.dimension
    }

    pub fn session(&self) -> Session<'_> {
        Session {
            encoder: self,
            pool: Arc::new(ThreadPool::with_num_threads(1)),
        }
    }

    fn unusable(&self, reason: impl ToString) -> Error {
        Error::ModelUnusable {
            folder: self.folder.clone(),
            reason: reason.to_string(),
        }
    }

    fn tokens(&self, text: &str) -> Result<Vec<i32>, Error> {
        let text = &text[..text.floor_char_boundary(MAX_BYTES)];
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|error| self.unusable(error))?;
        encoding
            .get_ids()
            .iter()
            .map(|&id| i32::try_from(id).map_err(|error| self.unusable(error)))
            .collect()
    }
}

impl Session<'_> {
    /// The text's vector: the mean of the model's token vectors, scaled to length 1.
    pub fn encode(&self, text: &str) -> Result<Vec<f32>, Error> {
        let encoder = self.encoder;
        let tokens = encoder.tokens(text)?;
        let count = tokens.len();
        let row = |values: Vec<i32>| {
            Value::from_shape([1, count], values).map_err(|error| encoder.unusable(error))
        };
        let mut inputs = vec![
            (encoder.ids, row(tokens)?.into()),
            (encoder.mask, row(vec![1; count])?.into()),
        ];
        if let Some(types) = encoder.types {
            inputs.push((types, row(vec![0; count])?.into()));
        }
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.pool)));
        let [output] = encoder
            .model
            .run_n(inputs, [encoder.output], Some(options))
            .map_err(|error| encoder.unusable(error))?;
        let ([_, _, width], hidden) = output
            .into_shape_vec::<f32, 3>()
            .map_err(|error| encoder.unusable(error))?;
        Ok(normalised_mean(&hidden, width))
    }
}

/// The files may ask for padding or for another length; a single text is only ever truncated.
fn tokenizer(file: &[u8]) -> Result<Tokenizer, String> {
    let mut tokenizer =
        Tokenizer::from_bytes(file).map_err(|error| format!("tokenizer.json: {error}"))?;
    tokenizer.with_padding(None);
    let truncation = TruncationParams {
        max_length: MAX_TOKENS,
        ..TruncationParams::default()
    };
    tokenizer
        .with_truncation(Some(truncation))
        .map_err(|error| format!("tokenizer.json: {error}"))?;
    Ok(tokenizer)
}

fn normalised_mean(rows: &[f32], width: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; width];
    for row in rows.chunks_exact(width.max(1)) {
        for (sum, value) in vector.iter_mut().zip(row) {
            *sum += value;
        }
    }
    // The mean and the sum have the same direction, so dividing by the length does for both.
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        for value in &mut vector {
            *value /= length;
        }
    }
    vector
}
