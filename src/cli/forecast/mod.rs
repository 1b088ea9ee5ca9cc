//! A model on text: what is measured, and the forecast from it. `eval` and `profile` tell it in their own ways.

pub mod figure;
mod options;
pub mod table;

use std::path::Path;

use anyhow::Context;
use unmask::{
    forecast::{Forecast, ForecastError, Size},
    profile::{self, Measured, ProfileError},
    schedule::Schedule,
};

pub use options::TextOptions;

use super::{
    lists,
    model_options::ModelOptions,
    print::{Progress, wrong_usage},
    subject::{Source, Subject, survive},
};

/// What is to be measured, and forecast.
pub struct Asked<'a> {
    pub file: &'a Path,
    pub text: &'a TextOptions,
    /// Of the places of the masks.
    pub seed: u64,
    pub length: Option<usize>,
    pub place: &'a ModelOptions,
    pub schedules: &'a [Schedule],
    /// Some powers of two where it is empty.
    pub steps: &'a [usize],
}

/// The forecast, and what it is of.
pub struct Told {
    /// SHA-256 of the weights file.
    pub model: String,
    /// SHA-256 of the tokenizer file.
    pub tokenizer: String,
    pub forecast: Forecast,
}

impl Asked<'_> {
    /// Measures the text and makes the forecast.
    ///
    /// # Errors
    /// What is wrong with the model or the text; what is wrong with the command line ends the program.
    pub fn forecast(&self) -> anyhow::Result<Told> {
        let mut subject = Subject::open(self.place.model.as_deref(), self.place.device)?;
        let length = subject.length(self.length).unwrap_or_else(|error| wrong_usage(&error));
        let steps = steps(self.steps, self.schedules, length).unwrap_or_else(|error| wrong_usage(&error));
        let source = Source::read(self.file, subject.model.text(), length)?;
        let windows = source.windows(self.text.windows());
        let measured = measure(&mut subject, &windows, self.text.points(), self.seed);
        let measured = measured.with_context(|| self.file.display().to_string())?;
        let text = subject.model.text();
        let size = Size {
            tokens: windows.len() * length,
            bytes: windows.iter().flatten().map(|&token| text.bytes(token)).sum(),
        };
        let forecast = Forecast::new(&measured, size, self.schedules, &steps)?;
        Ok(Told { model: subject.model.hash().to_owned(), tokenizer: text.hash().to_owned(), forecast })
    }
}

/// The numbers of calls that are asked for, or some.
///
/// # Errors
/// For what no profile would make possible: told before anything is measured.
pub fn steps(asked: &[usize], schedules: &[Schedule], length: usize) -> anyhow::Result<Vec<usize>> {
    let all = lists::steps(asked, schedules.iter().copied(), 4, length);
    lists::no_twice("steps", &all)?;
    // What the profile will be does not matter here.
    let profile = vec![0.0; length];
    for &steps in &all {
        if !(1..=length).contains(&steps) {
            return Err(ForecastError::Steps { steps, length }.into());
        }
        for schedule in schedules {
            schedule.plan(length, steps, Some(&profile))?;
        }
    }
    Ok(all)
}

/// Measures the profile on windows `[windows][length]`, told as it goes.
///
/// # Errors
/// As [`profile::measure`], but for a GPU that is lost: then it is measured anew on the CPU.
pub fn measure(subject: &mut Subject, windows: &[Vec<u32>], points: usize, seed: u64) -> anyhow::Result<Measured> {
    let progress = Progress::new();
    let grid = profile::grid(windows.first().map_or(0, Vec::len), points);
    loop {
        let heard = |done| progress.tell(format_args!("window {done} of {} ...", windows.len()));
        let measuring = profile::measure(&mut subject.model, windows, &grid, seed, heard);
        match pollster::block_on(measuring) {
            Err(ProfileError::Denoiser(error)) if survive([&mut *subject], &error)? => {}
            other => return Ok(other?),
        }
    }
}
