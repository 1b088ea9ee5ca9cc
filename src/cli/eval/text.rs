//! The model on text: what is measured, and the forecast from it.

use anyhow::Context;
use serde::Serialize;
use unmask::{
    forecast::{Forecast, ForecastError, Size},
    profile::{self, Measured, ProfileError},
    schedule::Schedule,
};

use super::{
    Command, Format, figure,
    subject::{Source, Subject, survive},
    text_table,
};
use crate::cli::{
    lists,
    print::{Progress, print, wrong_usage},
};

/// What a forecast is made for when nobody says otherwise.
const SCHEDULES: &str =
    "adaptive-min,adaptive-tc,adaptive-dtc,minimax-min,uniform,cosine,ancestral,best-fixed-dtc,profile-optimal";

/// What is printed: the forecast, and what it is of.
#[derive(Serialize)]
pub struct Told<'a> {
    /// As it was given.
    pub file: String,
    /// SHA-256 of the weights file.
    pub model: &'a str,
    /// SHA-256 of the tokenizer file.
    pub tokenizer: &'a str,
    #[serde(flatten)]
    pub forecast: &'a Forecast,
}

/// Measures the text and prints the forecast.
pub fn print_forecast(command: &Command) -> anyhow::Result<()> {
    let schedules = lists::schedules(command.schedules.as_deref().unwrap_or(SCHEDULES), true);
    let schedules = schedules.unwrap_or_else(|error| wrong_usage(&error));
    let mut subject = Subject::open(command.place.model.as_deref(), command.place.device)?;
    let length = subject.length(command.length).unwrap_or_else(|error| wrong_usage(&error));
    let steps = lists::steps(&command.steps, schedules.iter().copied(), 4, length);
    check(&schedules, &steps, length).unwrap_or_else(|error| wrong_usage(&error));
    let path = command.file.clone().unwrap_or_default();
    let source = Source::read(&path, subject.model.text(), length)?;
    let windows = source.windows(command.windows());
    let measured = measure(&mut subject, &windows, command).with_context(|| path.display().to_string())?;
    let text = subject.model.text();
    let size =
        Size { tokens: windows.len() * length, bytes: windows.iter().flatten().map(|&token| text.bytes(token)).sum() };
    let forecast = Forecast::new(&measured, size, &schedules, &steps)?;
    let (model, tokenizer) = (subject.model.hash(), text.hash());
    let told = Told { file: path.display().to_string(), model, tokenizer, forecast: &forecast };
    print(&match command.format {
        Format::Json => serde_json::to_string_pretty(&told)? + "\n",
        Format::Svg => figure::of(&told).svg()?,
        Format::Table | Format::Csv => text_table::table(&told),
    })
}

/// Refuses what no profile would make possible, before the text is measured.
fn check(schedules: &[Schedule], steps: &[usize], length: usize) -> anyhow::Result<()> {
    lists::no_twice("steps", steps)?;
    // What the profile will be does not matter here.
    let profile = vec![0.0; length];
    for &steps in steps {
        if !(1..=length).contains(&steps) {
            return Err(ForecastError::Steps { steps, length }.into());
        }
        for schedule in schedules {
            schedule.plan(length, steps, Some(&profile))?;
        }
    }
    Ok(())
}

/// Measures the profile on windows `[windows][length]`, told as it goes.
///
/// # Errors
/// As [`profile::measure`], but for a GPU that is lost: then it is measured anew on the CPU.
pub fn measure(subject: &mut Subject, windows: &[Vec<u32>], command: &Command) -> anyhow::Result<Measured> {
    let progress = Progress::new();
    let grid = profile::grid(windows.first().map_or(0, Vec::len), command.points());
    loop {
        let heard = |done| progress.tell(format_args!("window {done} of {} ...", windows.len()));
        let measuring = profile::measure(&mut subject.model, windows, &grid, command.seed, heard);
        match pollster::block_on(measuring) {
            Err(ProfileError::Denoiser(error)) if survive([&mut *subject], &error)? => {}
            other => return Ok(other?),
        }
    }
}
