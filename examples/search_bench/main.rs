//! What `scripts/bench_search.py` measures search with: an org of synthetic text, an embedding
//! service for it that answers at once, and a load generator.
//!
//! ```text
//! search_bench corpus --passages 100000 --out ORG     writes an org folder and ORG/queries.jsonl
//! search_bench embed [--dimension 384]                serves POST /v1/embeddings, prints its URL
//! search_bench load --url URL --key KEY --queries F   asks /v1/search; prints figures as JSON
//! ```

mod corpus;
mod embed;
mod load;
mod words;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    part: Part,
}

#[derive(Subcommand)]
enum Part {
    /// Writes an org folder of cases
    Corpus {
        /// Passages of text, two to a case
        #[arg(long)]
        passages: usize,
        #[arg(long)]
        out: PathBuf,
        /// Questions, a third of them filtered
        #[arg(long, default_value_t = 1_000)]
        queries: usize,
    },
    /// Serves vectors in the protocol of OpenAI
    Embed {
        #[arg(long, default_value_t = 384)]
        dimension: usize,
    },
    /// Asks questions and measures
    Load(load::LoadArgs),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The HTTP client wants one although nothing here is encrypted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match Arguments::parse().part {
        Part::Corpus {
            passages,
            out,
            queries,
        } => corpus::write(&out, passages, queries),
        Part::Embed { dimension } => embed::serve(dimension).await,
        Part::Load(arguments) => load::run(arguments).await,
    }
}
