//! What a profile measured on text says of schedules before any of them has run: one dot product each.

use serde::{Deserialize, Serialize};

use crate::{
    law,
    profile::{Mean, Measured},
    random::{Purpose, Stream},
    schedule::{Grid, Plan, Schedule, ScheduleError},
};

/// Why there is no forecast.
#[derive(Debug, thiserror::Error)]
pub enum ForecastError {
    /// More calls than tokens, or none.
    #[error("steps is {steps}; it must be between 1 and the length, {length}")]
    Steps {
        /// The calls that were asked for.
        steps: usize,
        /// The tokens of a window.
        length: usize,
    },
    /// The schedule cannot be made for these calls.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// What was told as a profile does not rise from 0 to the length less 1.
    #[error("the profile is told at {revealed:?} revealed tokens; they must rise from 0 to the length less 1, {last}")]
    Told {
        /// Where it is told.
        revealed: Vec<usize>,
        /// Where it must end.
        last: usize,
    },
    /// More tokens than the profile knows.
    #[error("{given} tokens given and {masked} masked; the profile is of {length}")]
    Given {
        /// What stands already.
        given: usize,
        /// What is to be revealed.
        masked: usize,
        /// The tokens of a window.
        length: usize,
    },
    /// The losses are no profile.
    #[error(transparent)]
    Profile(#[from] law::ProfileError),
}

/// `l(j)` at one `j`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// `j`, how many tokens are revealed.
    pub revealed: usize,
    /// `l(j)`, in nats per token.
    pub nats: f64,
    /// Its standard error.
    pub se: f64,
}

/// A profile as [`Forecast`] tells it, read back: what is expected of runs on texts like those that were measured.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Told {
    /// `L`, the tokens of a window.
    pub length: usize,
    /// `l(j)` where it was measured, straight in between.
    pub profile: Vec<Point>,
}

impl Told {
    /// What `schedule` is expected to lose in at most `steps` calls in random order on a text of which `given` tokens stand
    /// already, in nats: those count as if they stood at random places.
    ///
    /// # Errors
    /// [`ForecastError`]; there is something to reveal.
    pub fn expected(&self, schedule: Schedule, steps: usize, given: usize) -> Result<f64, ForecastError> {
        let masked = self.length.saturating_sub(given);
        let plan = plan(masked, schedule, steps.min(masked.max(1)), None)?;
        self.loss(&plan.expected_cost(), given, masked)
    }

    /// What calls of these sizes lose, likewise.
    ///
    /// # Errors
    /// [`ForecastError`]; the sizes sum to what is not given.
    pub fn drawn(&self, sizes: &[usize], given: usize) -> Result<f64, ForecastError> {
        self.loss(&Grid::from_sizes(sizes.iter().copied()).cost(), given, sizes.iter().sum())
    }

    /// The profile as if it had just been measured, but for its standard errors.
    ///
    /// # Errors
    /// [`ForecastError::Told`].
    pub fn measured(&self) -> Result<Measured, ForecastError> {
        let (revealed, nats): (Vec<usize>, Vec<f64>) = self.profile.iter().map(|at| (at.revealed, at.nats)).unzip();
        let last = self.length.saturating_sub(1);
        let rises = revealed.is_sorted_by(|one, other| one < other);
        if !rises || revealed.first() != Some(&0) || revealed.last() != Some(&last) {
            return Err(ForecastError::Told { revealed, last });
        }
        Ok(Measured::known(revealed, nats))
    }

    fn loss(&self, cost: &[f64], given: usize, masked: usize) -> Result<f64, ForecastError> {
        let length = self.length;
        if given + masked != length {
            return Err(ForecastError::Given { given, masked, length });
        }
        // Whatever is given costs nothing.
        let cost: Vec<f64> = std::iter::repeat_n(0.0, given).chain(cost.iter().copied()).collect();
        Ok(self.measured()?.error(&cost).nats)
    }
}

/// What a schedule will lose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Predicted {
    /// Its name.
    pub schedule: String,
    /// `K`.
    pub steps: usize,
    /// What its calls lose on a window by predicting tokens apart, in nats: `sum_j (l(j - 1) - l(j)) E[cost_j]`. Noise may
    /// take it below 0.
    pub nats: f64,
    /// Its standard error.
    pub se: f64,
}

/// The best grid for the profile (theory section 6.4).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Optimal {
    /// `K`.
    pub steps: usize,
    /// What the best grid of other windows loses on a window, in nats: see [`predicted`].
    pub nats: f64,
    /// Its standard error.
    pub se: f64,
    /// The numbers of revealed tokens after each call, at most `K`; made from all windows.
    pub grid: Vec<usize>,
}

/// How much text was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Tokens of all windows.
    pub tokens: usize,
    /// Bytes of text that they stand for; special tokens stand for none.
    pub bytes: usize,
}

/// A denoiser on a text, and schedules for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// `L`, the tokens of a window.
    pub length: usize,
    /// How many windows were measured.
    pub windows: usize,
    /// The tokens of them all.
    pub tokens: usize,
    /// The bytes of text that they stand for.
    pub bytes: usize,
    /// The negative evidence lower bound, in nats per token.
    pub nelbo: f64,
    /// Its standard error.
    pub nelbo_se: f64,
    /// In nats per byte of text.
    pub nelbo_per_byte: f64,
    /// `exp(nelbo)`.
    pub perplexity: f64,
    /// Total correlation as this denoiser sees it, in nats a window.
    pub tc: f64,
    /// Its standard error.
    pub tc_se: f64,
    /// Dual total correlation, likewise.
    pub dtc: f64,
    /// Its standard error.
    pub dtc_se: f64,
    /// The information profile where it was measured.
    pub profile: Vec<Point>,
    /// One for each schedule and number of calls, schedule by schedule.
    pub predicted: Vec<Predicted>,
    /// One for each number of calls.
    pub optimal: Vec<Optimal>,
}

impl Forecast {
    /// From what was measured.
    ///
    /// # Errors
    /// [`ForecastError`]; `steps` are between 1 and the length.
    pub fn new(
        measured: &Measured,
        size: Size,
        schedules: &[Schedule],
        steps: &[usize],
    ) -> Result<Self, ForecastError> {
        let (nelbo, tc, dtc) = (measured.nelbo(), measured.tc(), measured.dtc());
        let all = || schedules.iter().flat_map(|&schedule| steps.iter().map(move |&steps| (schedule, steps)));
        let one = |(schedule, steps): (Schedule, usize)| {
            let Mean { nats, se } = predicted(measured, schedule, steps)?;
            Ok(Predicted { schedule: schedule.to_string(), steps, nats, se })
        };
        let points = measured.points().into_iter();
        Ok(Self {
            length: measured.length(),
            windows: measured.windows(),
            tokens: size.tokens,
            bytes: size.bytes,
            nelbo: nelbo.nats,
            nelbo_se: nelbo.se,
            nelbo_per_byte: nelbo.nats * size.tokens as f64 / size.bytes as f64,
            perplexity: nelbo.nats.exp(),
            tc: tc.nats,
            tc_se: tc.se,
            dtc: dtc.nats,
            dtc_se: dtc.se,
            profile: points.map(|(revealed, mean)| Point { revealed, nats: mean.nats, se: mean.se }).collect(),
            predicted: all().map(one).collect::<Result<_, ForecastError>>()?,
            optimal: steps.iter().map(|&steps| optimal(measured, steps)).collect::<Result<_, _>>()?,
        })
    }
}

/// What `schedule` loses on a window in `steps` calls in random order, in nats (theory section 2, (I)). One that is made for
/// the profile is made for that of the even windows and priced on the odd ones, and the other way round: what is told is the
/// mean of both, and not of the grid that all windows together give, which would be priced on the noise it was made from.
///
/// # Errors
/// [`ForecastError::Steps`] unless `1 <= steps <= L`; [`ForecastError::Schedule`].
pub fn predicted(measured: &Measured, schedule: Schedule, steps: usize) -> Result<Mean, ForecastError> {
    let length = measured.length();
    let cost = |profile: Option<&[f64]>| Ok(plan(length, schedule, steps, profile)?.expected_cost());
    match schedule.needs_profile() {
        true => measured.crossed_error(|profile| cost(Some(profile.h()))),
        false => Ok(measured.error(&cost(None)?)),
    }
}

fn optimal(measured: &Measured, steps: usize) -> Result<Optimal, ForecastError> {
    let Mean { nats, se } = predicted(measured, Schedule::ProfileOptimal, steps)?;
    let profile = measured.profile()?;
    let plan = plan(measured.length(), Schedule::ProfileOptimal, steps, Some(profile.h()))?;
    // One grid only: whatever is drawn with, it is the same.
    let grid = plan.draw(&mut Stream::new(0, Purpose::Sizes, 0));
    Ok(Optimal { steps, nats, se, grid: grid.points().to_vec() })
}

fn plan(length: usize, schedule: Schedule, steps: usize, profile: Option<&[f64]>) -> Result<Plan, ForecastError> {
    if !(1..=length).contains(&steps) {
        return Err(ForecastError::Steps { steps, length });
    }
    Ok(schedule.plan(length, steps, profile)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        lab::Lab,
        law::{LawDenoiser, parse, sample},
        profile::{grid, measure},
    };

    #[test]
    fn a_known_profile_gives_the_errors_of_the_lab() {
        let law = || parse("mixture:0.1,0.9", 16).unwrap();
        let lab = Lab::new("mixture", law());
        let measured = Measured::exact(law().profile().h(), &grid(16, 16));
        for schedule in Schedule::ALL.into_iter().chain([Schedule::ProfileOptimal]) {
            let found = predicted(&measured, schedule, 5).unwrap();
            let wanted = lab.kl_grid(&lab.plan(schedule, 5).unwrap());
            assert!((found.nats - wanted).abs() < 1e-12, "{schedule}: {found:?} instead of {wanted}");
        }
        let error = predicted(&measured, Schedule::Uniform, 17).unwrap_err();
        assert_eq!(error.to_string(), "steps is 17; it must be between 1 and the length, 16");
        assert!(predicted(&measured, Schedule::OneAtATime, 4).is_err());
    }

    fn told(spec: &str, length: usize) -> Told {
        let profile = parse(spec, length).unwrap().profile();
        let points = profile.h().iter().enumerate().map(|(revealed, &nats)| Point { revealed, nats, se: 0.0 });
        Told { length, profile: points.collect() }
    }

    #[test]
    fn a_told_profile_gives_the_errors_of_the_lab_and_drawn_sizes_give_them_on_average() {
        let told = told("mixture:0.1,0.9", 16);
        let lab = Lab::new("mixture", parse("mixture:0.1,0.9", 16).unwrap());
        for schedule in Schedule::ALL.into_iter().filter(|&one| one != Schedule::OneAtATime) {
            let plan = lab.plan(schedule, 5).unwrap();
            let found = told.expected(schedule, 5, 0).unwrap();
            assert!((found - lab.kl_grid(&plan)).abs() < 1e-12, "{schedule}: {found}");
            let draws = 4000;
            let mean = (0..draws)
                .map(|seed| plan.draw(&mut Stream::new(seed, Purpose::Sizes, 0)).sizes())
                .map(|sizes| told.drawn(&sizes, 0).unwrap())
                .sum::<f64>()
                / draws as f64;
            assert!((mean - found).abs() < 0.03 * found.max(0.1), "{schedule}: {mean} instead of {found}");
        }
        assert_eq!(told.expected(Schedule::OneAtATime, 16, 0).unwrap(), 0.0);
    }

    #[test]
    fn what_is_given_costs_nothing_and_shortens_the_rest() {
        let all = told("markov:flip=0.1", 12);
        // One call for what is left loses its whole TC given the first: the area between l(4) and the curve from there.
        let h = parse("markov:flip=0.1", 12).unwrap().profile();
        let wanted: f64 = h.h()[4..].iter().map(|nats| h.h()[4] - nats).sum();
        assert!((all.expected(Schedule::Uniform, 1, 4).unwrap() - wanted).abs() < 1e-12);
        assert!((all.drawn(&[8], 4).unwrap() - wanted).abs() < 1e-12);
        assert_eq!(all.drawn(&[1; 8], 4).unwrap(), 0.0);
        let error = all.drawn(&[8], 3).unwrap_err().to_string();
        assert_eq!(error, "3 tokens given and 8 masked; the profile is of 12");
        let cut = Told { profile: all.profile[1..].to_vec(), ..all };
        assert!(cut.drawn(&[12], 0).unwrap_err().to_string().contains("must rise from 0 to the length less 1, 11"));
    }

    #[test]
    fn a_measured_law_is_forecast_about_right() {
        let law = parse("markov:flip=0.1", 12).unwrap();
        let exact = law.profile();
        let windows: Vec<Vec<u32>> = (0..600).map(|seed| sample(law.as_ref(), seed)).collect();
        let mut denoiser = LawDenoiser::new(law);
        let measured = pollster::block_on(measure(&mut denoiser, &windows, &grid(12, 12), 1, |_| ())).unwrap();
        let size = Size { tokens: 7200, bytes: 3600 };
        let forecast = Forecast::new(&measured, size, &[Schedule::Uniform, Schedule::Cosine], &[2, 4, 12]).unwrap();
        assert_eq!((forecast.predicted.len(), forecast.optimal.len(), forecast.profile.len()), (6, 3, 12));
        assert_eq!(forecast.nelbo_per_byte, forecast.nelbo * 2.0);
        let exact = Measured::exact(exact.h(), &grid(12, 12));
        let wanted = predicted(&exact, Schedule::Uniform, 2).unwrap().nats;
        let found = &forecast.predicted[0];
        assert_eq!((found.schedule.as_str(), found.steps), ("uniform", 2));
        assert!((found.nats - wanted).abs() < 4.0 * found.se, "{found:?} instead of {wanted}");
        assert!(found.se > 0.0 && found.se < 0.05 * wanted, "{found:?}");
        assert_eq!((forecast.predicted[2].nats, forecast.predicted[2].se), (0.0, 0.0));
        // Where the profile of one half is flat its grid saves calls, which is not free on the other.
        assert!(forecast.optimal[2].nats.abs() < 0.05, "{:?}", forecast.optimal[2]);
        for (optimal, uniform) in forecast.optimal.iter().zip(&forecast.predicted) {
            assert!(optimal.nats <= uniform.nats + uniform.se + 0.01 && optimal.grid.last() == Some(&12));
        }
    }
}
