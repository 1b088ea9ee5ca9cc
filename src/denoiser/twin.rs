//! What a call says of a row of logits: `shaders/predict.wgsl` in Rust. The CPU's path, that of the exact laws, and what
//! the tests compare the kernel with.

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
    logits.chunks(vocab).zip(keys).flat_map(|(row, key)| predict_row(row, key, draw)).collect()
}

/// Row of statistics `[STATS]` -> prediction at `position`.
pub fn prediction(position: u32, row: &[f32]) -> Prediction {
    let top = std::array::from_fn(|rank| (row[6 + rank] as u32, row[6 + TOP + rank]));
    let (token, log_prob, entropy, margin) = (row[4] as u32, row[5], row[1], row[3]);
    Prediction { position, token, log_prob, entropy, margin, top, distribution: vec![] }
}

/// Statistics of one row of `logits` `[vocab]`; minus infinity is a token that cannot be.
pub fn predict_row(logits: &[f32], key: [u32; 3], draw: Draw) -> [f32; STATS] {
    let allowed = || (0u32..).zip(logits).filter(|&(token, _)| token != draw.mask_id && token != draw.pad_id);
    let highest = allowed().map(|(_, &x)| x).fold(f32::MIN, f32::max);
    let (mut sum, mut weighted) = (0.0f64, 0.0f64);
    let mut top: [Option<(f32, u32)>; TOP] = [None; TOP];
    let mut drawn: Option<(f32, u32)> = None;
    for (token, &x) in allowed() {
        let below = f64::from(x - highest);
        let term = below.exp();
        sum += term;
        weighted += if term > 0.0 { below * term } else { 0.0 };
        let noise = gumbel(pcg4d([key[0], key[1], key[2], token])[0]);
        let noisy = x + draw.temperature * noise;
        // Tokens come in order, so "strictly higher" leaves ties to the lower one.
        if drawn.is_none_or(|(best, _)| noisy > best) {
            drawn = Some((noisy, token));
        }
        let mut candidate = (x, token);
        for place in &mut top {
            if place.is_none_or(|other| ahead(candidate, other)) {
                match place.replace(candidate) {
                    Some(passed) => candidate = passed,
                    None => break,
                }
            }
        }
    }
    let log_sum_exp = highest + sum.ln() as f32;
    let token = drawn.map_or(0, |(_, token)| token);
    let probability = |rank: usize| top[rank].map_or(0.0, |(x, _)| (x - log_sum_exp).exp());
    let mut stats = [0.0; STATS];
    stats[0] = log_sum_exp;
    stats[1] = (sum.ln() - weighted / sum) as f32;
    stats[2] = probability(0);
    stats[3] = probability(0) - probability(1);
    stats[4] = token as f32;
    stats[5] = logits[token as usize] - log_sum_exp;
    for rank in 0..TOP {
        stats[6 + rank] = top[rank].map_or(0.0, |(_, token)| token as f32);
        stats[6 + TOP + rank] = probability(rank);
    }
    stats
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
    let w = ((bits >> 8) as f32 + 0.5) * (1.0 / 16_777_216.0);
    let exponential = if w < 0.01 { w * (1.0 + w * (0.5 + w * 0.333_333_33)) } else { -(1.0 - w).ln() };
    -exponential.ln()
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
}
