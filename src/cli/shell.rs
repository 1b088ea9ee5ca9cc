//! `unmask completions` and `unmask man`: what a shell and a reader of manuals want, made from the options themselves.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;

use super::print::print;

/// Print completions for a shell.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask completions bash > ~/.local/share/bash-completion/completions/unmask
  unmask completions fish > ~/.config/fish/completions/unmask.fish")]
pub struct Completions {
    /// For which shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints them for `command`, the whole command line.
    pub fn run(self, mut command: Command) -> anyhow::Result<ExitCode> {
        let mut text = vec![];
        clap_complete::generate(self.shell, &mut command, "unmask", &mut text);
        print(&String::from_utf8(text)?)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Write manual pages, one a command.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask man ~/.local/share/man/man1")]
pub struct Man {
    /// The folder, made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Man {
    /// Writes them for `command`, the whole command line.
    pub fn run(self, command: Command) -> anyhow::Result<ExitCode> {
        fs::create_dir_all(&self.folder).with_context(|| format!("{} cannot be made", self.folder.display()))?;
        clap_mangen::generate_to(command, &self.folder)
            .with_context(|| format!("the pages cannot be written into {}", self.folder.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}
