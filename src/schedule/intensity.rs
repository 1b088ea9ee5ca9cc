//! Who is a grid point, with which probability; and the systematic draw (theory sections 3.0-3.2).

use super::{Grid, minimax};

/// The weights `w_j` of a guarantee `E KL <= ratio * sum_j w_j d_j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// `w_j = L - j`: the sum is the total correlation TC.
    Tc,
    /// `w_j = j`: the sum is the dual total correlation DTC.
    Dtc,
    /// `w_j = min(j, L - j)`: the sum is at most `min(TC, DTC)`.
    Min,
}

impl Weights {
    /// `w_j` for `0 < j < masked`.
    pub fn at(self, j: usize, masked: usize) -> f64 {
        let weight = match self {
            Self::Tc => masked - j,
            Self::Dtc => j,
            Self::Min => j.min(masked - j),
        };
        weight as f64
    }
}

/// `g_j = P(j is a grid point)` for `j = 1..L`, with `g_1 + ... + g_{L-1} = K - 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Intensity {
    g: Vec<f64>,
    /// `L`, the masked positions.
    masked: usize,
    /// `K - 1`, the sum of `g` without its rounding.
    inner_points: usize,
}

impl Intensity {
    /// `g_j = min(1, c / w_j)` with the `c` that spends `steps` calls (theory section 3.1). Theorem 1 bounds its error.
    pub fn harmonic(weights: Weights, masked: usize, steps: usize) -> Self {
        let c = harmonic_scale(weights, masked, steps);
        Self::new(masked, steps, |j| (c / weights.at(j, masked)).min(1.0))
    }

    /// The intensity with the smallest worst-case ratio over all randomized schedules (theory section 3.3, Theorem 2).
    pub fn minimax(weights: Weights, masked: usize, steps: usize) -> Self {
        let g = minimax::intensity(weights, masked, steps);
        Self::new(masked, steps, |j| g[j - 1])
    }

    fn new(masked: usize, steps: usize, g: impl Fn(usize) -> f64) -> Self {
        Self { g: (1..masked).map(g).collect(), masked, inner_points: steps.min(masked).saturating_sub(1) }
    }

    /// `[g_1, ..., g_{L-1}]`.
    pub fn values(&self) -> &[f64] {
        &self.g
    }

    /// `[G(0), ..., G(L-1)]`, `G(j) = g_1 + ... + g_j`; the last is exactly `K - 1`.
    fn cumulative(&self) -> Vec<f64> {
        let mut sum = 0.0;
        let mut cumulative: Vec<f64> = std::iter::once(0.0)
            .chain(self.g.iter().map(|g| {
                sum += g;
                sum
            }))
            .collect();
        if let Some(last) = cumulative.last_mut() {
            *last = self.inner_points as f64;
        }
        cumulative
    }

    /// The grid that one uniform number `u` in `[0, 1)` picks: `j` is a point when `G + u` passes a whole number there.
    /// Exactly `K` calls, whatever `u` (theory section 3.0).
    pub fn draw_systematic(&self, u: f64) -> Grid {
        // The small addend lets a sum that is whole but for rounding count as whole.
        let floors: Vec<f64> = self.cumulative().iter().map(|sum| (sum + u + 1e-12).floor()).collect();
        let inner = (1..self.masked).filter(|&j| floors[j] > floors[j - 1]);
        let last = (self.masked > 0).then_some(self.masked);
        Grid::from_points(inner.chain(last).collect())
    }

    /// `E[cost_j] = sum_{n >= j} max(0, 1 - (G(n) - G(j-1)))` under the systematic draw, at index `j - 1`.
    pub fn expected_cost(&self) -> Vec<f64> {
        let cumulative = self.cumulative();
        let cost = (1..cumulative.len()).map(|j| {
            let missed = cumulative[j..].iter().map(|sum| 1.0 - (sum - cumulative[j - 1]));
            missed.take_while(|&probability| probability > 0.0).sum()
        });
        cost.collect()
    }
}

/// `c` such that `sum_j min(1, c / w_j) = steps - 1`: with the `s` smallest weights saturated it is
/// `(steps - 1 - s) / sum_rest 1 / w`, and the right `s` is the one that this `c` confirms.
pub fn harmonic_scale(weights: Weights, masked: usize, steps: usize) -> f64 {
    if steps >= masked {
        return masked as f64; // every weight is saturated: one token a call
    }
    let mut sorted: Vec<f64> = (1..masked).map(|j| weights.at(j, masked)).collect();
    sorted.sort_by(f64::total_cmp);
    let mut rest: f64 = sorted.iter().map(|weight| 1.0 / weight).sum();
    let budget = (steps - 1) as f64;
    for (saturated, weight) in sorted.iter().enumerate() {
        let c = (budget - saturated as f64) / rest;
        if c <= *weight {
            return c;
        }
        rest -= 1.0 / weight;
    }
    masked as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tc_and_dtc_are_mirror_images() {
        let tc = Intensity::harmonic(Weights::Tc, 64, 12);
        let mirrored: Vec<f64> = tc.values().iter().rev().copied().collect();
        assert_eq!(Intensity::harmonic(Weights::Dtc, 64, 12).values(), mirrored);
    }

    #[test]
    fn minimax_of_two_calls_has_a_closed_form() {
        // g_j = 1 / (H_{L-1} (L - j)) and ratio 1 - 1 / H_{L-1} (theory section 4).
        let masked = 50;
        let harmonic: f64 = (1..masked).map(|m| 1.0 / m as f64).sum();
        for (index, g) in Intensity::minimax(Weights::Tc, masked, 2).values().iter().enumerate() {
            assert!((g - 1.0 / (harmonic * (masked - index - 1) as f64)).abs() < 1e-10);
        }
        assert!((super::super::minimax_ratio(Weights::Tc, masked, 2) - (1.0 - 1.0 / harmonic)).abs() < 1e-10);
    }

    proptest! {
        #[test]
        fn intensities_are_probabilities_that_sum_to_the_inner_points(
            which in 0usize..3, masked in 1usize..150, steps in 1usize..150, minimax: bool
        ) {
            let weights = [Weights::Tc, Weights::Dtc, Weights::Min][which];
            let make = if minimax { Intensity::minimax } else { Intensity::harmonic };
            let intensity = make(weights, masked, steps.min(masked));
            prop_assert!(intensity.values().iter().all(|g| (-1e-12..=1.0 + 1e-12).contains(g)));
            let sum: f64 = intensity.values().iter().sum();
            prop_assert!((sum - (steps.min(masked) - 1) as f64).abs() < 1e-7, "{}", sum);
        }

        #[test]
        fn theorem_1_bounds_the_worst_ratio(which in 0usize..3, masked in 3usize..200, steps in 2usize..100) {
            let steps = steps.min(masked - 1);
            let weights = [Weights::Tc, Weights::Dtc, Weights::Min][which];
            let c = harmonic_scale(weights, masked, steps);
            let bound = match weights {
                Weights::Tc => 1.0 / (2.0 * c),
                Weights::Dtc | Weights::Min => c * (1.0 / c).exp_m1() - 1.0,
            };
            for (index, cost) in Intensity::harmonic(weights, masked, steps).expected_cost().iter().enumerate() {
                prop_assert!(cost / weights.at(index + 1, masked) <= bound + 1e-9);
            }
        }
    }
}
