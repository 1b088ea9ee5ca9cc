//! Denoiser + schedule + order + seed -> a stream of [`Frame`]s. Knows no tokenizer and no device.

use serde::{Deserialize, Serialize};

use crate::{
    denoiser::{Ask, Denoiser, DenoiserError, Extent, Prediction},
    order::Order,
    random::{MAX_SEED, Purpose, Stream},
    schedule::{Schedule, ScheduleError},
};

/// The highest temperature: beyond it every model draws as good as uniformly.
pub const MAX_TEMPERATURE: f32 = 10.0;

/// How a run is to be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How many tokens each call reveals.
    pub schedule: Schedule,
    /// Which tokens each call reveals.
    pub order: Order,
    /// At most this many calls; never more than there are masks.
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
    /// The denoiser broke its contract: one prediction per masked position, in order, none of them a mask.
    #[error("call {step}: the denoiser's predictions are not those of the masked positions")]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// The number of the call; 0 before the first.
    pub step: u32,
    /// `[length]`, the mask's id where nothing is revealed.
    pub tokens: Vec<u32>,
    /// What this call revealed, best first.
    pub revealed: Vec<Reveal>,
    /// What the call said of every position that was masked before it.
    pub predictions: Vec<Prediction>,
}

/// A run in progress. Every frame is given out once; dropping the sampler between two frames cancels the run.
#[derive(Clone, Debug)]
pub struct Sampler {
    settings: Settings,
    mask_id: u32,
    tokens: Vec<u32>,
    sizes: Vec<usize>,
    /// Frames given out so far.
    given: usize,
}

impl Sampler {
    /// A run from `tokens` `[length]`, in which `mask_id` stands at every position to fill. All others are the prompt
    /// and the pins; they are never touched.
    ///
    /// # Errors
    /// [`SamplerError`] names the setting, its value and the accepted range.
    pub fn new(tokens: Vec<u32>, mask_id: u32, settings: Settings) -> Result<Self, SamplerError> {
        if !(0.0..=MAX_TEMPERATURE).contains(&settings.temperature) {
            return Err(SamplerError::Temperature(settings.temperature));
        }
        if settings.seed > MAX_SEED {
            return Err(SamplerError::Seed(settings.seed));
        }
        let masked = tokens.iter().filter(|&&token| token == mask_id).count();
        let mut rng = Stream::new(settings.seed, Purpose::Sizes, 0);
        let sizes = settings.schedule.grid(masked, settings.steps, &mut rng)?.sizes();
        Ok(Self { settings, mask_id, tokens, sizes, given: 0 })
    }

    /// How many calls the whole run makes.
    pub fn calls(&self) -> usize {
        self.sizes.len()
    }

    /// Goes on from a frame that this run gave before, as after a device was lost: all randomness is a function of seed,
    /// step and position, so that the frames to come are the same.
    ///
    /// # Errors
    /// [`SamplerError::Resume`] for a frame that lies behind, or whose length, number of masks or pins are not this run's;
    /// the run stands where it was. Which tokens were drawn is taken on trust.
    pub fn resume(&mut self, frame: &Frame) -> Result<(), SamplerError> {
        let step = frame.step as usize;
        let masks = |tokens: &[u32]| tokens.iter().filter(|&&token| token == self.mask_id).count();
        let kept = |(&before, &after): (&u32, &u32)| before == self.mask_id || before == after;
        let fits = step >= self.given.saturating_sub(1)
            && step <= self.sizes.len()
            && frame.tokens.len() == self.tokens.len()
            && masks(&frame.tokens) == self.sizes[step..].iter().sum::<usize>()
            && self.tokens.iter().zip(&frame.tokens).all(kept);
        if !fits {
            return Err(SamplerError::Resume { step: frame.step });
        }
        self.tokens.clone_from(&frame.tokens);
        self.given = step + 1;
        Ok(())
    }

    /// The next frame, `None` after the last. Frame 0 needs no call.
    ///
    /// # Errors
    /// [`SamplerError::Denoiser`] when the call fails: the run stands where it was, so that the same frame can be asked of
    /// another denoiser.
    pub async fn next(&mut self, denoiser: &mut impl Denoiser) -> Result<Option<Frame>, SamplerError> {
        let step = self.given as u32;
        if step == 0 {
            self.given = 1;
            let tokens = self.tokens.clone();
            return Ok(Some(Frame { step, tokens, revealed: vec![], predictions: vec![] }));
        }
        let Some(&size) = self.sizes.get(self.given - 1) else { return Ok(None) };
        let Settings { order, seed, temperature, .. } = self.settings;
        let predictions =
            denoiser.predict(&self.tokens, &Ask { seed, step, temperature, extent: Extent::USUAL }).await?;
        self.check(&predictions, step)?;
        let chosen = order.choose(&predictions, size, seed, step);
        let revealed: Vec<Reveal> = chosen
            .into_iter()
            .map(|index| {
                let Prediction { position, token, log_prob, .. } = predictions[index];
                Reveal { position, token, log_prob }
            })
            .collect();
        for reveal in &revealed {
            self.tokens[reveal.position as usize] = reveal.token;
        }
        self.given += 1;
        Ok(Some(Frame { step, tokens: self.tokens.clone(), revealed, predictions }))
    }

    fn check(&self, predictions: &[Prediction], step: u32) -> Result<(), SamplerError> {
        let masked = (0u32..).zip(&self.tokens).filter(|&(_, &token)| token == self.mask_id).map(|(place, _)| place);
        let sound = masked.eq(predictions.iter().map(|prediction| prediction.position))
            && predictions.iter().all(|prediction| prediction.token != self.mask_id && !prediction.log_prob.is_nan());
        if sound { Ok(()) } else { Err(SamplerError::Predictions { step }) }
    }
}
