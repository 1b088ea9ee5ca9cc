//! The profile as a curve, for a terminal.

use unmask::forecast::Point;

const WIDTH: usize = 64;
const HEIGHT: usize = 10;

/// Nothing to a whole cell.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Lines: nats upwards from 0, the tokens that are revealed across. `points` rise from 0 to the length less 1.
pub fn lines(points: &[Point]) -> Vec<String> {
    let last = points.last().map_or(0, |point| point.revealed);
    let width = WIDTH.min(last + 1);
    // Each column is the mean of what falls into it.
    let columns: Vec<f64> = (0..width)
        .map(|column| {
            let within = column * (last + 1) / width..(column + 1) * (last + 1) / width;
            within.clone().map(|j| at(points, j)).sum::<f64>() / within.len() as f64
        })
        .collect();
    let most = points.iter().map(|point| point.nats).fold(0.0, f64::max);
    let filled =
        |value: f64| if most > 0.0 { (value / most * (8 * HEIGHT) as f64).round().max(0.0) as usize } else { 0 };
    let mut lines: Vec<String> = (0..HEIGHT)
        .map(|row| {
            let below = 8 * (HEIGHT - 1 - row);
            let cells = columns.iter().map(|&value| EIGHTHS[filled(value).saturating_sub(below).min(8)]);
            let label = if row == 0 { format!("{most:.2}") } else { String::new() };
            format!("{label:>8} │{}", cells.collect::<String>()).trim_end().to_owned()
        })
        .collect();
    lines.push(format!("{:>8} └{}", 0, "─".repeat(width)));
    lines.push(format!("{:10}{:<2$}j={last}", "", "j=0", width.saturating_sub(last.to_string().len() + 2).max(4)));
    lines
}

/// `l(j)`, straight between the points.
fn at(points: &[Point], j: usize) -> f64 {
    let after = points.partition_point(|point| point.revealed < j).min(points.len().saturating_sub(1));
    match (after.checked_sub(1).map(|before| points[before]), points[after]) {
        (Some(before), after) if after.revealed > j => {
            let part = (j - before.revealed) as f64 / (after.revealed - before.revealed) as f64;
            before.nats + (after.nats - before.nats) * part
        }
        (_, after) => after.nats,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(of: &[(usize, f64)]) -> Vec<Point> {
        of.iter().map(|&(revealed, nats)| Point { revealed, nats, se: 0.0 }).collect()
    }

    #[test]
    fn a_straight_fall_is_a_staircase_of_eighths() {
        let drawn = lines(&points(&[(0, 4.0), (4, 0.0)]));
        assert_eq!(drawn.len(), HEIGHT + 2);
        assert_eq!(drawn[0], "    4.00 │█");
        // 4, 3, 2, 1 and 0 of 4, in ten lines: 10, 7 and a half, 5, 2 and a half, none.
        assert_eq!(drawn[2], "         │█▄");
        assert_eq!((drawn[5].as_str(), drawn[7].as_str()), ("         │███", "         │███▄"));
        assert_eq!((drawn[9].as_str(), drawn[10].as_str()), ("         │████", "       0 └─────"));
        assert_eq!(drawn[11], "          j=0 j=4");
    }

    #[test]
    fn long_profiles_are_put_together_and_flat_ones_drawn() {
        let long = points(&[(0, 5.0), (100, 1.0), (127, 0.5)]);
        assert_eq!((at(&long, 0), at(&long, 50), at(&long, 100), at(&long, 127)), (5.0, 3.0, 1.0, 0.5));
        let drawn = lines(&long);
        assert_eq!(drawn[HEIGHT].chars().filter(|&sign| sign == '─').count(), WIDTH);
        assert!(drawn[HEIGHT + 1].ends_with("j=127") && drawn[HEIGHT + 1].chars().count() == 10 + WIDTH, "{drawn:?}");
        assert!(lines(&points(&[(0, 0.0), (3, 0.0)]))[0].ends_with('│'));
        assert_eq!(lines(&points(&[(0, 2.0)]))[0], "    2.00 │█");
    }
}
