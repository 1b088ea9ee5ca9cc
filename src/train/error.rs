//! What can be wrong with a training run.

use std::{error::Error, io, path::PathBuf};

use crate::{corpus::CorpusError, denoiser::DenoiserError, model::ModelError, text::TextError, whole_file::WriteError};

/// Why a net cannot be trained, or no further.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A setting that no run can have.
    #[error("{name} is {value}; it must be {accepted}")]
    Setting {
        /// Which.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        accepted: String,
    },
    /// The text has not enough in it for so many tokens.
    #[error("the text gives {found} different tokens; a vocabulary of {asked} needs more text, or be smaller")]
    Vocabulary {
        /// How many were asked for.
        asked: usize,
        /// How many there are.
        found: usize,
    },
    /// The tokenizer cannot be made.
    #[error("the tokenizer could not be made")]
    Tokenizer(#[source] Box<dyn Error + Send + Sync>),
    /// A tokenizer from elsewhere lacks a token.
    #[error("the tokenizer has no token `{0}`")]
    Special(&'static str),
    /// There is too little to measure on.
    #[error(
        "the held-out text holds {windows} of the 2 windows of {length} tokens, side by side, that measuring takes: hold out a longer text, or make windows shorter"
    )]
    HeldOut {
        /// How many there are.
        windows: usize,
        /// How long they are.
        length: usize,
    },
    /// The held-out text's trouble.
    #[error("the held-out text cannot be used")]
    HeldOutText(#[source] CorpusError),
    /// The weights in a checkpoint are broken.
    #[error("the weights in the checkpoint cannot be used")]
    Weights(#[source] ModelError),
    /// The optimizer cannot be made.
    #[error("the optimizer could not be made: {0}")]
    Optimizer(String),
    /// The loss is no number any more.
    #[error("step {step} has a loss of {loss} and a gradient of length {gradient}: the learning rate may be too high")]
    Diverged {
        /// At which step.
        step: u64,
        /// What it is.
        loss: f64,
        /// The length of its gradient.
        gradient: f64,
    },
    /// The loss on held-out text is no number.
    #[error("the loss on held-out text after step {step} is {nats}: the learning rate may be too high")]
    Measured {
        /// After which step.
        step: u64,
        /// What it is.
        nats: f64,
    },
    /// A weight is no number, or too great a one.
    #[error(
        "a weight after step {step} is no number below 65504, the greatest of f16: the learning rate may be too high"
    )]
    Overflow {
        /// After which step.
        step: u64,
    },
    /// What is to be written cannot be put into words.
    #[error("{name} could not be made")]
    Json {
        /// Which file.
        name: &'static str,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// The device has failed.
    #[error("the device failed")]
    Device(#[source] Box<dyn Error + Send + Sync>),
    /// A worker has broken down.
    #[error("a thread of the training run broke down")]
    Thread,
    /// A checkpoint cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A checkpoint is none.
    #[error("{} is not a checkpoint of a training run: {what}", path.display())]
    Checkpoint {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A run is to go on with another text.
    #[error("the {what} is not the one that the run began with, with the same files, also for --held-out, or without")]
    Other {
        /// Text, held-out text or tokenizer.
        what: &'static str,
    },
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The text's trouble.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The tokenizer's trouble.
    #[error(transparent)]
    Text(#[from] TextError),
    /// The model's trouble.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A sample could not be drawn.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
}
