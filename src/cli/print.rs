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

/// A text from elsewhere as it is for a pipe, and [`harmless`] for a terminal.
pub fn of_elsewhere(text: &str) -> String {
    if io::stdout().is_terminal() { harmless(text) } else { text.to_owned() }
}

/// Prints what a command is for to the standard output.
///
/// # Errors
/// When it cannot be written, as on a full disk.
pub fn print(text: &str) -> anyhow::Result<()> {
    print_on(text).map(drop)
}

/// As [`print`]; whether somebody reads on.
///
/// # Errors
/// As there.
pub fn print_on(text: &str) -> anyhow::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader has seen enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => other.context("the standard output could not be written").map(|()| true),
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
