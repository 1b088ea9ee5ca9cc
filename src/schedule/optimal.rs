//! The best grid for a profile that is known, by dynamic programming (Chen, Cong & Li, arXiv 2511.04647, theorem 4;
//! Lavenant & Zanella, arXiv 2510.25544; theory section 6.4).

use std::ops::Range;

use super::Grid;

/// The grid of at most `steps` calls with the least `sum_j d_j cost_j` for the drops `d_j` `[L - 1]`, `O(steps L log L)`.
pub(super) fn grid(drops: &[f64], steps: usize) -> Grid {
    let masked = drops.len() + 1;
    let choices: Vec<Vec<usize>> = layers(drops).take(steps).map(|layer| layer.choice).collect();
    let mut points = vec![];
    let mut last = 0;
    for choice in choices.iter().rev() {
        last = choice[last];
        points.push(last);
        if last == masked {
            break;
        }
    }
    Grid::from_points(points)
}

/// The least error that a grid of 1, 2, ..., `steps` calls can have on a law with these drops: what an oracle that knows
/// the profile attains, in nats.
pub fn oracle(drops: &[f64], steps: usize) -> Vec<f64> {
    layers(drops).take(steps).map(|layer| layer.least[0]).collect()
}

/// With one call more than the layer before: from `a` revealed tokens on, the least error, and where the next call ends.
struct Layer {
    least: Vec<f64>,
    choice: Vec<usize>,
}

fn layers(drops: &[f64]) -> impl Iterator<Item = Layer> {
    let masked = drops.len() + 1;
    let call = calls(drops);
    let least = (0..=masked).map(|a| call(a, masked)).collect();
    let single = Layer { least, choice: vec![masked; masked + 1] };
    std::iter::successors(Some(single), move |before| {
        let mut layer = Layer { least: vec![0.0; masked + 1], choice: vec![masked; masked + 1] };
        layer.fill(&before.least, &call, 0..masked, 1..masked);
        Some(layer)
    })
}

impl Layer {
    /// Fills in `from`, where the next call is known to end within `ends` (inclusive): first the middle of `from`, which
    /// then halves the ends that the others can have. For the later a call begins, the later it ends at best:
    /// `w(a, b') - w(a, b)` falls in `a` for `b < b'`, by `(b' - b) (d_{a+1} + ... + d_{a'})` from `a` to `a'`.
    fn fill(&mut self, before: &[f64], call: &impl Fn(usize, usize) -> f64, from: Range<usize>, ends: Range<usize>) {
        if from.is_empty() {
            return;
        }
        let middle = from.start.midpoint(from.end);
        let (mut least, mut choice) = (f64::INFINITY, ends.end);
        // Of equals the last, so that a call that costs nothing is not split.
        for (end, rest) in before.iter().enumerate().take(ends.end + 1).skip(ends.start.max(middle + 1)) {
            let error = call(middle, end) + rest;
            if error <= least {
                (least, choice) = (error, end);
            }
        }
        (self.least[middle], self.choice[middle]) = (least, choice);
        self.fill(before, call, from.start..middle, ends.start..choice);
        self.fill(before, call, middle + 1..from.end, choice..ends.end);
    }
}

/// The error of one call from `a` to `b` revealed tokens, `sum_{a < j < b} d_j (b - j)`, from prefix sums.
fn calls(drops: &[f64]) -> impl Fn(usize, usize) -> f64 {
    let (mut sum, mut moment) = (0.0, 0.0);
    let mut sums = vec![(0.0, 0.0)]; // sum d_j and sum j d_j up to j
    for (index, drop) in drops.iter().enumerate() {
        sum += drop;
        moment += (index + 1) as f64 * drop;
        sums.push((sum, moment));
    }
    move |a, b| {
        if b <= a + 1 {
            return 0.0;
        }
        let ((sum_a, moment_a), (sum_b, moment_b)) = (sums[a], sums[b - 1]);
        (b as f64 * (sum_b - sum_a) - (moment_b - moment_a)).max(0.0) // exact but for rounding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_step_is_met_exactly() {
        // A code of dimension 3: everything after 3 tokens is known.
        assert_eq!(grid(&[0.0, 0.0, 1.0, 0.0, 0.0], 2).points(), [3, 6]);
        assert_eq!(grid(&[0.0; 5], 4).points(), [6]);
        assert_eq!(grid(&[1.0, 1.0, 1.0], 4).points(), [1, 2, 3, 4]);
    }

    proptest! {
        #[test]
        fn no_grid_is_better(drops in prop::collection::vec(0.0..1.0f64, 1..9), steps in 1usize..6, bits: u16) {
            let masked = drops.len() + 1;
            let mut points: Vec<usize> = (1..masked).filter(|j| bits >> j & 1 == 1).take(steps - 1).collect();
            points.push(masked);
            let error = |grid: Grid| grid.cost().iter().zip(&drops).map(|(cost, drop)| cost * drop).sum::<f64>();
            let best = grid(&drops, steps);
            prop_assert!(best.calls() <= steps);
            prop_assert!((error(best.clone()) - oracle(&drops, steps)[steps - 1]).abs() < 1e-12);
            prop_assert!(error(best) <= error(Grid::from_points(points)) + 1e-12);
        }
    }
}
