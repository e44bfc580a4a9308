//! Prompt files of the administrator, looked at again while precis runs.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::{Error, Prompt, Template};

/// How long a file is taken to be as it was.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// One prompt, and where a newer version of it may turn up.
pub struct Watched {
    prompt: Prompt,
    /// None: the shipped one, for ever.
    path: Option<PathBuf>,
    state: Mutex<State>,
}

struct State {
    /// The last version that can be used.
    good: Result<Arc<Template>, Error>,
    /// Why the file as it is now cannot.
    problem: Option<Error>,
    /// The file that `good` or `problem` is of; none when it must be read again.
    seen: Option<Stamp>,
    looked: Option<Instant>,
}

/// By what a changed file is known. None: there is no file.
type Stamp = Option<(SystemTime, u64)>;

impl Watched {
    pub fn new(prompt: Prompt, folder: Option<&Path>) -> Self {
        let watched = Self {
            prompt,
            path: folder.map(|folder| folder.join(prompt.file())),
            state: Mutex::new(State {
                good: shipped(prompt),
                problem: None,
                seen: Some(None),
                looked: None,
            }),
        };
        drop(watched.look());
        watched
    }

    pub fn current(&self) -> Result<Arc<Template>, Error> {
        self.look().good.clone()
    }

    pub fn problem(&self) -> Option<Error> {
        let state = self.look();
        state.problem.clone().or(state.good.as_ref().err().cloned())
    }

    /// Takes over a file that is new. A look is one call of the system and a changed file a few
    /// kilobytes to read, so it is done where it stands.
    fn look(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = state.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY);
        let Some(path) = self.path.as_ref().filter(|_| !is_fresh) else {
            return state;
        };
        state.looked = Some(Instant::now());
        let stamp = match stamp(path) {
            Ok(stamp) => stamp,
            Err(error) => {
                state.seen = None;
                state.note(error);
                return state;
            }
        };
        if state.seen == Some(stamp) {
            return state;
        }
        state.seen = Some(stamp);
        match self.read(path, stamp) {
            Ok(template) => {
                tracing::info!(prompt = %self.prompt, hash = template.hash(), "prompt taken over");
                state.good = Ok(template);
                state.problem = None;
            }
            Err(error) => state.note(error),
        }
        state
    }

    /// The file, or the shipped prompt where there is none.
    fn read(&self, path: &Path, stamp: Stamp) -> Result<Arc<Template>, Error> {
        if stamp.is_none() {
            return shipped(self.prompt);
        }
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
        Template::parse(self.prompt, &text).map(Arc::new)
    }
}

impl State {
    fn note(&mut self, error: Error) {
        if self.problem.as_ref() != Some(&error) {
            tracing::error!(error = %error, "prompt file not taken over");
        }
        self.problem = Some(error);
    }
}

fn shipped(prompt: Prompt) -> Result<Arc<Template>, Error> {
    Template::parse(prompt, prompt.shipped()).map(Arc::new)
}

fn stamp(path: &Path) -> Result<Stamp, Error> {
    match std::fs::metadata(path) {
        Ok(found) => {
            let modified = found.modified().map_err(|error| unreadable(path, &error))?;
            Ok(Some((modified, found.len())))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Error {
    Error::Unreadable {
        path: path.to_owned(),
        detail: error.to_string(),
    }
}

/// Files of a folder that look like prompts and are none: a name that is spelled wrong changes nothing
/// and nobody would notice.
pub fn strangers(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut strangers = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_prompt = Prompt::ALL.iter().any(|prompt| prompt.file() == name);
        if name.ends_with(".md") && name != "README.md" && !is_prompt {
            strangers.push(name);
        }
    }
    strangers.sort();
    Ok(strangers)
}
