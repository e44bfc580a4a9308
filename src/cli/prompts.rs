//! `precis prompts`

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{Cell, CellAlignment, LineStyle, Table};
use serde::Serialize;
use serde_json::json;

use super::{Global, make_folder, print, print_json};
use crate::config::Config;
use crate::prompts::{Error, Prompt, Template, strangers};

#[derive(Args)]
#[command(after_help = "Example:\n  \
    precis prompts export my-prompts       the shipped ones, to start from\n  \
    precis prompts check --folder my-prompts\n\n\
    Then set prompts.folder in precis.toml. A running precis takes over what changes.")]
pub struct PromptsArgs {
    #[command(subcommand)]
    command: PromptsCommand,
}

#[derive(Subcommand)]
enum PromptsCommand {
    /// Fill each prompt in with sample data; exit with 2 when one cannot be used
    Check(Where),
    /// Print a prompt as a model would get it, about sample data
    Show {
        #[arg(value_enum)]
        prompt: Prompt,
        #[command(flatten)]
        place: Where,
    },
    /// Write the shipped prompts into a folder
    Export {
        /// Files that are there already are not written over
        folder: PathBuf,
    },
}

#[derive(Args)]
struct Where {
    /// The folder with prompt files; without it, prompts.folder of the config
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

/// One prompt as `check` found it.
#[derive(Serialize)]
struct Checked {
    prompt: Prompt,
    /// Whether it is a file of the folder, and not the shipped one.
    own: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// About so many has the sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

pub fn run(global: &Global, args: PromptsArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        PromptsCommand::Check(place) => check(global, place.folder(global)?.as_deref()),
        PromptsCommand::Show { prompt, place } => {
            show(global, prompt, place.folder(global)?.as_deref())
        }
        PromptsCommand::Export { folder } => export(global, &folder),
    }
}

impl Where {
    /// None: the shipped prompts alone. They can be looked at before there is a config.
    fn folder(&self, global: &Global) -> anyhow::Result<Option<PathBuf>> {
        if let Some(folder) = &self.folder {
            if !folder.is_dir() {
                bail!("{} is no folder", folder.display());
            }
            return Ok(Some(folder.clone()));
        }
        if global.file().is_none() {
            return Ok(Config::load(None).ok().and_then(|c| c.prompt_folder));
        }
        Ok(global.load_quietly()?.prompt_folder)
    }
}

fn check(global: &Global, folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    let checked: Vec<_> = Prompt::ALL.map(|prompt| checked(prompt, folder)).into();
    let strangers = match folder {
        Some(folder) => strangers(folder)?,
        None => Vec::new(),
    };
    if global.json {
        print_json(&json!({"prompts": checked, "unknown_files": strangers}))?;
    } else {
        print(&format!("{}\n", table(&checked)))?;
    }
    let mut problems: Vec<_> = checked.into_iter().filter_map(|c| c.problem).collect();
    let names = Prompt::ALL.map(Prompt::file).join(", ");
    problems.extend(
        strangers.iter().map(|stranger| {
            format!("{stranger} is no prompt and changes nothing; there are {names}")
        }),
    );
    for problem in &problems {
        let _ = writeln!(std::io::stderr(), "precis: {problem}");
    }
    Ok(match problems.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(2),
    })
}

fn checked(prompt: Prompt, folder: Option<&Path>) -> Checked {
    let (own, template) = match read(prompt, folder) {
        Ok((own, template)) => (own, Ok(template)),
        Err(error) => (true, Err(error)),
    };
    let tried = template.and_then(|template| Ok((template.sample()?, template)));
    let mut checked = Checked {
        prompt,
        own,
        version: None,
        hash: None,
        tokens: None,
        problem: None,
    };
    match tried {
        Ok((sample, template)) => {
            checked.version = Some(template.settings().version);
            checked.tokens = Some(sample.tokens());
            checked.hash = Some(template.hash().to_owned());
        }
        Err(error) => checked.problem = Some(error.to_string()),
    }
    checked
}

/// The prompt of the folder, else the shipped one, and whether it is the folder's.
fn read(prompt: Prompt, folder: Option<&Path>) -> Result<(bool, Template), Error> {
    let path = folder.map(|folder| folder.join(prompt.file()));
    let Some(path) = path.filter(|path| path.exists()) else {
        return Ok((false, Template::parse(prompt, prompt.shipped())?));
    };
    let text = std::fs::read_to_string(&path).map_err(|error| Error::Unreadable {
        path,
        detail: error.to_string(),
    })?;
    Ok((true, Template::parse(prompt, &text)?))
}

fn show(global: &Global, prompt: Prompt, folder: Option<&Path>) -> anyhow::Result<ExitCode> {
    let (_, template) = read(prompt, folder)?;
    let sample = template.sample()?;
    if global.json {
        print_json(&sample)?;
    } else {
        let settings = toml::to_string(&sample.settings)?;
        print(&format!(
            "# {prompt}, {}, about {} tokens with this sample\n{settings}\n# System\n{}\n\n# User\n{}\n",
            sample.hash,
            sample.tokens(),
            sample.system,
            sample.user
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn export(global: &Global, folder: &Path) -> anyhow::Result<ExitCode> {
    make_folder(folder)?;
    let files = Prompt::ALL.map(|prompt| (prompt, folder.join(prompt.file())));
    if let Some((_, path)) = files.iter().find(|(_, path)| path.exists()) {
        bail!(
            "{} is there already: name a folder without prompts",
            path.display()
        );
    }
    for (prompt, path) in &files {
        std::fs::write(path, prompt.shipped())
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    let paths = files.map(|(_, path)| path.display().to_string());
    if global.json {
        print_json(&json!({"files": paths}))?;
    } else {
        print(&format!("{}\n", paths.join("\n")))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn table(checked: &[Checked]) -> Table {
    let mut table = Table::new();
    let style = UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none());
    table.load_style(style).force_no_tty();
    table.set_header(["Prompt", "From", "Version", "Hash", "Tokens", ""]);
    let number = |value: Option<String>| {
        Cell::new(value.unwrap_or_default()).set_alignment(CellAlignment::Right)
    };
    for checked in checked {
        let from = if checked.own { "folder" } else { "shipped" };
        let verdict = checked
            .problem
            .as_deref()
            .map_or("ok", |_| "cannot be used");
        table.add_row([
            Cell::new(checked.prompt.name()),
            Cell::new(from),
            number(checked.version.map(|version| version.to_string())),
            Cell::new(checked.hash.as_deref().unwrap_or_default()),
            number(checked.tokens.map(|tokens| tokens.to_string())),
            Cell::new(verdict),
        ]);
    }
    table
}
