//! The exact optimum over all randomized schedules, for any weights (theory section 3.3, Theorem 2).

use super::Weights;

/// `rho*`: the smallest worst-case `E KL / sum_j w_j d_j` that any randomized schedule of `steps` calls can promise.
pub fn minimax_ratio(weights: Weights, masked: usize, steps: usize) -> f64 {
    solve(weights, masked, steps).0
}

/// `[g_1, ..., g_{L-1}]`, which attains [`minimax_ratio`] with the systematic draw.
pub(super) fn intensity(weights: Weights, masked: usize, steps: usize) -> Vec<f64> {
    solve(weights, masked, steps).1
}

fn solve(weights: Weights, masked: usize, steps: usize) -> (f64, Vec<f64>) {
    if steps >= masked {
        return (0.0, vec![1.0; masked.saturating_sub(1)]);
    }
    let weights = weights.all(masked);
    // With one call, cost_j = L - j: that ratio needs no budget at all.
    let one_call = weights.iter().enumerate().map(|(index, w)| (masked - index - 1) as f64 / w).fold(0.0, f64::max);
    let (mut low, mut high) = (0.0, one_call);
    let budget = (steps - 1) as f64;
    // Halving until the two are neighbours among the doubles would take a few more rounds and change nothing.
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if least_budget(&weights, middle)[0] <= budget { high = middle } else { low = middle }
    }
    let least = least_budget(&weights, high);
    (high, least.windows(2).map(|pair| pair[0] - pair[1]).collect())
}

/// `B(j) = g_j + ... + g_{L-1}` for `j = 1..=L` at index `j - 1`, each the least with which the ratio `rho` can be kept.
fn least_budget(weights: &[f64], rho: f64) -> Vec<f64> {
    let inner = weights.len();
    let mut least = vec![0.0; inner + 1];
    let mut suffix = vec![0.0; inner + 2]; // suffix[i] = least[i] + least[i + 1] + ...
    for index in (0..inner).rev() {
        let allowed = rho * weights[index];
        // With b terms active, sum_{i<=b} (1 - x + B(j+i)) = allowed. The b-th is active while the sum, taken where it
        // would just become so, is within what is allowed; that sum grows with b.
        let sum_to = |b: usize| suffix[index + 1] - suffix[index + b + 1];
        let active = |b: usize| sum_to(b) - b as f64 * least[index + b] <= allowed;
        let (mut few, mut many) = (1, inner - index);
        while few < many {
            let b = (few + many).div_ceil(2);
            if active(b) { few = b } else { many = b - 1 }
        }
        let x = 1.0 + (sum_to(few) - allowed) / few as f64;
        least[index] = x.max(least[index + 1]);
        suffix[index] = suffix[index + 1] + least[index];
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::{Draw, Intensity, worst_ratio};

    #[test]
    fn no_schedule_here_beats_the_minimax_ratio() {
        for weights in Weights::ALL {
            for (masked, steps) in [(5, 2), (32, 7), (100, 10), (128, 64)] {
                let worst = |intensity: Intensity| worst_ratio(weights, &intensity.expected_cost(Draw::Systematic));
                let best = minimax_ratio(weights, masked, steps);
                assert!((worst(Intensity::minimax(weights, masked, steps)) - best).abs() < 1e-9);
                assert!(worst(Intensity::harmonic(weights, masked, steps)) >= best - 1e-12);
            }
        }
    }
}
