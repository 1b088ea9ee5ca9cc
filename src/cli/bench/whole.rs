//! A whole run: what it takes beyond the GPU's own time for its calls.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use unmask::{
    denoiser::Denoiser,
    model::Model,
    order::Order,
    sampler::{Frame, Sampler, Settings},
    schedule::Schedule,
    strategy::Strategy,
};

/// What was measured of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Whole {
    pub length: usize,
    pub calls: usize,
    /// From nothing to the last frame; the median of several runs.
    pub ms: f64,
    /// Of all its calls by the GPU's own clock; none on the CPU.
    pub gpu_ms: Option<f64>,
}

/// Runs of which the median is taken.
const RUNS: usize = 5;

/// Runs of at most `steps` calls, by the schedule that needs to know nothing, in random order.
pub fn measure(model: &mut Model, length: usize, steps: usize) -> anyhow::Result<Whole> {
    let mut told = vec![];
    for _ in 0..=RUNS {
        let begun = Instant::now();
        let frames = run(model, length, steps)?;
        let ms = begun.elapsed().as_secs_f64() * 1000.0;
        // Every frame is what the next call begins with, so that each is timed as it was made.
        let mut gpu_ms = None;
        for frame in frames.iter().take(frames.len() - 1) {
            match pollster::block_on(model.timed_whole(&[&frame.tokens])) {
                Ok(ns) => *gpu_ms.get_or_insert(0.0) += ns / 1e6,
                Err(_) => break,
            }
        }
        told.push(Whole { length, calls: frames.len() - 1, ms, gpu_ms });
    }
    told.remove(0); // may have compiled
    told.sort_by(|a, b| a.ms.total_cmp(&b.ms));
    Ok(told.swap_remove(RUNS / 2))
}

fn run(model: &mut Model, length: usize, steps: usize) -> anyhow::Result<Vec<Frame>> {
    let schedule: Schedule = "adaptive-tc".parse()?;
    let strategy = Strategy::Scheduled { schedule, order: Order::Random, block_length: None, early_stop: None };
    let settings = Settings { strategy, steps, temperature: 1.0, seed: 1 };
    let mut sampler = Sampler::new(vec![model.mask_id(); length], model.mask_id(), settings)?;
    let mut frames = vec![];
    while let Some(frame) = pollster::block_on(sampler.next(model))? {
        frames.push(frame);
    }
    Ok(frames)
}
