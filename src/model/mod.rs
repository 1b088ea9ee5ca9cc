//! The trained model: config, net, weights, the device it runs on, and the denoiser that runs it.

#[cfg(not(target_family = "wasm"))]
mod adapters;
mod ahead;
mod config;
#[cfg(not(target_family = "wasm"))]
mod convert;
mod device;
mod error;
mod files;
#[cfg(not(target_family = "wasm"))]
mod foreign;
mod kept;
#[cfg(not(target_family = "wasm"))]
mod net;
#[cfg(not(target_family = "wasm"))]
mod net_file;
mod network;
mod outline;
#[cfg(not(target_family = "wasm"))]
mod plain;
mod precision;
mod predict;
pub(crate) mod score;
mod self_test;
#[cfg(not(target_family = "wasm"))]
mod shards;
#[cfg(not(target_family = "wasm"))]
mod timed;
mod warm;
mod weights;
#[cfg(not(target_family = "wasm"))]
mod work;

#[cfg(not(target_family = "wasm"))]
pub use adapters::{Adapter, adapter, adapters};
pub use config::{ARCH, Config, JUDGE_ARCH};
#[cfg(not(target_family = "wasm"))]
pub use convert::converted;
pub use device::{Choice, Place, gpu};
pub use error::ModelError;
#[cfg(not(target_family = "wasm"))]
pub use files::COMPANIONS;
pub use files::ModelFiles;
#[cfg(not(target_family = "wasm"))]
pub use net::Net;
#[cfg(not(target_family = "wasm"))]
pub use net_file::{load, save};
pub use outline::Outline;
pub use precision::PrecisionChoice;
pub use self_test::SelfTest;
pub use warm::Warm;
#[cfg(not(target_family = "wasm"))]
pub use work::{KernelWork, ceiling, flops, kernel_work};

#[cfg(not(target_family = "wasm"))]
use burn::prelude::*;

#[cfg(not(target_family = "wasm"))]
use self::plain::{Plain, Stack};
use self::{
    ahead::Ahead,
    kept::Kept,
    network::{Asked, Network},
};
use crate::{
    denoiser::DenoiserError,
    forward::gpu::Precision,
    sampler::Settings,
    strategy::Words,
    text::{Text, sha256},
    trace::{self, Header, Pin},
};

/// How a mask is written in a prompt.
pub const MASK: &str = "<|mask|>";

/// A model on a device.
pub struct Model {
    config: Outline,
    net: Network,
    text: Text,
    hash: String,
    place: Place,
    ahead: Vec<Ahead>,
    /// Where calls are not to be exact.
    kept: Option<Kept>,
}

impl Model {
    /// Loads a denoiser onto a device: one of this program's own, or natively of another family.
    ///
    /// # Errors
    /// [`ModelError`] names the file and what is wrong with it.
    #[cfg(not(target_family = "wasm"))]
    pub fn load(files: &ModelFiles, place: Place) -> Result<Self, ModelError> {
        pollster::block_on(Self::loaded(files, place))
    }

    /// Loads a judge onto a device: a net that reads from left to right, or a denoiser, which can be asked to.
    ///
    /// # Errors
    /// As [`Model::load`].
    #[cfg(not(target_family = "wasm"))]
    pub fn load_judge(files: &ModelFiles, place: Place) -> Result<Self, ModelError> {
        pollster::block_on(Self::loaded_judge(files, place))
    }

    /// [`Model::load`] where nothing may block, as in a browser.
    ///
    /// # Errors
    /// As there.
    pub async fn loaded(files: &ModelFiles, place: impl Into<Warm>) -> Result<Self, ModelError> {
        let model = Self::loaded_judge(files, place).await?;
        if model.config.causal {
            let accepted = format!("{ARCH}; one that reads from left to right is a judge");
            return Err(ModelError::ConfigValue { key: "arch", value: model.config.arch, accepted });
        }
        Ok(model)
    }

    async fn loaded_judge(files: &ModelFiles, place: impl Into<Warm>) -> Result<Self, ModelError> {
        let warm = place.into();
        let place = warm.place.clone();
        #[cfg(not(target_family = "wasm"))]
        if foreign::is_foreign(&files.config) {
            if warm.precision == Precision::F16 {
                return Err(network::by_burn(&place));
            }
            let (config, net, text) = foreign::load(files, &place.device)?;
            let net = Network::Plain(Box::new(Plain::new(Stack::Foreign(net), &config, &place.device)));
            return Ok(Self { config, net, text, hash: sha256(&files.weights), place, ahead: vec![], kept: None });
        }
        let config = Config::from_bytes(&files.config)?;
        let text = Text::from_bytes(&files.tokenizer)?;
        if text.vocab_size() != config.vocab_size {
            return Err(ModelError::Vocabulary { config: config.vocab_size, tokenizer: text.vocab_size() });
        }
        for (key, name, config) in [
            ("mask_id", MASK, config.mask_id),
            ("pad_id", "<|pad|>", config.pad_id),
            ("eot_id", "<|endoftext|>", config.eot_id),
        ] {
            let tokenizer = text.id(name);
            if tokenizer != Some(config) {
                return Err(ModelError::SpecialToken { key, config, name, tokenizer });
            }
        }
        let net = Network::load(&files.weights, &config, warm).await?;
        Ok(Self {
            config: Outline::from(&config),
            net,
            text,
            hash: sha256(&files.weights),
            place,
            ahead: vec![],
            kept: None,
        })
    }

    /// A model whose parts are at hand, as in training; it is run by burn.
    #[cfg(not(target_family = "wasm"))]
    pub fn assemble(config: Config, net: Net, text: Text, place: Place) -> Self {
        let config = Outline::from(&config);
        let net = Network::Plain(Box::new(Plain::new(Stack::Own(net), &config, &place.device)));
        Self { config, net, text, hash: String::new(), place, ahead: vec![], kept: None }
    }

    /// What there is to know of the model's config.
    pub fn config(&self) -> &Outline {
        &self.config
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

    /// What it makes its products in.
    pub fn precision(&self) -> Precision {
        self.net.precision()
    }

    /// Bytes of the weights on a GPU, where kernels of its own run it.
    pub fn weight_bytes(&self) -> Option<u64> {
        self.net.weight_bytes()
    }

    /// How many weights there are.
    pub fn parameters(&self) -> usize {
        self.net.parameters()
    }

    /// How many tokens a prompt alone is, with what stands around every text of the model.
    ///
    /// # Errors
    /// The tokenizer's.
    pub fn length_of(&self, prompt: &str) -> Result<usize, ModelError> {
        let (before, after) = self.text.frame();
        Ok(before.len() + self.encode(prompt)?.len() + after.len())
    }

    /// A prompt's tokens. In every prompt `<|mask|>` is a mask, whatever the model calls it.
    fn encode(&self, prompt: &str) -> Result<Vec<u32>, ModelError> {
        let mask = self.text.name(self.config.mask_id);
        Ok(if mask == MASK { self.text.encode(prompt) } else { self.text.encode(&prompt.replace(MASK, &mask)) }?)
    }

    /// A prompt and masks up to `length` tokens, within what stands around every text of the model.
    ///
    /// # Errors
    /// [`ModelError::Prompt`] for a prompt that leaves no room or holds padding, [`ModelError::Length`] for a length that
    /// the model cannot run.
    pub fn start(&self, prompt: &str, length: usize) -> Result<Vec<u32>, ModelError> {
        if !(1..=self.config.seq_len).contains(&length) {
            return Err(ModelError::Length { length, most: self.config.seq_len });
        }
        let mut tokens = self.encode(prompt)?;
        let (before, after) = self.text.frame();
        let room = length.saturating_sub(before.len() + after.len());
        if tokens.len() > room || room == 0 {
            return Err(ModelError::Prompt(format!("it is {} tokens long; there is room for {room}", tokens.len())));
        }
        // Without padding of its own a model has the mask's id for it.
        if self.config.pad_id != self.config.mask_id && tokens.contains(&self.config.pad_id) {
            return Err(ModelError::Prompt("it holds the padding token, which the model never reads".into()));
        }
        tokens.resize(room, self.config.mask_id);
        Ok([before, tokens.as_slice(), after].concat())
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
                _ if self.config.cannot_be(token) => "it is no text, but the mask or padding".into(),
                _ => {
                    tokens[position as usize] = token;
                    continue;
                }
            };
            return Err(ModelError::Pin { position, token, what });
        }
        Ok(tokens)
    }

    /// Logits `[batch * length, vocab]` of `tokens` `[batch * length]`, before mask and padding are excluded.
    ///
    /// # Errors
    /// [`DenoiserError`], as [`crate::denoiser::Denoiser::predict`].
    pub async fn logits(&self, tokens: &[u32], length: usize) -> Result<Vec<f32>, DenoiserError> {
        tokens.chunks(length.max(1)).try_for_each(|sequence| self.check(sequence))?;
        if length == 0 || tokens.is_empty() || !tokens.len().is_multiple_of(length) {
            return Err(DenoiserError::Input(format!("{} tokens; they must be sequences of {length}", tokens.len())));
        }
        let places: Vec<u32> = (0..tokens.len() as u32).collect();
        self.net.logits(Asked { tokens, length, places: &places }).await
    }

    /// How many operations it has sent to a GPU, where kernels of its own run it.
    pub fn dispatches(&self) -> Option<usize> {
        self.net.dispatches()
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
            cache: model.refresh(),
            precision: (model.precision() != Precision::F32).then(|| model.precision().name().to_owned()),
            device: model.place.name.clone(),
            mask: model.config.mask_id,
            vocabulary: model.text.display_forms(),
        }
    }
}

/// As burn takes them.
#[cfg(not(target_family = "wasm"))]
fn ints(values: &[u32]) -> Vec<i32> {
    values.iter().map(|&value| value.cast_signed()).collect()
}

/// What burn has computed.
#[cfg(not(target_family = "wasm"))]
async fn read_back<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, DenoiserError> {
    let data = tensor.into_data_async().await.map_err(|error| failed(&error.to_string()))?;
    data.try_into_vec::<f32>().map_err(|error| failed(&format!("{error:?}")))
}

/// A device's error without the stack that may follow its first line.
fn failed(words: &str) -> DenoiserError {
    DenoiserError::Device(words.lines().next().unwrap_or_default().into())
}
