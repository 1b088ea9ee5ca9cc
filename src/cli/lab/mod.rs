//! `unmask lab`: the exact error of schedules on laws of which everything is known.

mod figure;
mod scaling;
mod table;

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use unmask::{
    lab::{Lab, LabError, MIN_RUNS, Report, Sampled},
    law::{self, Law, Table},
    schedule::Schedule,
};

use super::{
    lists,
    print::{Progress, print, wrong_usage},
    values::{seed, whole},
};

/// Compare schedules where their error is exact.
///
/// A law is a joint distribution of which everything is known. Two errors are told apart. (A) is the KL of a run averaged
/// over the schedule's grids and over random orders; the bounds are about it. (B) is the KL of the law that the runs really
/// sample, the mixture over grids and orders; it is at most (A), and known exactly for repetition, parity and Reed-Solomon
/// codes. Beside them stand the bounds of Theorem 1, TC/K, DTC/K, an oracle that knows the law, and each schedule's worst
/// case over all laws. All in nats.
#[derive(Args, Debug)]
#[command(after_help = "Laws: product:q=4, repetition:q=2, parity:q=2, reed-solomon:k=19,q=256, markov:flip=0.1,
hmm:states=8,symbols=16,seed=1, mixture:0.1,0.9, table:FILE. A table is JSON:
{\"symbols\": 2, \"support\": [{\"tokens\": [0, 0, 1], \"probability\": 0.5}, ...]}

Examples:
  unmask lab
  unmask lab --law markov:flip=0.1 --length 128 --steps 4,16,64
  unmask lab --law parity:q=2 --schedule adaptive-tc,adaptive-dtc,uniform --format csv
  unmask lab --law mixture:0.1,0.9 --format svg > mixture.svg
  unmask lab --law repetition:q=2 --length 16 --steps 4 --runs 2000
  unmask lab --scaling docs")]
pub struct Command {
    /// The law
    #[arg(long, value_name = "SPEC", default_value = "reed-solomon:k=23,q=256")]
    law: String,
    /// Tokens, all of them masked at first; 64 if not given, and as many as the table has
    #[arg(long, value_name = "L", value_parser = whole::<usize>, allow_negative_numbers = true)]
    length: Option<usize>,
    /// Calls, a list with commas; the powers of two up to the length if not given
    #[arg(long, value_name = "K,..", value_delimiter = ',', value_parser = whole::<usize>, allow_negative_numbers = true)]
    steps: Vec<usize>,
    /// Schedules, a list with commas, or `all`
    #[arg(
        long,
        value_name = "S,..",
        default_value = "adaptive-min,adaptive-tc,adaptive-dtc,minimax-min,uniform,cosine,ancestral,best-fixed-dtc"
    )]
    schedule: String,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Run the real sampler so many times for each error as well, at least 30, and print its 95 % intervals (table and csv);
    /// what is rarer than one in so many runs is not seen by them
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true, conflicts_with = "scaling")]
    runs: Option<usize>,
    /// Seed of the first run
    #[arg(long, value_name = "N", default_value_t = 1, requires = "runs", value_parser = seed, allow_negative_numbers = true)]
    seed: u64,
    /// Write the scaling report, lab.md with its figures, into this folder instead
    #[arg(long, value_name = "DIR", conflicts_with_all = ["law", "length", "steps", "schedule", "format", "runs", "seed"])]
    scaling: Option<PathBuf>,
}

/// How the numbers are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One line a schedule and number of calls
    Csv,
    /// One object
    Json,
    /// A plot of both errors against the calls
    Svg,
}

impl Command {
    /// Prints the numbers, or writes the report.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(folder) = &self.scaling {
            scaling::write(folder)?;
            return Ok(ExitCode::SUCCESS);
        }
        let table = match self.law.strip_prefix("table:") {
            Some(path) => Some(fs::read_to_string(path).with_context(|| format!("the table {path} cannot be read"))?),
            None => None,
        };
        let bench = self.bench(table.as_deref()).unwrap_or_else(|error| wrong_usage(&error));
        let Bench { lab, report, .. } = &bench;
        match self.format {
            Format::Table => {
                print(&table::table(lab, report))?;
                if self.runs.is_some() {
                    print(&table::sampled(report, &self.sampled(&bench)?))?;
                }
            }
            Format::Csv => print(&table::csv(report, &self.sampled(&bench)?))?,
            Format::Json => print(&(serde_json::to_string_pretty(report)? + "\n"))?,
            Format::Svg => print(&figure::of(report).svg()?)?,
        }
        Ok(ExitCode::SUCCESS)
    }

    /// What was asked for, with its exact numbers.
    fn bench(&self, table: Option<&str>) -> anyhow::Result<Bench> {
        let lab = Lab::new(&self.law, self.law(table)?);
        let schedules = lists::schedules(&self.schedule, true)?;
        let steps = lists::steps(&self.steps, schedules.iter().copied(), 2, lab.law().length());
        lists::no_twice("steps", &steps)?;
        match self.runs {
            Some(runs) if runs < MIN_RUNS => return Err(LabError::Runs(runs).into()),
            Some(_) if !matches!(self.format, Format::Table | Format::Csv) => {
                bail!("--runs goes with --format table or csv")
            }
            _ => {}
        }
        let report = lab.report(&schedules, &steps)?;
        Ok(Bench { lab, schedules, steps, report })
    }

    fn law(&self, table: Option<&str>) -> anyhow::Result<Box<dyn Law>> {
        let Some(text) = table else { return Ok(law::parse(&self.law, self.length.unwrap_or(LENGTH))?) };
        let table = Table::parse(text).with_context(|| self.law.clone())?;
        match self.length {
            Some(length) if length != table.length() => {
                bail!("length is {length}; `{}` has sequences of {}", self.law, table.length())
            }
            _ => Ok(Box::new(table)),
        }
    }

    /// One measurement a row of the report, or none at all. Told as it goes, for it can take a while.
    fn sampled(&self, bench: &Bench) -> anyhow::Result<Vec<Sampled>> {
        let Some(runs) = self.runs else { return Ok(vec![]) };
        let progress = Progress::new();
        let mut sampled = vec![];
        for &schedule in &bench.schedules {
            for &steps in &bench.steps {
                progress.tell(format_args!("{schedule}, K = {steps}: {runs} runs ..."));
                sampled.push(pollster::block_on(bench.lab.sample(schedule, steps, runs, self.seed))?);
            }
        }
        Ok(sampled)
    }
}

/// What was asked for, and the exact numbers.
struct Bench {
    lab: Lab,
    schedules: Vec<Schedule>,
    steps: Vec<usize>,
    report: Report,
}

const LENGTH: usize = 64;
