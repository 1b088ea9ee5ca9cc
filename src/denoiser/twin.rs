//! What a call says of a row of logits: `shaders/predict.wgsl` in Rust. The CPU's path, that of the exact laws, and what
//! the tests compare the kernel with.

use ::forward::{Task, each, vectorised};

use super::{Prediction, TOP};
use crate::random::pcg4d;

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

/// Statistics and draws of `logits` `[rows * vocab]`, row by row `[rows * STATS]`.
pub fn predict(logits: &[f32], vocab: usize, keys: impl Iterator<Item = [u32; 3]>, draw: Draw) -> Vec<f32> {
    let rows: Vec<_> = logits.chunks(vocab).zip(keys).collect();
    let mut stats = vec![0.0; rows.len() * STATS];
    let parts = rows.chunks(PART).zip(stats.chunks_mut(PART * STATS)).collect();
    each(parts, |(rows, stats): (&[KeyedRow], &mut [f32])| {
        for (&(row, key), stats) in rows.iter().zip(stats.chunks_exact_mut(STATS)) {
            stats.copy_from_slice(&predict_row(row, key, draw));
        }
    });
    stats
}

/// Logits and key.
type KeyedRow<'a> = (&'a [f32], [u32; 3]);

/// Rows that a thread takes at once.
const PART: usize = 8;

/// Row of statistics `[STATS]` -> prediction at `position`.
pub fn prediction(position: u32, row: &[f32]) -> Prediction {
    let top = std::array::from_fn(|rank| (row[6 + rank] as u32, row[6 + TOP + rank]));
    let (token, log_prob, entropy, margin) = (row[4] as u32, row[5], row[1], row[3]);
    Prediction { position, token, log_prob, entropy, margin, top, distribution: vec![] }
}

/// Statistics of one row of `logits` `[vocab]`; minus infinity is a token that cannot be.
pub fn predict_row(logits: &[f32], key: [u32; 3], draw: Draw) -> [f32; STATS] {
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
        Row::new(self.logits, self.draw).stats(self.key, self.draw.temperature)
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
    fn new(row: &[f32], draw: Draw) -> Self {
        let mut logits = Vec::with_capacity(row.len().next_multiple_of(LANES));
        logits.extend_from_slice(row);
        logits.resize(row.len().next_multiple_of(LANES), f32::NEG_INFINITY);
        let never = [draw.mask_id, draw.pad_id];
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

    /// The token whose logit with noise is highest. The logarithms of the noise are taken of those alone that can be it.
    #[inline(always)]
    fn drawn(&self, key: [u32; 3], temperature: f32, likeliest: u32) -> Option<u32> {
        let bits = |token: u32| pcg4d([key[0], key[1], key[2], token])[0];
        let noisy = |x: f32, token: u32| x + temperature * gumbel(bits(token));
        let mut bound = noisy(self.logits[likeliest as usize], likeliest);
        let mut drawn: Option<(f32, u32)> = None;
        let scale = std::f32::consts::LOG2_E / temperature;
        for (first, group) in self.groups() {
            // x + T noise > bound means e < e^((x - bound) / T) of the exponential variate e; and e > w, the uniform one it is
            // made of, whose binary logarithm is above what the bits of w are as a number.
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

/// `e^x` of what is not above 0, by its series: the standard library's does not become vectors.
#[inline(always)]
fn exp(x: f64) -> f64 {
    const LOWEST: f64 = -700.0;
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52: adding it leaves a whole number in the low bits
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    let rest = x - whole * 6.931_471_803_691_238e-1 - whole * 1.908_214_929_270_587_7e-10; // ln 2 in two parts
    let mut sum = 1.0;
    for divisor in [13.0, 12.0, 11.0, 10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0] {
        sum = sum * rest * (1.0 / divisor) + 1.0;
    }
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52); // 2^whole
    if x < LOWEST { 0.0 } else { sum * power }
}

/// The log-probability of a token by one row of `logits` `[vocab]`, in nats, among all tokens but mask and padding:
/// `shaders/score.wgsl` in Rust.
pub fn log_prob(logits: &[f32], token: u32, mask_id: u32, pad_id: u32) -> f32 {
    let allowed = || (0u32..).zip(logits).filter(|&(other, _)| other != mask_id && other != pad_id).map(|(_, &x)| x);
    let highest = allowed().fold(f32::MIN, f32::max);
    let sum: f64 = allowed().map(|x| f64::from((x - highest).exp())).sum();
    logits[token as usize] - highest - sum.ln() as f32
}

/// Higher first; among equals the lower token.
fn ahead((x, x_token): (f32, u32), (y, y_token): (f32, u32)) -> bool {
    x > y || (x == y && x_token < y_token)
}

/// A standard Gumbel variate: -log of an exponential one, by its series where that is small. The kernel does the same,
/// because WGSL's log is not exact near 1.
fn gumbel(bits: u32) -> f32 {
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
    use crate::random::{Purpose, Stream};

    const DRAW: Draw = Draw { temperature: 1.0, mask_id: 0, pad_id: 1 };

    #[test]
    fn statistics_of_a_row_worked_out_by_hand() {
        // Tokens 2, 3, 4 with probabilities 1/2, 1/4, 1/4; mask and pad are left out however likely.
        let ln2 = std::f32::consts::LN_2;
        let row = [50.0, 60.0, 3.0 + ln2, 3.0, 3.0];
        let stats = predict_row(&row, [1, 2, 3], Draw { temperature: 0.0, ..DRAW });
        let expected =
            [3.0 + 2.0 * ln2, 1.5 * ln2, 0.5, 0.25, 2.0, -ln2, 2.0, 3.0, 4.0, 0.0, 0.0, 0.5, 0.25, 0.25, 0.0, 0.0];
        for (index, (got, wanted)) in stats.iter().zip(expected).enumerate() {
            assert!((got - wanted).abs() < 1e-6, "{index}: {got} instead of {wanted}");
        }
    }

    #[test]
    fn an_impossible_token_is_never_drawn_and_costs_nothing() {
        let row = [0.0, 0.0, f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY];
        for position in 0..100 {
            let key = Stream::new(1, Purpose::Tokens, 1).key(position);
            let stats = predict_row(&row, key, Draw { temperature: 10.0, ..DRAW });
            assert_eq!((stats[1], stats[4], stats[5]), (0.0, 3.0, 0.0));
        }
    }

    #[test]
    fn tokens_are_drawn_with_the_tempered_probabilities() {
        let row: Vec<f32> = [9.0, 9.0, 0.1, 0.2, 0.3, 0.4].iter().map(|p: &f32| p.ln()).collect();
        for temperature in [0.5f64, 1.0, 2.0] {
            let powers: Vec<f64> = [0.1f64, 0.2, 0.3, 0.4].iter().map(|p| p.powf(1.0 / temperature)).collect();
            let total: f64 = powers.iter().sum();
            let draws = 40_000;
            let mut counts = [0u32; 6];
            let stream = Stream::new(11, Purpose::Tokens, 1);
            for position in 0..draws {
                let draw = Draw { temperature: temperature as f32, ..DRAW };
                counts[predict_row(&row, stream.key(position), draw)[4] as usize] += 1;
            }
            for (power, count) in powers.iter().zip(&counts[2..]) {
                let p = power / total;
                let spread = 5.0 * (p * (1.0 - p) / f64::from(draws)).sqrt();
                assert!((f64::from(*count) / f64::from(draws) - p).abs() < spread, "{temperature}: {counts:?}");
            }
        }
    }

    #[test]
    fn rare_tokens_are_as_rare_as_they_should_be() {
        // The mean of -log p over draws is the entropy, to which the many rare tokens contribute most.
        let row: Vec<f32> = (0..2048u32).map(|token| (pcg4d([token, 1, 2, 3])[0] >> 8) as f32 / 2e6).collect();
        let stream = Stream::new(3, Purpose::Tokens, 1);
        let draws: Vec<[f32; STATS]> = (0..20_000).map(|at| predict_row(&row, stream.key(at), DRAW)).collect();
        let count = draws.len() as f64;
        let mean = draws.iter().map(|stats| -f64::from(stats[5])).sum::<f64>() / count;
        let square = draws.iter().map(|stats| f64::from(stats[5]).powi(2)).sum::<f64>() / count;
        let spread = 5.0 * ((square - mean * mean) / count).sqrt();
        assert!((mean - f64::from(draws[0][1])).abs() < spread, "{mean} instead of {}", draws[0][1]);
    }

    /// The same token by token: every logarithm, and sums by the standard library.
    fn plain_row(logits: &[f32], key: [u32; 3], draw: Draw) -> [f32; STATS] {
        let allowed = || (0u32..).zip(logits).filter(|&(token, _)| token != draw.mask_id && token != draw.pad_id);
        let highest = allowed().map(|(_, &x)| x).fold(f32::MIN, f32::max);
        let (mut sum, mut weighted) = (0.0f64, 0.0f64);
        let mut drawn: Option<(f32, u32)> = None;
        for (token, &x) in allowed() {
            let below = f64::from(x - highest);
            let term = below.exp();
            sum += term;
            weighted += if term > 0.0 { below * term } else { 0.0 };
            let noisy = if draw.temperature == 0.0 {
                x
            } else {
                x + draw.temperature * gumbel(pcg4d([key[0], key[1], key[2], token])[0])
            };
            if drawn.is_none_or(|(best, _)| noisy > best) {
                drawn = Some((noisy, token));
            }
        }
        let mut top: Vec<(f32, u32)> = allowed().map(|(token, &x)| (x, token)).collect();
        top.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let log_sum_exp = highest + sum.ln() as f32;
        let probability = |rank: usize| top.get(rank).map_or(0.0, |&(x, _)| (x - log_sum_exp).exp());
        let token = drawn.map_or(0, |(_, token)| token);
        let entropy = (sum.ln() - weighted / sum) as f32;
        let ends = [log_sum_exp, entropy, probability(0), probability(0) - probability(1), token as f32];
        let tokens = (0..TOP).map(|rank| top.get(rank).map_or(0.0, |&(_, token)| token as f32));
        let all = ends.into_iter().chain([logits[token as usize] - log_sum_exp]).chain(tokens);
        all.chain((0..TOP).map(probability)).collect::<Vec<_>>().try_into().unwrap()
    }

    #[test]
    fn a_row_is_what_it_is_token_by_token() {
        let mut apart = 0f32;
        for (salt, vocab) in [2048u32, 2048, 2048, 2048, 5003, 129, 16, 15, 6, 4, 3].into_iter().enumerate() {
            for row in 0..60u32 {
                let value = |token: u32| {
                    let [a, b, ..] = pcg4d([row, token, salt as u32, vocab]);
                    let unit = (a >> 8) as f32 / 16_777_216.0;
                    match row % 8 {
                        0 => unit * 4.0,
                        1 => (unit - 0.5) * 40.0,
                        2 => 0.0,                                                        // every token equal
                        3 => (b % 3) as f32,                                             // many ties for the lead
                        4 => 5000.0 + unit * 10.0,                                       // a great offset
                        5 => [f32::NEG_INFINITY, unit][b as usize % 2],                  // half of them cannot be
                        6 => [f32::NEG_INFINITY, -1e6][usize::from(token == vocab / 2)], // one alone can be
                        _ => -300.0 + 300.0 * f32::from(u8::from(token == vocab / 2)),
                    }
                };
                let logits: Vec<f32> = (0..vocab).map(value).collect();
                let key = Stream::new(u64::from(row), Purpose::Tokens, salt as u32).key(row);
                for temperature in [0.0, 0.01, 0.3, 1.0, 3.0, 100.0] {
                    let draw = Draw { temperature, mask_id: 2, pad_id: 1 };
                    let (found, wanted) = (predict_row(&logits, key, draw), plain_row(&logits, key, draw));
                    for (index, (found, wanted)) in found.into_iter().zip(wanted).enumerate() {
                        let at =
                            format!("vocabulary {vocab}, row {row}, {temperature}, {index}: {found}, not {wanted}");
                        let exact = index == 4 || (6..6 + TOP).contains(&index);
                        assert!(
                            found.to_bits() == wanted.to_bits()
                                || found == wanted
                                || (!exact && (found - wanted).abs() <= 1e-6),
                            "{at}"
                        );
                        apart = if found == wanted { apart } else { apart.max((found - wanted).abs()) };
                    }
                }
            }
        }
        println!("statistics differ by at most {apart:e}");
    }

    #[test]
    fn exp_is_the_standard_librarys() {
        for step in 0..=700_000 {
            let x = -f64::from(step) / 1000.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-14, "{x}");
        }
        assert_eq!((exp(0.0), exp(f64::NEG_INFINITY), exp(-1e9)), (1.0, 0.0, 0.0));
        assert!(exp(f64::NAN).is_nan());
    }
}
