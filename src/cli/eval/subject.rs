//! What is evaluated: a model on a device, which it may lose, and text for it.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
};

use anyhow::{Context, anyhow, bail};
use unmask::{
    corpus::Corpus,
    denoiser::DenoiserError,
    model::{Choice, Model, ModelFiles, Place},
    text::{Text, sha256},
};

/// The model, and its files should its device be lost.
pub struct Subject {
    pub model: Model,
    files: ModelFiles,
}

impl Subject {
    /// Opens the model of a folder, or the built-in one.
    pub fn open(folder: Option<&Path>, device: Choice) -> anyhow::Result<Self> {
        let files = match folder {
            Some(folder) => ModelFiles::read(folder)?,
            None => ModelFiles::embedded(),
        };
        let (model, why) = pollster::block_on(Model::open(&files, device))?;
        if io::stderr().is_terminal() {
            note(&format!("on {}: {why}", model.place()));
        }
        Ok(Self { model, files })
    }

    /// Goes on on the CPU where another device failed; any other error is given back.
    pub fn survive(&mut self, error: &DenoiserError) -> anyhow::Result<bool> {
        let DenoiserError::Device(cause) = error else { return Ok(false) };
        if self.model.place().is_cpu() {
            return Ok(false);
        }
        note(&format!("warning: {} failed ({cause}); going on on the CPU", self.model.place()));
        self.model = Model::load(&self.files, Place::cpu())?;
        Ok(true)
    }

    /// The tokens of a window or a run.
    ///
    /// # Errors
    /// For a length that the model cannot run.
    pub fn length(&self, wanted: Option<usize>) -> anyhow::Result<usize> {
        let most = self.model.config().seq_len;
        match wanted {
            Some(length) if length > most => bail!("length is {length}; it must be between 1 and {most}"),
            _ => Ok(wanted.unwrap_or(most)),
        }
    }
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
    /// Names the file: it cannot be read, is empty or not UTF-8.
    pub fn read(path: &Path, tokenizer: &Text, length: usize) -> anyhow::Result<Self> {
        let name = || path.display().to_string();
        let bytes = fs::read(path).with_context(|| format!("{} cannot be read", name()))?;
        let hash = sha256(&bytes);
        let text = String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to() + 1;
            anyhow!("{} is not text in UTF-8: byte {place} is no part of a character", name())
        })?;
        let corpus = Corpus::new(&text, tokenizer, length).with_context(name)?;
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
