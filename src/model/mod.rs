//! The trained model: config, net, weights, the device it runs on, and the denoiser that runs it.

#[cfg(not(target_family = "wasm"))]
mod adapters;
mod config;
mod device;
mod error;
mod files;
mod net;
mod predict;
pub(crate) mod score;
mod self_test;
mod weights;
#[cfg(not(target_family = "wasm"))]
mod work;

#[cfg(not(target_family = "wasm"))]
pub use adapters::{Adapter, adapter, adapters};
pub use config::{ARCH, Config, JUDGE_ARCH};
pub use device::{Choice, Place, gpu};
pub use error::ModelError;
pub use files::ModelFiles;
pub use net::Net;
pub use self_test::SelfTest;
pub use weights::{load, save};
#[cfg(not(target_family = "wasm"))]
pub use work::{ceiling, flops};

use burn::{prelude::*, tensor::TensorData};

use crate::{
    denoiser::DenoiserError,
    sampler::Settings,
    strategy::Words,
    text::{Text, sha256},
    trace::{self, Header, Pin},
};

/// A model on a device.
pub struct Model {
    config: Config,
    net: Net,
    text: Text,
    hash: String,
    place: Place,
}

impl Model {
    /// Loads a denoiser onto a device.
    ///
    /// # Errors
    /// [`ModelError`] names the file and what is wrong with it.
    pub fn load(files: &ModelFiles, place: Place) -> Result<Self, ModelError> {
        let config = Config::from_bytes(&files.config)?;
        if config.causal() {
            let accepted = format!("{ARCH}; one that reads from left to right is a judge");
            return Err(ModelError::ConfigValue { key: "arch", value: config.arch, accepted });
        }
        Self::with_config(config, files, place)
    }

    /// Loads a judge onto a device: a net that reads from left to right, or a denoiser, which can be asked to.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn load_judge(files: &ModelFiles, place: Place) -> Result<Self, ModelError> {
        Self::with_config(Config::from_bytes(&files.config)?, files, place)
    }

    fn with_config(config: Config, files: &ModelFiles, place: Place) -> Result<Self, ModelError> {
        let text = Text::from_bytes(&files.tokenizer)?;
        if text.vocab_size() != config.vocab_size {
            return Err(ModelError::Vocabulary { config: config.vocab_size, tokenizer: text.vocab_size() });
        }
        for (key, name, config) in [
            ("mask_id", "<|mask|>", config.mask_id),
            ("pad_id", "<|pad|>", config.pad_id),
            ("eot_id", "<|endoftext|>", config.eot_id),
        ] {
            let tokenizer = text.id(name);
            if tokenizer != Some(config) {
                return Err(ModelError::SpecialToken { key, config, name, tokenizer });
            }
        }
        let net = weights::load(&files.weights, &config, &place.device)?;
        Ok(Self { config, net, text, hash: sha256(&files.weights), place })
    }

    /// A model whose parts are at hand, as in training.
    pub fn assemble(config: Config, net: Net, text: Text, place: Place) -> Self {
        Self { config, net, text, hash: String::new(), place }
    }

    /// What the model's config says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The net alone.
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// The model's tokenizer.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// SHA-256 of the weights file, in hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Where the model runs.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// How many weights there are.
    pub fn parameters(&self) -> usize {
        self.net.num_params()
    }

    /// A prompt and masks up to `length` tokens.
    ///
    /// # Errors
    /// [`ModelError::Prompt`] for a prompt that leaves no room or holds padding, [`ModelError::Length`] for a length that
    /// the model cannot run.
    pub fn start(&self, prompt: &str, length: usize) -> Result<Vec<u32>, ModelError> {
        if !(1..=self.config.seq_len).contains(&length) {
            return Err(ModelError::Length { length, most: self.config.seq_len });
        }
        let mut tokens = self.text.encode(prompt)?;
        if tokens.len() > length {
            return Err(ModelError::Prompt(format!("it is {} tokens long; there is room for {length}", tokens.len())));
        }
        if tokens.contains(&self.config.pad_id) {
            return Err(ModelError::Prompt("it holds the padding token, which the model never reads".into()));
        }
        tokens.resize(length, self.config.mask_id);
        Ok(tokens)
    }

    /// [`Model::start`] with tokens pinned among the masks.
    ///
    /// # Errors
    /// As there, and [`ModelError::Pin`] for a pin outside the masks, twice at one position, or of a token that the model
    /// never writes.
    pub fn start_with(&self, prompt: &str, pins: &[Pin], length: usize) -> Result<Vec<u32>, ModelError> {
        let mut tokens = self.start(prompt, length)?;
        let (vocab, mask_id) = (self.config.vocab_size, self.config.mask_id);
        let free: Vec<bool> = tokens.iter().map(|&token| token == mask_id).collect();
        for &(position, token) in pins {
            let what = match free.get(position as usize) {
                None => format!("the positions are 0 to {}", length - 1),
                Some(false) => "the prompt stands there".into(),
                Some(true) if tokens[position as usize] != mask_id => "another token is pinned there".into(),
                _ if token as usize >= vocab => format!("the vocabulary has {vocab} tokens"),
                _ if token == mask_id || token == self.config.pad_id => "it is no text, but the mask or padding".into(),
                _ => {
                    tokens[position as usize] = token;
                    continue;
                }
            };
            return Err(ModelError::Pin { position, token, what });
        }
        Ok(tokens)
    }

    /// Logits `[length, vocab]` of `tokens` `[length]`, before mask and padding are excluded.
    ///
    /// # Errors
    /// [`DenoiserError`], as [`crate::denoiser::Denoiser::predict`].
    pub async fn logits(&self, tokens: &[u32]) -> Result<Vec<f32>, DenoiserError> {
        read_back(self.net.logits(self.hidden(&[tokens])?)).await
    }

    /// Hidden states `[batch * length, d_model]` of sequences of one length, on the device.
    fn hidden(&self, batch: &[&[u32]]) -> Result<Tensor<2>, DenoiserError> {
        let length = batch.first().map_or(0, |tokens| tokens.len());
        let mut all = vec![];
        for tokens in batch {
            self.check(tokens)?;
            all.extend(ints(tokens));
        }
        let input = TensorData::new(all, [batch.len(), length]);
        let hidden = self.net.hidden(Tensor::<2, Int>::from_data(input, &self.place.device)); // [batch, length, d_model]
        Ok(hidden.reshape([batch.len() * length, self.config.d_model]))
    }

    /// Refuses tokens that the net cannot read.
    fn check(&self, tokens: &[u32]) -> Result<(), DenoiserError> {
        let (length, most, vocab) = (tokens.len(), self.config.seq_len, self.config.vocab_size);
        if !(1..=most).contains(&length) {
            return Err(DenoiserError::Input(format!("{length} tokens; the model reads 1 to {most}")));
        }
        // Checked here because a GPU gathers out of bounds without a word.
        match tokens.iter().find(|&&token| token as usize >= vocab) {
            Some(token) => Err(DenoiserError::Input(format!("token {token}; the vocabulary has {vocab}"))),
            None => Ok(()),
        }
    }
}

impl Header {
    /// The header of a run of `model` over `length` tokens.
    pub fn new(prompt: &str, pins: &[Pin], length: usize, settings: &Settings, model: &Model) -> Self {
        let Words { schedule, order, rule, remasking, block_length, early_stop } = settings.strategy.words();
        Self {
            version: trace::VERSION,
            model: model.hash.clone(),
            tokenizer: model.text.hash().to_owned(),
            prompt: prompt.to_owned(),
            pins: pins.to_vec(),
            length,
            schedule,
            order,
            rule,
            remasking,
            block_length,
            early_stop,
            steps: settings.steps,
            temperature: settings.temperature,
            seed: settings.seed,
            device: model.place.name.clone(),
            mask: model.config.mask_id,
            vocabulary: model.text.display_forms(),
        }
    }
}

/// As a device takes them.
fn ints(values: &[u32]) -> Vec<i32> {
    values.iter().map(|&value| value.cast_signed()).collect()
}

/// The one read-back of a call.
async fn read_back<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, DenoiserError> {
    let data = tensor.into_data_async().await.map_err(|error| failed(&error.to_string()))?;
    data.try_into_vec::<f32>().map_err(|error| failed(&format!("{error:?}")))
}

/// A device's error without the stack that may follow its first line.
fn failed(words: &str) -> DenoiserError {
    DenoiserError::Device(words.lines().next().unwrap_or_default().into())
}
