//! The profile that is stored with a model.

use std::{fs, io, path::Path};

use anyhow::{Context, bail};
use serde::Deserialize;
use unmask::{
    forecast::{self, Forecast, Size},
    model::{ModelFiles, Outline},
    schedule::Schedule,
    text::sha256,
};

use super::report::Report;
use crate::cli::forecast::Told;

/// A profile and whose it is.
pub struct Stored {
    name: String,
    file: File,
}

/// As it lies beside a model.
#[derive(Deserialize)]
struct File {
    /// SHA-256 of the weights that it is of.
    model: String,
    windows: usize,
    nelbo_se: f64,
    #[serde(flatten)]
    told: forecast::Told,
}

/// The profile stored with the model of a folder, or with the built-in one.
///
/// # Errors
/// Names the file: it is not there, is none, or is of other weights than lie beside it.
pub fn of(folder: Option<&Path>) -> anyhow::Result<Stored> {
    let Some(folder) = folder else {
        let file = serde_json::from_slice(include_bytes!("../../../assets/model/profile.json"))?;
        return Ok(Stored { name: "the built-in model".to_owned(), file });
    };
    let path = folder.join("profile.json");
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = folder.display();
            bail!(
                "{name} has no profile.json; a profile is measured on text, as in: unmask profile FILE --model {name}"
            );
        }
        other => other.with_context(|| format!("{} cannot be read", path.display()))?,
    };
    let read = || -> anyhow::Result<File> {
        let file: File = serde_json::from_slice(&bytes)?;
        file.told.measured()?;
        let model = ModelFiles::read(folder)?;
        let (length, most) = (file.told.length, Outline::longest(&model.config)?);
        if length > most {
            bail!("it is of windows of {length} tokens; the model reads at most {most}");
        }
        let found = sha256(&model.weights);
        if found != file.model {
            bail!("it is of weights with SHA-256 {}; those beside it have {found}", file.model);
        }
        Ok(file)
    };
    let file = read().with_context(|| format!("{} is no profile of this model", path.display()))?;
    Ok(Stored { name: folder.display().to_string(), file })
}

impl Stored {
    /// The tokens of a window.
    pub fn length(&self) -> usize {
        self.file.told.length
    }

    /// What it says of schedules.
    pub fn report(self, schedules: &[Schedule], steps: &[usize]) -> anyhow::Result<Report> {
        let Self { name, file: File { model, windows, nelbo_se, told } } = self;
        // How many bytes they were nobody has written down.
        let size = Size { tokens: windows.saturating_mul(told.length), bytes: 0 };
        let forecast = Forecast::new(&told.measured()?, size, schedules, steps).with_context(|| name.clone())?;
        let forecast = Forecast { windows, nelbo_se, profile: told.profile, ..forecast };
        let told = Told { model, tokenizer: String::new(), forecast };
        Ok(Report { name: format!("{name}, as it is stored"), told, doubted: false })
    }
}
