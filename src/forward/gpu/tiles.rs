//! How a product is cut into tiles, and its text with a tile's sums written out.

use super::kernel::filled;

/// See `shaders/product.wgsl`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tiles {
    /// Invocations of a workgroup, along columns and along rows.
    threads: [u32; 2],
    /// Sums of an invocation.
    rows_each: u32,
    columns_each: u32,
    /// Numbers multiplied between two fetches: a multiple of 4 that fits the invocations.
    step: u32,
}

/// For few rows, so that there are workgroups enough.
pub(super) const SMALL: Tiles = Tiles { threads: [8, 8], rows_each: 4, columns_each: 4, step: 32 };
/// For many rows, so that what is fetched is used often.
pub(super) const LARGE: Tiles = Tiles { threads: [16, 16], rows_each: 8, columns_each: 8, step: 8 };
/// From so many rows on they are many.
pub(super) const MANY: usize = 1024;

impl Tiles {
    /// Workgroups of a product `[rows, columns]`.
    pub fn groups(self, rows: u32, columns: u32) -> [u32; 3] {
        let [x, y] = self.threads;
        [columns.div_ceil(x * self.columns_each), rows.div_ceil(y * self.rows_each), 1]
    }

    /// The text of a product cut like this.
    pub fn fill(self, text: &str) -> String {
        let [x, y] = self.threads;
        let values = [
            ("threads_x", x),
            ("threads_y", y),
            ("rows_each", self.rows_each),
            ("columns_each", self.columns_each),
            ("step", self.step),
        ];
        let text = filled(text, &values.map(|(name, value)| (name, value.to_string())));
        let fetched = x * y * 4 / self.step; // rows that all invocations fetch at a time
        let half = self.columns_each / 2;
        let counts = [
            ("$row", self.rows_each),
            ("$column", self.columns_each),
            ("$left", y * self.rows_each / fetched),
            ("$right", x * self.columns_each / fetched),
        ];
        let pairs = |line: &str| -> Vec<String> {
            let pair =
                |pair: u32| line.replace("$pair", &pair.to_string()).replace("$other", &(pair + half).to_string());
            if line.contains("$pair") && !line.starts_with("//") {
                (0..half).map(pair).collect()
            } else {
                vec![line.to_owned()]
            }
        };
        let lines: Vec<String> = written_out(&text, &counts).lines().flat_map(pairs).collect();
        lines.join("\n") + "\n"
    }
}

/// A text with its lines that name a mark of `counts`, each once for every number below the mark's count.
pub(super) fn written_out(text: &str, counts: &[(&str, u32)]) -> String {
    let lines = text.lines().map(str::to_owned).collect();
    let lines = counts.iter().fold(lines, |lines, &(mark, count)| repeated(lines, mark, count));
    lines.join("\n") + "\n"
}

/// Lines with `mark`, each once for every number below `count`; comments alone stay.
fn repeated(lines: Vec<String>, mark: &str, count: u32) -> Vec<String> {
    let each = |line: String| -> Vec<String> {
        let marked = line.contains(mark) && !line.trim_start().starts_with("//");
        if marked { (0..count).map(|at| line.replace(mark, &at.to_string())).collect() } else { vec![line] }
    };
    lines.into_iter().flat_map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_once_for_each_of_what_it_names() {
        let tiles = Tiles { threads: [4, 2], rows_each: 2, columns_each: 4, step: 8 };
        let text =
            "// $row\nsum_$row_$column = {{ step }};\nput(sum_$row_$pair, sum_$row_$other);\n$left;\n$right;\nend";
        let filled = tiles.fill(text);
        let lines: Vec<&str> = filled.lines().collect();
        // 4 rows are fetched at a time: one such of the 4 rows of the left, four of the 16 columns of the right.
        assert_eq!(lines.len(), 1 + 8 + 4 + 1 + 4 + 1, "{filled}");
        assert_eq!((lines[0], lines[1], lines[8]), ("// $row", "sum_0_0 = 8;", "sum_1_3 = 8;"));
        assert_eq!(
            &lines[9..13],
            ["put(sum_0_0, sum_0_2);", "put(sum_0_1, sum_0_3);", "put(sum_1_0, sum_1_2);", "put(sum_1_1, sum_1_3);"]
        );
        assert_eq!(tiles.groups(5, 17), [2, 2, 1]);
    }
}
