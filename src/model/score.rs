//! How likely a model holds what really stands behind masks: many sequences in one forward, one number a row read back.

use burn::{
    prelude::*,
    tensor::{TensorData, activation::log_softmax},
};

use super::{Model, ints, read_back};
use crate::{
    denoiser::{DenoiserError, Masked, unmasked},
    judge::{Judge, left_to_right},
};

/// What is never predicted gets this logit: a GPU need not know infinity.
const NEVER: f32 = -1e9;

impl Model {
    /// [`crate::denoiser::Denoiser::log_probs`] `[batch][truth]`.
    pub(super) async fn score(&self, batch: &[Masked]) -> Result<Vec<Vec<f32>>, DenoiserError> {
        let length = batch.first().map_or(0, |one| one.tokens.len());
        if let Some(other) = batch.iter().find(|one| one.tokens.len() != length) {
            let found = other.tokens.len();
            return Err(DenoiserError::Input(format!(
                "{found} tokens among sequences of {length}; all must be of one length"
            )));
        }
        let vocab = self.config.vocab_size;
        let (mut places, mut truth) = (vec![], vec![]);
        for (row, one) in (0u32..).zip(batch) {
            self.check(&one.tokens)?;
            for &(position, token) in &one.truth {
                if one.tokens.get(position as usize) != Some(&self.config.mask_id) {
                    return Err(unmasked(position));
                }
                places.push(row * length as u32 + position);
                // Beyond the vocabulary is as impossible as a mask, which stands in for it.
                truth.push(if (token as usize) < vocab { token } else { self.config.mask_id });
            }
        }
        if places.is_empty() {
            return Ok(vec![vec![]; batch.len()]);
        }
        let device = &self.place.device;
        let tokens: Vec<u32> = batch.iter().flat_map(|one| &one.tokens).copied().collect();
        let input = Tensor::<2, Int>::from_data(TensorData::new(ints(&tokens), [batch.len(), length]), device);
        let rows = Tensor::<1, Int>::from_data(TensorData::new(ints(&places), [places.len()]), device);
        let truths = Tensor::<2, Int>::from_data(TensorData::new(ints(&truth), [truth.len(), 1]), device);
        let hidden = self.net.hidden(input).reshape([tokens.len(), self.config.d_model]);
        let logits = self.net.logits(hidden.select(0, rows)) + self.never().unsqueeze(); // [rows, vocab]
        let log_probs = read_back(log_softmax(logits, 1).gather(1, truths)).await?; // [rows, 1]
        if log_probs.len() != truth.len() || log_probs.iter().any(|value| !value.is_finite()) {
            return Err(DenoiserError::Device("the log-probabilities are not numbers".into()));
        }
        let cannot_be = |token: u32| token == self.config.mask_id || token == self.config.pad_id;
        let rows = truth.iter().zip(log_probs);
        let mut told = rows.map(|(&token, found)| if cannot_be(token) { f32::NEG_INFINITY } else { found });
        Ok(batch.iter().map(|one| told.by_ref().take(one.truth.len()).collect()).collect())
    }

    /// [`Judge::log_probs`] of a net that reads from left to right.
    async fn read(&self, tokens: &[u32]) -> Result<Vec<f64>, DenoiserError> {
        if tokens.is_empty() {
            return Ok(vec![]);
        }
        self.check(tokens)?;
        let before = tokens.iter().copied().take(tokens.len() - 1);
        let shown: Vec<u32> = std::iter::once(self.config.eot_id).chain(before).collect();
        let (device, length) = (&self.place.device, tokens.len());
        let input = Tensor::<2, Int>::from_data(TensorData::new(ints(&shown), [1, length]), device);
        let truths = Tensor::<2, Int>::from_data(TensorData::new(ints(tokens), [length, 1]), device);
        let hidden = self.net.hidden(input).reshape([length, self.config.d_model]);
        let logits = self.net.logits(hidden) + self.never().unsqueeze(); // [length, vocab]
        let log_probs = read_back(log_softmax(logits, 1).gather(1, truths)).await?; // [length, 1]
        if log_probs.len() != length || log_probs.iter().any(|value| !value.is_finite()) {
            return Err(DenoiserError::Device("the log-probabilities are not numbers".into()));
        }
        Ok(log_probs.into_iter().map(f64::from).collect())
    }

    /// What is added to logits `[vocab]` so that mask and padding are never predicted.
    fn never(&self) -> Tensor<1> {
        let mut values = vec![0f32; self.config.vocab_size];
        for token in [self.config.mask_id, self.config.pad_id] {
            values[token as usize] = NEVER;
        }
        Tensor::from_data(TensorData::new(values, [self.config.vocab_size]), &self.place.device)
    }
}

impl Judge for Model {
    /// In one forward by a net that reads from left to right. A denoiser judges by the chain rule, at a sequence a token; it
    /// was never shown `<|endoftext|>` before the first token: all masked, it knows that a story begins.
    async fn log_probs(&mut self, tokens: &[u32]) -> Result<Vec<f64>, DenoiserError> {
        if self.config.causal() { self.read(tokens).await } else { left_to_right(self, tokens).await }
    }
}
