//! The lab's numbers as data, and what they are compared with.

use serde::Serialize;

use super::{Lab, LabError};
use crate::schedule::{Schedule, Weights, oracle, worst_ratio};

/// One schedule with one number of calls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its name.
    pub schedule: String,
    /// `K`.
    pub steps: usize,
    /// (A), averaged over grids, in nats.
    pub kl_grid: f64,
    /// (B), of the law really sampled, in nats; `None` where it has no closed form.
    pub kl_law: Option<f64>,
}

/// What (A) of any schedule of so many calls is compared with, in nats.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bounds {
    /// `K`.
    pub steps: usize,
    /// The least that any schedule can reach, which takes knowing the profile.
    pub oracle: f64,
    /// `TC / K`, a line to compare slopes with.
    pub tc_over_k: f64,
    /// `DTC / K`.
    pub dtc_over_k: f64,
    /// Theorem 1 for `adaptive-tc`.
    pub theorem_1_tc: f64,
    /// Theorem 1 for `adaptive-dtc`.
    pub theorem_1_dtc: f64,
    /// Theorem 1 for `adaptive-min`.
    pub theorem_1_min: f64,
}

impl Bounds {
    /// Each with its name; Theorem 1 with the schedule that it is about.
    pub fn named(&self) -> [(&'static str, Option<&'static str>, f64); 6] {
        [
            ("oracle", None, self.oracle),
            ("TC/K", None, self.tc_over_k),
            ("DTC/K", None, self.dtc_over_k),
            ("Theorem 1 for adaptive-tc", Some("adaptive-tc"), self.theorem_1_tc),
            ("Theorem 1 for adaptive-dtc", Some("adaptive-dtc"), self.theorem_1_dtc),
            ("Theorem 1 for adaptive-min", Some("adaptive-min"), self.theorem_1_min),
        ]
    }
}

/// Schedules on a law.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// As it was spelled.
    pub law: String,
    /// `L`.
    pub length: usize,
    /// Total correlation, in nats.
    pub tc: f64,
    /// Dual total correlation, in nats.
    pub dtc: f64,
    /// Whether the profile is exact, not an estimate.
    pub exact: bool,
    /// One for each schedule and number of calls, schedule by schedule.
    pub rows: Vec<Row>,
    /// One for each number of calls.
    pub bounds: Vec<Bounds>,
    /// The worst case over all laws, one for each row.
    pub worst: Vec<Worst>,
}

/// The worst (A) that a schedule has on any law, relative to what its law is made of. No property of this law.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// Its name.
    pub schedule: String,
    /// `K`.
    pub steps: usize,
    /// In nats per nat of TC.
    pub per_tc: f64,
    /// In nats per nat of DTC.
    pub per_dtc: f64,
}

impl Lab {
    /// One schedule with one number of calls.
    ///
    /// # Errors
    /// As [`Lab::plan`].
    pub fn row(&self, schedule: Schedule, steps: usize) -> Result<Row, LabError> {
        Ok(self.assess(schedule, steps)?.0)
    }

    /// The worst case of a schedule over all laws of this length.
    ///
    /// # Errors
    /// As [`Lab::plan`].
    pub fn worst(&self, schedule: Schedule, steps: usize) -> Result<Worst, LabError> {
        Ok(self.assess(schedule, steps)?.1)
    }

    /// Both, from one plan and one cost.
    fn assess(&self, schedule: Schedule, steps: usize) -> Result<(Row, Worst), LabError> {
        let plan = self.plan(schedule, steps)?;
        let cost = plan.expected_cost();
        let kl_grid = self.error(&cost);
        let row = Row { schedule: schedule.to_string(), steps, kl_grid, kl_law: self.kl_law_beside(&plan, kl_grid) };
        let (per_tc, per_dtc) = (worst_ratio(Weights::Tc, &cost), worst_ratio(Weights::Dtc, &cost));
        Ok((row, Worst { schedule: schedule.to_string(), steps, per_tc, per_dtc }))
    }

    /// Every schedule with every number of calls.
    ///
    /// # Errors
    /// As [`Lab::plan`].
    pub fn report(&self, schedules: &[Schedule], steps: &[usize]) -> Result<Report, LabError> {
        steps.iter().try_for_each(|&steps| self.check(steps))?; // without schedules nobody else would
        let all = || schedules.iter().flat_map(|&schedule| steps.iter().map(move |&steps| (schedule, steps)));
        let assessed = all().map(|(schedule, steps)| self.assess(schedule, steps)).collect::<Result<Vec<_>, _>>()?;
        let (rows, worst) = assessed.into_iter().unzip();
        let most = steps.iter().copied().max().unwrap_or(0);
        let oracle = oracle(&self.drops, most);
        let (tc, dtc) = (self.profile.tc(), self.profile.dtc());
        let bound = |weights, steps| self.bound(weights, steps).unwrap_or(f64::INFINITY);
        let bounds = steps.iter().map(|&steps| Bounds {
            steps,
            oracle: oracle[steps - 1],
            tc_over_k: tc / steps as f64,
            dtc_over_k: dtc / steps as f64,
            theorem_1_tc: bound(Weights::Tc, steps),
            theorem_1_dtc: bound(Weights::Dtc, steps),
            theorem_1_min: bound(Weights::Min, steps),
        });
        let exact = self.profile.standard_error().is_none();
        let bounds = bounds.collect();
        Ok(Report { law: self.name.clone(), length: self.law.length(), tc, dtc, exact, rows, bounds, worst })
    }
}
