//! `precis man`: the help of every command as pages for `man`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::builder::Resettable;
use clap::{Args, Command};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use rustix::fs::Mode;

#[derive(Args)]
#[command(
    about = "Print the manual, or write a page for each command",
    after_help = "Read it at once, or install every page:\n  \
                  precis man | man -l -\n  \
                  precis man --out ~/.local/share/man/man1 && man precis-ask"
)]
pub struct ManArgs {
    /// Write a page for precis and for each of its commands to this folder
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn run(args: &ManArgs, command: Command) -> anyhow::Result<ExitCode> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.out else {
        let page = Page::of(&command)?;
        super::print(&page.text)?;
        return Ok(ExitCode::SUCCESS);
    };
    // Unlike all else that precis writes, a manual is for everybody.
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    super::make_folder(folder)?;
    write_all(&command, folder)?;
    Ok(ExitCode::SUCCESS)
}

fn write_all(command: &Command, folder: &Path) -> anyhow::Result<()> {
    let page = Page::of(command)?;
    let path = folder.join(&page.name);
    std::fs::write(&path, &page.text)
        .with_context(|| format!("cannot write {}", path.display()))?;
    let commands = command.get_subcommands();
    for command in commands.filter(|command| !command.is_hide_set()) {
        write_all(command, folder)?;
    }
    Ok(())
}

struct Page {
    name: String,
    text: String,
}

impl Page {
    fn of(command: &Command) -> anyhow::Result<Self> {
        let more = command.get_after_help().map(ToString::to_string);
        let man = Man::new(command.clone().after_help(Resettable::Reset))
            .manual("precis")
            .source(concat!("precis ", env!("CARGO_PKG_VERSION")));
        let mut page = Vec::new();
        man.render(&mut page)?;
        if let Some(more) = more {
            notes(&more).to_writer(&mut page)?;
        }
        Ok(Self {
            name: man.get_filename(),
            text: String::from_utf8(page)?,
        })
    }
}

/// What stands below the help. Indented lines are examples, which keep their line breaks.
fn notes(text: &str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["NOTES"]);
    let mut is_example = false;
    for line in text.lines() {
        let begins = line.starts_with(' ');
        if begins != is_example {
            roff.control(if begins { "nf" } else { "fi" }, []);
            is_example = begins;
        }
        match line.trim().is_empty() {
            true => roff.control("PP", []),
            false => roff.text([roman(line)]),
        };
    }
    if is_example {
        roff.control("fi", []);
    }
    roff
}
