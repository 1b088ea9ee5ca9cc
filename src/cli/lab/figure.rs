//! The lab's numbers as lines to draw.

use unmask::lab::{Report, Row};

use crate::cli::chart::{Figure, Kind, Line, Panel};

/// Both errors against the calls, beside what (A) is compared with.
pub fn of(report: &Report) -> Figure {
    let across = "calls K";
    let mut averaged = lines(report, |row| Some(row.kl_grid));
    for (index, (name, of, _)) in report.bounds.first().into_iter().flat_map(|at| at.named()).enumerate() {
        let points = report.bounds.iter().map(|at| (at.steps as f64, at.named()[index].2)).collect();
        averaged.push(Line { name: name.to_owned(), points, kind: Kind::Reference { of } });
    }
    let mut panels = vec![Panel {
        title: "(A) KL averaged over grids and orders".to_owned(),
        across: across.to_owned(),
        upwards: "KL (nats)".to_owned(),
        lines: averaged,
    }];
    if report.rows.iter().any(|row| row.kl_law.is_some()) {
        panels.push(Panel {
            title: "(B) KL of the law really sampled".to_owned(),
            across: across.to_owned(),
            upwards: "KL (nats)".to_owned(),
            lines: lines(report, |row| row.kl_law),
        });
    }
    let Report { law, length, tc, dtc, .. } = report;
    Figure { title: format!("{law}, L = {length}: TC = {tc:.4} nats, DTC = {dtc:.4} nats"), panels }
}

/// One line a schedule.
fn lines(report: &Report, value: impl Fn(&Row) -> Option<f64>) -> Vec<Line> {
    let of = |rows: &[Row]| Line {
        name: rows[0].schedule.clone(),
        points: rows.iter().filter_map(|row| Some((row.steps as f64, value(row)?))).collect(),
        kind: Kind::Data,
    };
    report.rows.chunk_by(|a, b| a.schedule == b.schedule).map(of).collect()
}
