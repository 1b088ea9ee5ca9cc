//! A forecast for people.

use std::fmt::Write;

use unmask::forecast::{Forecast, Point, Predicted};

use super::text::Told;
use crate::cli::table::{uncertain, write_part};

/// The longest grid that is shown.
const LONGEST: usize = 32;

/// The numbers of the text, the profile, and what schedules will lose.
pub fn table(told: &Told<'_>) -> String {
    let Forecast {
        length,
        windows,
        tokens,
        bytes,
        nelbo,
        nelbo_se,
        nelbo_per_byte,
        perplexity,
        tc,
        tc_se,
        dtc,
        dtc_se,
        ..
    } = told.forecast;
    let (tc, dtc) = (uncertain(*tc, *tc_se, " +- "), uncertain(*dtc, *dtc_se, " +- "));
    let mut text = format!(
        "{}: {windows} windows of {length} tokens, {tokens} tokens for {bytes} bytes of text\n\
         NELBO {nelbo:.4} +- {nelbo_se:.4} nats per token (standard error), {nelbo_per_byte:.4} nats per byte; \
         perplexity {perplexity:.2}\n\
         TC = {tc}, DTC = {dtc} nats a window as the model sees it\n\n\
         Information profile: nats per token with j tokens revealed at random\n",
        told.file
    );
    for Point { revealed, nats, se } in &told.forecast.profile {
        // A String takes whatever is written.
        let _ = writeln!(text, "  j={revealed:<4} {nats:.4} +- {se:.4}");
    }
    let steps: Vec<usize> = told.forecast.optimal.iter().map(|one| one.steps).collect();
    let lines = told.forecast.predicted.chunk_by(|a, b| a.schedule == b.schedule);
    let lines = lines.map(|rows: &[Predicted]| {
        (rows[0].schedule.clone(), rows.iter().map(|row| uncertain(row.nats, row.se, " +- ")).collect::<Vec<_>>())
    });
    write_part(
        &mut text,
        "Predicted error in random order, nats per window, +- its standard error",
        &steps,
        &lines.collect::<Vec<_>>(),
    );
    let optimal = &told.forecast.optimal;
    let short = optimal.iter().filter(|one| one.grid.len() <= LONGEST);
    text += "\nBest grids for this profile (profile-optimal's error is that of grids made from other windows): tokens revealed after each call";
    text += if short.clone().count() < optimal.len() { "; longer ones are in --format json\n" } else { "\n" };
    for one in short {
        let grid: Vec<String> = one.grid.iter().map(ToString::to_string).collect();
        let _ = writeln!(text, "  K={:<4} {}", one.steps, grid.join(" "));
    }
    text
}
