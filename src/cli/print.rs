//! What the commands that print numbers say, and where.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
};

use anyhow::Context;
use clap::{ValueEnum, error::ErrorKind};

/// How what is looked up is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people
    Table,
    /// One object
    Json,
}

/// A text from elsewhere without the signs by which a terminal is steered.
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|sign| if sign.is_control() && sign != '\n' { char::REPLACEMENT_CHARACTER } else { sign })
        .collect()
}

/// Prints what a command is for to the standard output.
///
/// # Errors
/// When they cannot be written, as on a full disk.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader has seen enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("the standard output could not be written"),
    }
}

/// Says what is wrong with the command line, and ends the program as the parser does.
pub fn wrong_usage(error: &anyhow::Error) -> ! {
    clap::Error::raw(ErrorKind::ValueValidation, format!("{error:#}\n")).exit()
}

/// One line about long work, on a terminal only; it is gone in the end.
pub struct Progress {
    watched: bool,
}

impl Progress {
    pub fn new() -> Self {
        Self { watched: io::stderr().is_terminal() }
    }

    /// Replaces the line. Nobody need read it.
    pub fn tell(&self, line: fmt::Arguments<'_>) {
        if self.watched {
            let _ = write!(io::stderr(), "\r\x1b[K{line}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.tell(format_args!(""));
    }
}
