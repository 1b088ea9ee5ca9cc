//! One seed, many independent streams: every random number is a pure function of what it is for.
//!
//! The hash is `pcg4d` of Jarzynski & Olano, "Hash Functions for GPU Rendering" (JCGT 9(3), 2020): four 32-bit words in,
//! four out, integer arithmetic only, so a WGSL kernel computes the very same numbers (`shaders/predict.wgsl`).

use std::convert::Infallible;

pub use ::forward::pcg4d;
use rand::TryRng;

/// The largest seed: whole numbers up to here survive JSON and JavaScript unchanged.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// What a random number is for. Streams of different purposes never share a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// How many tokens each call reveals.
    Sizes = 1,
    /// Which positions are revealed, and how ties between equal scores fall.
    Order = 2,
    /// Which token a position gets.
    Tokens = 3,
    /// What a random law is made of, and the sequences drawn from one.
    Law = 4,
    /// Which revealed tokens are masked again, and which masks a remasking run lifts.
    Remask = 5,
    /// What a step of training reads, and what of it is masked.
    Training = 6,
    /// In which order an epoch of training reads.
    Epoch = 7,
}

/// The stream of one purpose at one step of the run with one seed.
///
/// As a [`rand::Rng`] it counts upwards; by [`Stream::key`] any place in it is reached directly.
#[derive(Clone, Debug)]
pub struct Stream {
    key: [u32; 4],
    next: u32,
    spare: Option<u32>,
}

impl Stream {
    /// The stream of `purpose` at `step` (0 for what is drawn once a run).
    pub fn new(seed: u64, purpose: Purpose, step: u32) -> Self {
        let key = pcg4d([seed as u32, (seed >> 32) as u32, purpose as u32, step]);
        Self { key, next: 0, spare: None }
    }

    /// Three words that belong to `position` alone; `pcg4d([k0, k1, k2, token])` then belongs to one token there.
    pub fn key(&self, position: u32) -> [u32; 3] {
        let [a, b, c, _] = self.words(position);
        [a, b, c]
    }

    /// A uniform number in `[0, 1)` that belongs to `position` alone.
    pub fn uniform(&self, position: u32) -> f64 {
        let [a, b, ..] = self.words(position);
        unit(u64::from(a) << 32 | u64::from(b))
    }

    fn words(&self, position: u32) -> [u32; 4] {
        let [a, b, c, d] = self.key;
        pcg4d([a ^ d, b, c, position])
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.spare.take().unwrap_or_else(|| {
            let [a, b, ..] = self.words(self.next);
            self.next = self.next.wrapping_add(1);
            self.spare = Some(b);
            a
        }))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let high = self.try_next_u32()?;
        Ok(u64::from(high) << 32 | u64::from(self.try_next_u32()?))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(4) {
            chunk.copy_from_slice(&self.try_next_u32()?.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The top 53 bits of `bits` as a number in `[0, 1)`.
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// A uniform number in `[0, 1)` from any generator, the same on every platform.
pub fn uniform(rng: &mut impl rand::Rng) -> f64 {
    unit(rng.next_u64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn pcg4d_matches_values_worked_out_apart() {
        // Computed with Python integers from the published definition.
        assert_eq!(pcg4d([0, 0, 0, 0]), [251852841, 760645481, 850445371, 3542436074]);
        assert_eq!(pcg4d([1, 2, 3, 4]), [908250390, 4044648920, 3775961919, 45698095]);
    }

    #[test]
    fn streams_of_different_purpose_step_or_seed_differ() {
        let first = |seed, purpose, step| Stream::new(seed, purpose, step).next_u64();
        let base = first(7, Purpose::Order, 3);
        assert_eq!(base, first(7, Purpose::Order, 3));
        for other in
            [first(8, Purpose::Order, 3), first(7 + (1 << 40), Purpose::Order, 3), first(7, Purpose::Tokens, 3)]
        {
            assert_ne!(base, other);
        }
        assert_ne!(base, first(7, Purpose::Order, 4));
    }

    #[test]
    fn uniform_numbers_are_uniform() {
        let stream = Stream::new(1, Purpose::Order, 0);
        let n = 100_000;
        let mut bins = [0u32; 10];
        for i in 0..n {
            bins[(stream.uniform(i) * 10.0) as usize] += 1;
        }
        // Binomial(100 000, 0.1): standard deviation 95; five of them.
        for (bin, count) in bins.iter().enumerate() {
            assert!(count.abs_diff(n / 10) < 475, "bin {bin}: {count}");
        }
    }

    #[test]
    fn neighbouring_positions_are_uncorrelated() {
        let stream = Stream::new(2, Purpose::Tokens, 5);
        let n = 50_000;
        let covariance: f64 =
            (0..n).map(|i| (stream.uniform(i) - 0.5) * (stream.uniform(i + 1) - 0.5)).sum::<f64>() / f64::from(n);
        // Var of a product of two centred uniforms is 1/144: standard error 1/(12 sqrt(n)); five of them.
        assert!(covariance.abs() < 5.0 / 12.0 / f64::from(n).sqrt(), "{covariance}");
    }
}
