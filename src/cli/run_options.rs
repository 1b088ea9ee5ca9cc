//! A run and where it goes: options of the commands that make one, or the same with many seeds.

use std::{
    env, fmt,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use serde::Serialize;
use unmask::{
    random::MAX_SEED,
    trace::{self, Stopped},
};

use super::{
    STOPPED,
    how_options::{HowOptions, seed_or_new},
    live,
    model_options::{CacheOptions, ModelOptions, PrecisionOptions},
    print::{of_elsewhere, print_on, wrong_usage},
    run::{self, Event, Length, Pinned, Request, Start},
    values::{batch, pin, runs},
};

/// The settings of a run, and where it goes.
#[derive(Args, Debug)]
pub struct RunOptions {
    #[command(flatten)]
    how: HowOptions,
    /// A text that stands from a position on, or a token by its number; positions are counted in tokens from 0, the prompt's
    /// included. What is pinned is never touched; give it more than once for more
    #[arg(long, value_name = "POSITION=TEXT|POSITION#TOKEN", value_parser = pin, allow_hyphen_values = true)]
    pin: Vec<Pinned>,
    /// Make so many runs, with this seed and those after it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = runs, allow_negative_numbers = true)]
    runs: usize,
    /// Make at most so many runs at a time, in one call of the model; the text of a run does not depend on it
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = batch, allow_negative_numbers = true)]
    batch: usize,
    #[command(flatten)]
    place: ModelOptions,
    #[command(flatten)]
    precision: PrecisionOptions,
    #[command(flatten)]
    cache: CacheOptions,
    /// Write the run to this file as JSON Lines: a header, then one line a call
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write the trace of each run into this folder, as seed-N.jsonl, and all texts as samples.jsonl
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the text alone, even in a terminal
    #[arg(long)]
    plain: bool,
    /// What goes to the standard output where the run is not shown live: the text in the end, or each frame as it comes, in the
    /// lines of a trace
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What is printed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The text
    Text,
    /// A header, then one line a call
    Jsonl,
}

impl RunOptions {
    /// Makes the runs from `prompt`.
    pub fn run(self, prompt: String, length: Length) -> anyhow::Result<ExitCode> {
        for (given, option) in [(self.format == Format::Jsonl, "--format jsonl"), (self.trace.is_some(), "--trace")] {
            if given && self.runs > 1 {
                wrong_usage(&anyhow!("{option} is of one run; --out DIR writes the traces of {}", self.runs));
            }
        }
        let first = seed_or_new(self.how.seed)?;
        let room = MAX_SEED - first;
        if self.runs as u64 - 1 > room {
            wrong_usage(&anyhow!("--runs is {}; after seed {first} there are {room} more", self.runs));
        }
        let seeds = first..=first + (self.runs as u64 - 1);
        let request = Request {
            start: Start { prompt, pins: self.pin, length },
            runs: seeds.map(|seed| self.how.wanted(format!("seed-{seed}"), seed)).collect(),
            batch: self.batch,
            together: true,
            device: self.place.device,
            precision: self.precision.precision,
            model: self.place.model,
            cache: self.cache.cache,
            trace: self.trace,
            out: self.out,
        };
        let live = !self.plain && self.format == Format::Text && is_live();
        if live { live::show(request).map(|shown| shown.code) } else { print_plainly(request, self.format) }
    }
}

/// Whether runs can be shown as they come.
pub fn is_live() -> bool {
    env::var_os("TERM").is_none_or(|kind| kind != "dumb") && io::stdout().is_terminal()
}

/// The texts or the frames to the standard output, everything else to the standard error.
fn print_plainly(request: Request, format: Format) -> anyhow::Result<ExitCode> {
    let (frames, several) = (format == Format::Jsonl, request.runs.len() > 1);
    let kept = request.out.is_some() || request.trace.is_some();
    for event in run::spawn(request)? {
        match event {
            Event::Opened(opened) => {
                let run = &opened.runs[0];
                if frames && !printed(&run.header)? {
                    return Ok(ExitCode::SUCCESS); // the reader has seen enough
                }
                if opened.first == 0 {
                    let more =
                        if several { format!(" to {}", run.header.seed + opened.of as u64 - 1) } else { String::new() };
                    note(format_args!("{}{more}; on {}: {}", run.settings(", "), run.header.device, opened.why));
                }
            }
            Event::Warning(text) => note(format_args!("warning: {text}")),
            Event::Frame { frame, .. } => {
                if frames && !printed(&frame)? {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            Event::Done(summary) if frames => {
                if summary.stopped && !printed(&Stopped { stopped: summary.calls() as u32 })? {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            Event::Done(summary) => {
                let title = if several { format!("--- seed {}\n", summary.seed()) } else { String::new() };
                let text = of_elsewhere(&summary.text);
                if !print_on(&format!("{title}{text}\n"))? && !kept {
                    return Ok(ExitCode::SUCCESS); // the reader has seen enough
                }
            }
            Event::Finished(total) => {
                note(format_args!("{total}"));
                return Ok(if total.stopped { ExitCode::from(STOPPED) } else { ExitCode::SUCCESS });
            }
            Event::Failed(error) => return Err(error),
        }
    }
    anyhow::bail!(run::NO_END)
}

/// Prints a line of a trace; whether somebody reads on.
fn printed(value: &impl Serialize) -> anyhow::Result<bool> {
    match trace::write_line(&mut io::stdout().lock(), value) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => other.context("the standard output could not be written").map(|()| true),
    }
}

/// A line for whoever reads the standard error; nobody need read it.
pub fn note(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}
