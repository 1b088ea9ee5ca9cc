//! Numbers in columns, for people.

use std::fmt::Write;

/// Six digits and no more: as many as fit a column.
pub fn number(value: f64) -> String {
    match value {
        0.0 => "0".to_owned(),
        _ if value.abs() >= 0.001 && value.abs() < 100_000.0 => {
            let places = 4usize.saturating_sub(value.abs().log10().floor().max(0.0) as usize);
            format!("{value:.places$}")
        }
        _ => format!("{value:.1e}"),
    }
}

/// A table with a line a name and a column a number of calls, or its title alone where there is no line.
pub fn write_part(text: &mut String, title: &str, steps: &[usize], lines: &[(String, Vec<String>)]) {
    if lines.is_empty() {
        *text += &format!("\n{title}\n");
        return;
    }
    let first = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let cells = lines.iter().flat_map(|(_, cells)| cells);
    let wide = cells.map(String::len).max().unwrap_or(0).max(7);
    let mut line = |name: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|cell| format!("  {cell:>wide$}")).collect();
        // A String takes whatever is written.
        let _ = writeln!(text, "{}", format!("{name:<first$}{cells}").trim_end());
    };
    line("", &[]);
    line(title, &[]);
    line("", &steps.iter().map(|steps| format!("K={steps}")).collect::<Vec<_>>());
    for (name, cells) in lines {
        line(name, cells);
    }
}
