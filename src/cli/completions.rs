//! `precis completions`: what a shell needs to complete commands and options.

use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

#[derive(Args)]
#[command(
    about = "Print what a shell needs to complete commands and options",
    after_help = "Install them once, then start a new shell:\n  \
                  bash        precis completions bash > ~/.local/share/bash-completion/completions/precis\n  \
                  zsh         precis completions zsh > \"${fpath[1]}/_precis\"\n  \
                  fish        precis completions fish > ~/.config/fish/completions/precis.fish\n  \
                  powershell  precis completions powershell >> $PROFILE\n  \
                  elvish      precis completions elvish >> ~/.config/elvish/rc.elv"
)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, mut command: Command) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "precis", &mut script);
    super::print(&String::from_utf8(script)?)?;
    Ok(ExitCode::SUCCESS)
}
