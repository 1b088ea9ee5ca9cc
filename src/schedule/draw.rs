//! How the points of an [`Intensity`] are drawn, and what is exactly true of each draw (theory sections 3.0 and 3.4).

use super::{Grid, Intensity};
use crate::random;

/// How grid points are picked from an intensity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Draw {
    /// One uniform number for the whole grid, which spaces the points as evenly as the intensity allows. Always exactly
    /// `K` calls. Theorems 1 and 2 are about this draw.
    #[default]
    Systematic,
    /// A fresh uniform number for every call, within its own share of the intensity; points that meet are merged.
    Stratified,
    /// Independent cuts in proportion to the intensity before its cap; points that meet are merged.
    Iid,
    /// No randomness: the middle of every share (the systematic draw at 1/2).
    Deterministic,
}

impl Draw {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Systematic, Self::Stratified, Self::Iid, Self::Deterministic];

    /// As schedules spell it, `adaptive-tc:draw=stratified`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Systematic => "systematic",
            Self::Stratified => "stratified",
            Self::Iid => "iid",
            Self::Deterministic => "deterministic",
        }
    }
}

/// A sum that is whole but for rounding counts as whole.
const ROUNDING: f64 = 1e-12;

/// A chance below this is rounding: sums of thousands of intensities are not more exact.
pub(super) const NO_CHANCE: f64 = 1e-11;

impl Intensity {
    /// The grid of one run.
    pub fn draw(&self, draw: Draw, rng: &mut impl rand::Rng) -> Grid {
        match draw {
            Draw::Systematic => self.draw_systematic(random::uniform(rng)),
            Draw::Deterministic => self.draw_systematic(0.5),
            Draw::Stratified => {
                let cumulative = self.cumulative();
                self.grid(
                    (0..self.inner_points()).map(|share| quantile(&cumulative, share as f64 + random::uniform(rng))),
                )
            }
            Draw::Iid => {
                let cuts = self.cuts();
                self.grid((0..self.inner_points()).map(|_| quantile(&cuts, random::uniform(rng))))
            }
        }
    }

    /// The grid that one uniform number `u` in `[0, 1)` picks: `j` is a point when `G + u` passes a whole number there.
    /// Exactly `K` calls, whatever `u` (theory section 3.0).
    pub fn draw_systematic(&self, u: f64) -> Grid {
        // Nearer to 1 it would itself count as whole, and make a point of the first place or the last.
        let u = u.min(1.0 - 10.0 * ROUNDING);
        let floors: Vec<f64> = self.cumulative().iter().map(|sum| (sum + u + ROUNDING).floor()).collect();
        let inner = (1..self.masked()).filter(|&j| floors[j] > floors[j - 1]);
        Grid::from_points(inner.chain([self.masked()]).collect())
    }

    /// The inner points in any order, some of them equal -> a grid.
    fn grid(&self, inner: impl Iterator<Item = usize>) -> Grid {
        let mut points: Vec<usize> = inner.chain([self.masked()]).collect();
        points.sort_unstable();
        points.dedup();
        Grid::from_points(points)
    }

    /// `P(none of j, j+1, ..., n is a point)` for `n = j, j+1, ...`, up to the last that is above 0; `0 < j < L`. All there
    /// is to know of a draw: its expected cost and the law of `N(j) - j` follow.
    pub(super) fn gaps(&self, draw: Draw, j: usize) -> Vec<f64> {
        self.gaps_in(draw, &self.sums(draw), j).collect()
    }

    /// `E[cost_j] = sum_{n >= j} P(no point in j..=n)` for `j = 1..L` at index `j - 1`, exact (theory section 3.0).
    pub fn expected_cost(&self, draw: Draw) -> Vec<f64> {
        let sums = self.sums(draw);
        (1..self.masked()).map(|j| self.gaps_in(draw, &sums, j).sum()).collect()
    }

    /// `P(j is a point)` for `j = 1..L` at index `j - 1`; the intensity itself under the systematic draw.
    pub(super) fn presence(&self, draw: Draw) -> Vec<f64> {
        let sums = self.sums(draw);
        let chance = |j| 1.0 - self.gaps_in(draw, &sums, j).next().unwrap_or(0.0);
        (1..self.masked()).map(chance).map(|chance| if chance > NO_CHANCE { chance } else { 0.0 }).collect()
    }

    /// What the draw picks its points by, `[0, ..., total]` at `0..L`.
    fn sums(&self, draw: Draw) -> Vec<f64> {
        match draw {
            Draw::Systematic | Draw::Stratified => self.cumulative(),
            Draw::Iid => self.cuts(),
            // How many points there are up to each place.
            Draw::Deterministic => self.cumulative().iter().map(|sum| (sum + 0.5 + ROUNDING).floor()).collect(),
        }
    }

    fn gaps_in(&self, draw: Draw, sums: &[f64], j: usize) -> impl Iterator<Item = f64> {
        let (from, count) = (sums[j - 1], self.inner_points() as i32);
        let chance = move |&to: &f64| match draw {
            Draw::Systematic | Draw::Deterministic => 1.0 - (to - from),
            Draw::Stratified => no_stratified_point(from, to),
            Draw::Iid => (1.0 - (to - from)).max(0.0).powi(count),
        };
        sums[j..].iter().map(chance).take_while(|&chance| chance > NO_CHANCE)
    }
}

/// The first `j` with `sums[j] > value`, or the last of all: `sums` `[G(0), ..., G(L-1)]` -> `1..L`.
fn quantile(sums: &[f64], value: f64) -> usize {
    sums.partition_point(|&sum| sum <= value + ROUNDING).clamp(1, sums.len() - 1)
}

/// The chance that no share's point falls between `from` and `to`: the shares are `[0, 1), [1, 2), ...`, each with one
/// uniform point.
fn no_stratified_point(from: f64, to: f64) -> f64 {
    if (to - ROUNDING).floor() - (from + ROUNDING).floor() > 1.0 {
        return 0.0; // a whole share lies between
    }
    let border = (from + ROUNDING).floor() + 1.0;
    let (first, second) = (to.min(border) - from, (to - border).max(0.0));
    (1.0 - first).max(0.0) * (1.0 - second).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        random::{Purpose, Stream},
        schedule::Weights,
    };
    use proptest::prelude::*;

    #[test]
    fn expected_costs_worked_out_by_hand() {
        // L = 3, K = 2, g = (1/2, 1/2): the one inner point is 1 or 2, each with chance 1/2.
        let intensity = Intensity::harmonic(Weights::Uniform, 3, 2);
        assert_eq!(intensity.values(), [0.5, 0.5]);
        // cost_1 = 0 or 1, cost_2 = 1 or 0.
        for draw in [Draw::Systematic, Draw::Stratified, Draw::Iid] {
            assert_eq!(intensity.expected_cost(draw), [0.5, 0.5], "{draw:?}");
        }
        // The middle of the only share is its second half: the point is 1, where G + 1/2 reaches 1.
        assert_eq!(intensity.draw(Draw::Deterministic, &mut Stream::new(1, Purpose::Sizes, 0)).points(), [1, 3]);
        assert_eq!(intensity.expected_cost(Draw::Deterministic), [0.0, 1.0]);
        // K = 3 over L = 5 with g = 1/2: independent cuts miss both of 1, 2 with chance (1/2)^2.
        let intensity = Intensity::harmonic(Weights::Uniform, 5, 3);
        let missed = intensity.gaps(Draw::Iid, 1).into_iter().zip([0.5625, 0.25, 0.0625]);
        assert!(
            missed.clone().count() == 3 && missed.into_iter().all(|(found, wanted)| (found - wanted).abs() < 1e-12)
        );
        assert_eq!(intensity.gaps(Draw::Systematic, 1), [0.5]);
        assert_eq!(intensity.gaps(Draw::Stratified, 2), [0.5, 0.25]);
    }

    proptest! {
        #[test]
        fn expected_cost_is_the_mean_cost_of_every_draw(
            which in 0..Draw::ALL.len(), kind in 0..Weights::ALL.len(), masked in 2usize..30, steps in 1usize..30
        ) {
            let (draw, draws) = (Draw::ALL[which], 3000);
            let intensity = Intensity::harmonic(Weights::ALL[kind], masked, steps.min(masked));
            let (mut mean, mut square) = (vec![0.0; masked - 1], vec![0.0; masked - 1]);
            for seed in 0..draws {
                let grid = intensity.draw(draw, &mut Stream::new(seed, Purpose::Sizes, 0));
                prop_assert!(grid.calls() <= steps);
                for (j, cost) in grid.cost().into_iter().enumerate() {
                    mean[j] += cost / draws as f64;
                    square[j] += cost * cost / draws as f64;
                }
            }
            for (j, exact) in intensity.expected_cost(draw).into_iter().enumerate() {
                let error = ((square[j] - mean[j] * mean[j]).max(0.0) / draws as f64).sqrt();
                // Six standard errors; a cost that was never drawn may still have a chance of a few in `draws`.
                let slack = 6.0 * error + 10.0 * masked as f64 / draws as f64;
                prop_assert!((mean[j] - exact).abs() <= slack, "{draw:?}, j = {}: {} for {exact}", j + 1, mean[j]);
            }
        }

        #[test]
        fn the_systematic_draw_has_exactly_its_calls(
            kind in 0..Weights::ALL.len(), minimax: bool, masked in 1usize..150, steps in 1usize..160,
            u in prop_oneof![0.0..1.0f64, Just(0.0), Just(1.0 - 1e-12), Just(1.0 - 1.001e-12), Just(1.0f64.next_down())]
        ) {
            let make = if minimax { Intensity::minimax } else { Intensity::harmonic };
            let grid = make(Weights::ALL[kind], masked, steps.min(masked)).draw_systematic(u);
            prop_assert_eq!(grid.calls(), steps.min(masked));
        }
    }

    #[test]
    fn what_is_certain_costs_nothing_at_all() {
        // The last places of this intensity are all points: a code that ends there loses nothing, and not 1e-15 either.
        let intensity = Intensity::harmonic(Weights::Tc, 64, 16);
        assert_eq!(intensity.values()[62], 1.0);
        assert_eq!(intensity.expected_cost(Draw::Systematic)[62], 0.0);
        assert_eq!(Intensity::minimax(Weights::Tc, 64, 63).draw_systematic(1.0f64.next_down()).calls(), 63);
        assert_eq!(Intensity::minimax(Weights::Min, 64, 33).draw_systematic(1.0 - 1e-12 - 1e-15).calls(), 33);
    }
}
