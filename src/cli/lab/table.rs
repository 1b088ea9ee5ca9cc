//! The lab's numbers as text: tables for people, and lines with commas.

use unmask::lab::{Interval, Lab, Report, Row, Sampled};

use crate::cli::table::{number, write_part};

/// Tables with a line a schedule and a column a number of calls.
pub fn table(lab: &Lab, report: &Report) -> String {
    let Report { law, length, tc, dtc, .. } = report;
    let places = if report.exact { 6 } else { 1 }; // an estimate is not known that well
    let h = lab.profile().entropy();
    let mut text = format!("{law}, L = {length}: TC = {tc:.places$}, DTC = {dtc:.places$}, H = {h:.places$} nats");
    text += if report.exact { "\n" } else { "; an estimate, for this law's profile has no closed form\n" };
    let steps: Vec<usize> = report.bounds.iter().map(|at| at.steps).collect();
    let mut part = |title: &str, lines: Vec<(String, Vec<String>)>| write_part(&mut text, title, &steps, &lines);

    let mut averaged = by_schedule(report, |row| number(row.kl_grid));
    for (index, (name, ..)) in report.bounds.first().into_iter().flat_map(|at| at.named()).enumerate() {
        averaged.push((format!("  {name}"), report.bounds.iter().map(|at| number(at.named()[index].2)).collect()));
    }
    part("(A) KL averaged over grids and orders, nats", averaged);
    if report.rows.iter().any(|row| row.kl_law.is_some()) {
        part(
            "(B) KL of the law really sampled, nats",
            by_schedule(report, |row| row.kl_law.map_or("-".into(), number)),
        );
    } else {
        part("(B) KL of the law really sampled: it has no closed form for this law, and is at most (A)", vec![]);
    }
    let mut of = report.worst.iter();
    part(
        "Worst (A) of any law, per nat of TC",
        by_schedule(report, |_| of.next().map_or("-".into(), |at| number(at.per_tc))),
    );
    let mut of = report.worst.iter();
    part(
        "Worst (A) of any law, per nat of DTC",
        by_schedule(report, |_| of.next().map_or("-".into(), |at| number(at.per_dtc))),
    );
    text
}

/// What runs of the sampler say, one measurement a row of the report.
pub fn sampled(report: &Report, sampled: &[Sampled]) -> String {
    let mut text = String::new();
    let steps: Vec<usize> = report.bounds.iter().map(|at| at.steps).collect();
    let mut part = |title: &str, of: &dyn Fn(&Sampled) -> Option<Interval>| {
        let mut sampled = sampled.iter();
        let cell = |_: &Row| sampled.next().and_then(of).map_or("-".into(), interval);
        write_part(&mut text, title, &steps, &by_schedule(report, cell));
    };
    part("(A) by runs of the sampler, 95 % interval", &|one| Some(one.kl_grid));
    if sampled.iter().any(|one| one.kl_law.is_some()) {
        part("(B) by runs of the sampler, 95 % interval", &|one| one.kl_law);
    }
    text
}

/// One line a schedule and number of calls; the references of (A) are lines of their own kind.
pub fn csv(report: &Report, sampled: &[Sampled]) -> String {
    let mut text = String::from("kind,name,steps,kl_grid,kl_law,worst_per_tc,worst_per_dtc");
    if !sampled.is_empty() {
        text += ",kl_grid_low,kl_grid_high,kl_law_low,kl_law_high";
    }
    text += "\n";
    let empty = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for (index, (row, worst)) in report.rows.iter().zip(&report.worst).enumerate() {
        let Row { schedule, steps, kl_grid, kl_law } = row;
        // A schedule's parameters hold commas.
        let name = if schedule.contains(',') { format!("\"{schedule}\"") } else { schedule.clone() };
        text += &format!("schedule,{name},{steps},{kl_grid},{},{},{}", empty(*kl_law), worst.per_tc, worst.per_dtc);
        if let Some(Sampled { kl_grid, kl_law }) = sampled.get(index) {
            text += &format!(",{},{}", kl_grid.low, kl_grid.high);
            text += &format!(",{},{}", empty(kl_law.map(|of| of.low)), empty(kl_law.map(|of| of.high)));
        }
        text += "\n";
    }
    for at in &report.bounds {
        let more = if sampled.is_empty() { "" } else { ",,,," };
        for (name, _, value) in at.named() {
            text += &format!("reference,{name},{},{value},,,{more}\n", at.steps);
        }
    }
    text
}

fn by_schedule(report: &Report, mut cell: impl FnMut(&Row) -> String) -> Vec<(String, Vec<String>)> {
    let lines = report.rows.chunk_by(|a, b| a.schedule == b.schedule);
    lines.map(|rows| (rows[0].schedule.clone(), rows.iter().map(&mut cell).collect())).collect()
}

/// An end that is 0 but for the single precision of the runs is told as 0.
fn interval(Interval { low, high, .. }: Interval) -> String {
    let told = |end: f64| if end.abs() < 1e-5 { "0".to_owned() } else { number(end) };
    format!("{}..{}", told(low), told(high))
}
