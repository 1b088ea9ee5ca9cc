//! The model that judges samples.

use std::path::Path;

use anyhow::bail;
use unmask::{
    model::{Model, ModelFiles, Place},
    text::Text,
};

/// A judge, ready.
pub struct Opened {
    pub judge: Model,
    /// SHA-256 of its weights file.
    pub hash: String,
}

/// Opens the judge for texts of `length` tokens that `text` has cut, where the model is; without a folder there is none.
///
/// # Errors
/// Names the folder: its files are broken, its tokenizer is another one, or it reads fewer tokens.
pub fn open_judge(folder: Option<&Path>, place: &Place, text: &Text, length: usize) -> anyhow::Result<Option<Opened>> {
    let Some(folder) = folder else { return Ok(None) };
    let judge = Model::load_judge(&ModelFiles::read(folder)?, place.clone())?;
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let (own, wanted, name) = (judge.text().hash(), text.hash(), folder.display());
    if own != wanted {
        bail!("the judge {name} has tokenizer {}; it must have the model's, {}", short(own), short(wanted));
    }
    let most = judge.config().seq_len;
    if length > most {
        bail!("length is {length}; the judge {name} reads at most {most} tokens");
    }
    let hash = judge.hash().to_owned();
    Ok(Some(Opened { judge, hash }))
}
