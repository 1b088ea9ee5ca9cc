//! What a call says of a row of logits.

use crate::{Task, pcg4d, vectorised};

/// How many of the likeliest tokens are listed.
pub const TOP: usize = 5;

/// Numbers in a row of statistics: log-sum-exp, entropy, highest probability, margin, drawn token, its log-probability,
/// the [`TOP`] likeliest tokens, their probabilities.
pub const STATS: usize = 6 + 2 * TOP;

/// What holds for every row of one call.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// 0 takes the likeliest token.
    pub temperature: f32,
    /// Never drawn, and left out of the statistics.
    pub mask_id: u32,
    /// Likewise.
    pub pad_id: u32,
}

/// Statistics of one row of `logits` `[vocab]`; minus infinity is a token that cannot be.
pub fn statistics(logits: &[f32], key: [u32; 3], draw: Draw) -> [f32; STATS] {
    vectorised(Statistics { logits, key, draw })
}

struct Statistics<'a> {
    logits: &'a [f32],
    key: [u32; 3],
    draw: Draw,
}

impl Task for Statistics<'_> {
    type Output = [f32; STATS];

    #[inline(always)]
    fn call(self) -> Self::Output {
        let Self { logits, key, draw } = self;
        Row::new(logits, [draw.mask_id, draw.pad_id]).stats(key, draw.temperature)
    }
}

/// The log-probability of a token by one row of `logits` `[vocab]`, in nats, among all tokens but mask and padding.
pub fn log_prob(logits: &[f32], token: u32, mask_id: u32, pad_id: u32) -> f32 {
    let (highest, sum) = vectorised(Sum { logits, never: [mask_id, pad_id] });
    logits[token as usize] - highest - sum.ln() as f32
}

struct Sum<'a> {
    logits: &'a [f32],
    never: [u32; 2],
}

impl Task for Sum<'_> {
    type Output = (f32, f64);

    #[inline(always)]
    fn call(self) -> Self::Output {
        let row = Row::new(self.logits, self.never);
        let highest = row.highest();
        (highest, row.sums(highest).0)
    }
}

/// Tokens looked at together. The loops over them are plain, for the compiler to make vectors of.
const LANES: usize = 16;

/// The logits of a row, with minus infinity for what is left out of everything.
struct Row {
    /// Whole groups of tokens, so more than the vocabulary.
    logits: Vec<f32>,
    vocab: usize,
    never: [u32; 2],
}

impl Row {
    #[inline(always)]
    fn new(row: &[f32], never: [u32; 2]) -> Self {
        let mut logits = Vec::with_capacity(row.len().next_multiple_of(LANES));
        logits.extend_from_slice(row);
        logits.resize(row.len().next_multiple_of(LANES), f32::NEG_INFINITY);
        for token in never {
            if let Some(logit) = logits.get_mut(token as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        Self { logits, vocab: row.len(), never }
    }

    #[inline(always)]
    fn stats(&self, key: [u32; 3], temperature: f32) -> [f32; STATS] {
        let highest = self.highest();
        let (sum, weighted) = self.sums(highest);
        let top = self.top();
        let likeliest = top[0].map_or(0, |(_, token)| token);
        let drawn = if temperature == 0.0 { None } else { self.drawn(key, temperature, likeliest) };
        let token = drawn.unwrap_or(likeliest);
        let log_sum_exp = highest + sum.ln() as f32;
        let probability = |rank: usize| top[rank].map_or(0.0, |(x, _)| (x - log_sum_exp).exp());
        let mut stats = [0.0; STATS];
        stats[0] = log_sum_exp;
        stats[1] = (sum.ln() - weighted / sum) as f32;
        stats[2] = probability(0);
        stats[3] = probability(0) - probability(1);
        stats[4] = token as f32;
        stats[5] = self.logits[token as usize] - log_sum_exp;
        for rank in 0..TOP {
            stats[6 + rank] = top[rank].map_or(0.0, |(_, token)| token as f32);
            stats[6 + TOP + rank] = probability(rank);
        }
        stats
    }

    /// First tokens of the groups, and their logits.
    #[inline(always)]
    fn groups(&self) -> impl Iterator<Item = (u32, &[f32; LANES])> {
        (0u32..).step_by(LANES).zip(self.logits.as_chunks().0)
    }

    /// The tokens of a group that may be, in order.
    #[inline(always)]
    fn allowed<'a>(&self, first: u32, group: &'a [f32; LANES]) -> impl Iterator<Item = (f32, u32)> + use<'a> {
        let (never, vocab) = (self.never, self.vocab);
        let tokens = group.iter().copied().zip(first..);
        tokens.filter(move |&(_, token)| (token as usize) < vocab && !never.contains(&token))
    }

    #[inline(always)]
    fn highest(&self) -> f32 {
        let higher = |a: f32, b: f32| if a > b { a } else { b };
        let mut highest = [f32::MIN; LANES];
        for (_, group) in self.groups() {
            for (highest, &x) in highest.iter_mut().zip(group) {
                *highest = higher(x, *highest);
            }
        }
        highest.into_iter().fold(f32::MIN, higher)
    }

    /// The sums of `e^(x - highest)` and of `(x - highest) e^(x - highest)`.
    #[inline(always)]
    fn sums(&self, highest: f32) -> (f64, f64) {
        let (mut sums, mut weighted) = ([0f64; LANES], [0f64; LANES]);
        for (_, group) in self.groups() {
            for lane in 0..LANES {
                let below = f64::from(group[lane] - highest);
                let term = exp(below);
                sums[lane] += term;
                weighted[lane] += if term > 0.0 { below * term } else { 0.0 };
            }
        }
        (sums.iter().sum(), weighted.iter().sum())
    }

    #[inline(always)]
    fn top(&self) -> [Option<(f32, u32)>; TOP] {
        let mut top: [Option<(f32, u32)>; TOP] = [None; TOP];
        for (first, group) in self.groups() {
            // Tokens come in order, so that one as high as the last of the top is behind it.
            if let Some((least, _)) = top[TOP - 1]
                && !any(group, |x| x > least)
            {
                continue;
            }
            for mut candidate in self.allowed(first, group) {
                if top[TOP - 1].is_some_and(|last| !ahead(candidate, last)) {
                    continue;
                }
                for place in &mut top {
                    if place.is_none_or(|other| ahead(candidate, other)) {
                        match place.replace(candidate) {
                            Some(passed) => candidate = passed,
                            None => break,
                        }
                    }
                }
            }
        }
        top
    }

    /// The token whose logit with noise is highest. The logarithms of the noise are taken of those alone that can be
    /// it.
    #[inline(always)]
    fn drawn(&self, key: [u32; 3], temperature: f32, likeliest: u32) -> Option<u32> {
        let bits = |token: u32| pcg4d([key[0], key[1], key[2], token])[0];
        let noisy = |x: f32, token: u32| x + temperature * gumbel(bits(token));
        let mut bound = noisy(self.logits[likeliest as usize], likeliest);
        let mut drawn: Option<(f32, u32)> = None;
        let scale = std::f32::consts::LOG2_E / temperature;
        for (first, group) in self.groups() {
            // x + T noise > bound means e < e^((x - bound) / T) of the exponential variate e; and e > w, the uniform
            // one it is made of, whose binary logarithm is above what the bits of w are as a number.
            let mut possible = false;
            for (&x, token) in group.iter().zip(first..) {
                let below = uniform(bits(token)).to_bits() as i32 as f32 * (1.0 / 8_388_608.0) - 127.0;
                let rounding = (x.abs() + bound.abs()) * scale * (1.0 / 4_194_304.0) + 1e-3;
                possible |= below < (x - bound) * scale + rounding;
            }
            if possible {
                for (x, token) in self.allowed(first, group) {
                    let noisy = noisy(x, token);
                    // Tokens come in order, so "strictly higher" leaves ties to the lower one.
                    if drawn.is_none_or(|(best, _)| noisy > best) {
                        drawn = Some((noisy, token));
                        bound = if noisy > bound { noisy } else { bound };
                    }
                }
            }
        }
        drawn.map(|(_, token)| token)
    }
}

/// Whether any of a group is as told.
#[inline(always)]
fn any(group: &[f32; LANES], is: impl Fn(f32) -> bool) -> bool {
    let mut any = false;
    for &x in group {
        any |= is(x);
    }
    any
}

/// `e^x` of what is not above 0, within 1e-11 of itself, by its series: the standard library's does not become vectors.
#[inline(always)]
fn exp(x: f64) -> f64 {
    const LOWEST: f64 = -700.0;
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it leaves a whole number in the low bits
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * 6.931_471_803_691_238e-1 - whole * 1.908_214_929_270_587_7e-10; // ln 2 in two parts
    let mut sum = 1.0 / 362_880.0; // 1 / 9!
    for factorial in [40_320.0, 5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0] {
        sum = sum * rest + 1.0 / factorial;
    }
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52); // 2^whole
    if x < LOWEST { 0.0 } else { sum * power }
}

/// Higher first; among equals the lower token.
fn ahead((x, x_token): (f32, u32), (y, y_token): (f32, u32)) -> bool {
    x > y || (x == y && x_token < y_token)
}

/// A standard Gumbel variate of 32 random bits: -log of an exponential one, by its series where that is small. The
/// kernel does the same, because WGSL's log is not exact near 1.
pub fn gumbel(bits: u32) -> f32 {
    let w = uniform(bits);
    let exponential = if w < 0.01 { w * (1.0 + w * (0.5 + w * 0.333_333_33)) } else { -(1.0 - w).ln() };
    -exponential.ln()
}

/// Uniform in (0, 1].
#[inline(always)]
fn uniform(bits: u32) -> f32 {
    ((bits >> 8) as i32 as f32 + 0.5) * (1.0 / 16_777_216.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_probability_is_among_the_tokens_that_may_be() {
        let ln2 = std::f32::consts::LN_2;
        let row = [50.0, 60.0, 3.0 + ln2, 3.0, 3.0, f32::NEG_INFINITY];
        assert!((log_prob(&row, 2, 0, 1) + ln2).abs() < 1e-6 && (log_prob(&row, 4, 0, 1) + 2.0 * ln2).abs() < 1e-6);
        assert_eq!(log_prob(&row, 5, 0, 1), f32::NEG_INFINITY);
    }

    #[test]
    fn exp_is_close_to_the_standard_librarys() {
        for step in 0..=700_000 {
            let x = -f64::from(step) / 1000.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-11, "{x}");
        }
        assert_eq!((exp(0.0), exp(f64::NEG_INFINITY), exp(-1e9)), (1.0, 0.0, 0.0));
        assert!(exp(f64::NAN).is_nan());
    }
}
