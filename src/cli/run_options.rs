//! How a run is made: options of every command that makes one.

use std::{
    env, fmt,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde::Serialize;
use unmask::{
    order::{Order, Remasking, Rule},
    random::MAX_SEED,
    sampler::Settings,
    schedule::Schedule,
    strategy::Strategy,
    trace,
};

use super::{
    live,
    model_options::ModelOptions,
    print::print,
    run::{self, Event, Length, Request},
    values::{at_least_one, early_stop, seed, temperature},
};

/// What orders, rules and remaskings there are, for `--help`.
pub const NAMES: &str = "What they are, with their parameters and defaults:
  orders      random, left-to-right, most-confident, largest-margin, lowest-entropy;
              the last three also as NAME:soft=X, drawn at random by softmax(score / X)
  rules       entropy-bound:gamma=0.1,proxy=entropy|confidence|margin   entropy-sum:bound=1
              threshold:tau=0.9   factor:f=1   klass:tau=0.9,eps=0.01,n=2
              dilated:base=2,skip=0 (in blocks of 32 unless --block-length says otherwise)
  remaskings  p2:eta=1   remdm-cap:eta=0.008   remdm-rescale:eta=0.015   remdm-conf
              remdm-loop:eta=0.02,on=0.55,off=0.05,alpha=0.9";

/// The settings of a run.
#[derive(Args, Debug)]
pub struct RunOptions {
    /// At most this many calls of the model, and but for --remasking at most one a masked token, which is the default
    /// with --rule and one-at-a-time; else the default is 32
    #[arg(long, value_name = "K", value_parser = at_least_one, allow_negative_numbers = true)]
    steps: Option<usize>,
    /// How many tokens each call reveals: adaptive-min|tc|dtc|uniform, minimax-min|tc|dtc|uniform, uniform, cosine, power,
    /// ancestral, dmitriev-dtc|min, chen-cong-li-tc|dtc, best-fixed-tc|dtc|min, one-at-a-time
    #[arg(long, value_name = "S", default_value = "adaptive-min")]
    schedule: Schedule,
    /// Which tokens each call reveals: random, left-to-right, most-confident, largest-margin, lowest-entropy
    #[arg(long, value_name = "O", default_value = "random")]
    order: Order,
    /// Lets the predictions decide how many tokens as well: entropy-bound, entropy-sum, threshold, factor, klass,
    /// dilated
    #[arg(long, value_name = "R", conflicts_with_all = ["schedule", "order", "remasking", "early_stop"])]
    rule: Option<Rule>,
    /// Lets tokens be masked again: p2, remdm-cap, remdm-rescale, remdm-conf, remdm-loop
    #[arg(long, value_name = "M", conflicts_with_all = ["schedule", "order", "block_length", "early_stop"])]
    remasking: Option<Remasking>,
    /// Finishes the masks in blocks of this many, from the beginning to the end; the calls are shared among the blocks
    #[arg(long, value_name = "B", value_parser = at_least_one, allow_negative_numbers = true)]
    block_length: Option<usize>,
    /// Reveals all that is left once even the least confident token has this probability; above 0, up to 1
    #[arg(long, value_name = "P", value_parser = early_stop, allow_negative_numbers = true)]
    early_stop: Option<f32>,
    /// Seed of everything random, 0 to 9007199254740991; a new one each time if not given
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// 0 takes the likeliest token, 1 samples the model's distribution; 0 to 10
    #[arg(long, value_name = "T", default_value_t = 1.0, value_parser = temperature, allow_negative_numbers = true)]
    temperature: f32,
    #[command(flatten)]
    place: ModelOptions,
    /// Write the run to this file as JSON Lines: a header, then one line a call
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
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

/// Calls of a run that does not say how many, unless a rule decides.
const STEPS: usize = 32;

impl RunOptions {
    fn strategy(&self) -> Strategy {
        let Self { schedule, order, block_length, early_stop, .. } = *self;
        match (self.rule, self.remasking) {
            (Some(rule), _) => Strategy::Rule { rule, block_length },
            (None, Some(remasking)) => Strategy::Remasking(remasking),
            (None, None) => Strategy::Scheduled { schedule, order, block_length, early_stop },
        }
    }

    /// Makes the run from `prompt`.
    pub fn run(self, prompt: String, length: Length) -> anyhow::Result<ExitCode> {
        let seed = match self.seed {
            Some(seed) => seed,
            None => getrandom::u64().context("the system gave no random seed")? & MAX_SEED,
        };
        let dumb = env::var_os("TERM").is_some_and(|kind| kind == "dumb");
        let format = self.format;
        let plain = self.plain || dumb || format == Format::Jsonl || !io::stdout().is_terminal();
        // One token a call means as many calls as there are masks, as a rule may need them.
        let open = self.rule.is_some() || self.schedule == Schedule::OneAtATime;
        let most = match (self.steps, self.remasking) {
            (Some(_), _) | (None, Some(_)) => None,
            (None, None) if open => Some(usize::MAX),
            (None, None) => Some(STEPS),
        };
        let (strategy, steps, temperature) = (self.strategy(), self.steps.unwrap_or(STEPS), self.temperature);
        let request = Request {
            prompt,
            length,
            settings: Settings { strategy, steps, temperature, seed },
            most,
            device: self.place.device,
            model: self.place.model,
            trace: self.trace,
        };
        if plain { print_plainly(request, format) } else { live::show(request) }
    }
}

/// The text or the frames to the standard output, everything else to the standard error.
fn print_plainly(request: Request, format: Format) -> anyhow::Result<ExitCode> {
    let frames = format == Format::Jsonl;
    let (events, _stop) = run::spawn(request)?;
    for event in events {
        match event {
            Event::Opened(opened) => {
                if frames && !printed(&opened.header)? {
                    return Ok(ExitCode::SUCCESS); // the reader has seen enough
                }
                note(format_args!("{}; on {}: {}", opened.settings(", "), opened.header.device, opened.why));
            }
            Event::Warning(text) => note(format_args!("warning: {text}")),
            Event::Frame { frame, .. } => {
                if frames && !printed(&frame)? {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            Event::Finished(summary) => {
                if !frames {
                    print(&format!("{}\n", summary.text))?;
                }
                note(format_args!("{summary}"));
                return Ok(if summary.stopped { ExitCode::from(run::STOPPED) } else { ExitCode::SUCCESS });
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
fn note(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}
