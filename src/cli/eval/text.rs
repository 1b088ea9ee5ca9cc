//! The model on text: the forecast, as it is asked for.

use serde::Serialize;
use unmask::forecast::Forecast;

use super::{Command, Format};
use crate::cli::{
    forecast::{Asked, Told, figure, table},
    lists,
    print::{print, wrong_usage},
};

/// What a forecast is made for when nobody says otherwise.
const SCHEDULES: &str =
    "adaptive-min,adaptive-tc,adaptive-dtc,minimax-min,uniform,cosine,ancestral,best-fixed-dtc,profile-optimal";

/// One object.
#[derive(Serialize)]
struct Report<'a> {
    /// As it was given.
    file: &'a str,
    model: &'a str,
    tokenizer: &'a str,
    #[serde(flatten)]
    forecast: &'a Forecast,
}

/// Measures the text and prints the forecast.
pub fn print_forecast(command: &Command) -> anyhow::Result<()> {
    let schedules = lists::schedules(command.schedules.as_deref().unwrap_or(SCHEDULES), true);
    let schedules = schedules.unwrap_or_else(|error| wrong_usage(&error));
    let path = command.file.clone().unwrap_or_default();
    let asked = Asked {
        file: &path,
        text: &command.text,
        seed: command.seed,
        length: command.length,
        place: &command.place,
        schedules: &schedules,
        steps: &command.steps,
    };
    let (file, Told { model, tokenizer, forecast }) = (path.display().to_string(), asked.forecast()?);
    print(&match command.format {
        Format::Json => {
            let report = Report { file: &file, model: &model, tokenizer: &tokenizer, forecast: &forecast };
            serde_json::to_string_pretty(&report)? + "\n"
        }
        Format::Svg => figure::of(&file, &forecast).svg()?,
        Format::Table | Format::Csv => table::of(&file, &forecast),
    })
}
