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

/// A value and how far it may be off, joined by `between`: two digits of what is uncertain, and four places at most.
pub fn uncertain(value: f64, error: f64, between: &str) -> String {
    if error == 0.0 {
        return if value.fract() == 0.0 { format!("{}", value + 0.0) } else { number(value) };
    }
    let places = (1 - error.log10().floor() as i32).clamp(0, 4) as usize;
    let told = format!("{value:.places$}");
    // Never -0.00.
    let told = told.strip_prefix('-').filter(|rest| rest.parse() == Ok(0.0)).unwrap_or(&told);
    format!("{told}{between}{error:.places$}")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_told_with_two_digits_of_doubt() {
        let told = |value, error| uncertain(value, error, " ±");
        assert_eq!(told(17.512_34, 1.234), "17.5 ±1.2");
        assert_eq!(told(1234.5, 250.0), "1234 ±250");
        assert_eq!(told(0.312_345, 0.012), "0.312 ±0.012");
        assert_eq!((told(16.0, 0.0), told(0.25, 0.0), told(-0.0, 0.0)), ("16".into(), "0.2500".into(), "0".into()));
        assert_eq!((told(-0.003, 1.2), told(-0.31, 1.2)), ("0.0 ±1.2".into(), "-0.3 ±1.2".into()));
    }
}
