//! HOW MANY tokens each call reveals.
//!
//! A [`Schedule`] turns a number of masked positions and a number of calls into a [`Grid`]: the counts of revealed tokens
//! after each call, drawn up front. An adaptive schedule has two separate parts: an [`Intensity`] (who is a grid point,
//! with which probability) and a draw (how the points are picked, here systematically).
//!
//! The adaptive schedules are after Zhao & Cai, "Adaptation to Intrinsic Dependence in Diffusion Language Models"
//! (arXiv 2602.20126, 2026); the intensities are our derivation. All errors are in nats.

mod fixed;
mod grid;
mod intensity;
mod minimax;

pub use grid::Grid;
pub use intensity::{Intensity, Weights, harmonic_scale};
pub use minimax::minimax_ratio;

use std::{fmt, str::FromStr};

use crate::random;

/// What can be wrong about a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// No schedule has this name.
    #[error("unknown schedule `{name}`; the schedules are {}", names())]
    UnknownName {
        /// The name that was asked for.
        name: String,
    },
    /// A run needs at least one call.
    #[error("steps is 0; it must be at least 1")]
    NoSteps,
}

/// A rule for how many tokens each call reveals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Equal sizes; the remainder goes to the first calls (LLaDA, arXiv 2502.09992).
    Uniform,
    /// Small steps first, large ones last (MaskGIT, arXiv 2202.04200).
    Cosine,
    /// Random sizes from the harmonic intensity of the weights (theory section 3.1).
    Adaptive(Weights),
    /// Random sizes from the intensity with the smallest worst-case error (theory section 3.3).
    Minimax(Weights),
}

impl Schedule {
    /// Every schedule, in the order in which lists show them.
    pub const ALL: [Self; 8] = [
        Self::Adaptive(Weights::Min),
        Self::Adaptive(Weights::Tc),
        Self::Adaptive(Weights::Dtc),
        Self::Minimax(Weights::Min),
        Self::Minimax(Weights::Tc),
        Self::Minimax(Weights::Dtc),
        Self::Uniform,
        Self::Cosine,
    ];

    /// The name that [`FromStr`] reads back.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Cosine => "cosine",
            Self::Adaptive(Weights::Tc) => "adaptive-tc",
            Self::Adaptive(Weights::Dtc) => "adaptive-dtc",
            Self::Adaptive(Weights::Min) => "adaptive-min",
            Self::Minimax(Weights::Tc) => "minimax-tc",
            Self::Minimax(Weights::Dtc) => "minimax-dtc",
            Self::Minimax(Weights::Min) => "minimax-min",
        }
    }

    /// One line for a person who chooses.
    pub fn about(self) -> &'static str {
        match self {
            Self::Uniform => "The same number of tokens in every call.",
            Self::Cosine => "Few tokens in the first calls, many in the last.",
            Self::Adaptive(Weights::Tc) => {
                "Random sizes, large ones first: error within a log factor of TC/K. After Zhao & Cai 2026; our derivation."
            }
            Self::Adaptive(Weights::Dtc) => {
                "Random sizes, large ones last: error within a log factor of DTC/K, once K exceeds about log L. After Zhao & Cai 2026; our derivation."
            }
            Self::Adaptive(Weights::Min) => {
                "Random sizes, large ones in the middle: both guarantees at once, for about twice the calls. After Zhao & Cai 2026; our derivation."
            }
            Self::Minimax(Weights::Tc) => {
                "Random sizes with the smallest worst-case error relative to TC; our derivation."
            }
            Self::Minimax(Weights::Dtc) => {
                "Random sizes with the smallest worst-case error relative to DTC; our derivation."
            }
            Self::Minimax(Weights::Min) => {
                "Random sizes with the smallest worst-case error relative to a mix of TC and DTC that is at most the smaller one; our derivation."
            }
        }
    }

    /// Draws the grid of one run: strictly increasing, ends at `masked`, at most `steps` calls (exactly `steps` while
    /// that leaves every call a token). With nothing masked the grid is empty.
    ///
    /// # Errors
    /// [`ScheduleError::NoSteps`] when `steps` is 0.
    pub fn grid(self, masked: usize, steps: usize, rng: &mut impl rand::Rng) -> Result<Grid, ScheduleError> {
        let steps = calls(masked, steps)?;
        Ok(match self {
            Self::Uniform => fixed::uniform(masked, steps),
            Self::Cosine => fixed::cosine(masked, steps),
            Self::Adaptive(weights) => {
                Intensity::harmonic(weights, masked, steps).draw_systematic(random::uniform(rng))
            }
            Self::Minimax(weights) => Intensity::minimax(weights, masked, steps).draw_systematic(random::uniform(rng)),
        })
    }

    /// `E[cost_j]` for `j = 1..masked` at index `j - 1`, exact: the schedule's error on a law with drops `d_j` of its
    /// information profile is the dot product of both (identity (I) of the theory).
    ///
    /// # Errors
    /// [`ScheduleError::NoSteps`] when `steps` is 0.
    pub fn expected_cost(self, masked: usize, steps: usize) -> Result<Vec<f64>, ScheduleError> {
        let steps = calls(masked, steps)?;
        Ok(match self {
            Self::Uniform => fixed::uniform(masked, steps).cost(),
            Self::Cosine => fixed::cosine(masked, steps).cost(),
            Self::Adaptive(weights) => Intensity::harmonic(weights, masked, steps).expected_cost(),
            Self::Minimax(weights) => Intensity::minimax(weights, masked, steps).expected_cost(),
        })
    }
}

/// The calls that are really made: no call without a token.
fn calls(masked: usize, steps: usize) -> Result<usize, ScheduleError> {
    if steps == 0 { Err(ScheduleError::NoSteps) } else { Ok(steps.min(masked)) }
}

fn names() -> String {
    Schedule::ALL.map(Schedule::name).join(", ")
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(name: &str) -> Result<Self, ScheduleError> {
        let found = Self::ALL.into_iter().find(|schedule| schedule.name() == name);
        found.ok_or_else(|| ScheduleError::UnknownName { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};
    use proptest::prelude::*;

    #[test]
    fn names_round_trip_and_an_unknown_one_lists_them() {
        for schedule in Schedule::ALL {
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
        let error = "greedy".parse::<Schedule>().unwrap_err().to_string();
        assert!(error.contains("`greedy`") && error.contains("adaptive-min, adaptive-tc"), "{error}");
    }

    #[test]
    fn no_steps_is_an_error() {
        let mut rng = Stream::new(1, Purpose::Sizes, 0);
        assert_eq!(Schedule::Uniform.grid(4, 0, &mut rng), Err(ScheduleError::NoSteps));
    }

    proptest! {
        #[test]
        fn every_grid_increases_and_ends_at_the_masked_count(
            which in 0..Schedule::ALL.len(), masked in 0usize..200, steps in 1usize..220, seed in 0u64..1000
        ) {
            let mut rng = Stream::new(seed, Purpose::Sizes, 0);
            let grid = Schedule::ALL[which].grid(masked, steps, &mut rng).unwrap();
            prop_assert!(grid.points().is_sorted_by(|a, b| a < b));
            prop_assert_eq!(grid.sizes().iter().sum::<usize>(), masked);
            prop_assert_eq!(grid.calls(), steps.min(masked));
        }

        #[test]
        fn expected_cost_is_the_mean_cost_over_draws(
            which in 0..Schedule::ALL.len(), masked in 2usize..40, steps in 1usize..40
        ) {
            let schedule = Schedule::ALL[which];
            let exact = schedule.expected_cost(masked, steps).unwrap();
            let mut mean = vec![0.0; masked - 1];
            let draws = 4000;
            for seed in 0..draws {
                let grid = schedule.grid(masked, steps, &mut Stream::new(seed, Purpose::Sizes, 0)).unwrap();
                for (sum, cost) in mean.iter_mut().zip(grid.cost()) {
                    *sum += cost / draws as f64;
                }
            }
            for (j, (mean, exact)) in mean.iter().zip(&exact).enumerate() {
                // A cost lies in [0, masked]: six standard errors of the widest law on that range.
                let tolerance = 6.0 * masked as f64 / 2.0 / (draws as f64).sqrt();
                prop_assert!((mean - exact).abs() < tolerance, "j = {}: {mean} against {exact}", j + 1);
            }
        }
    }
}
