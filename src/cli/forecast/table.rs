//! A forecast for people.

use std::fmt::Write;

use unmask::forecast::{Forecast, Point, Predicted};

use crate::cli::table::{uncertain, write_part};

/// The longest grid that is shown.
const LONGEST: usize = 32;

/// The numbers of the text, the profile, and what schedules will lose.
pub fn of(name: &str, forecast: &Forecast) -> String {
    let Forecast { length, windows, tokens, bytes, nelbo, nelbo_se, nelbo_per_byte, perplexity, optimal, .. } =
        forecast;
    let mut text = format!(
        "{name}: {windows} windows of {length} tokens, {tokens} tokens for {bytes} bytes of text\n\
         NELBO {nelbo:.4} +- {nelbo_se:.4} nats per token (standard error), {nelbo_per_byte:.4} nats per byte; \
         perplexity {perplexity:.2}\n"
    );
    write_correlations(&mut text, forecast);
    write_profile(&mut text, forecast);
    write_predicted(&mut text, forecast);
    let short = optimal.iter().filter(|one| one.grid.len() <= LONGEST);
    text += "\nBest grids for this profile (profile-optimal's error is that of grids made from other windows): tokens revealed after each call";
    text += if short.clone().count() < optimal.len() { "; longer ones are in --format json\n" } else { "\n" };
    for one in short {
        let grid: Vec<String> = one.grid.iter().map(ToString::to_string).collect();
        // A String takes whatever is written.
        let _ = writeln!(text, "  K={:<4} {}", one.steps, grid.join(" "));
    }
    text
}

/// TC and DTC.
pub fn write_correlations(text: &mut String, Forecast { tc, tc_se, dtc, dtc_se, .. }: &Forecast) {
    let (tc, dtc) = (uncertain(*tc, *tc_se, " +- "), uncertain(*dtc, *dtc_se, " +- "));
    let _ = writeln!(text, "TC = {tc}, DTC = {dtc} nats a window as the model sees it");
}

/// One line a measured point.
pub fn write_profile(text: &mut String, forecast: &Forecast) {
    *text += "\nInformation profile: nats per token with j tokens revealed at random\n";
    for Point { revealed, nats, se } in &forecast.profile {
        let _ = writeln!(text, "  j={revealed:<4} {nats:.4} +- {se:.4}");
    }
}

/// One line a schedule, one column a number of calls.
pub fn write_predicted(text: &mut String, forecast: &Forecast) {
    let steps: Vec<usize> = forecast.optimal.iter().map(|one| one.steps).collect();
    let known = forecast.predicted.iter().all(|row| row.se == 0.0);
    let doubt = if known { "" } else { ", +- its standard error" };
    let lines = forecast.predicted.chunk_by(|a, b| a.schedule == b.schedule);
    let lines = lines.map(|rows: &[Predicted]| {
        (rows[0].schedule.clone(), rows.iter().map(|row| uncertain(row.nats, row.se, " +- ")).collect::<Vec<_>>())
    });
    let title = format!("Predicted error in random order, nats per window{doubt}");
    write_part(text, &title, &steps, &lines.collect::<Vec<_>>());
}
