//! precis: answers over a company's Salesforce data, each statement cited to its record and field.
//!
//! One binary. `cli` turns arguments into calls, `app` puts the parts together, `http` and `cli`
//! are thin skins over `query`; `access` makes viewers and `audit` records what they were shown.

mod access;
mod app;
mod asking;
mod audit;
mod azure;
mod card;
mod cli;
mod config;
mod copilot;
mod eval;
mod http;
mod identity;
mod instance;
mod keys;
mod loopback;
mod mcp;
mod metrics;
mod plain;
mod prompts;
mod query;
mod status;
mod syncs;
mod telemetry;

use std::process::ExitCode;

use rustix::fs::Mode;

/// Pages of records and documents go from thread to thread, which fragments the system's allocator.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    // Whatever this program writes holds text of records or keys: it is for its own user alone.
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    if std::env::args().nth(1).as_deref() == Some(app::READ_FILE) {
        // An attachment is read in a process of its own, with limits of its own.
        return files::child::run();
    }
    // TLS needs one provider for the whole process; an error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    cli::run()
}
