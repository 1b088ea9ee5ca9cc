//! The contract between a model and everything above it: tokens in, one [`Prediction`] per masked position out.

mod beside;
pub mod twin;

use std::{error::Error, future::Future};

use serde::{Deserialize, Serialize};

pub use self::beside::Beside;
pub use ::forward::TOP;

/// What a call wants to know beside the tokens: which random numbers to draw with, and how boldly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ask {
    /// The seed of the run.
    pub seed: u64,
    /// The number of the call, from 1.
    pub step: u32,
    /// 0 takes the likeliest token, 1 samples the model's distribution, more flattens it. At least 0, finite.
    pub temperature: f32,
    /// What to say beside the usual.
    pub extent: Extent,
}

/// How much a call is to say: more than the default costs a larger read-back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Predict the revealed positions as well as the masked ones (for rules that mask again).
    pub everywhere: bool,
    /// Fill in [`Prediction::distribution`] (for rules that compare the distributions of successive calls).
    pub distributions: bool,
}

impl Extent {
    /// The masked positions, without their distributions.
    pub const USUAL: Self = Self { everywhere: false, distributions: false };
}

/// What the model says of one masked position. Statistics are of the untempered distribution, in nats.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// Where.
    pub position: u32,
    /// The token drawn at the asked temperature.
    pub token: u32,
    /// Its log-probability.
    pub log_prob: f32,
    /// Entropy of the distribution.
    pub entropy: f32,
    /// The highest probability less the second highest.
    pub margin: f32,
    /// The likeliest tokens with their probabilities, falling; fewer than [`TOP`] tokens are filled up with probability 0.
    pub top: [(u32, f32); TOP],
    /// Untempered log-probabilities `[vocab]`, minus infinity for what cannot be; empty unless asked for.
    #[serde(skip)]
    pub distribution: Vec<f32>,
}

/// A call that a run will make, known before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreseen {
    /// What it asks.
    pub ask: Ask,
    /// The positions whose draws the run reveals after it.
    pub reveal: Vec<u32>,
}

/// A sequence with masks, and what really stands at some of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Masked {
    /// `[length]`, the mask's id where nothing is shown.
    pub tokens: Vec<u32>,
    /// Positions of masks, rising, each with its token.
    pub truth: Vec<(u32, u32)>,
}

/// Why a call gave no predictions.
#[derive(Debug, thiserror::Error)]
pub enum DenoiserError {
    /// The tokens cannot be given to this denoiser.
    #[error("{0}")]
    Input(String),
    /// The device failed, as when a GPU is lost; another device could go on from the same tokens.
    #[error("the device failed during a call")]
    Device(#[source] Box<dyn Error + Send + Sync>),
}

/// A model of masked sequences, or an exact law.
pub trait Denoiser {
    /// The token id that stands where nothing is revealed.
    fn mask_id(&self) -> u32;

    /// Predicts every masked position of `tokens` `[length]`, or every position if asked to, in the order of the positions.
    ///
    /// The noise of the draw at a position depends on `ask` and the position alone, never on which others are masked.
    ///
    /// # Errors
    /// [`DenoiserError::Input`] for tokens this denoiser does not know or too many of them, [`DenoiserError::Device`] when
    /// the device fails; the denoiser can be asked again after either.
    fn predict(&mut self, tokens: &[u32], ask: &Ask) -> impl Future<Output = Result<Vec<Prediction>, DenoiserError>>;

    /// Hears what a run will ask, call after call, from `tokens` `[length]` on. A model on a GPU begins the next calls before
    /// they are asked for; that is all that comes of it, whether they are asked for or not.
    fn foresee(&mut self, _tokens: &[u32], _calls: Vec<Foreseen>) {}

    /// [`Denoiser::predict`] of each sequence of `batch`, in its order; a sequence is predicted as it would be alone. A
    /// model does all that ask alike in one forward and one read-back; what stands here takes a call a sequence.
    ///
    /// # Errors
    /// As [`Denoiser::predict`]: where one sequence is refused, all are.
    fn predict_batch(
        &mut self,
        batch: &[(&[u32], Ask)],
    ) -> impl Future<Output = Result<Vec<Vec<Prediction>>, DenoiserError>> {
        async move {
            let mut told = vec![];
            for (tokens, ask) in batch {
                told.push(self.predict(tokens, ask).await?);
            }
            Ok(told)
        }
    }

    /// The log-probability of the truth of each sequence of `batch`, in its order, in nats: `[batch][truth]`, minus infinity
    /// for what cannot be. All sequences have one length. A model does it in one forward and reads back these numbers alone;
    /// what stands here takes a call a sequence and whole distributions.
    ///
    /// # Errors
    /// As [`Denoiser::predict`]; [`DenoiserError::Input`] for a truth at a position without a mask.
    fn log_probs(&mut self, batch: &[Masked]) -> impl Future<Output = Result<Vec<Vec<f32>>, DenoiserError>> {
        async move {
            let extent = Extent { everywhere: false, distributions: true };
            let ask = Ask { seed: 0, step: 1, temperature: 0.0, extent };
            let mut rows = vec![];
            for Masked { tokens, truth } in batch {
                let predictions = self.predict(tokens, &ask).await?;
                let log_prob = |&(position, token): &(u32, u32)| {
                    let found = predictions.binary_search_by_key(&position, |one| one.position);
                    let row = &predictions[found.map_err(|_| unmasked(position))?].distribution;
                    Ok(row.get(token as usize).copied().unwrap_or(f32::NEG_INFINITY))
                };
                rows.push(truth.iter().map(log_prob).collect::<Result<_, DenoiserError>>()?);
            }
            Ok(rows)
        }
    }
}

/// The error for a truth where no mask stands.
pub(crate) fn unmasked(position: u32) -> DenoiserError {
    DenoiserError::Input(format!("position {position} holds no mask; only masked positions have a truth to score"))
}
