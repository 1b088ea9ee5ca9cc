//! HOW MANY tokens each call reveals.
//!
//! A [`Schedule`] is a name; made ready for a number of masked positions and of calls it is a [`Plan`], the law of its
//! [`Grid`]s: the counts of revealed tokens after each call, drawn up front. An adaptive schedule has two separate parts:
//! an [`Intensity`] (who is a grid point, with which probability) and a [`Draw`] (how the points are picked).
//!
//! The adaptive schedules are after Zhao & Cai, "Adaptation to Intrinsic Dependence in Diffusion Language Models"
//! (arXiv 2602.20126, 2026); the intensities are our derivation. All errors are in nats.

mod ancestral;
mod chen_cong_li;
mod draw;
mod fixed;
mod grid;
mod intensity;
mod minimax;
mod name;
mod optimal;
mod plan;
mod weights;

pub use ancestral::{Ancestral, Times};
pub use draw::Draw;
pub use grid::Grid;
pub use intensity::{Intensity, harmonic_scale, theorem_1};
pub use minimax::minimax_ratio;
pub use optimal::oracle;
pub use plan::Plan;
pub use weights::{Weights, worst_ratio};

use crate::spec::SpecError;

/// What can be wrong about a schedule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScheduleError {
    /// It is not spelled right.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A run needs at least one call.
    #[error("steps is 0; it must be at least 1")]
    NoSteps,
    /// The schedule fixes its number of calls, and it is more.
    #[error(
        "{schedule} needs {needed} calls for {masked} masked tokens; steps is {steps}, and must be at least {needed}"
    )]
    TooFewSteps {
        /// Its name.
        schedule: String,
        /// The calls it makes.
        needed: usize,
        /// The tokens to reveal.
        masked: usize,
        /// The calls it was given.
        steps: usize,
    },
    /// The schedule is made for an information profile.
    #[error("{schedule} needs an information profile, one number for each of {masked} masked tokens; there is none")]
    NoProfile {
        /// Its name.
        schedule: String,
        /// The tokens to reveal.
        masked: usize,
    },
    /// The profile is for another number of tokens, or no profile.
    #[error(
        "the information profile {what}; it must be {masked} numbers, each at least 0 and no more than the one before"
    )]
    Profile {
        /// What is wrong with it.
        what: String,
        /// The tokens to reveal.
        masked: usize,
    },
}

/// An estimate of a law's TC or DTC, and the error that a schedule is to keep, both in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Of TC or DTC, at least 0.
    pub nats: f64,
    /// Above 0.
    pub error: f64,
}

/// A rule for how many tokens each call reveals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Schedule {
    /// Equal sizes; the remainder goes to the first calls (LLaDA, arXiv 2502.09992).
    Uniform,
    /// Small steps first, large ones last (MaskGIT, arXiv 2202.04200).
    Cosine,
    /// `floor(L (1 - (k/K)^p))` masks remain after call `k` (MaskGIT, section 3.3).
    Power(f64),
    /// One token a call: exact, and as many calls as tokens.
    OneAtATime,
    /// Binomial sizes (MDLM, arXiv 2406.07524; Dmitriev, Huang & Wei, PMLR 336, 2026).
    Ancestral(Times),
    /// Made for an estimate of TC (or DTC, if `dual`); without one, the finest that keeps to the calls (Chen, Cong & Li,
    /// arXiv 2511.04647, appendix D).
    ChenCongLi {
        /// For DTC.
        dual: bool,
        /// What is known, if anything.
        estimate: Option<Estimate>,
    },
    /// The fixed grid with the smallest worst-case error (theory section 6.3).
    BestFixed(Weights),
    /// Random sizes from the harmonic intensity of the weights (theory section 3.1).
    Adaptive(Weights, Draw),
    /// Random sizes from the intensity with the smallest worst-case error (theory section 3.3).
    Minimax(Weights, Draw),
    /// Random sizes from an intensity made for a profile, `min(1, c sqrt(d_j))` (theory section 3.4).
    ProfileAware(Draw),
    /// The best grid for a profile (Chen, Cong & Li, theorem 4; Lavenant & Zanella, arXiv 2510.25544).
    ProfileOptimal,
}

impl Schedule {
    /// Makes the schedule ready for `masked` tokens and at most `steps` calls: exactly `min(steps, masked)`, unless points
    /// can meet (stratified and independent draws, binomial sizes) or the schedule has no use for more.
    ///
    /// `profile` is `h(j)` in nats for `j = 0..masked`, for the schedules that are made for one.
    ///
    /// # Errors
    /// [`ScheduleError`] when `steps` is 0 or too few for a schedule that fixes its calls, or a profile is missing or none.
    pub fn plan(self, masked: usize, steps: usize, profile: Option<&[f64]>) -> Result<Plan, ScheduleError> {
        if steps == 0 {
            return Err(ScheduleError::NoSteps);
        }
        if masked == 0 {
            return Ok(Plan::Fixed(Grid::from_sizes([])));
        }
        let given = steps;
        let steps = steps.min(masked);
        let drops = || self.drops(masked, profile);
        Ok(match self {
            Self::Uniform => Plan::Fixed(fixed::uniform(masked, steps)),
            Self::Cosine => Plan::Fixed(fixed::cosine(masked, steps)),
            Self::Power(exponent) => Plan::Fixed(fixed::power(masked, steps, exponent)),
            Self::OneAtATime => Plan::Fixed(self.within(fixed::uniform(masked, masked), given)?),
            Self::Ancestral(times) => Plan::Ancestral(Ancestral::new(times, masked, steps)),
            Self::ChenCongLi { dual, estimate } => {
                let grid = if dual { chen_cong_li::dtc } else { chen_cong_li::tc };
                Plan::Fixed(match estimate {
                    None => chen_cong_li::within(grid, masked, steps),
                    Some(Estimate { nats, error }) => {
                        self.within(grid(masked, chen_cong_li::zeta(nats, error)), given)?
                    }
                })
            }
            Self::BestFixed(weights) => Plan::Fixed(fixed::best(weights, masked, steps)),
            Self::Adaptive(weights, draw) => Plan::Drawn(Intensity::harmonic(weights, masked, steps), draw),
            Self::Minimax(weights, draw) => Plan::Drawn(Intensity::minimax(weights, masked, steps), draw),
            Self::ProfileAware(draw) => Plan::Drawn(Intensity::profile_aware(&drops()?, steps), draw),
            Self::ProfileOptimal => Plan::Fixed(optimal::grid(&drops()?, steps)),
        })
    }

    /// Whether [`Schedule::plan`] takes a profile.
    pub fn needs_profile(self) -> bool {
        matches!(self, Self::ProfileAware(_) | Self::ProfileOptimal)
    }

    /// Draws the grid of one run: [`Schedule::plan`] without a profile, drawn from once.
    ///
    /// # Errors
    /// As [`Schedule::plan`].
    pub fn grid(self, masked: usize, steps: usize, rng: &mut impl rand::Rng) -> Result<Grid, ScheduleError> {
        Ok(self.plan(masked, steps, None)?.draw(rng))
    }

    fn within(self, grid: Grid, steps: usize) -> Result<Grid, ScheduleError> {
        let (needed, masked) = (grid.calls(), grid.points().last().copied().unwrap_or(0));
        if needed > steps {
            return Err(ScheduleError::TooFewSteps { schedule: self.to_string(), needed, masked, steps });
        }
        Ok(grid)
    }

    /// `[d_1, ..., d_{L-1}]` of a profile.
    fn drops(self, masked: usize, profile: Option<&[f64]>) -> Result<Vec<f64>, ScheduleError> {
        let h = profile.ok_or_else(|| ScheduleError::NoProfile { schedule: self.to_string(), masked })?;
        if h.len() != masked {
            return Err(ScheduleError::Profile { what: format!("has {} numbers", h.len()), masked });
        }
        if let Some(j) = (0..masked).find(|&j| !(h[j].is_finite() && h[j] >= 0.0)) {
            return Err(ScheduleError::Profile { what: format!("is {} at {j}", h[j]), masked });
        }
        if let Some(j) = (1..masked).find(|&j| h[j] > h[j - 1] + ROUNDING) {
            return Err(ScheduleError::Profile { what: format!("rises from {} to {} at {j}", h[j - 1], h[j]), masked });
        }
        Ok(h.windows(2).map(|pair| (pair[0] - pair[1]).max(0.0)).collect())
    }
}

/// How far a profile may rise by rounding alone.
const ROUNDING: f64 = 1e-9;

#[cfg(test)]
mod tests;
