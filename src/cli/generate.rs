//! `unmask generate`: one run, live in a terminal, plain elsewhere.

use std::process::ExitCode;

use clap::Args;

use super::{how_options::NAMES, prompt::PromptOptions, run::Length, run_options::RunOptions, values::at_least_one};

/// Unmask a story and watch it happen.
///
/// In a terminal the run is shown live: masks, the tokens that the last call revealed, and a bar of tokens per call;
/// `q`, Esc or Ctrl-C stops it after the call it is in. Elsewhere, or with --plain, only the text goes to the standard
/// output; there too Ctrl-C stops the run and keeps what it has.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{NAMES}"))]
pub struct Generate {
    #[command(flatten)]
    prompt: PromptOptions,
    /// Tokens in all, the prompt included; the model's longest if not given, and 128 at most of a model of another family
    #[arg(long, value_name = "L", value_parser = at_least_one, allow_negative_numbers = true)]
    length: Option<usize>,
    #[command(flatten)]
    run: RunOptions,
}

const EXAMPLES: &str = "Examples:
  unmask generate
  unmask generate --prompt 'Lily had a dog' --schedule uniform --steps 16 --seed 7
  unmask generate --schedule adaptive-dtc --trace run.jsonl --plain
  unmask generate --format jsonl | head -3
  echo 'Lily had a dog' | unmask generate --prompt-file -
  unmask generate --runs 16 --seed 1 --out samples
  unmask generate --prompt 'Tom' --pin '60= the dog was' --order most-confident
  unmask generate --device cpu --temperature 0 --order most-confident:soft=0.1 --block-length 32
  unmask generate --rule threshold:tau=0.8
  unmask generate --remasking remdm-loop --steps 200";

impl Generate {
    /// Makes the run.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        self.run.run(self.prompt.read()?, self.length.map_or(Length::Usual, Length::Tokens))
    }
}
