//! Runs that keep keys and values between calls: what they save, and how far they are from exact ones.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use unmask::{
    denoiser::{Beside, Denoiser},
    model::{Model, ModelFiles, Place},
    order::Order,
    sampler::{Sampler, Settings},
    schedule::Schedule,
    strategy::Strategy,
    sweep::Ruler,
    text::sha256,
};

use crate::cli::print::Progress;

/// Runs of each interval, with the seeds from 1 on.
const RUNS: u64 = 32;

/// What was measured of runs that compute all once in so many calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cached {
    pub length: usize,
    /// 1 is exact.
    pub refresh: usize,
    /// The most that a run may make.
    pub steps: usize,
    /// Of a run; the median.
    pub ms: f64,
    /// The time of a run by that of the exact run of its seed; the median.
    pub time: f64,
    /// Of the tokens that were revealed, the share that is the exact run's of that seed.
    pub same: f64,
    /// KL of the predictions from those of an exact call on the same tokens, the mean over all masked positions of all calls.
    pub nats_off: f64,
    /// Minus log-probability a token under the built-in judge, the mean over runs; none of other tokenizers' texts.
    pub judge_nats: Option<f64>,
}

/// Runs of `length` tokens in `steps` calls at most, by the usual schedule in random order, for every interval after the exact
/// one.
pub fn measure(
    files: &ModelFiles,
    model: &mut Model,
    length: usize,
    steps: usize,
    intervals: &[usize],
    progress: &Progress,
) -> anyhow::Result<Vec<Cached>> {
    let mut exact = Model::load(files, Place::cpu())?;
    let judge = Some(ModelFiles::judge()).filter(|judge| sha256(&judge.tokenizer) == model.text().hash());
    let mut judge = judge.map(|files| Model::load_judge(&files, Place::cpu())).transpose()?;
    let judge_reads = judge.as_ref().is_some_and(|judge| length <= judge.config().seq_len);
    let fresh: Vec<usize> = (0..length).collect();
    run(model, length, steps, 0)?; // threads and memory are there
    let mut told: Vec<Sums> = std::iter::once(1).chain(intervals.iter().copied()).map(Sums::of).collect();
    for seed in 1..=RUNS {
        progress.tell(format_args!("runs with a cache, seed {seed} of {RUNS} ..."));
        let mut first = None;
        for sums in &mut told {
            model.keep(sums.refresh)?;
            let begun = Instant::now();
            let tokens = run(model, length, steps, seed)?;
            let ms = begun.elapsed().as_secs_f64() * 1000.0;
            let (wanted, wanted_ms) = first.get_or_insert_with(|| (tokens.clone(), ms));
            sums.ms.push(ms);
            sums.times.push(ms / *wanted_ms);
            sums.same += wanted.iter().zip(&tokens).filter(|(a, b)| a == b).count();
            if let Some(judge) = judge.as_mut().filter(|_| judge_reads) {
                let end = judge.config().eot_id;
                let mut ruler = Ruler { judge: Some(judge), grams: None, end };
                sums.judge_nats += pollster::block_on(ruler.measure(&tokens, &fresh))?.nats.unwrap_or_default();
            }
            let mut beside = Beside::new(model, &mut exact);
            run(&mut beside, length, steps, seed)?;
            let (nats, positions) = beside.off();
            sums.nats += nats;
            sums.positions += positions;
        }
    }
    model.keep(1)?;
    Ok(told.into_iter().map(|sums| sums.told(length, steps, judge_reads)).collect())
}

/// What has been measured of an interval so far.
struct Sums {
    refresh: usize,
    ms: Vec<f64>,
    times: Vec<f64>,
    same: usize,
    nats: f64,
    positions: usize,
    judge_nats: f64,
}

impl Sums {
    fn of(refresh: usize) -> Self {
        Self { refresh, ms: vec![], times: vec![], same: 0, nats: 0.0, positions: 0, judge_nats: 0.0 }
    }

    fn told(self, length: usize, steps: usize, judged: bool) -> Cached {
        let tokens = (length as u64 * RUNS) as f64;
        Cached {
            length,
            refresh: self.refresh,
            steps,
            ms: median(self.ms),
            time: median(self.times),
            same: self.same as f64 / tokens,
            nats_off: self.nats / self.positions.max(1) as f64,
            judge_nats: judged.then_some(self.judge_nats / tokens),
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    f64::midpoint(values[values.len() / 2], values[(values.len() - 1) / 2])
}

/// The tokens that a run ends with.
fn run(denoiser: &mut impl Denoiser, length: usize, steps: usize, seed: u64) -> anyhow::Result<Vec<u32>> {
    let schedule: Schedule = "adaptive-min".parse()?;
    let strategy = Strategy::scheduled(schedule, Order::Random);
    let settings = Settings { strategy, steps, temperature: 1.0, seed };
    let mask_id = denoiser.mask_id();
    let mut sampler = Sampler::new(vec![mask_id; length], mask_id, settings)?;
    let mut tokens = vec![];
    while let Some(frame) = pollster::block_on(sampler.next(denoiser))? {
        tokens = frame.tokens;
    }
    Ok(tokens)
}
