//! A forecast as lines to draw.

use unmask::forecast::{Forecast, Predicted};

use crate::cli::{
    chart::{Figure, Kind, Line, Panel},
    table::uncertain,
};

/// The predicted errors against the calls, and the profile against the tokens that are still masked.
pub fn of(name: &str, forecast: &Forecast) -> Figure {
    let Forecast { length, nelbo, tc, tc_se, dtc, dtc_se, profile, predicted, .. } = forecast;
    let line = |rows: &[Predicted]| Line {
        name: rows[0].schedule.clone(),
        points: rows.iter().map(|row| (row.steps as f64, row.nats)).collect(),
        kind: Kind::Data,
    };
    let errors = Panel {
        title: "Predicted error in random order".to_owned(),
        across: "calls K".to_owned(),
        upwards: "nats per window".to_owned(),
        lines: predicted.chunk_by(|a, b| a.schedule == b.schedule).map(line).collect(),
    };
    let points = profile.iter().map(|point| ((length - point.revealed) as f64, point.nats)).collect();
    let profile = Panel {
        title: "Information profile".to_owned(),
        across: "tokens still masked".to_owned(),
        upwards: "nats per token".to_owned(),
        lines: vec![Line { name: "profile".to_owned(), points, kind: Kind::Data }],
    };
    let (tc, dtc) = (uncertain(*tc, *tc_se, " +- "), uncertain(*dtc, *dtc_se, " +- "));
    let title = format!("{name}, L = {length}: NELBO {nelbo:.3} nats per token, TC = {tc}, DTC = {dtc} nats");
    Figure { title, panels: vec![errors, profile] }
}
