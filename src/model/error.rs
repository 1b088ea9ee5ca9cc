//! What can be wrong with a model, its files and its device.

use std::{error::Error, io, path::PathBuf};

use safetensors::SafeTensorError;

use crate::{denoiser::DenoiserError, text::TextError};

/// Why a model cannot be loaded or started.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No config, or one with an unknown key.
    #[error("config.json is not the config of a model")]
    Config(#[source] serde_json::Error),
    /// A value in the config that this program has no use for.
    #[error("`{key}` in config.json is {value}; accepted: {accepted}")]
    ConfigValue {
        /// Which.
        key: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        accepted: String,
    },
    /// A config of a family of nets that this program does not have.
    #[cfg(not(target_family = "wasm"))]
    #[error(
        "architecture `{name}` (model_type `{model_type}`) is not supported; supported: {}",
        super::foreign::SUPPORTED
    )]
    Architecture {
        /// As the config calls it.
        name: String,
        /// And the family.
        model_type: String,
    },
    /// No file says which token is a mask: then the model is none of masks.
    #[cfg(not(target_family = "wasm"))]
    #[error(
        "a model of model_type `{model_type}` without a mask token is no masked model; accepted: mask_token_id in config.json, \
         mask_token in tokenizer_config.json or special_tokens_map.json, or a token [MASK], <mask>, <|mask|> or <|mdm_mask|>"
    )]
    NoMask {
        /// The family.
        model_type: String,
    },
    /// A file that lists shards of weights does not.
    #[cfg(not(target_family = "wasm"))]
    #[error("{} cannot be used: {what}", path.display())]
    Shards {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A shard of the weights cannot be used.
    #[cfg(not(target_family = "wasm"))]
    #[error("{}", path.display())]
    Shard {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<ModelError>,
    },
    /// A number is more than its new type can hold.
    #[cfg(not(target_family = "wasm"))]
    #[error("tensor `{name}` holds numbers that {dtype} cannot hold: more than {most}; f32 and bf16 can")]
    Overflow {
        /// Which.
        name: String,
        /// The type.
        dtype: &'static str,
        /// The most that it can hold.
        most: f32,
    },
    /// The weights are of another kind of file.
    #[error("model.safetensors is not a safetensors file")]
    NotSafetensors(#[source] SafeTensorError),
    /// The weights end too early.
    #[error("model.safetensors has {bytes} bytes, its header promises another number: was it cut off?")]
    Truncated {
        /// How many there are.
        bytes: usize,
        /// What the reader says.
        #[source]
        source: SafeTensorError,
    },
    /// A tensor is not there.
    #[error("model.safetensors has no tensor `{name}`")]
    MissingTensor {
        /// Which.
        name: String,
    },
    /// A tensor has no place in the net.
    #[error("model.safetensors has a tensor `{name}`, which a model of this config does not")]
    UnknownTensor {
        /// Which.
        name: String,
    },
    /// A tensor has another shape.
    #[error("tensor `{name}` of model.safetensors is {found:?}; config.json asks for {expected:?}")]
    TensorShape {
        /// Which.
        name: String,
        /// The shape in the file.
        found: Vec<usize>,
        /// The shape of the net.
        expected: Vec<usize>,
    },
    /// A tensor holds something other than floats.
    #[error("tensor `{name}` of model.safetensors holds {found}; accepted: F32, F16, BF16")]
    TensorType {
        /// Which.
        name: String,
        /// What it holds.
        found: String,
    },
    /// burn refuses what passed the checks.
    #[error("model.safetensors could not be loaded")]
    Store(#[source] Box<dyn Error + Send + Sync>),
    /// The tokenizer's trouble.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Tokenizer and net do not belong together.
    #[error("tokenizer.json has {tokenizer} tokens, config.json says {config}")]
    Vocabulary {
        /// The config's number.
        config: usize,
        /// The tokenizer's number.
        tokenizer: usize,
    },
    /// Tokenizer and net give a special token different ids.
    #[error("`{key}` in config.json is {config}; in tokenizer.json `{name}` is {}", shown(*tokenizer))]
    SpecialToken {
        /// Which key.
        key: &'static str,
        /// The config's id.
        config: u32,
        /// The token's name.
        name: &'static str,
        /// The tokenizer's id, if it has one.
        tokenizer: Option<u32>,
    },
    /// The prompt cannot be used.
    #[error("the prompt cannot be used: {0}")]
    Prompt(String),
    /// A pin cannot be used.
    #[error("token {token} cannot be pinned at position {position}: {what}")]
    Pin {
        /// Where.
        position: u32,
        /// Which token.
        token: u32,
        /// What is wrong with it.
        what: String,
    },
    /// The length cannot be run.
    #[error("length is {length}; it must be between 1 and {most}")]
    Length {
        /// What was asked for.
        length: usize,
        /// The longest sequence of the model.
        most: usize,
    },
    /// All is to be computed once in no calls.
    #[error("the calls after which all is computed anew are 0; they must be at least 1, which is exact")]
    Refresh,
    /// Keys and values are to be kept between calls where that cannot be.
    #[error(
        "a cache between calls is for models of this program's own ({}) on the device cpu; this one ({arch}) runs on {device}",
        super::ARCH
    )]
    Cache {
        /// What the config calls the architecture.
        arch: String,
        /// Where it runs.
        device: String,
    },
    /// There is no GPU to be had.
    #[error("no GPU: {0}")]
    NoGpu(String),
    /// f16 was asked for where it cannot be had.
    #[error("{device} does not compute this model in f16: {why}")]
    NoF16 {
        /// Which device.
        device: String,
        /// What is in the way.
        why: String,
    },
    /// The self-test file is broken.
    #[error("self_test.json is not a self-test of this model")]
    SelfTestFile(#[source] Box<dyn Error + Send + Sync>),
    /// The device computes something else than it should.
    #[error("the self-test on {device} disagrees: {what}")]
    SelfTest {
        /// Which device.
        device: String,
        /// Where it disagrees.
        what: String,
    },
    /// The device failed in the self-test.
    #[error("the self-test failed to run")]
    SelfTestRun(#[source] DenoiserError),
}

fn shown(id: Option<u32>) -> String {
    id.map_or_else(|| "missing".to_owned(), |id| id.to_string())
}
