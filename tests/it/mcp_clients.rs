//! The official clients of the Model Context Protocol, as their registries ship them, against a served precis.

use std::process::Command;

use crate::installing::{node, python, run, script};
use crate::support::{Org, Server, key_of};

struct Served {
    org: Org,
    server: Server,
}

impl Served {
    fn start() -> Self {
        let org = Org::demo_synced();
        let run_as = org.run_as().to_owned();
        let org = org.with_keys(&[&run_as]);
        let server = org.serve_without_sync();
        Self { org, server }
    }

    /// Runs a client to its end.
    fn asked_by(&self, mut client: Command) {
        client
            .env("PRECIS_URL", format!("{}/mcp", self.server.process.url()))
            .env("PRECIS_KEY", key_of(self.org.run_as()))
            .env("PRECIS_PROGRAM", env!("CARGO_BIN_EXE_precis"))
            .env("PRECIS_CONFIG", self.org.config());
        run(client);
    }
}

fn scripted(name: &str) -> Command {
    let mut command = Command::new("node");
    command.arg(name).current_dir(node("mcp"));
    command
}

#[test]
fn the_python_client_calls_every_tool() {
    let mut client = Command::new(python("mcp"));
    client.arg(script("mcp", "mcp_test.py"));
    Served::start().asked_by(client);
}

#[test]
fn the_typescript_client_calls_every_tool_over_both_transports() {
    Served::start().asked_by(scripted("mcp_test.mjs"));
}

#[test]
fn the_inspector_calls_every_tool_and_finds_the_schemas_strict() {
    Served::start().asked_by(scripted("inspector_test.mjs"));
}
