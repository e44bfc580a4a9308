//! What a maker needs in Copilot Studio: a folder with a topic, two connectors, and how to set them up.
//!
//! Its contracts are Microsoft's: code view of topics, OpenAPI 2.0 of custom connectors and the rules for
//! their texts. `connector` derives the definition from what the server says of itself.

mod connector;
mod icon;
#[cfg(test)]
mod lint;
mod properties;
mod target;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::Value;

pub use target::{Auth, Target};

const TOPIC_WITH_KEY: &str = include_str!("../copilot/topics/key.topic.mcs.yaml");
const TOPIC_WITH_CONNECTOR: &str = include_str!("../copilot/topics/entra.topic.mcs.yaml");
const TOOL: &str = include_str!("../copilot/agent/tool.mcs.yaml");
const INSTRUCTIONS: &str = include_str!("../copilot/agent/instructions.md");
const QUESTIONS: &str = include_str!("../copilot/agent/test-questions.csv");
const README: &str = include_str!("../copilot/README.md");

/// Why the package is not there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} is there already: name another folder, or write over its files with --force", .0.display())]
    Exists(PathBuf),
    #[error("cannot write {}: {source}", path.display())]
    NotWritten {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("a file of the package cannot be filled in: {0}")]
    Template(#[from] minijinja::Error),
    #[error("a file of the package cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// A file of the package.
pub struct File {
    /// Below the folder of the package.
    pub path: &'static str,
    pub content: Vec<u8>,
}

/// The files for a server at `target`. `swagger` is the server's own description in OpenAPI 2.0.
///
/// # Errors
/// [`Error::Template`] and [`Error::Json`], which a test keeps from happening.
pub fn package(swagger: &Value, target: &Target) -> Result<Vec<File>, Error> {
    let topic = match target.auth {
        Auth::Key => TOPIC_WITH_KEY,
        Auth::Entra => TOPIC_WITH_CONNECTOR,
    };
    let text = |path, template| {
        let content = filled(template, target)?.into_bytes();
        Ok::<_, Error>(File { path, content })
    };
    let json = |path, value: &Value| {
        let mut content = serde_json::to_vec_pretty(value)?;
        content.push(b'\n');
        Ok::<_, Error>(File { path, content })
    };
    let icon = |path| File {
        path,
        content: icon::png(),
    };
    let settings = properties::settings();
    let properties = properties::properties(target);
    Ok(vec![
        text("README.md", README)?,
        text("topics/OnKnowledgeRequested.topic.mcs.yaml", topic)?,
        json(
            "connector/apiDefinition.swagger.json",
            &connector::definition(swagger, target),
        )?,
        json("connector/apiProperties.json", &properties)?,
        json("connector/settings.json", &settings)?,
        icon("connector/icon.png"),
        json(
            "mcp-connector/apiDefinition.swagger.json",
            &connector::mcp(target),
        )?,
        json("mcp-connector/apiProperties.json", &properties)?,
        json("mcp-connector/settings.json", &settings)?,
        icon("mcp-connector/icon.png"),
        text("agent/instructions.md", INSTRUCTIONS)?,
        text("agent/test-questions.csv", QUESTIONS)?,
        text("agent/tool.mcs.yaml", TOOL)?,
    ])
}

fn filled(template: &str, target: &Target) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .keep_trailing_newline(true)
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.render_str(
        template,
        context! {
            url => target.base(),
            name => target.name.as_str(),
            entra => target.auth == Auth::Entra,
            tenant => target.tenant(),
            resource => target.resource.as_str(),
            client_id => target.client_id(),
            scope => target::SCOPE,
            connection => target::CONNECTION,
            key_variable => target::KEY_VARIABLE,
        },
    )
}

/// Writes the files into `folder`. Files of other names that are there stay.
///
/// # Errors
/// [`Error::Exists`] when the folder is there and `force` is not set; [`Error::NotWritten`].
pub fn write(files: &[File], folder: &Path, force: bool) -> Result<(), Error> {
    if folder.exists() && !force {
        return Err(Error::Exists(folder.to_owned()));
    }
    for file in files {
        let path = folder.join(file.path);
        put(&path, &file.content).map_err(|source| Error::NotWritten { path, source })?;
    }
    Ok(())
}

fn put(path: &Path, content: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut file = std::fs::File::create(path)?;
    file.write_all(content)
}
