//! The model that judges samples.

use std::path::Path;

use anyhow::{Context, bail};
use unmask::{
    model::{ModelFiles, Place},
    text::{Text, sha256},
};

use crate::cli::subject::Subject;

/// Opens the judge for texts of `length` tokens that `text` has cut, where the model is. Without a folder it is the built-in
/// one, if that has the same tokenizer and reads as many tokens.
///
/// # Errors
/// Names the folder: its files are broken, its tokenizer is another one, or it reads fewer tokens.
pub fn open_judge(folder: Option<&Path>, place: &Place, text: &Text, length: usize) -> anyhow::Result<Option<Subject>> {
    let Some(folder) = folder else {
        let fits = Some(ModelFiles::judge()).filter(|files| sha256(&files.tokenizer) == text.hash());
        let judge = fits.map(|files| Subject::judge(files, place.clone())).transpose()?;
        return Ok(judge.filter(|judge| length <= judge.model.config().seq_len));
    };
    let judge =
        Subject::judge(ModelFiles::read(folder)?, place.clone()).with_context(|| folder.display().to_string())?;
    let short = |hash: &str| hash.chars().take(12).collect::<String>();
    let (own, wanted, name) = (judge.model.text().hash(), text.hash(), folder.display());
    if own != wanted {
        bail!("the judge {name} has tokenizer {}; it must have the model's, {}", short(own), short(wanted));
    }
    let (before, after) = judge.model.text().frame();
    if before.len() + after.len() > 0 {
        bail!(
            "the judge {name} never writes the tokens that stand around every text, so no text has a perplexity under it"
        );
    }
    let most = judge.model.config().seq_len;
    if length > most {
        bail!("length is {length}; the judge {name} reads at most {most} tokens");
    }
    Ok(Some(judge))
}
