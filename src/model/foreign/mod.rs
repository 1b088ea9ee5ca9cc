//! Masked models of other families, from their files as Hugging Face has them. Native only: the page's module has no room.

mod bert;
mod keys;
mod llama;
mod modernbert;
mod parts;
mod reader;
mod tokens;

use burn::prelude::*;
use serde_json::{Map, Value};

use self::{keys::Keys, reader::Reader};
use super::{ModelError, ModelFiles, Outline};
use crate::text::Text;

/// What `model_type` may be.
pub const SUPPORTED: &str = "bert, roberta, xlm-roberta, distilbert, modernbert, a2d-modernbert; and with a mask token \
                             llada, Dream, llama, qwen2, qwen3, a2d-llama, a2d-qwen2, a2d-qwen3";

/// Runs are of so many tokens when nobody says another length: these models may read thousands.
const USUAL: usize = 128;
/// No run is longer, whatever a config says.
const LONGEST: usize = 65_536;

/// The net of another family.
pub trait Stack: Send + Sync {
    /// Token ids `[batch, length]` -> hidden states `[batch, length, d_model]`, from which [`Stack::logits`] follow.
    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3>;

    /// Hidden states `[rows, d_model]` -> logits `[rows, vocab]`.
    fn logits(&self, hidden: Tensor<2>) -> Tensor<2>;
}

/// A net with its weights.
pub struct Foreign {
    /// The net.
    pub stack: Box<dyn Stack>,
    /// How many weights it has.
    pub parameters: usize,
}

type Build = dyn FnOnce(&Reader<'_>) -> Result<Box<dyn Stack>, ModelError>;

/// What a config says: the numbers, and how the net is built.
struct Family {
    /// Without the tokens that the tokenizer has a say in.
    outline: Outline,
    /// Whether its special tokens are for around a text, and no part of what is predicted.
    framed: bool,
    build: Box<Build>,
    /// Tensors that may be there and are not needed.
    extra: Box<dyn Fn(&str) -> bool>,
}

/// Whether a `config.json` is one of another family: it has a `model_type`, and no `arch`.
pub fn is_foreign(config: &[u8]) -> bool {
    read(config).is_some_and(|keys| keys.contains_key("model_type") && !keys.contains_key("arch"))
}

/// Loads such a model onto a device.
///
/// # Errors
/// [`ModelError`]: [`ModelError::Architecture`] for a family that is not supported, else what is wrong with which file.
pub fn load(files: &ModelFiles, device: &Device) -> Result<(Outline, Foreign, Text), ModelError> {
    let keys = read(&files.config).unwrap_or_default();
    let keys = Keys(&keys);
    let mut family = family(keys)?;
    let text = Text::of_others(&files.tokenizer)?;
    tokens::settle(&mut family.outline, keys, &text, files, family.framed)?;
    let reader = Reader::new(&files.weights, device)?;
    let stack = (family.build)(&reader)?;
    let parameters = reader.finish(family.extra)?;
    Ok((family.outline, Foreign { stack, parameters }, text))
}

/// The longest sequence, by the bytes of such a config.
///
/// # Errors
/// As [`load`], of the config.
pub fn longest(config: &[u8]) -> Result<usize, ModelError> {
    Ok(family(Keys(&read(config).unwrap_or_default()))?.outline.seq_len)
}

fn read(config: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(config).ok()
}

fn family(keys: Keys<'_>) -> Result<Family, ModelError> {
    let model_type = keys.get("model_type").and_then(Value::as_str).unwrap_or_default();
    match model_type {
        "bert" | "roberta" | "xlm-roberta" | "distilbert" => bert::family(keys, model_type),
        "modernbert" | "a2d-modernbert" => modernbert::family(keys, model_type),
        "llama" | "qwen2" | "qwen3" | "a2d-llama" | "a2d-qwen2" | "a2d-qwen3" | "Dream" => {
            llama::family(keys, model_type)
        }
        "llada" => llama::llada(keys, model_type),
        other => {
            let first = keys.get("architectures").and_then(|names| names.get(0)).and_then(Value::as_str);
            let short = |name: &str| name.chars().take(80).collect();
            Err(ModelError::Architecture { name: first.map_or_else(|| short(other), short), model_type: short(other) })
        }
    }
}

/// What all families have; the special tokens are still to be settled.
fn outline(arch: &str, vocab_size: usize, positions: usize) -> Outline {
    let seq_len = positions.min(LONGEST);
    Outline {
        arch: arch.to_owned(),
        vocab_size,
        seq_len,
        usual_len: seq_len.min(USUAL),
        d_model: 0,
        n_layer: 0,
        n_head: 0,
        d_ff: 0,
        block_weights: 0,
        eot_id: 0,
        pad_id: 0,
        mask_id: 0,
        never: vec![],
        causal: false,
    }
}
