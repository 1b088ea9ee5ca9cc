//! `unmask compare`: runs of several settings side by side, then in numbers.

mod table;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{anyhow, bail};
use clap::{Args, Parser};
use unmask::{
    order::{Remasking, Rule},
    schedule::Schedule,
};

use super::{
    STOPPED,
    how_options::{HowOptions, NAMES, seed_or_new},
    live,
    model_options::{CacheOptions, ModelOptions, PrecisionOptions},
    print::{Form, of_elsewhere, print, wrong_usage},
    prompt::PromptOptions,
    run::{self, Event, Length, Pinned, Request, Start, Summary, Wanted},
    run_options::{is_live, note},
    values::{at_least_one, pin, seed, temperature},
};

/// Watch runs of several settings side by side, then read their numbers.
///
/// A setting is the name of a schedule, a rule or a remasking, and in quotes with it options of `generate`: --steps, --order,
/// --block-length, --early-stop, --temperature, --seed. What it leaves open is as the options of `compare` say, so that all
/// settings start from one prompt and draw with one seed. In a terminal the runs are shown call by call; `q`, Esc
/// or Ctrl-C stops them; elsewhere, or with --plain, their texts are printed. The table in the end tells what one run of each has come to; `eval` tells of many.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{NAMES}"))]
pub struct Compare {
    /// What to compare; two or more
    #[arg(value_name = "SETTING", required = true, num_args = 2..)]
    settings: Vec<String>,
    #[command(flatten)]
    prompt: PromptOptions,
    /// A text that stands from a position on, as in `generate`
    #[arg(long, value_name = "POSITION=TEXT|POSITION#TOKEN", value_parser = pin, allow_hyphen_values = true)]
    pin: Vec<Pinned>,
    /// Tokens in all, the prompt included; the model's longest if not given, and 128 at most of a model of another family
    #[arg(long, value_name = "L", value_parser = at_least_one, allow_negative_numbers = true)]
    length: Option<usize>,
    /// Calls of settings that do not say how many; as in `generate` if not given
    #[arg(long, value_name = "K", value_parser = at_least_one, allow_negative_numbers = true)]
    steps: Option<usize>,
    /// Temperature of settings that do not say it; 1 if not given
    #[arg(long, value_name = "T", value_parser = temperature, allow_negative_numbers = true)]
    temperature: Option<f32>,
    /// Seed of settings that do not say it; a new one each time if not given
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    #[command(flatten)]
    place: ModelOptions,
    #[command(flatten)]
    precision: PrecisionOptions,
    #[command(flatten)]
    cache: CacheOptions,
    /// Write the trace of each run into this folder, as 1.jsonl and so on, and all texts as samples.jsonl
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the texts and the table alone, even in a terminal
    #[arg(long)]
    plain: bool,
    /// How to print the numbers: table, json
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

const EXAMPLES: &str = "Examples:
  unmask compare adaptive-min uniform cosine
  unmask compare uniform 'uniform --order most-confident' --steps 16 --seed 7
  unmask compare adaptive-min threshold:tau=0.9 'p2 --steps 64'
  unmask compare 'uniform --steps 8' 'uniform --steps 64' --prompt 'Lily had a dog' --format json";

/// One setting, as a command line of its own.
#[derive(Parser, Debug)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct Setting {
    #[command(flatten)]
    how: HowOptions,
}

impl Setting {
    /// From the name of what decides, and options.
    fn read(words: &str) -> Result<HowOptions, String> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let Some((name, options)) = words.split_first() else { return Err("it is empty".into()) };
        let head = name.split(':').next().unwrap_or_default();
        let kind = match name.parse::<Schedule>() {
            _ if Rule::ALL.iter().any(|rule| rule.name() == head) => "--rule",
            _ if Remasking::ALL.iter().any(|remasking| remasking.name() == head) => "--remasking",
            Ok(_) => "--schedule",
            Err(error) => return Err(format!("{error}; or a rule or a remasking: see --help")),
        };
        let line = [kind, name].into_iter().chain(options.iter().copied());
        Self::try_parse_from(line).map(|setting| setting.how).map_err(|error| plain(&error))
    }
}

impl Compare {
    /// Makes the runs.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let runs = self.wanted()?;
        let live = !self.plain && self.format == Form::Table && is_live();
        let request = Request {
            start: Start {
                prompt: self.prompt.read()?,
                pins: self.pin,
                length: self.length.map_or(Length::Usual, Length::Tokens),
            },
            batch: runs.len(),
            runs,
            together: false,
            device: self.place.device,
            precision: self.precision.precision,
            model: self.place.model,
            cache: self.cache.cache,
            trace: None,
            out: self.out,
        };
        let names = self.settings;
        let (code, done) = if live {
            let shown = live::show(request)?;
            (shown.code, shown.done)
        } else {
            listen(request)?
        };
        if done.len() < names.len() {
            bail!("the runs were stopped before there was anything to compare");
        }
        let rows = table::rows(&names, &done)?;
        print(&match self.format {
            Form::Table if live => table::table(&rows),
            Form::Table => of_elsewhere(&table::texts(&rows)) + &table::table(&rows),
            Form::Json => serde_json::to_string_pretty(&rows)? + "\n",
        })?;
        Ok(code)
    }

    /// The runs of the settings.
    fn wanted(&self) -> anyhow::Result<Vec<Wanted>> {
        let common = seed_or_new(self.seed)?;
        let mut runs = vec![];
        for (number, words) in (1..).zip(&self.settings) {
            let read = Setting::read(words);
            let mut how = read.unwrap_or_else(|error| wrong_usage(&anyhow!("setting `{words}`: {error}")));
            how.steps = how.steps.or(self.steps);
            how.temperature = how.temperature.or(self.temperature);
            runs.push(how.wanted(number.to_string(), how.seed.unwrap_or(common)));
        }
        Ok(runs)
    }
}

/// What a parser says, without its colours, its own `error:` and its advice about help, which is that of another command.
fn plain(error: &clap::Error) -> String {
    let told = error.render().to_string();
    let told = told.strip_prefix("error: ").unwrap_or(&told);
    told.split("\n\nUsage")
        .next()
        .unwrap_or_default()
        .split("\n\nFor more")
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

/// Waits for the runs, and tells of them on the standard error.
fn listen(request: Request) -> anyhow::Result<(ExitCode, Vec<Summary>)> {
    let events = run::spawn(request)?;
    let mut done = vec![];
    for event in events {
        match event {
            Event::Opened(opened) => {
                for (number, run) in (1..).zip(&opened.runs) {
                    note(format_args!("{number}: {}", run.settings(", ")));
                }
                note(format_args!("on {}: {}", opened.runs[0].header.device, opened.why));
            }
            Event::Warning(text) => note(format_args!("warning: {text}")),
            Event::Frame { .. } => {}
            Event::Done(summary) => done.push(*summary),
            Event::Finished(total) => {
                let code = if total.stopped { ExitCode::from(STOPPED) } else { ExitCode::SUCCESS };
                return Ok((code, done));
            }
            Event::Failed(error) => return Err(error),
        }
    }
    bail!(run::NO_END)
}
