//! `unmask completions` and `unmask man`: what a shell and a reader of manuals want, made from the options themselves.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

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
        let unwritten = || format!("the pages cannot be written into {}", self.folder.display());
        clap_mangen::generate_to(command, &self.folder).with_context(unwritten)?;
        for page in fs::read_dir(&self.folder).with_context(unwritten)? {
            let page = page.with_context(unwritten)?.path();
            // What stands after the options are examples and lists, whose lines are to stay as they are.
            let text = fs::read_to_string(&page).with_context(unwritten)?;
            if let Some((before, after)) = text.split_once(".SH EXTRA\n").filter(|_| is_ours(&page)) {
                let (examples, rest) = after.split_once("\n.SH").map_or((after, None), |(one, rest)| (one, Some(rest)));
                let rest = rest.map(|rest| format!("\n.SH{rest}")).unwrap_or_default();
                fs::write(&page, format!("{before}.SH EXTRA\n.nf\n{examples}\n.fi{rest}")).with_context(unwritten)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether a page in the folder is one of those that were written.
fn is_ours(page: &Path) -> bool {
    page.file_name().is_some_and(|name| name.to_string_lossy().starts_with("unmask"))
}
