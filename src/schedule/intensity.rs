//! Who is a grid point, with which probability (theory sections 3.1-3.4). How the points are drawn is [`super::Draw`]'s.

use super::{Weights, minimax};

/// `g_j = P(j is a grid point)` for `j = 1..L`, with `g_1 + ... + g_{L-1} = K - 1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Intensity {
    g: Vec<f64>,
    /// `g` before it is capped at 1, up to a factor: independent cuts are drawn in proportion to it.
    density: Vec<f64>,
    /// `K - 1`, the sum of `g` without its rounding.
    inner_points: usize,
}

impl Intensity {
    /// `g_j = min(1, c / w_j)` with the `c` that spends `steps` calls (theory section 3.1). Theorem 1 bounds its error.
    pub fn harmonic(weights: Weights, masked: usize, steps: usize) -> Self {
        let density: Vec<f64> = weights.all(masked).iter().map(|weight| 1.0 / weight).collect();
        let c = harmonic_scale(weights, masked, steps);
        let g = density.iter().map(|density| (c * density).min(1.0)).collect();
        Self { g, density, inner_points: inner_points(masked, steps) }
    }

    /// The intensity with the smallest worst-case ratio over all randomized schedules (theory section 3.3, Theorem 2).
    pub fn minimax(weights: Weights, masked: usize, steps: usize) -> Self {
        let g = minimax::intensity(weights, masked, steps);
        Self { density: g.clone(), g, inner_points: inner_points(masked, steps) }
    }

    /// `g_j = min(1, c sqrt(d_j))` for the drops `d_j` `[L - 1]` of a profile: calls go where the profile falls (theory
    /// section 3.4). Where fewer than `K - 1` drops are above 0, the rest of the points is spread evenly over the others,
    /// which cost nothing.
    pub fn profile_aware(drops: &[f64], steps: usize) -> Self {
        let masked = drops.len() + 1;
        let points = inner_points(masked, steps);
        let mut density: Vec<f64> = drops.iter().map(|drop| drop.max(0.0).sqrt()).collect();
        let positive = density.iter().filter(|&&density| density > 0.0).count();
        let g = if positive > points {
            let c = scale(&density, points as f64);
            density.iter().map(|density| (c * density).min(1.0)).collect()
        } else {
            let rest = (points - positive) as f64 / (drops.len() - positive).max(1) as f64;
            density.iter().map(|&density| if density > 0.0 { 1.0 } else { rest }).collect()
        };
        if positive == 0 {
            density.fill(1.0);
        }
        Self { g, density, inner_points: points }
    }

    /// `[g_1, ..., g_{L-1}]`.
    pub fn values(&self) -> &[f64] {
        &self.g
    }

    /// `L`, the masked positions.
    pub fn masked(&self) -> usize {
        self.g.len() + 1
    }

    /// `K - 1`, how many points there are before the last one.
    pub fn inner_points(&self) -> usize {
        self.inner_points
    }

    /// `[G(0), ..., G(L-1)]`, `G(j) = g_1 + ... + g_j`; the last is exactly `K - 1`.
    pub(super) fn cumulative(&self) -> Vec<f64> {
        let total = self.inner_points as f64;
        let mut cumulative = sums(&self.g);
        // No sum passes the last one by rounding, or a grid could have a point too many.
        cumulative.iter_mut().for_each(|sum| *sum = sum.min(total));
        if let Some(last) = cumulative.last_mut() {
            *last = total;
        }
        cumulative
    }

    /// `[F(0), ..., F(L-1)]`, the law of one independent cut; the last is exactly 1.
    pub(super) fn cuts(&self) -> Vec<f64> {
        let mut cuts = sums(&self.density);
        let total = cuts.last().copied().filter(|&total| total > 0.0).unwrap_or(1.0);
        cuts.iter_mut().for_each(|sum| *sum /= total);
        cuts
    }
}

fn inner_points(masked: usize, steps: usize) -> usize {
    steps.min(masked).saturating_sub(1)
}

/// `[0, v_1, v_1 + v_2, ...]`.
fn sums(values: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let rest = values.iter().map(|value| {
        sum += value;
        sum
    });
    std::iter::once(0.0).chain(rest).collect()
}

/// The `c` of a harmonic intensity: `sum_j min(1, c / w_j) = steps - 1`. Theorem 1's bounds are functions of it.
pub fn harmonic_scale(weights: Weights, masked: usize, steps: usize) -> f64 {
    if steps >= masked {
        return masked as f64; // every weight is saturated: one token a call
    }
    let density: Vec<f64> = weights.all(masked).iter().map(|weight| 1.0 / weight).collect();
    scale(&density, (steps - 1) as f64)
}

/// `c` such that `sum_j min(1, c * density_j) = budget`, for a budget below the number of positive densities: with the
/// `s` largest saturated it is `(budget - s) / sum_rest`, and the right `s` is the one that this `c` confirms.
fn scale(density: &[f64], budget: f64) -> f64 {
    let mut sorted: Vec<f64> = density.iter().copied().filter(|&density| density > 0.0).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let rest: Vec<f64> = sorted
        .iter()
        .rev()
        .scan(0.0, |sum, density| {
            *sum += density;
            Some(*sum)
        })
        .collect();
    let candidates = sorted.iter().zip(rest.iter().rev()).enumerate();
    let confirmed = candidates.map(|(saturated, (density, rest))| (density, (budget - saturated as f64) / rest));
    confirmed.into_iter().find(|(density, c)| c * *density <= 1.0).map_or(0.0, |(_, c)| c)
}

/// Theorem 1: `E KL <= bound * sum_j w_j d_j` for the harmonic intensity of `weights` under the systematic draw. `None`
/// for [`Weights::Uniform`], of which the theorem does not speak.
pub fn theorem_1(weights: Weights, masked: usize, steps: usize) -> Option<f64> {
    if steps >= masked {
        return Some(0.0); // one token a call loses nothing
    }
    let c = harmonic_scale(weights, masked, steps);
    match weights {
        Weights::Tc => Some((0.5 / c).min(1.0)),
        // No grid is worse than one call, with cost_j = L - j; where c is 0 this is all that can be said.
        Weights::Dtc | Weights::Min => Some((c * (1.0 / c).exp_m1() - 1.0).min((masked - 1) as f64)),
        Weights::Uniform => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Draw, worst_ratio};
    use proptest::prelude::*;

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

    #[test]
    fn calls_go_where_the_profile_falls() {
        // sqrt(d) = 2, 1, 1, 0: c = 2/4 leaves nothing saturated.
        let aware = Intensity::profile_aware(&[4.0, 1.0, 1.0, 0.0], 3);
        assert_eq!(aware.values(), [1.0, 0.5, 0.5, 0.0]);
        // One step of the profile and two points: one on the step, the other anywhere.
        let step = Intensity::profile_aware(&[0.0, 3.0, 0.0, 0.0], 3);
        assert_eq!(step.values(), [1.0 / 3.0, 1.0, 1.0 / 3.0, 1.0 / 3.0]);
        assert_eq!(Intensity::profile_aware(&[0.0; 4], 3).values(), [0.5; 4]);
    }

    fn weights() -> impl Strategy<Value = Weights> {
        (0..4usize).prop_map(|which| Weights::ALL[which])
    }

    proptest! {
        #[test]
        fn intensities_are_probabilities_that_sum_to_the_inner_points(
            weights in weights(), masked in 1usize..150, steps in 1usize..150, minimax: bool
        ) {
            let make = if minimax { Intensity::minimax } else { Intensity::harmonic };
            let intensity = make(weights, masked, steps.min(masked));
            prop_assert!(intensity.values().iter().all(|g| (-1e-12..=1.0 + 1e-12).contains(g)));
            let sum: f64 = intensity.values().iter().sum();
            prop_assert!((sum - (steps.min(masked) - 1) as f64).abs() < 1e-7, "{}", sum);
        }

        #[test]
        fn tc_and_dtc_are_mirror_images(masked in 1usize..200, steps in 1usize..220) {
            let tc = Intensity::harmonic(Weights::Tc, masked, steps);
            let dtc = Intensity::harmonic(Weights::Dtc, masked, steps);
            let mirrored: Vec<f64> = tc.values().iter().rev().copied().collect();
            prop_assert_eq!(dtc.values(), mirrored);
            let scales = [Weights::Tc, Weights::Dtc].map(|weights| harmonic_scale(weights, masked, steps));
            prop_assert_eq!(scales[0], scales[1]);
        }

        #[test]
        fn an_intensity_for_any_profile_spends_its_points(
            drops in prop::collection::vec(prop_oneof![Just(0.0), 0.0..2.0f64], 0..60), steps in 1usize..70
        ) {
            let intensity = Intensity::profile_aware(&drops, steps);
            prop_assert!(intensity.values().iter().all(|g| (0.0..=1.0 + 1e-12).contains(g)));
            let sum: f64 = intensity.values().iter().sum();
            prop_assert!((sum - intensity.inner_points() as f64).abs() < 1e-9, "{}", sum);
        }

        #[test]
        fn theorem_1_bounds_the_worst_ratio(weights in weights(), masked in 2usize..200, steps in 1usize..220) {
            let steps = steps.min(masked);
            if let Some(bound) = theorem_1(weights, masked, steps) {
                let cost = Intensity::harmonic(weights, masked, steps).expected_cost(Draw::Systematic);
                prop_assert!(worst_ratio(weights, &cost) <= bound + 1e-9);
            }
        }
    }
}
