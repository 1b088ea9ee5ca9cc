//! Denoiser + strategy + seed -> a stream of [`Frame`]s. Knows no tokenizer and no device.

mod batch;
mod foresight;
mod plan;
mod remask;

pub use batch::next_of_each;

use serde::{Deserialize, Serialize};

use crate::{
    denoiser::{Ask, Denoiser, DenoiserError, Prediction},
    order::{Call, Memory, Order, Rule},
    random::MAX_SEED,
    schedule::ScheduleError,
    spec::SpecError,
    strategy::Strategy,
};
use plan::Plan;
use remask::{Before, Change};

/// The highest temperature: beyond it every model draws as good as uniformly.
pub const MAX_TEMPERATURE: f32 = 10.0;

/// How a run is to be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What each call reveals.
    pub strategy: Strategy,
    /// At most this many calls; never more than there are masks, but under a remasking.
    pub steps: usize,
    /// `0 ..= MAX_TEMPERATURE`.
    pub temperature: f32,
    /// `0 ..= MAX_SEED`.
    pub seed: u64,
}

/// Why a run cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum SamplerError {
    /// The temperature is out of range.
    #[error("temperature is {0}; it must be between 0 and {MAX_TEMPERATURE}")]
    Temperature(f32),
    /// The seed would not survive a trace.
    #[error("seed is {0}; it must be between 0 and {MAX_SEED}")]
    Seed(u64),
    /// A run needs at least one call.
    #[error("steps is 0; it must be at least 1")]
    NoSteps,
    /// A block needs at least one position.
    #[error("block_length is 0; it must be at least 1")]
    BlockLength,
    /// Every block needs at least one call.
    #[error(
        "steps is {steps}, but there are {blocks} blocks, each of which takes a call; steps must be at least {blocks}"
    )]
    Blocks {
        /// The calls that were asked for.
        steps: usize,
        /// The blocks there are.
        blocks: usize,
    },
    /// No probability that could be passed.
    #[error("early_stop is {0}; it must be above 0 and at most 1")]
    EarlyStop(f32),
    /// A parameter of an order, a rule or a remasking is out of range.
    #[error(transparent)]
    Parameter(#[from] SpecError),
    /// The schedule refuses.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// The denoiser failed; the run can go on with another one.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
    /// The run cannot go on from this frame.
    #[error("a run with these settings has no frame {step} like this one")]
    Resume {
        /// The number of the frame's call.
        step: u32,
    },
    /// The run goes by what earlier calls have said.
    #[error("a run of {name} remembers its earlier calls; it cannot go on from frame {step} alone, only from frame 0")]
    Remembers {
        /// The rule or the remasking.
        name: &'static str,
        /// The number of the frame's call.
        step: u32,
    },
    /// The denoiser broke its contract: one prediction per position asked for, in order, none of them a mask.
    #[error("call {step}: the denoiser's predictions are not those of the positions asked for")]
    Predictions {
        /// The number of the call.
        step: u32,
    },
}

/// One token that a call revealed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reveal {
    /// Where.
    pub position: u32,
    /// Which token.
    pub token: u32,
    /// Its log-probability when it was drawn, untempered, in nats.
    pub log_prob: f32,
}

/// The state after one call. Frame 0 is the state before the first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The number of the call; 0 before the first.
    pub step: u32,
    /// `[length]`, the mask's id where nothing is revealed.
    pub tokens: Vec<u32>,
    /// What this call revealed, best first.
    pub revealed: Vec<Reveal>,
    /// What the call said of every position that was masked before it.
    pub predictions: Vec<Prediction>,
    /// The positions that this call masked again, in order; only a remasking does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remasked: Vec<u32>,
}

/// A run in progress. Every frame is given out once; dropping the sampler between two frames cancels the run.
#[derive(Clone, Debug)]
pub struct Sampler {
    settings: Settings,
    mask_id: u32,
    tokens: Vec<u32>,
    plan: Plan,
    memory: Memory,
    /// `[length]`, the probability each token had when it was revealed.
    confidence: Vec<f32>,
    /// Frames given out so far.
    given: usize,
    /// Whether the denoiser has been told of the calls to come.
    foretold: bool,
}

impl Sampler {
    /// A run from `tokens` `[length]`, in which `mask_id` stands at every position to fill. All others are the prompt
    /// and the pins; they are never touched.
    ///
    /// # Errors
    /// [`SamplerError`] names the setting, its value and the accepted range.
    pub fn new(tokens: Vec<u32>, mask_id: u32, settings: Settings) -> Result<Self, SamplerError> {
        Self::for_profile(tokens, mask_id, settings, None)
    }

    /// A run whose schedule may be made for an information profile: `h(j)` in nats for every masked position.
    ///
    /// # Errors
    /// As [`Sampler::new`].
    pub fn for_profile(
        tokens: Vec<u32>,
        mask_id: u32,
        settings: Settings,
        profile: Option<&[f64]>,
    ) -> Result<Self, SamplerError> {
        if !(0.0..=MAX_TEMPERATURE).contains(&settings.temperature) {
            return Err(SamplerError::Temperature(settings.temperature));
        }
        if settings.seed > MAX_SEED {
            return Err(SamplerError::Seed(settings.seed));
        }
        settings.strategy.check()?;
        if let Strategy::Scheduled { early_stop: Some(enough), .. } = settings.strategy
            && !(enough > 0.0 && enough <= 1.0)
        {
            return Err(SamplerError::EarlyStop(enough));
        }
        let plan = Plan::new(masks(&tokens, mask_id).collect(), &settings, profile)?;
        let confidence = vec![0.0; tokens.len()];
        Ok(Self { settings, mask_id, tokens, plan, memory: Memory::default(), confidence, given: 0, foretold: false })
    }

    /// The most calls that the run makes: exactly so many under a schedule that is not stopped early.
    pub fn calls(&self) -> usize {
        self.plan.calls
    }

    /// Goes on from a frame that this run gave before, as after a device was lost: all randomness is a function of
    /// seed, step and position, so that the frames to come are the same.
    ///
    /// # Errors
    /// [`SamplerError::Resume`] for a frame that lies behind, or whose length, number of masks or pins are not this
    /// run's; [`SamplerError::Remembers`] where a frame does not hold all that the run goes by. The run stands where it
    /// was. Which tokens were drawn is taken on trust.
    pub fn resume(&mut self, frame: &Frame) -> Result<(), SamplerError> {
        let step = frame.step as usize;
        if step < self.given.saturating_sub(1) || !self.could_be(step, &frame.tokens) {
            return Err(SamplerError::Resume { step: frame.step });
        }
        if let (1.., Some(name)) = (step, self.settings.strategy.remembers()) {
            return Err(SamplerError::Remembers { name, step: frame.step });
        }
        self.tokens.clone_from(&frame.tokens);
        self.given = step + 1;
        self.foretold = false;
        Ok(())
    }

    /// Whether the run can have `tokens` after call `step`, as far as lengths, masks and pins tell.
    fn could_be(&self, step: usize, tokens: &[u32]) -> bool {
        let masked = masks(tokens, self.mask_id).count();
        let remasks = matches!(self.settings.strategy, Strategy::Remasking(_));
        let free = |position: u32| self.plan.free.binary_search(&position).is_ok();
        let kept = |(position, (&before, &after)): (u32, (&u32, &u32))| {
            before == after || before == self.mask_id || (remasks && free(position))
        };
        self.plan.can_leave(masked, step, &self.settings)
            && tokens.len() == self.tokens.len()
            && (0..).zip(self.tokens.iter().zip(tokens)).all(kept)
    }

    /// The next frame, `None` after the last. Frame 0 needs no call.
    ///
    /// # Errors
    /// [`SamplerError::Denoiser`] when the call fails: the run stands where it was, so that the same frame can be asked
    /// of another denoiser.
    pub async fn next(&mut self, denoiser: &mut impl Denoiser) -> Result<Option<Frame>, SamplerError> {
        if self.given == 0 {
            return Ok(Some(self.begin()));
        }
        let Some(ask) = self.ask() else { return Ok(None) };
        if !self.foretold {
            self.foretold = true;
            if let Some(calls) = self.foresight() {
                denoiser.foresee(&self.tokens, calls);
            }
        }
        let predictions = denoiser.predict(&self.tokens, &ask).await?;
        self.hear(predictions, &ask).map(Some)
    }

    /// Gives out frame 0.
    fn begin(&mut self) -> Frame {
        self.given = 1;
        Frame { tokens: self.tokens.clone(), ..Frame::default() }
    }

    /// What the next call has to ask, if there is one.
    fn ask(&self) -> Option<Ask> {
        let Settings { strategy, seed, temperature, .. } = self.settings;
        let remasks = matches!(strategy, Strategy::Remasking(_));
        let done = self.given > self.plan.calls || (!remasks && !self.tokens.contains(&self.mask_id));
        (!done).then(|| Ask { seed, step: self.given as u32, temperature, extent: strategy.extent() })
    }

    /// The frame that the answer to `ask` makes.
    fn hear(&mut self, mut predictions: Vec<Prediction>, ask: &Ask) -> Result<Frame, SamplerError> {
        let step = ask.step;
        self.check(&predictions, ask.extent.everywhere, step)?;
        let Change { reveal, remask } = self.choose(&mut predictions, step);
        let revealed: Vec<Reveal> = reveal
            .into_iter()
            .map(|index| {
                let Prediction { position, token, log_prob, .. } = predictions[index];
                Reveal { position, token, log_prob }
            })
            .collect();
        predictions.retain(|prediction| self.tokens[prediction.position as usize] == self.mask_id);
        for reveal in &revealed {
            self.tokens[reveal.position as usize] = reveal.token;
            self.confidence[reveal.position as usize] = reveal.log_prob.exp();
        }
        for &position in &remask {
            self.tokens[position as usize] = self.mask_id;
        }
        self.given += 1;
        Ok(Frame { step, tokens: self.tokens.clone(), revealed, predictions, remasked: remask })
    }

    /// What the call changes. The only place that the memory of the run grows.
    fn choose(&mut self, predictions: &mut [Prediction], step: u32) -> Change {
        let Settings { strategy, seed, steps, .. } = self.settings;
        let (free, tokens, mask_id) = (&self.plan.free, &self.tokens, self.mask_id);
        if let Strategy::Remasking(remasking) = strategy {
            let confidence = &self.confidence;
            return Before { free, tokens, mask_id, confidence, step, steps, seed }.change(remasking, predictions);
        }
        let Some(block) = self.plan.block(tokens, mask_id) else { return Change::default() };
        if let Strategy::Rule { rule: Rule::Klass { eps, .. }, .. } = strategy {
            self.memory.hear(block.number, predictions, eps);
        }
        // All that comes before the block is revealed: its predictions are the first.
        let within = &predictions[..block.masked];
        let reveal = match strategy {
            Strategy::Scheduled { order, early_stop, .. } => {
                let sure = |enough: f32| predictions.iter().all(|one| one.log_prob.exp() >= enough);
                if early_stop.is_some_and(sure) {
                    order.choose(predictions, predictions.len(), seed, step)
                } else {
                    order.choose(within, self.plan.size(predictions.len()), seed, step)
                }
            }
            Strategy::Rule { .. } if step as usize >= block.deadline => {
                Order::MostConfident.choose(within, block.masked, seed, step)
            }
            Strategy::Rule { rule, .. } => {
                let call = Call { predictions: within, block: block.free, share: block.share, seed, step };
                rule.choose(&call, &self.memory)
            }
            Strategy::Remasking(_) => vec![],
        };
        Change { reveal, remask: vec![] }
    }

    fn check(&self, predictions: &[Prediction], everywhere: bool, step: u32) -> Result<(), SamplerError> {
        let asked = (0u32..).zip(&self.tokens).filter(|&(_, &token)| everywhere || token == self.mask_id);
        let sound = asked.map(|(place, _)| place).eq(predictions.iter().map(|prediction| prediction.position))
            && predictions.iter().all(|prediction| prediction.token != self.mask_id && !prediction.log_prob.is_nan());
        if sound { Ok(()) } else { Err(SamplerError::Predictions { step }) }
    }
}

/// Where `tokens` has masks, in order.
fn masks(tokens: &[u32], mask_id: u32) -> impl Iterator<Item = u32> {
    (0u32..).zip(tokens).filter(move |&(_, &token)| token == mask_id).map(|(position, _)| position)
}
