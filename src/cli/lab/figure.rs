//! The lab's numbers as lines to draw.

use unmask::lab::{Bounds, Report, Row};

use crate::cli::chart::{Figure, Kind, Line, Panel};

/// Both errors against the calls, beside what (A) is compared with.
pub fn of(report: &Report) -> Figure {
    let across = "calls K";
    let mut averaged = lines(report, |row| Some(row.kl_grid));
    let references: [(&str, Option<&str>, fn(&Bounds) -> f64); 6] = [
        ("oracle", None, |at| at.oracle),
        ("TC/K", None, |at| at.tc_over_k),
        ("DTC/K", None, |at| at.dtc_over_k),
        ("Theorem 1, tc", Some("adaptive-tc"), |at| at.theorem_1_tc),
        ("Theorem 1, dtc", Some("adaptive-dtc"), |at| at.theorem_1_dtc),
        ("Theorem 1, min", Some("adaptive-min"), |at| at.theorem_1_min),
    ];
    averaged.extend(references.map(|(name, of, value)| Line {
        name: name.to_owned(),
        points: report.bounds.iter().map(|at| (at.steps as f64, value(at))).collect(),
        kind: Kind::Reference { of },
    }));
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
