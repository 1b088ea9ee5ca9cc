//! `unmask eval`: how good a model is on text, what schedules will lose on it, and what their samples are worth.

mod bench;
mod judge;
mod merge;
mod options;
mod samples;
mod samples_table;
mod text;

use std::{path::PathBuf, process::ExitCode};

use anyhow::bail;
use clap::{Args, ValueEnum};
use unmask::{
    order::{Order, Remasking, Rule},
    sweep::Share,
};

use super::{
    forecast::TextOptions,
    model_options::{CacheOptions, ModelOptions},
    print::wrong_usage,
    values::{at_least_one, seed, temperature, whole},
};

/// Measure a model on text, and schedules by their samples.
///
/// On text: the NELBO, the information profile l(j) with TC and DTC, the error that each schedule will have in random order,
/// one dot product each, and the best grid for the profile. All in nats. The error of profile-optimal is that of grids made from
/// other windows than it is read from, and on few windows more than that of schedules which know nothing.
///
/// By samples, without a FILE or with --runs: each strategy is run with each number of calls and several seeds. Printed are
/// the calls it took, the entropy of the tokens of its texts, distinct-n, and the share of their 8-grams of tokens that stand
/// in the training text, each the mean over runs with its 95 % interval; and the perplexity under a judge, exp of the mean
/// nats per token.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask eval valid.txt
  unmask eval valid.txt --windows all --schedules all --steps 8,32 --format json
  unmask eval --schedules adaptive-min,uniform --orders random,most-confident --rules threshold:tau=0.9 --steps 8,32
  unmask eval valid.txt --runs 16 --training-text train.txt --format csv
  unmask eval --runs 64 --shard 2/4 > shard-2.json
  unmask eval --merge shard-*.json")]
pub struct Command {
    /// Held-out text, in which `<|endoftext|>` stands between stories
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    text: TextOptions,
    /// Schedules, a list with commas, or `all`
    #[arg(long, value_name = "S,..")]
    schedules: Option<String>,
    /// Calls, a list with commas; the powers of two from 4 up to the length if not given
    #[arg(long, value_name = "K,..", value_delimiter = ',', value_parser = whole::<usize>, allow_negative_numbers = true)]
    steps: Vec<usize>,
    /// Orders of the schedules' runs, a list with commas; random if not given
    #[arg(long, value_name = "O,..")]
    orders: Option<String>,
    /// Rules that decide their calls themselves, a list with commas; schedules run beside them only if they are named as well
    #[arg(long, value_name = "R,..")]
    rules: Option<String>,
    /// Remaskings, a list with commas; likewise
    #[arg(long, value_name = "M,..")]
    remaskings: Option<String>,
    /// Runs of each strategy with each number of calls, at least 2; 16 if not given
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    runs: Option<usize>,
    /// Text before the masks of a run; none if not given
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    prompt: Option<String>,
    /// 0 takes the likeliest token, 1 samples the model's distribution; 0 to 10; 1 if not given
    #[arg(long, value_name = "T", value_parser = temperature, allow_negative_numbers = true)]
    temperature: Option<f32>,
    /// Folder of the model that judges samples, with the same tokenizer; the built-in judge if not given, for the built-in model
    #[arg(long, value_name = "DIR")]
    judge: Option<PathBuf>,
    /// Text in which the 8-grams of samples are looked for
    #[arg(long, value_name = "FILE")]
    training_text: Option<PathBuf>,
    /// Make only the I-th of N shares of the runs, and print it as JSON
    #[arg(long, value_name = "I/N", value_parser = options::share, conflicts_with = "format")]
    shard: Option<Share>,
    /// Put shards together and print what the whole command prints
    #[arg(long, value_name = "FILES", num_args = 1.., conflicts_with_all = [
        "file", "windows", "points", "schedules", "steps", "orders", "rules", "remaskings", "runs", "prompt", "temperature",
        "judge", "training_text", "shard", "seed", "length", "device", "model", "cache",
    ])]
    merge: Vec<PathBuf>,
    /// Seed of the masks on text, and of the first run
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = seed, allow_negative_numbers = true)]
    seed: u64,
    /// Tokens of a window or a run; the model's longest if not given
    #[arg(long, value_name = "L", value_parser = at_least_one, allow_negative_numbers = true)]
    length: Option<usize>,
    #[command(flatten)]
    place: ModelOptions,
    #[command(flatten)]
    cache: CacheOptions,
    /// How to print: table, json, csv (samples) or svg (text)
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// How the numbers are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// Samples: one line a strategy and number of calls
    Csv,
    /// One object
    Json,
    /// Text: a plot of the predicted errors and the profile
    Svg,
}

impl Command {
    /// Prints the numbers.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if !self.merge.is_empty() {
            self.fits(Format::Svg, "a FILE without --runs").unwrap_or_else(|error| wrong_usage(&error));
            merge::print_merged(&self.merge, self.format)?;
        } else if self.is_about_text() {
            let checked = self.of_samples().and_then(|()| self.fits(Format::Csv, "--runs"));
            checked.unwrap_or_else(|error| wrong_usage(&error));
            text::print_forecast(&self)?;
        } else {
            let checked = self.of_text().and_then(|()| self.fits(Format::Svg, "a FILE without --runs"));
            checked.unwrap_or_else(|error| wrong_usage(&error));
            samples::print_samples(&self)?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Whether the text alone is to be measured.
    fn is_about_text(&self) -> bool {
        self.file.is_some() && self.runs.is_none()
    }

    /// Refuses options of samples where none are made.
    fn of_samples(&self) -> anyhow::Result<()> {
        let given = [
            ("--orders", self.orders.is_some()),
            ("--rules", self.rules.is_some()),
            ("--remaskings", self.remaskings.is_some()),
            ("--prompt", self.prompt.is_some()),
            ("--temperature", self.temperature.is_some()),
            ("--judge", self.judge.is_some()),
            ("--training-text", self.training_text.is_some()),
            ("--shard", self.shard.is_some()),
            ("--cache", self.cache.cache.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((name, _)) => bail!("{name} is about samples; with a FILE it goes with --runs"),
            None => Ok(()),
        }
    }

    /// Refuses options of a text where there is none.
    fn of_text(&self) -> anyhow::Result<()> {
        match self.text.given().filter(|_| self.file.is_none()) {
            Some(name) => bail!("{name} is about a text; it goes with a FILE"),
            None => Ok(()),
        }
    }

    /// Refuses a format that belongs to something else.
    fn fits(&self, other: Format, with: &str) -> anyhow::Result<()> {
        if self.format == other {
            let name = other.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            bail!("--format {name} goes with {with}");
        }
        Ok(())
    }

    fn orders(&self) -> anyhow::Result<Vec<Order>> {
        self.orders.as_deref().map_or(Ok(vec![Order::Random]), |list| options::named("order", list))
    }

    fn rules(&self) -> anyhow::Result<Vec<Rule>> {
        self.rules.as_deref().map_or(Ok(vec![]), |list| options::named("rule", list))
    }

    fn remaskings(&self) -> anyhow::Result<Vec<Remasking>> {
        self.remaskings.as_deref().map_or(Ok(vec![]), |list| options::named("remasking", list))
    }
}
