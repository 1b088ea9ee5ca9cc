//! How likely a model holds what really stands behind masks: many sequences in one forward, one number a row read back.

#[cfg(not(target_family = "wasm"))]
use burn::{
    prelude::*,
    tensor::{TensorData, activation::log_softmax},
};

#[cfg(not(target_family = "wasm"))]
use super::Outline;
use super::{Model, network::Asked};
use crate::{
    denoiser::{DenoiserError, Masked, unmasked},
    judge::{Judge, left_to_right},
};

/// Added to logits `[1, vocab]`: masks, padding and what else is no text are never predicted. A GPU need not know infinity.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn never(outline: &Outline, device: &Device) -> Tensor<2> {
    let mut values = vec![0f32; outline.vocab_size];
    for &token in [outline.mask_id, outline.pad_id].iter().chain(&outline.never) {
        values[token as usize] = -1e9;
    }
    Tensor::from_data(TensorData::new(values, [1, outline.vocab_size]), device)
}

/// `log p` of `targets` `[rows, 1]` by `logits` `[rows, vocab]`, in nats `[rows]`; `never` `[1, vocab]` as above.
#[cfg(not(target_family = "wasm"))]
pub(crate) fn log_probs(logits: Tensor<2>, never: &Tensor<2>, targets: Tensor<2, Int>) -> Tensor<1> {
    log_softmax(logits + never.clone(), 1).gather(1, targets).squeeze_dim(1)
}

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
        let (mut places, mut truth) = (vec![], vec![]);
        for (row, one) in (0u32..).zip(batch) {
            self.check(&one.tokens)?;
            for &(position, token) in &one.truth {
                if one.tokens.get(position as usize) != Some(&self.config.mask_id) {
                    return Err(unmasked(position));
                }
                places.push(row * length as u32 + position);
                truth.push(self.known(token));
            }
        }
        if places.is_empty() {
            return Ok(vec![vec![]; batch.len()]);
        }
        let tokens: Vec<u32> = batch.iter().flat_map(|one| one.tokens.iter().copied()).collect();
        let asked = Asked { tokens: &tokens, length, places: &places };
        let mut told = self.told(asked, &truth).await?.into_iter();
        Ok(batch.iter().map(|one| told.by_ref().take(one.truth.len()).collect()).collect())
    }

    /// [`Judge::log_probs`] of a net that reads from left to right.
    async fn read(&self, tokens: &[u32]) -> Result<Vec<f64>, DenoiserError> {
        if tokens.is_empty() {
            return Ok(vec![]);
        }
        let truth: Vec<u32> = tokens.iter().map(|&token| self.known(token)).collect();
        let length = truth.len();
        let shown: Vec<u32> =
            std::iter::once(self.config.eot_id).chain(truth.iter().copied().take(length - 1)).collect();
        self.check(&shown)?;
        let places: Vec<u32> = (0..length as u32).collect();
        let asked = Asked { tokens: &shown, length, places: &places };
        Ok(self.told(asked, &truth).await?.into_iter().map(f64::from).collect())
    }

    /// `token`, or a mask for one beyond the vocabulary: it is as impossible.
    fn known(&self, token: u32) -> u32 {
        if (token as usize) < self.config.vocab_size { token } else { self.config.mask_id }
    }

    /// `log p` of `truth` `[places]`, in nats; minus infinity for what is no text.
    async fn told(&self, asked: Asked<'_>, truth: &[u32]) -> Result<Vec<f32>, DenoiserError> {
        let (mask_id, pad_id) = (self.config.mask_id, self.config.pad_id);
        let found = self.net.log_probs(asked, truth, mask_id, pad_id).await?;
        if found.len() != truth.len() || found.iter().any(|value| !value.is_finite()) {
            return Err(DenoiserError::Device("the log-probabilities are not numbers".into()));
        }
        let told = truth.iter().zip(found);
        Ok(told.map(|(&token, found)| if self.config.cannot_be(token) { f32::NEG_INFINITY } else { found }).collect())
    }
}

impl Judge for Model {
    /// In one forward by a net that reads from left to right. A denoiser judges by the chain rule, at a sequence a token; it
    /// was never shown `<|endoftext|>` before the first token: all masked, it knows that a story begins.
    async fn log_probs(&mut self, tokens: &[u32]) -> Result<Vec<f64>, DenoiserError> {
        if self.config.causal { self.read(tokens).await } else { left_to_right(self, tokens).await }
    }
}
