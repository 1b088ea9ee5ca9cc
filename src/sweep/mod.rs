//! A sweep: every strategy with every number of calls, run with several seeds by the real sampler and judged. It can be cut
//! into shards that run apart and come together to the same numbers.

mod quality;
mod shard;
mod summary;

pub use quality::{Copied, Quality, Ruler, kept};
pub use shard::{HeldOut, MergeError, Shard, Share, VERSION, Whole, merge};
pub use summary::{Interval, Row, Summary, Values};

use serde::{Deserialize, Serialize};

use crate::{
    denoiser::{Denoiser, DenoiserError},
    random::MAX_SEED,
    sampler::{Sampler, SamplerError, Settings},
    strategy::{Strategy, Words, WordsError},
};

/// The most runs of a strategy with a number of calls.
pub const MAX_RUNS: usize = 1_000_000;

/// The most tokens of a run.
const MAX_LENGTH: usize = 65_536;

/// Why a sweep cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Too few runs for an interval, or too many to number.
    #[error("runs is {0}; it must be between 2 and {MAX_RUNS}")]
    Runs(usize),
    /// More tokens than any model reads, or none.
    #[error("length is {0}; it must be between 1 and {MAX_LENGTH}")]
    Length(usize),
    /// Nothing to reveal, or more than there is.
    #[error("{masked} of {length} tokens are masked; it must be at least 1 and at most all")]
    Masked {
        /// The tokens to reveal.
        masked: usize,
        /// The tokens in all.
        length: usize,
    },
    /// More calls than masks, or none.
    #[error("steps is {steps}; it must be between 1 and the number of masked tokens, {masked}")]
    Steps {
        /// The calls that were asked for.
        steps: usize,
        /// The tokens to reveal.
        masked: usize,
    },
    /// The seeds of the later runs would not survive a trace.
    #[error("seed is {seed}; with {runs} runs it must be between 0 and {}", MAX_SEED - (*runs as u64 - 1))]
    Seed {
        /// The first run's.
        seed: u64,
        /// How many runs there are.
        runs: usize,
    },
    /// No strategy has these words.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// A run cannot start or failed.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
    /// The judge failed.
    #[error("the judge cannot read the text")]
    Judge(#[source] DenoiserError),
    /// The judge holds a text impossible.
    #[error("position {position}: the judge gives token {token} no probability")]
    Impossible {
        /// Where.
        position: usize,
        /// Which.
        token: u32,
    },
}

/// What is swept, and all that its numbers depend on. Shards belong together when theirs are equal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    /// SHA-256 of the model's weights file, in hexadecimal.
    pub model: String,
    /// SHA-256 of the tokenizer file.
    pub tokenizer: String,
    /// SHA-256 of the judge's weights file, if there is a judge.
    pub judge: Option<String>,
    /// SHA-256 of the text in which copies are looked for, if there is one.
    pub training_text: Option<String>,
    /// SHA-256 of the held-out text, if there is one.
    pub held_out: Option<String>,
    /// Windows of it that are measured at most; 0 is all of them.
    pub windows: usize,
    /// Numbers of revealed tokens at which they are.
    pub points: usize,
    /// How runs choose what each call reveals.
    pub strategies: Vec<Words>,
    /// Calls of the strategies that do not decide themselves.
    pub steps: Vec<usize>,
    /// Runs of each strategy with each number of calls.
    pub runs: usize,
    /// The text before the masks.
    pub prompt: String,
    /// Tokens in all, the prompt's included.
    pub length: usize,
    /// How many of them are to be revealed.
    pub masked: usize,
    /// Of the token draw.
    pub temperature: f32,
    /// Of the first run; the others follow.
    pub seed: u64,
    /// In how many calls of a run all was computed once, where the others read keys and values that were kept.
    #[serde(default)]
    pub cache: Option<usize>,
}

/// A strategy with a number of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Its index among the strategies.
    pub strategy: usize,
    /// At most so many calls.
    pub steps: usize,
    /// Whether the strategy decides its calls itself.
    pub open: bool,
}

/// One run and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Its number in the sweep, from 0: cell by cell, seed by seed.
    pub number: usize,
    /// The index of its strategy.
    pub strategy: usize,
    /// The calls that it might make.
    pub steps: usize,
    /// Of everything random in it.
    pub seed: u64,
    /// The calls that it made.
    pub calls: usize,
    /// What its text is worth.
    pub quality: Quality,
}

impl Sweep {
    /// The cells, calls by calls, so that what is to be compared stands together; those that decide their calls come last.
    pub fn cells(&self) -> Vec<Cell> {
        let is_open = |strategy: &usize| self.strategies[*strategy].rule.is_some();
        let (open, fixed): (Vec<usize>, Vec<usize>) = (0..self.strategies.len()).partition(is_open);
        let of = |&steps: &usize| fixed.iter().map(move |&strategy| Cell { strategy, steps, open: false });
        let open = open.iter().map(|&strategy| Cell { strategy, steps: self.masked, open: true });
        self.steps.iter().flat_map(of).chain(open).collect()
    }

    /// How many runs there are in all.
    pub fn size(&self) -> usize {
        self.cells().len() * self.runs
    }

    /// Refuses what cannot be run from `start` `[length]` before anything has run. `profile` is for schedules that need one.
    ///
    /// # Errors
    /// [`SweepError`] names the setting, its value and the accepted range.
    pub fn check(&self, start: &[u32], mask_id: u32, profile: Option<&[f64]>) -> Result<(), SweepError> {
        if !(2..=MAX_RUNS).contains(&self.runs) {
            return Err(SweepError::Runs(self.runs));
        }
        if !(1..=MAX_LENGTH).contains(&self.length) {
            return Err(SweepError::Length(self.length));
        }
        if !(1..=self.length).contains(&self.masked) {
            return Err(SweepError::Masked { masked: self.masked, length: self.length });
        }
        if self.seed > MAX_SEED - (self.runs as u64 - 1) {
            return Err(SweepError::Seed { seed: self.seed, runs: self.runs });
        }
        if let Some(&steps) = self.steps.iter().find(|steps| !(1..=self.masked).contains(steps)) {
            return Err(SweepError::Steps { steps, masked: self.masked });
        }
        for cell in self.cells() {
            Sampler::for_profile(start.to_vec(), mask_id, self.settings(cell, self.seed)?, profile)?;
        }
        Ok(())
    }

    /// [`Sweep::check`] where there is no model: of any tokens as many are masked.
    ///
    /// # Errors
    /// As [`Sweep::check`].
    fn check_alone(&self) -> Result<(), SweepError> {
        let (length, mask_id) = (self.length.min(MAX_LENGTH), 1);
        let shown = length.saturating_sub(self.masked);
        let start: Vec<u32> = (0..length).map(|at| if at < shown { 0 } else { mask_id }).collect();
        // What the profile was does not matter here.
        let profile = self.held_out.as_ref().map(|_| vec![0.0; length]);
        self.check(&start, mask_id, profile.as_deref())
    }

    /// Makes run `number` from `start` `[length]`: the calls that it took, and its text `[length]`.
    ///
    /// # Errors
    /// [`SweepError::Sampler`]; the run can be made again, with another denoiser as well.
    pub async fn run(
        &self,
        number: usize,
        denoiser: &mut impl Denoiser,
        start: &[u32],
        profile: Option<&[f64]>,
    ) -> Result<(usize, Vec<u32>), SweepError> {
        let settings = self.settings(self.cells()[number / self.runs], self.seed_of(number))?;
        let mut sampler = Sampler::for_profile(start.to_vec(), denoiser.mask_id(), settings, profile)?;
        let (mut calls, mut tokens) = (0, vec![]);
        while let Some(frame) = sampler.next(denoiser).await? {
            (calls, tokens) = (frame.step as usize, frame.tokens);
        }
        Ok((calls, tokens))
    }

    /// Run `number` as a record.
    pub fn record(&self, number: usize, calls: usize, quality: Quality) -> Run {
        let Cell { strategy, steps, .. } = self.cells()[number / self.runs];
        Run { number, strategy, steps, seed: self.seed_of(number), calls, quality }
    }

    fn seed_of(&self, number: usize) -> u64 {
        self.seed + (number % self.runs) as u64
    }

    fn settings(&self, cell: Cell, seed: u64) -> Result<Settings, SweepError> {
        let strategy: Strategy = self.strategies[cell.strategy].strategy()?;
        Ok(Settings { strategy, steps: cell.steps, temperature: self.temperature, seed })
    }
}

#[cfg(test)]
mod tests;
