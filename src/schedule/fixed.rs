//! Grids without randomness, as used in practice (theory sections 6.1 and 6.3). All expect `0 < steps <= masked`.

use super::{Grid, Weights};

/// `floor(masked / steps)` tokens a call and one more in the first `masked mod steps` (LLaDA, arXiv 2502.09992).
pub(super) fn uniform(masked: usize, steps: usize) -> Grid {
    Grid::from_sizes((0..steps).map(|call| masked / steps + usize::from(call < masked % steps)))
}

/// `floor(masked * cos(pi k / 2 steps))` masks remain after call `k` (MaskGIT, arXiv 2202.04200).
pub(super) fn cosine(masked: usize, steps: usize) -> Grid {
    by_remaining(masked, steps, |done| (std::f64::consts::FRAC_PI_2 * done).cos())
}

/// `floor(masked * (1 - (k / steps)^exponent))` masks remain after call `k` (MaskGIT's other concave and convex
/// schedules, its section 3.3: square and cubic for 2 and 3, square root for 1/2).
pub(super) fn power(masked: usize, steps: usize, exponent: f64) -> Grid {
    by_remaining(masked, steps, |done| 1.0 - done.powf(exponent))
}

/// `floor(masked * share(k / steps))` masks remain after call `k`, clipped so that every call has a token.
fn by_remaining(masked: usize, steps: usize, share: impl Fn(f64) -> f64) -> Grid {
    let mut remaining = masked;
    let points = (1..=steps).map(|call| {
        let wanted = (masked as f64 * share(call as f64 / steps as f64)).floor() as usize;
        remaining = wanted.clamp(steps - call, remaining - 1);
        masked - remaining
    });
    Grid::from_points(points.collect())
}

/// The fixed grid with the smallest worst-case ratio `max_j cost_j / w_j`. Within a ratio `rho` each call can only gain
/// by reaching as far as it may, so the calls that `rho` needs are counted greedily and `rho` is found by halving.
pub(super) fn best(weights: Weights, masked: usize, steps: usize) -> Grid {
    let (mut low, mut high) = (0.0, masked as f64); // with one call, cost_j / w_j < L for all weights
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if furthest(weights, masked, middle).len() <= steps { high = middle } else { low = middle }
    }
    Grid::from_points(furthest(weights, masked, high))
}

/// The points of a grid in which every call reaches as far as `cost_j <= rho w_j` allows.
fn furthest(weights: Weights, masked: usize, rho: f64) -> Vec<usize> {
    let mut points = vec![];
    let mut last = 0;
    while last < masked {
        let mut reach = f64::INFINITY; // the furthest that the places passed over so far allow
        let mut point = last + 1;
        while point < masked {
            reach = reach.min(point as f64 + rho * weights.at(point, masked) + 1e-9);
            if reach < (point + 1) as f64 {
                break;
            }
            point += 1;
        }
        points.push(point);
        last = point;
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::worst_ratio;
    use proptest::prelude::*;

    #[test]
    fn uniform_gives_the_remainder_to_the_first_calls() {
        assert_eq!(uniform(10, 4).sizes(), [3, 3, 2, 2]);
    }

    #[test]
    fn cosine_reveals_few_tokens_first() {
        // 16 cos(pi k / 8) = 14.78, 11.31, 6.12, 0.
        assert_eq!(cosine(16, 4).sizes(), [2, 3, 5, 6]);
    }

    #[test]
    fn cosine_never_wastes_a_call() {
        assert_eq!(cosine(5, 5).sizes(), [1; 5]);
    }

    #[test]
    fn power_2_starts_slowly_and_power_1_is_even() {
        // 16 (1 - (k/4)^2) = 15, 12, 7, 0.
        assert_eq!(power(16, 4, 2.0).sizes(), [1, 3, 5, 7]);
        assert_eq!(power(16, 4, 1.0).sizes(), [4; 4]);
        // 16 (1 - sqrt(k/4)) = 8, 4.69, 2.14, 0.
        assert_eq!(power(16, 4, 0.5).sizes(), [8, 4, 2, 2]);
    }

    #[test]
    fn the_best_grids_of_two_calls_worked_out_by_hand() {
        // tc, L = 4: a first point t costs (t-1)/3 at j = 1, the last call (4-t-1)/(4-t-1) = 1 unless t = 3.
        assert_eq!(best(Weights::Tc, 4, 2).points(), [3, 4]);
        // dtc, L = 4: t costs t - 1 at j = 1 and (3-t)/(t+1) at j = t + 1: t = 1 gives 1, t = 2 gives 1, t = 3 gives 2.
        assert!((worst_ratio(Weights::Dtc, &best(Weights::Dtc, 4, 2).cost()) - 1.0).abs() < 1e-9);
    }

    /// Every grid of `steps` calls.
    fn grids(masked: usize, steps: usize) -> Vec<Vec<usize>> {
        if steps == 1 {
            return vec![vec![masked]];
        }
        let shorter = (steps - 1..masked).flat_map(|last| grids(last, steps - 1));
        shorter.map(|grid| [grid, vec![masked]].concat()).collect()
    }

    proptest! {
        #[test]
        fn no_fixed_grid_is_better_than_the_best(which in 0usize..4, masked in 2usize..10, steps in 1usize..10) {
            let (weights, steps) = (Weights::ALL[which], steps.min(masked));
            let ratio = |grid: Grid| worst_ratio(weights, &grid.cost());
            let all = grids(masked, steps).into_iter().map(|points| ratio(Grid::from_points(points)));
            let least = all.fold(f64::INFINITY, f64::min);
            prop_assert!((ratio(best(weights, masked, steps)) - least).abs() < 1e-8);
        }
    }
}
