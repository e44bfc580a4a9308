//! One prompt file: settings between two lines `+++` (TOML), what the system says, a line `---`, and
//! what the user says.

use minijinja::Value;
use minijinja::value::Serde;
use models::Chat;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::filters::environment;
use super::{Error, Prompt, samples};

const FRONT: &str = "+++";
const BETWEEN: &str = "---";

/// What stands on top of a prompt file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// For people; what was sent is told by the hash.
    pub version: u32,
    /// Another deployment or model than the configured one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// From 0 to 2; reasoning models refuse any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// Tokens of the model's reply, at most; a reasoning model's thoughts count.
    pub max_tokens: u32,
    /// Characters of all passages together, at most.
    pub context_chars: usize,
}

/// A prompt file that can be used: it renders with the samples.
#[derive(Debug, Clone)]
pub struct Template {
    prompt: Prompt,
    settings: Settings,
    hash: String,
    system: Part,
    user: Part,
}

/// Half of a file, and the line that it begins on.
#[derive(Debug, Clone)]
struct Part {
    text: String,
    line: usize,
}

/// A prompt that is ready to be sent.
#[derive(Debug, Clone, Serialize)]
pub struct Rendered {
    pub system: String,
    pub user: String,
    pub settings: Settings,
    /// Which words were sent: the start of the file's SHA-256, 16 hexadecimal digits.
    pub hash: String,
}

impl From<Rendered> for Chat {
    /// What the prompt says and sets; the schema and the deadline are the caller's.
    fn from(rendered: Rendered) -> Self {
        Self {
            system: rendered.system,
            user: rendered.user,
            max_tokens: rendered.settings.max_tokens,
            temperature: rendered.settings.temperature,
            model: rendered.settings.model,
            ..Self::default()
        }
    }
}

impl Rendered {
    /// About as many tokens as a model counts.
    pub fn tokens(&self) -> usize {
        (self.system.chars().count() + self.user.chars().count()).div_ceil(4)
    }
}

impl Template {
    /// Reads a file and tries it with the samples.
    pub fn parse(prompt: Prompt, text: &str) -> Result<Self, Error> {
        let hash = hash(text);
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let (front, body) = split(&text).ok_or_else(|| {
            let detail = format!("must begin with settings between two lines {FRONT}");
            unusable(prompt, Some(1), detail)
        })?;
        let settings = settings(prompt, front)?;
        let body = Part {
            text: body.to_owned(),
            line: front.lines().count() + 3,
        };
        let (system, user) = body.halves(prompt)?;
        let template = Self {
            prompt,
            settings,
            hash,
            system,
            user,
        };
        template.check()?;
        Ok(template)
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// As [`Rendered::hash`].
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Fills in what `context` says.
    pub fn rendered(&self, context: impl Serialize) -> Result<Rendered, Error> {
        let context = Value::from(Serde(context));
        Ok(Rendered {
            system: self.filled(&self.system, &context)?,
            user: self.filled(&self.user, &context)?,
            settings: self.settings.clone(),
            hash: self.hash.clone(),
        })
    }

    /// The prompt about the sample that has everything.
    pub fn sample(&self) -> Result<Rendered, Error> {
        self.rendered(samples::full(self.prompt))
    }

    /// Each variable is one that the prompt gets, and both samples can be filled in.
    fn check(&self) -> Result<(), Error> {
        let known = samples::variables(self.prompt);
        for part in [&self.system, &self.user] {
            let template = environment()
                .template_from_str(&part.text)
                .map_err(|error| self.wrong(part, &error))?;
            let globals: Vec<_> = environment().globals().map(|(name, _)| name).collect();
            let mut used: Vec<_> = template.undeclared_variables(false).into_iter().collect();
            used.sort();
            let is_known = |name: &str| known.iter().any(|k| k == name) || globals.contains(&name);
            if let Some(name) = used.iter().find(|name| !is_known(name)) {
                let detail = format!("'{name}' is unknown; there are {}", known.join(", "));
                return Err(unusable(self.prompt, part.line_of(name), detail));
            }
        }
        self.rendered(samples::full(self.prompt))?;
        self.rendered(samples::bare(self.prompt))?;
        Ok(())
    }

    fn filled(&self, part: &Part, context: &Value) -> Result<String, Error> {
        let filled = environment().render_str(&part.text, context.clone());
        filled.map_err(|error| self.wrong(part, &error))
    }

    fn wrong(&self, part: &Part, error: &minijinja::Error) -> Error {
        let line = error.line().map(|line| part.line + line - 1);
        let kind = error.kind();
        let detail = match error.detail() {
            Some(detail) => format!("{kind}: {detail}"),
            None => kind.to_string(),
        };
        unusable(self.prompt, line, detail)
    }
}

impl Part {
    /// What stands before and after the line of dashes; neither is empty.
    fn halves(&self, prompt: Prompt) -> Result<(Self, Self), Error> {
        let between = format!("\n{BETWEEN}\n");
        let halves = self.text.split_once(&between);
        let halves =
            halves.filter(|(system, user)| !system.trim().is_empty() && !user.trim().is_empty());
        let Some((system, user)) = halves else {
            let detail =
                format!("must have a line {BETWEEN} between what the system and the user say");
            return Err(unusable(prompt, None, detail));
        };
        let system = Self {
            text: system.to_owned(),
            line: self.line,
        };
        let user = Self {
            text: user.to_owned(),
            line: self.line + system.text.lines().count() + 1,
        };
        Ok((system, user))
    }

    /// The line of the file that first has the word.
    fn line_of(&self, word: &str) -> Option<usize> {
        let mut lines = self.text.lines();
        let at = lines.position(|line| line.contains(word))?;
        Some(self.line + at)
    }
}

/// The settings' text and what follows them.
fn split(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(FRONT)?.strip_prefix('\n')?;
    let end = format!("\n{FRONT}\n");
    rest.split_once(&end)
}

fn settings(prompt: Prompt, front: &str) -> Result<Settings, Error> {
    let settings: Settings = toml::from_str(front).map_err(|error| {
        let before = error
            .span()
            .map_or("", |span| front.get(..span.start).unwrap_or(""));
        let line = before.matches('\n').count() + 2;
        unusable(prompt, Some(line), error.message())
    })?;
    let temperature = settings.temperature.unwrap_or(0.0);
    let wrong = if !(0.0..=2.0).contains(&temperature) {
        Some("temperature must be from 0 to 2")
    } else if settings.max_tokens == 0 || settings.context_chars == 0 {
        Some("max_tokens and context_chars must be at least 1")
    } else if settings
        .model
        .as_ref()
        .is_some_and(|name| name.trim().is_empty())
    {
        Some("model must have a name, or be left out")
    } else {
        None
    };
    match wrong {
        Some(detail) => Err(unusable(prompt, None, detail)),
        None => Ok(settings),
    }
}

fn unusable(prompt: Prompt, line: Option<usize>, detail: impl Into<String>) -> Error {
    Error::Unusable {
        prompt,
        line,
        detail: detail.into(),
    }
}

/// The start of the SHA-256 of a file's text.
fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let start = digest.iter().take(8);
    start.map(|byte| format!("{byte:02x}")).collect()
}
