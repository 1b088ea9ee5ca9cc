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
mod start;
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
pub use start::MASK;
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
    text::{Text, sha256},
};

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
