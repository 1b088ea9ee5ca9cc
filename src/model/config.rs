//! `config.json`: the shape of the net and the ids of its special tokens.

use serde::{Deserialize, Serialize};

use super::ModelError;
use crate::forward::{MAX_VOCAB, Shape};

/// The architecture of a denoiser: a bidirectional transformer with rotary positions, SwiGLU and normalised queries and
/// keys, trained as a masked diffusion model.
pub const ARCH: &str = "mdlm-rope-swiglu-qknorm";

/// The architecture of a judge: the same transformer, where a position sees the earlier ones and itself alone, trained to
/// predict the next token.
pub const JUDGE_ARCH: &str = "ar-rope-swiglu-qknorm";

/// What `config.json` says. Unknown keys are errors; the keys about training are optional and change nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // the names are the field's
pub struct Config {
    pub arch: String,
    pub vocab_size: usize,
    /// The longest sequence.
    pub seq_len: usize,
    pub d_model: usize,
    pub n_layer: usize,
    pub n_head: usize,
    pub d_ff: usize,
    /// Factor of the token embeddings, but not of the tied output.
    pub emb_scale: f64,
    pub rope_base: f64,
    pub rope: String,
    pub norm: String,
    pub norm_eps: f64,
    pub tied_embeddings: bool,
    pub time_conditioning: bool,
    pub eot_id: u32,
    pub pad_id: u32,
    pub mask_id: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub val_nelbo_nats_per_token: Option<f64>,
}

impl Config {
    /// From the bytes of a `config.json`.
    ///
    /// # Errors
    /// [`ModelError::Config`] for what is not such a file or has an unknown key, [`ModelError::ConfigValue`] for a value
    /// that names key, value and what is accepted.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let config: Self = serde_json::from_slice(bytes).map_err(ModelError::Config)?;
        config.check()?;
        Ok(config)
    }

    /// Whether a position sees the earlier ones alone.
    pub fn causal(&self) -> bool {
        self.arch == JUDGE_ARCH
    }

    /// Numbers a head: `d_model / n_head`.
    pub fn head_dim(&self) -> usize {
        self.d_model / self.n_head
    }

    /// What the forward's kernels are made for.
    pub fn shape(&self) -> Shape {
        Shape {
            vocab_size: self.vocab_size,
            d_model: self.d_model,
            n_layer: self.n_layer,
            n_head: self.n_head,
            d_ff: self.d_ff,
            emb_scale: self.emb_scale as f32,
            rope_base: self.rope_base,
            norm_eps: self.norm_eps as f32,
            causal: self.causal(),
        }
    }

    /// Whether a net of these numbers can be.
    ///
    /// # Errors
    /// [`ModelError::ConfigValue`] for a value that names key, value and what is accepted.
    pub fn check(&self) -> Result<(), ModelError> {
        let size = |value: usize, most: usize| (1..=most).contains(&value);
        let id = |value: u32| (value as usize) < self.vocab_size;
        let require = |good: bool, key: &'static str, value: &dyn std::fmt::Display, accepted: &str| {
            if good {
                Ok(())
            } else {
                Err(ModelError::ConfigValue { key, value: value.to_string(), accepted: accepted.to_owned() })
            }
        };
        let known = self.arch == ARCH || self.arch == JUDGE_ARCH;
        require(known, "arch", &self.arch, &format!("{ARCH}, {JUDGE_ARCH}"))?;
        require(self.rope == "half-split", "rope", &self.rope, "half-split")?;
        require(self.norm == "rmsnorm", "norm", &self.norm, "rmsnorm")?;
        require(self.tied_embeddings, "tied_embeddings", &self.tied_embeddings, "true")?;
        require(!self.time_conditioning, "time_conditioning", &self.time_conditioning, "false")?;
        require(size(self.vocab_size, MAX_VOCAB), "vocab_size", &self.vocab_size, "1 to 16777216")?;
        require(size(self.seq_len, 65_536), "seq_len", &self.seq_len, "1 to 65536")?;
        require(size(self.d_model, 65_536), "d_model", &self.d_model, "1 to 65536")?;
        require(size(self.d_ff, 262_144), "d_ff", &self.d_ff, "1 to 262144")?;
        require(size(self.n_layer, 1024), "n_layer", &self.n_layer, "1 to 1024")?;
        let even_heads = self.n_head > 0 && self.d_model.is_multiple_of(2 * self.n_head);
        require(even_heads, "n_head", &self.n_head, "a number that cuts d_model into heads of even size")?;
        require(self.norm_eps > 0.0 && self.norm_eps < 1.0, "norm_eps", &self.norm_eps, "between 0 and 1")?;
        require(self.rope_base > 1.0 && self.rope_base.is_finite(), "rope_base", &self.rope_base, "above 1")?;
        require(self.emb_scale > 0.0 && self.emb_scale.is_finite(), "emb_scale", &self.emb_scale, "above 0")?;
        let below = format!("below vocab_size, {}", self.vocab_size);
        require(id(self.eot_id), "eot_id", &self.eot_id, &below)?;
        require(id(self.pad_id), "pad_id", &self.pad_id, &below)?;
        require(id(self.mask_id), "mask_id", &self.mask_id, &below)
    }
}
