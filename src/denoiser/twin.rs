//! What a call says of a row of logits: `shaders/predict.wgsl` and `shaders/score.wgsl` in Rust. The CPU's path, that of the
//! exact laws, and what the tests compare the kernels with. A row's statistics are of the crate `forward/`, which the page's
//! build makes fast.

use ::forward::each;
pub use ::forward::{Draw, STATS, gumbel, log_prob, statistics as predict_row};

use super::{Prediction, TOP};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream, pcg4d};

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
                x + draw.temperature * ::forward::gumbel(pcg4d([key[0], key[1], key[2], token])[0])
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
}
