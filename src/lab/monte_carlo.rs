//! Both errors measured: runs of the sampler that drives the model, with 95 % intervals.

use super::{Lab, LabError, MIN_RUNS};
use crate::{
    denoiser::Denoiser,
    law::{Forced, LawDenoiser, sample},
    order::Order,
    sampler::{Sampler, Settings},
    schedule::Schedule,
    strategy::Strategy,
};

/// The two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_985;

/// A mean, and where the true one lies in 95 of 100 cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The best guess.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What runs of the sampler say of the two errors, in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampled {
    /// Of (A): the mean of `ln p(x) - ln q(x | grid, order)` over sequences of the law, with a normal interval.
    pub kl_grid: Interval,
    /// Of (B) on a code: minus the logarithm of the share of runs that end in a codeword, with Wilson's interval.
    pub kl_law: Option<Interval>,
}

impl Lab {
    /// Runs the sampler `runs` times for each error, seeded by `seed`, `seed + 1`, ...
    ///
    /// # Errors
    /// As [`Lab::plan`]; [`LabError::Runs`] for fewer than [`MIN_RUNS`].
    pub async fn sample(&self, schedule: Schedule, steps: usize, runs: usize, seed: u64) -> Result<Sampled, LabError> {
        self.plan(schedule, steps)?;
        if runs < MIN_RUNS {
            return Err(LabError::Runs(runs));
        }
        let seeds = || (0..runs as u64).map(|run| seed.wrapping_add(run) & crate::random::MAX_SEED);
        let (mut sum, mut square, mut size) = (0.0, 0.0, 0.0);
        for seed in seeds() {
            let sequence = sample(&*self.law, seed);
            let log_prob = self.law.log_prob(&sequence);
            let mut forced = Forced::new(self.law.clone(), sequence)?;
            let (drawn, _) = self.run(&mut forced, schedule, steps, seed).await?;
            let error = log_prob - drawn;
            sum += error;
            square += error * error;
            size += drawn.abs();
        }
        let count = runs as f64;
        let mean = sum / count;
        // Frames hold log-probabilities in single precision.
        let rounding = f64::from(f32::EPSILON) * size / count;
        let half = Z * ((square / count - mean * mean).max(0.0) / (count - 1.0)).sqrt() + rounding;
        let kl_grid = Interval { mean, low: mean - half, high: mean + half };
        let mut codewords = 0.0;
        if self.law.mds().is_none() {
            return Ok(Sampled { kl_grid, kl_law: None });
        }
        for seed in seeds() {
            let (_, tokens) = self.run(&mut LawDenoiser::new(self.law.clone()), schedule, steps, seed).await?;
            codewords += f64::from(u8::from(self.law.log_prob(&tokens).is_finite()));
        }
        Ok(Sampled { kl_grid, kl_law: Some(minus_log(codewords, count)) })
    }

    /// One run: the log-probability of what it drew, and the tokens.
    async fn run(
        &self,
        denoiser: &mut impl Denoiser,
        schedule: Schedule,
        steps: usize,
        seed: u64,
    ) -> Result<(f64, Vec<u32>), LabError> {
        let strategy = Strategy::scheduled(schedule, Order::Random);
        let settings = Settings { strategy, steps, temperature: 1.0, seed };
        let mask_id = denoiser.mask_id();
        let masks = vec![mask_id; self.law.length()];
        let mut sampler = Sampler::for_profile(masks, mask_id, settings, Some(self.profile.h()))?;
        let (mut log_prob, mut tokens) = (0.0, vec![]);
        while let Some(frame) = sampler.next(denoiser).await? {
            log_prob += frame.revealed.iter().map(|reveal| f64::from(reveal.log_prob)).sum::<f64>();
            tokens = frame.tokens;
        }
        Ok((log_prob, tokens))
    }
}

/// Wilson's interval for a share of `hits` in `count`, as minus its logarithm.
fn minus_log(hits: f64, count: f64) -> Interval {
    let share = hits / count;
    let scale = 1.0 + Z * Z / count;
    let middle = (share + Z * Z / (2.0 * count)) / scale;
    let half = Z / scale * (share * (1.0 - share) / count + Z * Z / (4.0 * count * count)).sqrt();
    // The ends are exact where every run hits, or none; rounding would leave them a little inside.
    let (least, most) =
        (if hits == 0.0 { 0.0 } else { middle - half }, if hits == count { 1.0 } else { middle + half });
    let minus_log = |share: f64| 0.0 - share.clamp(0.0, 1.0).ln();
    Interval { mean: minus_log(share), low: minus_log(most), high: minus_log(least) }
}
