//! As many steps as fit into the minutes that a user has.

use std::time::{Duration, Instant};

use unmask::train::Trainer;

/// The first steps, in which a GPU compiles what it will run.
const FIRST: u64 = 3;

/// After so many the speed is known for a start.
const KNOWN: u64 = 10;

/// When a run is to end.
pub struct Deadline {
    end: Instant,
    /// The step before the run, and when those that count began.
    from: u64,
    timed: Option<(u64, Instant)>,
}

impl Deadline {
    /// So many minutes from now.
    pub fn new(minutes: f64, trainer: &mut Trainer) -> Self {
        let from = trainer.progress().step;
        // Until the speed is known there is always another step.
        trainer.plan(trainer.settings().steps.max(from + KNOWN + 1), Some(minutes));
        Self { end: Instant::now() + Duration::from_secs_f64(minutes * 60.0), from, timed: None }
    }

    /// Hears of a step.
    pub fn step(&mut self, trainer: &mut Trainer) {
        let step = trainer.progress().step;
        if step == self.from + FIRST {
            self.timed = Some((step, Instant::now()));
        } else if step == self.from + KNOWN {
            self.settle(trainer);
        }
    }

    /// Sets the number of steps by the time that those so far have taken, with all that was measured and written between.
    pub fn settle(&self, trainer: &mut Trainer) {
        let (step, now) = (trainer.progress().step, Instant::now());
        let Some((from, begun)) = self.timed.filter(|&(from, _)| step > from) else { return };
        let a_step = (now - begun).as_secs_f64() / (step - from) as f64;
        let left = self.end.saturating_duration_since(now).as_secs_f64();
        trainer.plan(step + (left / a_step) as u64, None);
    }
}
