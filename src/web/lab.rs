//! The lab's edge to the page: names and numbers in, JSON out. Its module holds no net, so that it is there at once.

use serde_json::json;
use wasm_bindgen::prelude::*;

use super::told;
use crate::{
    lab::{LAWS, Lab},
    law,
    random::{Purpose, Stream},
    schedule::{Draw, Schedule, ScheduleError},
};

/// The longest law that redraws while a slider moves.
const MAX_LENGTH: usize = 256;

/// The laws and schedules to choose from with a line on each, and the range of lengths.
#[wasm_bindgen]
pub fn lab_choices() -> String {
    let laws = LAWS.map(|(spec, about)| json!({ "spec": spec, "about": about }));
    let known = Schedule::ALL.into_iter().chain([Schedule::ProfileOptimal, Schedule::ProfileAware(Draw::Systematic)]);
    let schedules: Vec<_> = known.map(|known| json!({ "name": known.name(), "about": known.about() })).collect();
    json!({ "laws": laws, "schedules": schedules, "length": [2, MAX_LENGTH] }).to_string()
}

/// A law on the bench.
#[wasm_bindgen]
pub struct LawLab(Lab);

#[wasm_bindgen]
impl LawLab {
    /// The law that is spelled so, of so many tokens.
    pub fn open(law: &str, length: usize) -> Result<LawLab, JsError> {
        if !(1..=MAX_LENGTH).contains(&length) {
            return Err(JsError::new(&format!("length is {length}; the page takes 1 to {MAX_LENGTH}")));
        }
        Ok(Self(Lab::new(law, law::parse(law, length).map_err(told)?)))
    }

    /// What there is to know of the law: its information profile and the areas under it, in nats.
    pub fn profile(&self) -> String {
        let (law, profile) = (self.0.law(), self.0.profile());
        json!({
            "law": self.0.name(),
            "length": law.length(),
            "symbols": law.symbols(),
            "h": profile.h(),
            "standard_error": profile.standard_error(),
            "tc": profile.tc(),
            "dtc": profile.dtc(),
            "entropy": profile.entropy(),
        })
        .to_string()
    }

    /// Both errors of schedules (names with commas between) with numbers of calls, and the bounds: the report of
    /// `unmask lab --format json`.
    pub fn curves(&self, schedules: &str, steps: Vec<usize>) -> Result<String, JsError> {
        let schedules: Vec<Schedule> = crate::spec::list(schedules)
            .iter()
            .map(|name| name.parse())
            .collect::<Result<_, _>>()
            .map_err(told::<ScheduleError>)?;
        let report = self.0.report(&schedules, &steps).map_err(told)?;
        serde_json::to_string(&report).map_err(told)
    }

    /// One schedule with one number of calls: both errors, and for each count of revealed tokens `1..length` the chance
    /// that a call ends there.
    pub fn plan(&self, schedule: &str, steps: usize) -> Result<String, JsError> {
        let plan = self.0.plan(schedule.parse().map_err(told::<ScheduleError>)?, steps).map_err(told)?;
        let (kl_grid, kl_law) = (self.0.kl_grid(&plan), self.0.kl_law(&plan));
        Ok(json!({ "presence": plan.presence(), "kl_grid": kl_grid, "kl_law": kl_law }).to_string())
    }

    /// The grid that `seed` draws: how many tokens are revealed after each call.
    pub fn grid(&self, schedule: &str, steps: usize, seed: u64) -> Result<Vec<usize>, JsError> {
        let plan = self.0.plan(schedule.parse().map_err(told::<ScheduleError>)?, steps).map_err(told)?;
        Ok(plan.draw(&mut Stream::new(seed, Purpose::Sizes, 0)).points().to_vec())
    }
}
