//! A sweep's numbers as text.

use unmask::sweep::{Interval, Row, Summary, Values};

use super::Format;
use crate::cli::table::uncertain;

/// Something that is told of each cell.
struct Column {
    /// For people; what has no head is in csv alone.
    head: Option<&'static str>,
    /// In csv.
    name: &'static str,
    of: fn(&Values) -> Option<Interval>,
}

const COLUMNS: [Column; 7] = [
    Column { head: Some("perplexity"), name: "perplexity", of: |values| values.perplexity },
    Column { head: None, name: "nats_per_token", of: |values| values.nats_per_token },
    Column { head: Some("entropy"), name: "entropy", of: |values| Some(values.entropy) },
    Column { head: Some("distinct-1"), name: "distinct_1", of: |values| values.distinct_1 },
    Column { head: Some("distinct-2"), name: "distinct_2", of: |values| values.distinct_2 },
    Column { head: Some("distinct-3"), name: "distinct_3", of: |values| values.distinct_3 },
    Column { head: Some("8-grams copied"), name: "copied", of: |values| values.copied },
];

/// Lines with the same calls, each a name and its cells.
struct Group {
    title: String,
    lines: Vec<(String, Vec<String>)>,
}

const HELD_OUT: &str = "held-out text";

/// In the format that is asked for.
///
/// # Errors
/// None but for numbers that JSON has no form for; a summary has none.
pub fn printed(summary: &Summary, format: Format) -> anyhow::Result<String> {
    Ok(match format {
        Format::Json => serde_json::to_string_pretty(summary)? + "\n",
        Format::Csv => csv(summary),
        Format::Table | Format::Svg => table(summary),
    })
}

/// Rows with the same calls stand together.
fn table(summary: &Summary) -> String {
    let sweep = &summary.sweep;
    let mut text = format!(
        "{} runs a line, {} of {} tokens revealed, temperature {}, seeds {} to {}; 95 % intervals\n",
        sweep.runs,
        sweep.masked,
        sweep.length,
        sweep.temperature,
        sweep.seed,
        sweep.seed + sweep.runs as u64 - 1
    );
    if let Some(refresh) = sweep.cache {
        text += &format!("keys and values kept between calls, all anew every {refresh} calls: an approximation\n");
    }
    if sweep.judge.is_none() {
        text += "no judge, so no perplexity; --judge names one\n";
    }
    let all = || summary.rows.iter().map(|row| &row.values).chain(&summary.held_out);
    let some = |column: &&Column| column.head.is_some() && all().any(|values| (column.of)(values).is_some());
    let columns: Vec<&Column> = COLUMNS.iter().filter(some).collect();
    let predicted = summary.rows.iter().any(|row| row.predicted.is_some());
    let cells = |values: &Values| {
        columns.iter().map(|column| (column.of)(values).map_or("-".into(), told)).collect::<Vec<String>>()
    };
    let line = |row: &Row| {
        let mut line = vec![told(row.calls)];
        line.extend(cells(&row.values));
        line.extend(predicted.then(|| row.predicted.map_or("-".into(), told)));
        line
    };
    let mut heads = vec!["calls".to_owned()];
    heads.extend(columns.iter().filter_map(|column| column.head).map(str::to_owned));
    heads.extend(predicted.then(|| "predicted nats".to_owned()));

    let mut groups: Vec<Group> = vec![];
    for rows in summary.rows.chunk_by(|a, b| a.steps == b.steps) {
        let title = rows[0].steps.map_or("Rules, which decide their calls".to_owned(), |steps| format!("K = {steps}"));
        let lines = rows.iter().map(|row| (row.strategy.clone(), line(row))).collect();
        groups.push(Group { title, lines });
    }
    if let Some(values) = &summary.held_out {
        let mut line = vec!["-".to_owned()];
        line.extend(cells(values));
        line.extend(predicted.then(|| "-".to_owned()));
        groups.push(Group { title: "As much text".to_owned(), lines: vec![(HELD_OUT.to_owned(), line)] });
    }
    write_groups(&mut text, &heads, &groups);
    text
}

fn write_groups(text: &mut String, heads: &[String], groups: &[Group]) {
    let lines = || groups.iter().flat_map(|group| &group.lines);
    let first = lines().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            lines().map(|(_, cells)| cells[column].chars().count()).max().unwrap_or(0).max(heads[column].len())
        })
        .collect();
    let mut write = |name: &str, cells: &[String]| {
        let cells: String = cells.iter().zip(&widths).map(|(cell, &width)| format!("  {cell:>width$}")).collect();
        *text += format!("{name:<first$}{cells}").trim_end();
        text.push('\n');
    };
    write("", &[]);
    write("", heads);
    for Group { title, lines } in groups {
        write("", &[]);
        write(title, &[]);
        lines.iter().for_each(|(name, cells)| write(name, cells));
    }
}

/// One line a row; what there is none of is empty.
fn csv(summary: &Summary) -> String {
    let mut text = String::from("strategy,steps,calls,calls_within");
    for Column { name, .. } in COLUMNS {
        text += &format!(",{name},{name}_within");
    }
    text += ",predicted,predicted_within\n";
    let pair = |interval: Option<Interval>| {
        interval.map_or(",,".to_owned(), |Interval { mean, within }| format!(",{mean},{within}"))
    };
    let values = |values: &Values| COLUMNS.iter().map(|column| pair((column.of)(values))).collect::<String>();
    for row in &summary.rows {
        // An order stands behind a comma, as parameters do.
        text += &format!("\"{}\",{}", row.strategy, row.steps.map(|steps| steps.to_string()).unwrap_or_default());
        text += &format!("{}{}{}\n", pair(Some(row.calls)), values(&row.values), pair(row.predicted));
    }
    if let Some(held_out) = &summary.held_out {
        text += &format!("\"{HELD_OUT}\",,,{}{}\n", values(held_out), pair(None));
    }
    text
}

fn told(Interval { mean, within }: Interval) -> String {
    uncertain(mean, within, " ±")
}
