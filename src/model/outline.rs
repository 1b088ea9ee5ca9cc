//! What those who use a model have to know of it, whatever its config looks like.

use super::{Config, ModelError};

/// A model in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // the names are the field's
pub struct Outline {
    /// What the config calls the architecture.
    pub arch: String,
    /// Logits of a position, at least as many as the tokenizer has tokens.
    pub vocab_size: usize,
    /// The longest sequence.
    pub seq_len: usize,
    /// The length of a run when nobody says another.
    pub usual_len: usize,
    pub d_model: usize,
    pub n_layer: usize,
    pub n_head: usize,
    pub d_ff: usize,
    /// Of the matrix products of a block.
    pub block_weights: u64,
    pub eot_id: u32,
    /// The mask's where there is no padding.
    pub pad_id: u32,
    pub mask_id: u32,
    /// What is never drawn beside mask and padding, rising.
    pub never: Vec<u32>,
    /// Whether a position sees the earlier ones alone.
    pub causal: bool,
}

impl Outline {
    /// The longest sequence, by the bytes of a `config.json` alone.
    ///
    /// # Errors
    /// [`ModelError`] for a config that cannot be used.
    pub fn longest(config: &[u8]) -> Result<usize, ModelError> {
        #[cfg(not(target_family = "wasm"))]
        if super::foreign::is_foreign(config) {
            return super::foreign::longest(config);
        }
        Ok(Config::from_bytes(config)?.seq_len)
    }

    /// Whether `token` is no text, and is never drawn.
    pub fn cannot_be(&self, token: u32) -> bool {
        token == self.mask_id || token == self.pad_id || self.never.binary_search(&token).is_ok()
    }
}

impl From<&Config> for Outline {
    fn from(config: &Config) -> Self {
        Self {
            arch: config.arch.clone(),
            vocab_size: config.vocab_size,
            seq_len: config.seq_len,
            usual_len: config.seq_len,
            d_model: config.d_model,
            n_layer: config.n_layer,
            n_head: config.n_head,
            d_ff: config.d_ff,
            block_weights: products(config.d_model, 4 * config.d_model, 3 * config.d_ff),
            eot_id: config.eot_id,
            pad_id: config.pad_id,
            mask_id: config.mask_id,
            never: vec![],
            causal: config.causal(),
        }
    }
}

/// Weights of layers from or to `d` numbers, to or from so many of attention and of what follows.
pub(super) fn products(d: usize, attention: usize, gated: usize) -> u64 {
    d as u64 * (attention as u64 + gated as u64)
}
