//! Models on a device, which they may lose, and text for them.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
};

use anyhow::{Context, anyhow, bail};
use unmask::{
    corpus::{Corpus, with_newlines},
    denoiser::DenoiserError,
    model::{Choice, Model, ModelFiles, Place, PrecisionChoice},
    text::{Text, sha256},
};

use crate::cli::model_options::of_folder;

/// A model, and its files should its device be lost.
pub struct Subject {
    pub model: Model,
    files: ModelFiles,
}

impl Subject {
    /// Opens the model of a folder, or the built-in one, in f32: what is measured does not depend on what a GPU offers.
    pub fn open(folder: Option<&Path>, device: Choice) -> anyhow::Result<Self> {
        let files = match folder {
            Some(folder) => ModelFiles::read(folder)?,
            None => ModelFiles::embedded(),
        };
        let opened = pollster::block_on(Model::open(&files, device, PrecisionChoice::F32));
        let (model, why) = opened.map_err(|error| of_folder(folder, error))?;
        if io::stderr().is_terminal() {
            note(&format!("on {}: {why}", model.place()));
        }
        Ok(Self { model, files })
    }

    /// A judge where the model is.
    pub fn judge(files: ModelFiles, place: Place) -> anyhow::Result<Self> {
        Ok(Self { model: Model::load_judge(&files, place)?, files })
    }

    /// The tokens of a window or a run.
    ///
    /// # Errors
    /// For a length that the model cannot run.
    pub fn length(&self, wanted: Option<usize>) -> anyhow::Result<usize> {
        let most = self.model.config().seq_len;
        match wanted {
            Some(length) if length > most => bail!("length is {length}; it must be between 1 and {most}"),
            _ => Ok(wanted.unwrap_or(self.model.config().usual_len)),
        }
    }
}

/// Goes on on the CPU with all of `models` where another device failed; any other error is given back.
pub fn survive<'a>(models: impl IntoIterator<Item = &'a mut Subject>, error: &DenoiserError) -> anyhow::Result<bool> {
    let DenoiserError::Device(cause) = error else { return Ok(false) };
    let mut moved = false;
    for one in models.into_iter().filter(|one| !one.model.place().is_cpu()) {
        if !moved {
            note(&format!("warning: {} failed ({cause}); going on on the CPU", one.model.place()));
        }
        // As a judge: what was opened as a denoiser is one.
        one.model = Model::load_judge(&one.files, Place::cpu())?;
        moved = true;
    }
    Ok(moved)
}

/// A text cut into windows, and its SHA-256.
pub struct Source {
    pub corpus: Corpus,
    pub hash: String,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// Names the file: it cannot be read, is empty or not UTF-8. And for a tokenizer that puts every text between two tokens:
    /// windows of a text would stand without them, which its model never read.
    pub fn read(path: &Path, tokenizer: &Text, length: usize) -> anyhow::Result<Self> {
        let name = || path.display().to_string();
        if let (before, after) = tokenizer.frame()
            && before.len() + after.len() > 0
        {
            let around: Vec<_> = before.iter().chain(after).map(|&id| tokenizer.name(id)).collect();
            bail!("a text is measured in windows, and this model wants {} around all it reads", around.join(" and "));
        }
        let bytes = fs::read(path).with_context(|| format!("{} cannot be read", name()))?;
        let hash = sha256(&bytes);
        let text = String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to() + 1;
            anyhow!("{} is not text in UTF-8: byte {place} is no part of a character", name())
        })?;
        let corpus = Corpus::new(&with_newlines(text), tokenizer, length).with_context(name)?;
        Ok(Self { corpus, hash })
    }

    /// `count` windows `[count][length]` spread over the text, or all for 0.
    pub fn windows(&self, count: usize) -> Vec<Vec<u32>> {
        self.corpus.apart(if count == 0 { self.corpus.windows() } else { count })
    }
}

/// A line for whoever reads the standard error; nobody need read it.
fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use unmask::judge::Judge;

    #[test]
    fn models_leave_a_device_that_fails_together_and_go_on() {
        let gpu = pollster::block_on(unmask::model::gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one");
        let open = |place| Subject::judge(ModelFiles::read(Path::new("tests/model")).unwrap(), place).unwrap();
        let (mut model, mut judge) = (open(gpu.clone()), Some(open(gpu)));
        let told = |judge: &mut Option<Subject>| {
            pollster::block_on(judge.as_mut().unwrap().model.log_probs(&[40, 41, 42])).unwrap()
        };
        let before = told(&mut judge);
        let input = DenoiserError::Input("too long".into());
        assert!(!survive([&mut model].into_iter().chain(&mut judge), &input).unwrap());
        let lost = DenoiserError::Device("it is gone".into());
        assert!(survive([&mut model].into_iter().chain(&mut judge), &lost).unwrap());
        assert!(model.model.place().is_cpu());
        assert!(before.iter().zip(told(&mut judge)).all(|(before, after)| (before - after).abs() < 1e-3));
        // The CPU cannot be left.
        assert!(!survive([&mut model].into_iter().chain(&mut judge), &lost).unwrap());
    }
}
