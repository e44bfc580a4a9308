//! The layers of a configuration, merged and checked key by key against the defaults.

use std::path::{Path, PathBuf};

use config::{Environment, File, FileFormat, Value, ValueKind};

use super::Problem;

/// The defaults, each with its explanation. Its tree is also the schema: a key that is not in it
/// does not exist, and a value must be of the default's kind.
pub const DEFAULTS: &str = include_str!("../../config/default.toml");

/// Tables whose keys are the user's own.
const FREE_TABLES: [&str; 4] = ["objects", "sync.schedules", "policies", "identity.apps"];
/// Those of them whose values are texts.
const TEXT_TABLES: [&str; 1] = ["sync.schedules"];
/// Lists of tables: what is in them is read as a whole.
const LISTS: [&str; 3] = [
    "access.category_visibility",
    "access.data_category_groups",
    "api_keys",
];

/// Merges defaults, file and environment.
///
/// Unknown keys and values of the wrong kind are all reported at once.
pub fn merge(file: Option<&Path>) -> Result<config::Config, Vec<Problem>> {
    let defaults = build(None, false)?;
    let merged = build(file, true)?;
    let mut problems = Vec::new();
    compare("", &defaults.cache, &merged.cache, &mut problems);
    if problems.is_empty() {
        Ok(merged)
    } else {
        Err(problems)
    }
}

fn build(file: Option<&Path>, environment: bool) -> Result<config::Config, Vec<Problem>> {
    let mut builder =
        config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
    if let Some(path) = file {
        if !path.is_file() {
            return Err(vec![Problem::new(
                "--config",
                format!("there is no file {}", path.display()),
            )]);
        }
        builder = builder.add_source(File::new(&path.to_string_lossy(), FileFormat::Toml));
    }
    if environment {
        builder = builder.add_source(
            Environment::with_prefix("PRECIS")
                .prefix_separator("__")
                .separator("__"),
        );
    }
    builder.build().map_err(|error| {
        let place = file.map_or_else(PathBuf::new, Path::to_owned);
        let text = error.to_string();
        vec![Problem::new(
            "--config",
            format!("{} cannot be read: {}", place.display(), text.trim()),
        )]
    })
}

fn compare(prefix: &str, defaults: &Value, given: &Value, problems: &mut Vec<Problem>) {
    let (ValueKind::Table(defaults), ValueKind::Table(given)) = (&defaults.kind, &given.kind)
    else {
        return;
    };
    for (key, value) in given {
        let path = format!("{prefix}{key}");
        if LISTS.contains(&path.as_str()) {
            continue;
        }
        let Some(default) = defaults.get(key) else {
            let known: Vec<_> = defaults.keys().map(String::as_str).collect();
            problems.push(Problem::unknown(&path, value.origin(), &known));
            continue;
        };
        if matches!(default.kind, ValueKind::Table(_)) {
            if !matches!(value.kind, ValueKind::Table(_)) {
                problems.push(Problem::new(&path, "must be a table"));
            } else if TEXT_TABLES.contains(&path.as_str()) {
                check_texts(&path, value, problems);
            } else if !FREE_TABLES.contains(&path.as_str()) {
                compare(&format!("{path}."), default, value, problems);
            }
        } else if let Some(wanted) = wanted_kind(default, value) {
            problems.push(Problem::new(&path, format!("must be {wanted}")));
        }
    }
}

fn check_texts(prefix: &str, given: &Value, problems: &mut Vec<Problem>) {
    let ValueKind::Table(given) = &given.kind else {
        return;
    };
    for (key, value) in given {
        if !matches!(value.kind, ValueKind::String(_)) {
            let path = format!("{prefix}.{key}");
            problems.push(Problem::new(&path, "must be a text in quotes"));
        }
    }
}

/// What `value` should have been, if it cannot be read as the default's kind.
fn wanted_kind(default: &Value, value: &Value) -> Option<&'static str> {
    if let ValueKind::Boolean(_) = default.kind {
        return value
            .clone()
            .into_bool()
            .is_err()
            .then_some("true or false");
    }
    if let ValueKind::I64(_) = default.kind {
        return value
            .clone()
            .into_uint()
            .is_err()
            .then_some("a whole number of 0 or more");
    }
    if let ValueKind::Float(_) = default.kind {
        return value.clone().into_float().is_err().then_some("a number");
    }
    let is_text = matches!(value.kind, ValueKind::String(_));
    if let ValueKind::Array(_) = default.kind {
        // A text with commas is how the environment writes a list.
        let is_list = is_text || is_list_of_texts(value);
        return (!is_list).then_some("a list of texts in quotes");
    }
    (!is_text).then_some("a text in quotes")
}

fn is_list_of_texts(value: &Value) -> bool {
    let ValueKind::Array(items) = &value.kind else {
        return false;
    };
    let mut items = items.iter();
    items.all(|item| matches!(item.kind, ValueKind::String(_)))
}
