//! Tables as Markdown.

use std::fmt::Display;

use serde_json::Value;

/// Heads and rows, all of as many columns.
pub fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]]) -> String {
    let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(heads.to_vec()) + &line(vec!["---"; N]);
    for row in rows {
        text += &line(row.iter().map(String::as_str).collect());
    }
    text
}

/// A table under the command that made it.
pub fn show(title: &str, command: impl Display, table: &str) {
    println!("\n### {title}\n\n`{command}`\n\n{}", table.trim_end());
}

/// A number that was told, with so many digits behind the point.
pub fn number(value: &Value, digits: usize) -> String {
    value.as_f64().map_or_else(|| "-".into(), |number| format!("{number:.digits$}"))
}

/// How many times a number the other one is.
pub fn times(value: &Value, of: &Value) -> String {
    let ratio = value.as_f64().zip(of.as_f64()).map(|(value, of)| value / of);
    ratio.map_or_else(|| "-".into(), |ratio| format!("{ratio:.2}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_has_a_line_a_row() {
        let rows = [["1".to_owned(), "2".to_owned()]];
        assert_eq!(table(["a", "b"], &rows), "| a | b |\n| --- | --- |\n| 1 | 2 |\n");
        assert_eq!((number(&json!(1.26), 1), number(&json!(null), 1)), ("1.3".to_owned(), "-".to_owned()));
        assert_eq!(times(&json!(3), &json!(2)), "1.50");
    }
}
