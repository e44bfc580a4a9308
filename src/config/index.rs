//! Where the index is and what this node does with it: `role`, `[vector]` and `[keyword]`.

use std::time::Duration;

use store::{Quantization, ServerOptions, Words};

use super::Role;
use super::raw::{RawKeyword, RawVector};
use super::reading::Reading;

impl Reading {
    /// The role, and the server if there is one.
    pub(super) fn index(
        &mut self,
        role: &str,
        vector: &RawVector,
        keyword: &RawKeyword,
    ) -> Option<(Role, Option<ServerOptions>)> {
        let role = match self.choice("role", role, &["both", "indexer", "reader"])? {
            "indexer" => Role::Indexer,
            "reader" => Role::Reader,
            _ => Role::Both,
        };
        let backend = self.choice("vector.backend", &vector.backend, &["embedded", "server"]);
        let words =
            match self.choice("keyword.backend", &keyword.backend, &["tantivy", "qdrant"])? {
                "qdrant" => Words::Server,
                _ => Words::Local,
            };
        let on_server = backend? == "server";
        if words == Words::Server && !on_server {
            let problem = "can be \"qdrant\" only with vector.backend = \"server\": words live beside \
                           the vectors";
            self.problem::<()>("keyword.backend", problem);
        }
        if role != Role::Both && !(on_server && words == Words::Server) {
            let problem = "can be \"indexer\" or \"reader\" only with vector.backend = \"server\" and \
                           keyword.backend = \"qdrant\": any other index is in the data folder of the \
                           one node that writes it";
            self.problem::<()>("role", problem);
        }
        match on_server {
            true => Some((role, Some(self.server(vector, words)?))),
            false => Some((role, None)),
        }
    }

    fn server(&mut self, raw: &RawVector, words: Words) -> Option<ServerOptions> {
        let url = self.url("vector.url", &raw.url);
        let api_key = match raw.api_key.is_empty() {
            true => Some(None),
            false => self.secret("vector.api_key", &raw.api_key).map(Some),
        };
        let collection = self.collection(&raw.collection);
        let quantization = ["scalar", "none"];
        let quantization = self.choice("vector.quantization", &raw.quantization, &quantization);
        for (key, value) in [
            ("vector.replication_factor", raw.replication_factor),
            (
                "vector.write_consistency_factor",
                raw.write_consistency_factor,
            ),
        ] {
            if value == 0 {
                self.problem::<()>(key, "must be at least 1");
            }
        }
        if raw.write_consistency_factor > raw.replication_factor {
            let problem = "must be at most vector.replication_factor: no write could ever count";
            self.problem::<()>("vector.write_consistency_factor", problem);
        }
        Some(ServerOptions {
            url: url?.to_string(),
            api_key: api_key?,
            collection: collection?,
            words,
            timeout: Duration::from_secs(raw.timeout_seconds.max(1)),
            quantization: match quantization? {
                "none" => Quantization::None,
                _ => Quantization::Scalar,
            },
            replication_factor: raw.replication_factor,
            write_consistency_factor: raw.write_consistency_factor,
            shard_number: (raw.shard_number > 0).then_some(raw.shard_number),
            on_disk: raw.on_disk,
        })
    }

    fn collection(&mut self, name: &str) -> Option<String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if (1..=64).contains(&name.len()) && name.chars().all(is_plain) {
            return Some(name.to_owned());
        }
        let problem = "must be a name of 1 to 64 letters, digits, dots, hyphens and underscores";
        self.problem("vector.collection", problem)
    }
}
