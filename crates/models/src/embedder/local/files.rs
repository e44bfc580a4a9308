//! The files of a model folder, and whether they are what they should be.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;

const WEIGHTS: &str = "model.onnx";
const TOKENIZER: &str = "tokenizer.json";

/// What `make model` fetches (`scripts/fetch-model.py` pins the same hashes).
const PINNED: Pinned = Pinned {
    folder: "all-MiniLM-L6-v2-int8",
    weights: "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    tokenizer: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};

struct Pinned {
    folder: &'static str,
    weights: &'static str,
    tokenizer: &'static str,
}

/// The contents of a model folder, with what identifies them.
pub struct ModelFiles {
    /// The pinned model's name wherever it lies, else `onnx`: moving a folder changes no vector.
    pub name: &'static str,
    /// The first 16 hex digits of a SHA-256 over the hashes of both files.
    pub digest: String,
    pub weights: Vec<u8>,
    pub tokenizer: Vec<u8>,
}

/// Reads a model folder. A folder with the name of the pinned model must hold exactly that model;
/// in any other the hashes only tell one model from another.
pub fn read(folder: &Path) -> Result<ModelFiles, Error> {
    let weights = read_file(folder, WEIGHTS)?;
    let tokenizer = read_file(folder, TOKENIZER)?;
    let weights_hash = sha256(&weights);
    let tokenizer_hash = sha256(&tokenizer);
    if folder.ends_with(PINNED.folder) {
        verify(folder, WEIGHTS, &weights_hash, PINNED.weights)?;
        verify(folder, TOKENIZER, &tokenizer_hash, PINNED.tokenizer)?;
    }
    let pinned = weights_hash == PINNED.weights && tokenizer_hash == PINNED.tokenizer;
    let mut digest = sha256(format!("{weights_hash}{tokenizer_hash}").as_bytes());
    digest.truncate(16);
    Ok(ModelFiles {
        name: if pinned { PINNED.folder } else { "onnx" },
        digest,
        weights,
        tokenizer,
    })
}

fn read_file(folder: &Path, file: &'static str) -> Result<Vec<u8>, Error> {
    fs::read(folder.join(file)).map_err(|error| {
        let folder = folder.to_owned();
        if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
            let missing = file;
            Error::ModelMissing { folder, missing }
        } else {
            let reason = format!("{file} cannot be read: {error}");
            Error::ModelUnusable { folder, reason }
        }
    })
}

fn verify(folder: &Path, file: &str, found: &str, expected: &'static str) -> Result<(), Error> {
    if found == expected {
        return Ok(());
    }
    Err(Error::ModelChanged {
        path: folder.join(file),
        found: found.to_owned(),
        expected,
    })
}

fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
