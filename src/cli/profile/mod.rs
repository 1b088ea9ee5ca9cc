//! `unmask profile`: the information profile of a model, and what it says of schedules.

mod curve;
mod report;
mod stored;

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use unmask::{schedule::Schedule, whole_file::write_whole};

use super::{
    STOPPED,
    forecast::{Asked, TextOptions, figure, steps},
    lists,
    model_options::ModelOptions,
    print::{print, wrong_usage},
    values::{at_least_one, seed, whole},
};
use report::Report;

/// Print the information profile of a model: how well it knows a token from j others.
///
/// From l(j) follow TC and DTC, and what every schedule will lose in random order at temperature 1, one dot product each. All in
/// nats. With a FILE the profile is measured on that text; without one it is the profile that is stored with the model: with the
/// built-in one, or as profile.json in the folder of another one, where `--format json --out` puts it.
///
/// profile-optimal and profile-aware are made for the profile. Where it is measured they are priced on other windows than they
/// are made from; a stored one has no windows any more, and there they look a little better than they are.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask profile
  unmask profile --steps 8,32 --schedules adaptive-min,uniform,profile-optimal
  unmask profile valid.txt --windows all --format csv
  unmask profile valid.txt --model my-model --format json --out my-model/profile.json
  unmask profile --model my-model --format svg --out profile.svg")]
pub struct Command {
    /// Held-out text, in which `<|endoftext|>` stands between stories; what is stored with the model if not given
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    text: TextOptions,
    /// Schedules, a list with commas, or `all`
    #[arg(long, value_name = "S,..", default_value = "all")]
    schedules: String,
    /// Calls, a list with commas; the powers of two from 4 up to the length if not given
    #[arg(long, value_name = "K,..", value_delimiter = ',', value_parser = whole::<usize>, allow_negative_numbers = true)]
    steps: Vec<usize>,
    /// Seed of the masks on the text; 1 if not given
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Tokens of a window; the model's longest if not given
    #[arg(long, value_name = "L", value_parser = at_least_one, allow_negative_numbers = true)]
    length: Option<usize>,
    #[command(flatten)]
    place: ModelOptions,
    /// How to print: table, json, csv, svg
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// File to write instead of the standard output; whole or not at all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// How the profile is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One object
    Json,
    /// One line a point of the profile, one a schedule and number of calls
    Csv,
    /// A plot of the predicted errors and the profile
    Svg,
}

impl Command {
    /// Prints it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let schedules = self.schedules().unwrap_or_else(|error| wrong_usage(&error));
        self.has_a_place()?;
        stop_at_once()?;
        let report = match &self.file {
            Some(file) => {
                let asked = Asked {
                    file,
                    text: &self.text,
                    seed: self.seed.unwrap_or(1),
                    length: self.length,
                    place: &self.place,
                    schedules: &schedules,
                    steps: &self.steps,
                };
                Report::measured(file.display().to_string(), asked.forecast()?)
            }
            None => {
                let stored = stored::of(self.place.model.as_deref())?;
                let steps = steps(&self.steps, &schedules, stored.length());
                stored.report(&schedules, &steps.unwrap_or_else(|error| wrong_usage(&error)))?
            }
        };
        let text = match self.format {
            Format::Table => report.table(),
            Format::Json => report.json()?,
            Format::Csv => report.csv(),
            Format::Svg => figure::of(&report.name, &report.told.forecast).svg()?,
        };
        match &self.out {
            Some(file) => write_whole(file, text.as_bytes())?,
            None => print(&text)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Refuses a file that could not be written, before anything is measured for it.
    fn has_a_place(&self) -> anyhow::Result<()> {
        let folder = self.out.as_ref().and_then(|file| file.parent()).filter(|folder| !folder.as_os_str().is_empty());
        match (&self.out, folder) {
            (Some(file), Some(folder)) if !folder.is_dir() => {
                bail!("{} cannot be written: {} is no folder", file.display(), folder.display())
            }
            _ => Ok(()),
        }
    }

    /// The schedules, once it is clear that nothing is asked of a text where there is none.
    fn schedules(&self) -> anyhow::Result<Vec<Schedule>> {
        let more = [("--seed", self.seed.is_some()), ("--length", self.length.is_some())];
        let more = more.into_iter().find(|(_, given)| *given).map(|(name, _)| name);
        if let Some(name) = self.text.given().or(more).filter(|_| self.file.is_none()) {
            bail!("{name} is about a text; it goes with a FILE");
        }
        lists::schedules(&self.schedules, true)
    }
}

/// Ctrl-C ends the program: half a profile is of no use.
fn stop_at_once() -> anyhow::Result<()> {
    ctrlc::set_handler(|| {
        if io::stderr().is_terminal() {
            // Takes the line about the work away; nobody may be there to see it.
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        std::process::exit(STOPPED.into());
    })
    .context("Ctrl-C cannot be listened to")
}
