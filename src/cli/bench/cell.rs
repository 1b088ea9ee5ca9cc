//! Calls of one length and batch.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use unmask::{
    denoiser::{Ask, Denoiser, Extent, twin::STATS},
    model::{Model, flops},
};

use super::{
    first::First,
    kernels::{self, Ceilings, KernelTime},
};

/// What was measured of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cell {
    pub length: usize,
    pub batch: usize,
    /// The first call of this shape, in ms: it may compile.
    pub first_ms: f64,
    pub median_ms: f64,
    pub least_ms: f64,
    /// How many were measured.
    pub calls: usize,
    /// By the median.
    pub calls_per_second: f64,
    /// Positions that were predicted a second.
    pub tokens_per_second: f64,
    pub read_back_bytes: usize,
    /// Operations that a call sends to the GPU; none on the CPU.
    pub dispatches: Option<usize>,
    pub gflop: f64,
    pub gflops: f64,
    /// Of what products of matrices reach.
    pub share: f64,
    /// The logits alone, with nothing said of them, in ms: the median, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logits_ms: Option<f64>,
    /// If they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernels: Option<Vec<KernelTime>>,
}

/// At least so many calls are measured.
const LEAST: usize = 3;

/// A call on sequences that are all masked, and how many positions it told of.
pub fn call(model: &mut Model, length: usize, batch: usize, step: u32) -> anyhow::Result<usize> {
    let tokens = vec![model.mask_id(); length];
    let ask = |seed| Ask { seed, step, temperature: 1.0, extent: Extent::USUAL };
    let batch: Vec<_> = (0..batch as u64).map(|seed| (&tokens[..], ask(seed))).collect();
    let told = pollster::block_on(model.predict_batch(&batch))?;
    Ok(told.iter().map(Vec::len).sum())
}

impl Cell {
    pub fn measure(
        model: &mut Model,
        length: usize,
        batch: usize,
        seconds: f64,
        ceiling_gflops: f64,
        first: &First,
        extra: Extra,
    ) -> anyhow::Result<Self> {
        call(model, length, batch, 1)?; // this process has its own first
        let kernels = match extra.bandwidth {
            Some(bytes) => {
                let ceilings = Ceilings { flop: 1e9 * ceiling_gflops, bytes };
                Some(kernels::measure(model, length, batch, ceilings)?)
            }
            None => None,
        };
        let mut told = 0;
        let times = timed(seconds, |count| {
            told = call(model, length, batch, 2 + count)?;
            Ok(())
        })?;
        let median_ms = median(&times);
        let mut logits_ms = None;
        if extra.logits {
            let tokens = vec![model.mask_id(); batch * length];
            let times = timed(seconds, |_| {
                pollster::block_on(model.logits(&tokens, length))?;
                Ok(())
            })?;
            logits_ms = Some(median(&times));
        }
        let gflop = flops(model.config(), batch, length, length) / 1e9;
        let (a_second, gflops) = (1000.0 / median_ms, gflop * 1000.0 / median_ms);
        Ok(Self {
            length,
            batch,
            first_ms: first.first_ms,
            median_ms,
            least_ms: times[0],
            calls: times.len(),
            calls_per_second: a_second,
            tokens_per_second: told as f64 * a_second,
            read_back_bytes: told * STATS * size_of::<f32>(),
            dispatches: first.dispatches,
            gflop,
            gflops,
            share: gflops / ceiling_gflops,
            logits_ms,
            kernels,
        })
    }
}

/// What is measured when it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Extra {
    pub logits: bool,
    /// For each kernel: the bytes a second that the device copies.
    pub bandwidth: Option<f64>,
}

/// The ms of calls of so many seconds, rising; `call` is told how many were made before.
fn timed(seconds: f64, mut call: impl FnMut(u32) -> anyhow::Result<()>) -> anyhow::Result<Vec<f64>> {
    let (begun, mut times) = (Instant::now(), vec![]);
    while times.len() < LEAST || begun.elapsed().as_secs_f64() < seconds {
        let one = Instant::now();
        call(times.len() as u32)?;
        times.push(one.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    Ok(times)
}

fn median(times: &[f64]) -> f64 {
    f64::midpoint(times[times.len() / 2], times[(times.len() - 1) / 2])
}
