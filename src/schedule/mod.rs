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
    #[error("{schedule} needs {needed} calls for {masked} masked tokens; steps is {steps}")]
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
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};
    use proptest::prelude::*;

    fn rng(seed: u64) -> Stream {
        Stream::new(seed, Purpose::Sizes, 0)
    }

    #[test]
    fn bad_input_is_told_with_what_would_do() {
        let told = |schedule: &str, masked, steps, profile| {
            let schedule: Schedule = schedule.parse().unwrap();
            schedule.plan(masked, steps, profile).unwrap_err().to_string()
        };
        assert_eq!(told("uniform", 4, 0, None), "steps is 0; it must be at least 1");
        assert_eq!(told("one-at-a-time", 9, 4, None), "one-at-a-time needs 9 calls for 9 masked tokens; steps is 4");
        let estimate = told("chen-cong-li-tc:nats=8,error=1", 20, 4, None);
        assert!(estimate.starts_with("chen-cong-li-tc:nats=8,error=1 needs 1"), "{estimate}");
        assert!(told("profile-optimal", 4, 2, None).contains("needs an information profile, one number for each of 4"));
        assert!(told("profile-aware", 4, 2, Some(&[1.0; 3])).contains("has 3 numbers; it must be 4 numbers"));
        assert!(told("profile-aware", 2, 2, Some(&[1.0, f64::NAN])).contains("is NaN at 1"));
        assert!(told("profile-optimal", 2, 2, Some(&[1.0, 2.0])).contains("rises from 1 to 2 at 1"));
    }

    #[test]
    fn minimax_of_a_long_sequence_is_quick() {
        let begun = std::time::Instant::now();
        Schedule::Minimax(Weights::Min, Draw::Systematic).plan(4096, 256, None).unwrap();
        // The goal holds for optimized code; without optimization it is some twenty times slower.
        let most = if cfg!(debug_assertions) { 20.0 } else { 1.0 };
        assert!(begun.elapsed().as_secs_f64() < most, "{:?}", begun.elapsed());
    }

    #[test]
    fn a_batch_draws_each_row_as_always_and_together_varies_less() {
        let plan = Schedule::Adaptive(Weights::Min, Draw::Systematic).plan(32, 6, None).unwrap();
        let (rows, batches) = (8, 2000);
        // The mean first size of a batch, and of its first row alone.
        let (mut row, mut batch) = (vec![], vec![]);
        for seed in 0..batches {
            let firsts: Vec<f64> = plan.draw_batch(rows, &mut rng(seed)).iter().map(|g| g.points()[0] as f64).collect();
            row.push(firsts[0]);
            batch.push(firsts.iter().sum::<f64>() / rows as f64);
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let variance = |values: &[f64]| values.iter().map(|v| (v - mean(values)).powi(2)).sum::<f64>() / batches as f64;
        let error = (variance(&row) / batches as f64).sqrt();
        assert!((mean(&row) - mean(&batch)).abs() < 5.0 * error, "{} {}", mean(&row), mean(&batch));
        assert!(variance(&batch) * 4.0 < variance(&row) / rows as f64, "{} {}", variance(&batch), variance(&row));
    }

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        (0..Schedule::ALL.len() + 3).prop_map(|which| match which.checked_sub(Schedule::ALL.len()) {
            None => Schedule::ALL[which],
            Some(0) => Schedule::Adaptive(Weights::Tc, Draw::Stratified),
            Some(1) => Schedule::Adaptive(Weights::Dtc, Draw::Iid),
            Some(_) => Schedule::Minimax(Weights::Min, Draw::Deterministic),
        })
    }

    /// Schedules whose points can meet, or that have no use for some calls.
    fn may_make_fewer(schedule: Schedule) -> bool {
        use Schedule::{Adaptive, Ancestral, BestFixed, ChenCongLi};
        matches!(
            schedule,
            Ancestral(_) | ChenCongLi { .. } | BestFixed(_) | Adaptive(_, Draw::Stratified) | Adaptive(_, Draw::Iid)
        )
    }

    proptest! {
        #[test]
        fn every_grid_increases_and_ends_at_the_masked_count(
            schedule in any_schedule(), masked in 0usize..200, steps in 1usize..220, seed in 0u64..1000
        ) {
            let grid = schedule.grid(masked, steps, &mut rng(seed)).unwrap();
            prop_assert!(grid.points().is_sorted_by(|a, b| a < b));
            prop_assert_eq!(grid.sizes().iter().sum::<usize>(), masked);
            prop_assert!(grid.calls() <= steps);
            if !may_make_fewer(schedule) {
                prop_assert_eq!(grid.calls(), steps.min(masked));
            }
        }

        #[test]
        fn one_token_a_call_costs_nothing(schedule in any_schedule(), masked in 1usize..80, more in 0usize..5) {
            let fixed = !matches!(schedule, Schedule::Ancestral(_) | Schedule::Adaptive(_, Draw::Iid));
            let cost = schedule.plan(masked, masked + more, None).unwrap().expected_cost();
            prop_assert!(!fixed || cost.iter().all(|&cost| cost.abs() < 1e-9), "{:?}", cost);
        }

        #[test]
        fn what_is_exact_of_a_plan_is_the_mean_over_its_draws(
            schedule in any_schedule(), masked in 2usize..40, steps in 1usize..40
        ) {
            let plan = schedule.plan(masked, steps, None).unwrap();
            let draws = 4000;
            let (mut cost, mut power) = (vec![0.0; masked - 1], vec![0.0; masked - 1]);
            let mut presence = vec![0.0; masked - 1];
            for seed in 0..draws {
                let grid = plan.draw(&mut rng(seed));
                for &point in grid.points().iter().filter(|&&point| point < masked) {
                    presence[point - 1] += 1.0 / draws as f64;
                }
                for (j, one) in grid.cost().into_iter().enumerate() {
                    cost[j] += one / draws as f64;
                    power[j] += 0.5f64.powf(one) / draws as f64;
                }
            }
            // A cost lies in [0, masked], a power and a presence in [0, 1]: six standard errors of the widest law on that range.
            let width = 3.0 / (draws as f64).sqrt();
            for (j, exact) in plan.expected_cost().into_iter().enumerate() {
                prop_assert!((cost[j] - exact).abs() < width * masked as f64, "j = {}: {} for {exact}", j + 1, cost[j]);
                let exact = plan.ln_expected_power(j + 1, 0.5f64.ln()).exp();
                prop_assert!((power[j] - exact).abs() < width, "j = {}: {} for {exact}", j + 1, power[j]);
                let exact = plan.presence()[j];
                prop_assert!((presence[j] - exact).abs() < width, "j = {}: {} for {exact}", j + 1, presence[j]);
            }
        }

        #[test]
        fn nothing_beats_minimax_in_its_worst_case_nor_the_optimum_for_a_profile(
            schedule in any_schedule(), which in 0usize..4, masked in 2usize..60, steps in 1usize..60,
            drops in prop::collection::vec(0.0..1.0f64, 59)
        ) {
            let (weights, steps) = (Weights::ALL[which], steps.min(masked));
            let cost = schedule.plan(masked, steps, None).unwrap().expected_cost();
            prop_assert!(worst_ratio(weights, &cost) >= minimax_ratio(weights, masked, steps) - 1e-9);
            let mut h: Vec<f64> = drops[..masked - 1].iter().rev().scan(0.0, |h, drop| { *h += drop; Some(*h) }).collect();
            h.reverse();
            h.push(0.0);
            let error = |cost: Vec<f64>| cost.iter().zip(&drops).map(|(cost, drop)| cost * drop).sum::<f64>();
            let optimum = Schedule::ProfileOptimal.plan(masked, steps, Some(&h)).unwrap().expected_cost();
            prop_assert!(error(cost) >= error(optimum) - 1e-9);
        }
    }
}
