//! The lab: the error of every schedule on a law of which everything is known.
//!
//! Two errors are told apart, in name and in every view (theory section 4):
//! - **(A)** [`Row::kl_grid`], the KL of a run averaged over grids and random orders, by identity (I). The guarantees of
//!   Theorems 1 and 2 are about it.
//! - **(B)** [`Row::kl_law`], the KL of the law that is really sampled, the mixture over grids and orders. It is never
//!   more than (A), and has a closed form for maximum distance separable codes.

mod monte_carlo;
mod report;

pub use monte_carlo::{Interval, Sampled};
pub use report::{Bounds, Report, Row, Worst};

use std::sync::Arc;

use crate::{
    law::{Law, LawError, Profile},
    schedule::{Plan, Schedule, ScheduleError, Weights, theorem_1},
};

/// What the lab cannot do.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// There is no such law.
    #[error(transparent)]
    Law(#[from] LawError),
    /// There is no such schedule, or it cannot be made for these calls.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// More calls than tokens, or none.
    #[error("steps is {steps}; it must be between 1 and the length, {length}")]
    Steps {
        /// The calls that were asked for.
        steps: usize,
        /// The law's length.
        length: usize,
    },
    /// Too few runs for an interval.
    #[error("runs is {0}; it must be at least {MIN_RUNS}")]
    Runs(usize),
    /// A run of the sampler failed.
    #[error(transparent)]
    Sampler(#[from] crate::sampler::SamplerError),
}

/// With fewer runs an interval would not hold what it promises.
pub const MIN_RUNS: usize = 30;

/// A law on the bench.
#[derive(Debug)]
pub struct Lab {
    name: String,
    law: Arc<dyn Law>,
    profile: Profile,
    drops: Vec<f64>,
}

impl Lab {
    /// Takes a law, and its information profile. That is done at once, but a hidden Markov chain takes up to a second at
    /// the usual sizes, and it, a mixture or a table some ten to fifteen at the largest.
    pub fn new(name: &str, law: Box<dyn Law>) -> Self {
        let profile = law.profile();
        let drops = profile.drops();
        Self { name: name.to_owned(), law: law.into(), profile, drops }
    }

    /// The law as it was spelled.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The law itself.
    pub fn law(&self) -> &dyn Law {
        &*self.law
    }

    /// Its information profile.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// A schedule made ready for this law.
    ///
    /// # Errors
    /// [`LabError::Steps`] unless `1 <= steps <= length`; [`LabError::Schedule`].
    pub fn plan(&self, schedule: Schedule, steps: usize) -> Result<Plan, LabError> {
        self.check(steps)?;
        Ok(schedule.plan(self.law.length(), steps, Some(self.profile.h()))?)
    }

    fn check(&self, steps: usize) -> Result<(), LabError> {
        let length = self.law.length();
        if (1..=length).contains(&steps) { Ok(()) } else { Err(LabError::Steps { steps, length }) }
    }

    /// (A): the KL in nats of runs of this plan, averaged over grids and random orders: `sum_j d_j E[cost_j]`.
    pub fn kl_grid(&self, plan: &Plan) -> f64 {
        self.error(&plan.expected_cost())
    }

    /// `sum_j d_j cost_j` in nats.
    fn error(&self, cost: &[f64]) -> f64 {
        // Exact but for rounding, which may leave a zero a little below zero.
        self.drops.iter().zip(cost).map(|(drop, cost)| drop * cost).sum::<f64>().max(0.0)
    }

    /// (B): the KL in nats of the law that runs of this plan sample, where it has a closed form: on a code of dimension
    /// `k` over `q` symbols, minus the log-probability of a codeword, `-ln E[q^-(N(k) - k)]`; 0 where no schedule loses
    /// anything.
    pub fn kl_law(&self, plan: &Plan) -> Option<f64> {
        self.kl_law_beside(plan, self.kl_grid(plan))
    }

    fn kl_law_beside(&self, plan: &Plan, kl_grid: f64) -> Option<f64> {
        if kl_grid == 0.0 {
            return Some(0.0); // (B) is never more than (A)
        }
        let (k, q) = self.law.mds()?;
        Some((-plan.ln_expected_power(k, -(q as f64).ln())).max(0.0))
    }

    /// What the theory promises for a harmonic schedule of these weights: Theorem 1's ratio times this law's
    /// `sum_j w_j d_j`, in nats. `None` for uniform weights, of which it does not speak.
    pub fn bound(&self, weights: Weights, steps: usize) -> Option<f64> {
        let total = match weights {
            Weights::Tc => self.profile.tc(),
            Weights::Dtc => self.profile.dtc(),
            Weights::Min => self.profile.min(),
            Weights::Uniform => self.profile.tc() + self.profile.dtc(),
        };
        Some(theorem_1(weights, self.law.length(), steps)? * total)
    }
}

/// Laws to begin with, and what each shows.
pub const LAWS: [(&str, &str); 8] = [
    (
        "reed-solomon:k=23,q=256",
        "A code: any 23 tokens are free and decide all others. For every schedule the worst law is such a code.",
    ),
    ("repetition:q=2", "All tokens are the same: DTC is one bit, TC is large. One look decides everything."),
    ("parity:q=2", "Any all-but-one tokens are free, the last one is decided: TC is one bit, DTC is large."),
    (
        "markov:flip=0.1",
        "A chain in which a token differs from the one before with probability 0.1: dependence is local.",
    ),
    (
        "hmm:states=8,symbols=16,seed=1",
        "A hidden chain of 8 states, seen through 16 symbols. Its profile is an estimate.",
    ),
    ("mixture:0.1,0.9", "Coins of one bias, 0.1 or 0.9: a few looks tell which, and then nothing is left to lose."),
    ("product:q=4", "Independent tokens: nothing is ever lost."),
    ("reed-solomon:k=57,q=256", "A code with few redundant tokens: TC is small, DTC is large."),
];
