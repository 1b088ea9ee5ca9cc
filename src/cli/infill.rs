//! `unmask infill`: the gaps of a text filled, and the text around them kept.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{anyhow, bail};
use clap::Args;

use unmask::model::MASK;

use super::{
    how_options::NAMES, print::wrong_usage, prompt::text_of, run::Length, run_options::RunOptions, values::at_least_one,
};

/// Fill the gaps of a text.
///
/// A gap is `[MASK:5]`, of that many tokens, `[MASK]`, of one, or three underscores or more, of --gap tokens. All else stays as
/// it is: the model reads what stands on both sides of a gap. It is the run of `generate` with `<|mask|>` for each token of a
/// gap, which is a mask for every model, and nothing after the text.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{NAMES}"))]
pub struct Infill {
    /// The text, with gaps
    #[arg(value_name = "TEXT", allow_hyphen_values = true, required_unless_present = "file")]
    text: Option<String>,
    /// A file with the text, but for an end of line that is its last sign; - is the standard input
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Tokens of a gap that is given by underscores
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = at_least_one, allow_negative_numbers = true)]
    gap: usize,
    #[command(flatten)]
    run: RunOptions,
}

const EXAMPLES: &str = "Examples:
  unmask infill 'Lily found a ___ in the garden. She was very happy.'
  unmask infill 'Once upon a time[MASK:40]The end.' --order most-confident --steps 20
  unmask infill 'Tom had a [MASK:1] dog.' --seed 3
  unmask infill --file story.txt";

/// A gap of one token, as BERT has it.
const ONE: &str = "[MASK]";

/// More than any model reads: so many need not be written out to be refused.
const MOST: usize = 1 << 16;

impl Infill {
    /// Makes the run.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let text = match self.file {
            Some(path) => text_of(&path)?,
            None => self.text.unwrap_or_default(),
        };
        let prompt = gaps(&text, self.gap).unwrap_or_else(|error| wrong_usage(&error));
        self.run.run(prompt, Length::OfPrompt)
    }
}

/// The text with `<|mask|>` for each token of its gaps.
fn gaps(text: &str, gap: usize) -> anyhow::Result<String> {
    let (mut filled, mut rest, mut found) = (String::new(), text, text.contains(MASK));
    while let Some(at) = rest.find(['[', '_']) {
        filled += &rest[..at];
        rest = &rest[at..];
        let underscores = rest.len() - rest.trim_start_matches('_').len();
        let (tokens, taken) = if underscores >= 3 {
            (gap, underscores)
        } else if rest.starts_with(ONE) {
            (1, ONE.len())
        } else if let Some(marked) = rest.strip_prefix("[MASK:") {
            let (number, _) = marked.split_once(']').ok_or_else(|| anyhow!("`[MASK:` without a `]` after it"))?;
            let tokens = number.trim().parse().ok().filter(|tokens| (1..=MOST).contains(tokens));
            let tokens =
                tokens.ok_or_else(|| anyhow!("`[MASK:{number}]` must hold a whole number from 1 to {MOST}"))?;
            (tokens, "[MASK:]".len() + number.len())
        } else {
            let one = rest.chars().next().map_or(1, char::len_utf8).max(underscores);
            filled += &rest[..one];
            rest = &rest[one..];
            continue;
        };
        filled += &MASK.repeat(tokens.min(MOST));
        (rest, found) = (&rest[taken..], true);
    }
    filled += rest;
    if !found {
        bail!("the text has no gap; write one as ___ or [MASK:5]");
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_become_masks_and_all_else_stays() {
        let told = |text: &str| gaps(text, 2).map(|text| text.replace(MASK, "*")).map_err(|error| error.to_string());
        assert_eq!(told("A ___ cat[MASK:3]."), Ok("A ** cat***.".into()));
        assert_eq!(told("_____"), Ok("**".into()));
        assert_eq!(told("snake_case __x [1] ___"), Ok("snake_case __x [1] **".into()));
        assert_eq!(told("written <|mask|> out"), Ok("written * out".into()));
        assert_eq!(told("one [MASK] and [MASK"), Ok("one * and [MASK".into()));
        assert_eq!(told("no gap_"), Err("the text has no gap; write one as ___ or [MASK:5]".into()));
        assert_eq!(told("[MASK:0]"), Err("`[MASK:0]` must hold a whole number from 1 to 65536".into()));
        assert_eq!(told("[MASK:é]"), Err("`[MASK:é]` must hold a whole number from 1 to 65536".into()));
        assert_eq!(told("[MASK:5"), Err("`[MASK:` without a `]` after it".into()));
    }
}
