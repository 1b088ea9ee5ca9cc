//! Which model, and where it runs: options of every command that opens one.

use std::path::{Path, PathBuf};

use clap::Args;
use unmask::model::{Choice, ModelError, PrecisionChoice};

use super::values::{Spelled, at_least_one};

/// The model and its device.
#[derive(Args, Debug)]
pub struct ModelOptions {
    /// auto takes a real GPU whose self-test agrees, else the CPU; gpu takes a software adapter too; gpu:N takes the adapter
    /// to which `unmask devices` gives that number
    #[arg(long, value_name = "auto|gpu|gpu:N|cpu", default_value = "auto", value_parser = devices(), hide_possible_values = true)]
    pub device: Choice,
    /// Folder with model.safetensors, config.json and tokenizer.json, instead of the built-in model: of `unmask train`, or of
    /// another family as Hugging Face has it (BERT, RoBERTa, ModernBERT, LLaDA, ...; in shards as well)
    #[arg(long, value_name = "DIR")]
    pub model: Option<PathBuf>,
}

/// In what the model computes.
#[derive(Args, Clone, Copy, Debug)]
pub struct PrecisionOptions {
    /// What a GPU makes its products in: auto takes f16 on a real GPU that offers it, where the self-test agrees within 0.02, else
    /// f32; f16 takes that or fails, and with --device gpu a software adapter too. A model draws another token in f16 now and then, where two are nearly tied
    #[arg(long, value_name = "auto|f32|f16", default_value = "auto", value_parser = precisions(), hide_possible_values = true)]
    pub precision: PrecisionChoice,
}

/// Whether calls may be approximate.
#[derive(Args, Clone, Copy, Debug)]
pub struct CacheOptions {
    /// Approximate: keeps keys and values between the calls of a run, so that a call computes the masks and what was revealed
    /// since the last one, and every N calls all; 1 is exact, as without. On the CPU, and not of models of another family
    #[arg(long, value_name = "N", value_parser = at_least_one, allow_negative_numbers = true)]
    pub cache: Option<usize>,
}

fn devices() -> Spelled<Choice> {
    Spelled::new(["auto", "gpu", "cpu"])
}

fn precisions() -> Spelled<PrecisionChoice> {
    Spelled::new(["auto", "f32", "f16"])
}

/// What is wrong with a model, with the folder that it is in: there may be two.
pub fn of_folder(folder: Option<&Path>, error: ModelError) -> anyhow::Error {
    match folder {
        Some(folder) => anyhow::Error::new(error).context(folder.display().to_string()),
        None => error.into(),
    }
}
