//! The words that language models are sent: templates in files, with their settings.
//!
//! The shipped ones (`prompts/*.md`) are compiled in; the files of `prompts.folder` come before them
//! and are taken over when they change. A file that cannot be used changes nothing: what was good
//! before goes on, and the status says why.

mod filters;
mod folder;
mod samples;
mod template;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use folder::Watched;
pub use folder::strangers;
pub use template::{Rendered, Template};

/// A task that a model is given; its file is `NAME.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ValueEnum, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PromptName)]
#[value(rename_all = "snake_case")]
pub enum Prompt {
    /// Answer a question from passages
    Answer,
    /// Tell what matters about an account
    Brief,
    /// Tell what a case is about and draft a reply
    Triage,
    /// Grade an answer against a reference
    Judge,
    /// Look at claims beside their quotes, as a second model
    Support,
}

impl Prompt {
    pub const ALL: [Self; 5] = [
        Self::Answer,
        Self::Brief,
        Self::Triage,
        Self::Judge,
        Self::Support,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Brief => "brief",
            Self::Triage => "triage",
            Self::Judge => "judge",
            Self::Support => "support",
        }
    }

    pub fn file(self) -> String {
        format!("{}.md", self.name())
    }

    /// The text that ships with precis.
    pub fn shipped(self) -> &'static str {
        match self {
            Self::Answer => include_str!("../prompts/answer.md"),
            Self::Brief => include_str!("../prompts/brief.md"),
            Self::Triage => include_str!("../prompts/triage.md"),
            Self::Judge => include_str!("../prompts/judge.md"),
            Self::Support => include_str!("../prompts/support.md"),
        }
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a prompt cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file has to change. Lines count from 1.
    #[error("{}{}: {detail}", prompt.file(), line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Unusable {
        prompt: Prompt,
        line: Option<usize>,
        detail: String,
    },
    /// It is there and cannot be read.
    #[error("{}: {detail}", path.display())]
    Unreadable { path: PathBuf, detail: String },
}

/// A prompt whose file cannot be used, while an older version goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PromptProblem {
    pub prompt: Prompt,
    /// One sentence without its full stop, which names the place.
    pub problem: String,
}

/// All prompts as they are now. Clones share what they know.
#[derive(Clone)]
pub struct Prompts(Arc<[(Prompt, Watched)]>);

impl Prompts {
    /// The shipped prompts, and before them the files of `folder`.
    pub fn open(folder: Option<PathBuf>) -> Self {
        let watched = Prompt::ALL.map(|prompt| (prompt, Watched::new(prompt, folder.as_deref())));
        Self(watched.into())
    }

    /// The prompt's newest version that can be used. Its file is looked at once a second at most.
    ///
    /// # Errors
    /// When there never was a version that can be used.
    pub fn current(&self, prompt: Prompt) -> Result<Arc<Template>, Error> {
        self.watched(prompt).current()
    }

    /// The prompt with what it says about `context` filled in. Its variables are those of the sample
    /// (`precis prompts show`).
    pub fn rendered(&self, prompt: Prompt, context: impl Serialize) -> Result<Rendered, Error> {
        self.current(prompt)?.rendered(context)
    }

    /// Files that cannot be used; none when all is well.
    pub fn problems(&self) -> Vec<PromptProblem> {
        let mut problems = Vec::new();
        for (prompt, watched) in self.0.iter() {
            if let Some(error) = watched.problem() {
                problems.push(PromptProblem {
                    prompt: *prompt,
                    problem: error.to_string(),
                });
            }
        }
        problems
    }

    fn watched(&self, prompt: Prompt) -> &Watched {
        // `ALL` is in the order of the enum.
        &self.0[prompt as usize].1
    }
}

impl fmt::Debug for Prompts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prompts").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
