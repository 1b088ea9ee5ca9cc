//! Which tokens are special: the mask, padding, the end, and those that are never drawn.

use serde_json::{Map, Value};

use super::keys::Keys;
use crate::{
    model::{ModelError, ModelFiles, Outline},
    text::Text,
};

/// What masks are called where no file says which token is one.
const MASKS: [&str; 4] = ["[MASK]", "<mask>", "<|mask|>", "<|mdm_mask|>"];
const PADS: [&str; 3] = ["[PAD]", "<pad>", "<|pad|>"];
const ENDS: [&str; 4] = ["[SEP]", "</s>", "<|endoftext|>", "<|im_end|>"];

/// Fills in the tokens of `outline`. Of a model with a frame no special token is drawn; of another one those that begin a
/// text are not, and padding is if it ends a text as well.
///
/// # Errors
/// [`ModelError::Vocabulary`] for a tokenizer of more tokens than the net has, [`ModelError::NoMask`] where no token is a
/// mask, [`ModelError::ConfigValue`] for an id that is no token.
pub fn settle(
    outline: &mut Outline,
    keys: Keys<'_>,
    text: &Text,
    files: &ModelFiles,
    framed: bool,
) -> Result<(), ModelError> {
    let vocab = outline.vocab_size;
    if text.vocab_size() > vocab {
        return Err(ModelError::Vocabulary { config: vocab, tokenizer: text.vocab_size() });
    }
    let first = |names: &[&str]| names.iter().find_map(|name| text.id(name));
    let mask = match keys.token("mask_token_id", vocab)? {
        Some(id) if text.name(id).is_empty() => {
            return Err(keys.refused("mask_token_id", "a token of tokenizer.json".into()));
        }
        Some(id) => Some(id),
        None => named_mask(files).and_then(|name| text.id(&name)).or_else(|| first(&MASKS)),
    };
    let mask = mask.ok_or_else(|| ModelError::NoMask { model_type: outline.arch.clone() })?;
    let end = match keys.token("eos_token_id", vocab)? {
        Some(end) => Some(end),
        None => keys.token("sep_token_id", vocab)?.or_else(|| first(&ENDS)),
    };
    let pad = keys.token("pad_token_id", vocab)?.or_else(|| first(&PADS));
    let begin = keys.token("bos_token_id", vocab)?;
    let (before, after) = text.frame();
    let no_text = |id: u32| {
        text.name(id).is_empty()
            || if framed {
                text.is_special(id) || before.contains(&id) || after.contains(&id)
            } else {
                Some(id) != end && (Some(id) == begin || before.contains(&id))
            }
    };
    outline.mask_id = mask;
    outline.eot_id = end.unwrap_or(mask);
    outline.pad_id = pad.filter(|&pad| framed || Some(pad) != end).unwrap_or(mask);
    let drawn = |&id: &u32| id != mask && id != outline.pad_id && no_text(id);
    outline.never = (0..vocab as u32).filter(drawn).collect();
    Ok(())
}

/// The name of the mask in the files beside the tokenizer, which may be missing or say nothing.
fn named_mask(files: &ModelFiles) -> Option<String> {
    files.companions.values().find_map(|bytes| {
        let keys: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
        let mask = keys.get("mask_token")?;
        // A name, or an object with the name in it.
        mask.as_str().or_else(|| mask.get("content")?.as_str()).map(str::to_owned)
    })
}
