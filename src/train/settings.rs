//! All that a training run is told. With the text and the seed, nothing else decides its curve.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{TrainError, tokenizer::FEWEST};
use crate::{
    model::{ARCH, Config, JUDGE_ARCH, ModelError},
    random::MAX_SEED,
};

/// More threads than any machine has cores for.
const MOST_THREADS: usize = 1024;

/// The answers to so many tokens of a vocabulary of 2048 fill 8 GB.
const MOST_TOKENS: usize = 1 << 20;

/// What a net learns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// Masked tokens from the others: a denoiser.
    #[default]
    Masked,
    /// Each token from the earlier ones: a judge.
    Autoregressive,
}

/// A net of a known size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    /// For two CPU cores: 1.4 million weights.
    #[default]
    Tiny,
    /// For a GPU: 5.3 million weights.
    Small,
}

impl FromStr for Objective {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "masked" => Ok(Self::Masked),
            "autoregressive" => Ok(Self::Autoregressive),
            _ => Err(format!("unknown objective `{name}`; the objectives are masked, autoregressive")),
        }
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "tiny" => Ok(Self::Tiny),
            "small" => Ok(Self::Small),
            _ => Err(format!("unknown size `{name}`; the sizes are tiny, small")),
        }
    }
}

/// The settings of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What is learned.
    pub objective: Objective,
    /// Tokens that there are.
    pub vocab: usize,
    /// Tokens of a window.
    pub length: usize,
    /// Width.
    pub d_model: usize,
    /// Blocks.
    pub n_layer: usize,
    /// Heads.
    pub n_head: usize,
    /// Width of the gated layer.
    pub d_ff: usize,
    /// The share of numbers that are zeroed in training.
    pub dropout: f64,
    /// Windows a step.
    pub batch: usize,
    /// Threads that share a step on the CPU.
    pub threads: usize,
    /// Steps in all.
    pub steps: u64,
    /// Minutes that the steps are to take, until it is known how many that is.
    #[serde(default)]
    pub minutes: Option<f64>,
    /// Steps in which the rate rises.
    pub warm_up: u64,
    /// The share of steps, the last, in which it falls.
    pub decay: f64,
    /// The rate between.
    pub learning_rate: f64,
    /// How strongly the matrices are pulled to zero.
    pub weight_decay: f64,
    /// The greatest length of a gradient.
    pub clip: f64,
    /// How much of the running mean of the weights (EMA) stays, a step.
    pub ema: f64,
    /// Steps between two measurements on held-out text.
    pub every: u64,
    /// Windows of held-out text that are measured on, at most.
    pub held_out: usize,
    /// Measurements without a better one after which the run ends, if it is to.
    pub patience: Option<u64>,
    /// The seed of weights, order, masks.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self::of(Size::Tiny)
    }
}

impl Settings {
    /// The settings of a size.
    pub fn of(size: Size) -> Self {
        let tiny = Self {
            objective: Objective::Masked,
            vocab: 2048,
            length: 128,
            d_model: 128,
            n_layer: 6,
            n_head: 4,
            d_ff: 336,
            dropout: 0.0,
            batch: 32,
            threads: 2,
            steps: 6000,
            minutes: None,
            warm_up: 100,
            decay: 0.4,
            learning_rate: 1.2e-2,
            weight_decay: 0.1,
            clip: 1.0,
            ema: 0.998,
            every: 250,
            held_out: 300,
            patience: None,
            seed: 1,
        };
        match size {
            Size::Tiny => tiny,
            Size::Small => Self {
                d_model: 256,
                d_ff: 688,
                n_head: 4,
                dropout: 0.1,
                batch: 128,
                threads: 1,
                steps: 8000,
                learning_rate: 6e-3,
                patience: Some(8),
                ..tiny
            },
        }
    }

    /// Whether a run can have these.
    ///
    /// # Errors
    /// [`TrainError::Setting`] names the setting, its value and what is accepted.
    pub fn check(&self) -> Result<(), TrainError> {
        let require = |good: bool, name: &'static str, value: &dyn std::fmt::Display, accepted: &str| {
            if good {
                Ok(())
            } else {
                Err(TrainError::Setting { name, value: value.to_string(), accepted: accepted.to_owned() })
            }
        };
        let share = |value: f64| (0.0..1.0).contains(&value);
        require(self.vocab >= FEWEST, "vocab", &self.vocab, &format!("at least {FEWEST}"))?;
        let length = (2..=MOST_TOKENS).contains(&self.length);
        require(length, "length", &self.length, &format!("from 2 to {MOST_TOKENS}"))?;
        require(share(self.dropout), "dropout", &self.dropout, "at least 0 and below 1")?;
        let batch = self.batch >= 1 && self.batch.saturating_mul(self.length) <= MOST_TOKENS;
        require(batch, "batch", &self.batch, &format!("at least 1, and of at most {MOST_TOKENS} tokens"))?;
        let threads = (1..=self.batch.min(MOST_THREADS)).contains(&self.threads);
        let most = format!("at least 1, and at most the windows of a batch and {MOST_THREADS}");
        require(threads, "threads", &self.threads, &most)?;
        // The zeros come from one stream a device, which threads would read in any order.
        let alone = self.dropout == 0.0 || self.threads == 1;
        require(alone, "threads", &self.threads, "1 with dropout")?;
        require(self.steps >= 1, "steps", &self.steps, "at least 1")?;
        require((0.0..=1.0).contains(&self.decay), "decay", &self.decay, "from 0 to 1")?;
        let rate = self.learning_rate > 0.0 && self.learning_rate <= 1.0;
        require(rate, "learning rate", &self.learning_rate, "above 0 and at most 1")?;
        let decays = (0.0..=1.0).contains(&self.weight_decay);
        require(decays, "weight decay", &self.weight_decay, "from 0 to 1")?;
        require(self.clip > 0.0, "clip", &self.clip, "above 0")?;
        require(share(self.ema), "ema", &self.ema, "at least 0 and below 1")?;
        require(self.every >= 1, "every", &self.every, "at least 1")?;
        let patience = self.patience.unwrap_or(1);
        require(patience >= 1, "patience", &patience, "at least 1")?;
        require(self.held_out >= 2, "held-out windows", &self.held_out, "at least 2")?;
        require(self.seed <= MAX_SEED, "seed", &self.seed, &format!("at most {MAX_SEED}"))?;
        self.config().check().map_err(|error| match error {
            ModelError::ConfigValue { key, value, accepted } => {
                let name = if key == "seq_len" { "length" } else { key };
                TrainError::Setting { name, value, accepted }
            }
            other => other.into(),
        })
    }

    /// The config of the net; special tokens have the ids that [`super::tokenizer`] gives them.
    pub fn config(&self) -> Config {
        let arch = match self.objective {
            Objective::Masked => ARCH,
            Objective::Autoregressive => JUDGE_ARCH,
        };
        Config {
            arch: arch.into(),
            vocab_size: self.vocab,
            seq_len: self.length,
            d_model: self.d_model,
            n_layer: self.n_layer,
            n_head: self.n_head,
            d_ff: self.d_ff,
            emb_scale: (self.d_model as f64).sqrt(),
            rope_base: 10_000.0,
            rope: "half-split".into(),
            norm: "rmsnorm".into(),
            norm_eps: 1e-5,
            tied_embeddings: true,
            time_conditioning: false,
            eot_id: 0,
            pad_id: 1,
            mask_id: 2,
            params: None,
            steps: None,
            tokens: None,
            train_seconds: None,
            val_nelbo_nats_per_token: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::{module::Module, prelude::Device};

    use super::*;
    use crate::model::Net;

    #[test]
    fn the_sizes_are_as_large_as_they_say() {
        for (size, weights) in [(Size::Tiny, 1.4), (Size::Small, 5.3)] {
            let settings = Settings::of(size);
            settings.check().unwrap();
            let found = Net::new(&settings.config(), &Device::flex()).num_params() as f64 / 1e6;
            assert!((found - weights).abs() < 0.05, "{size:?}: {found}");
        }
    }
}
