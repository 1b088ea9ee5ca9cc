//! Ancestral sampling: every masked token is revealed in a call with the same probability, independently of the others, so
//! that the sizes are binomial (MDLM, arXiv 2406.07524, with `alpha_t = 1 - t`; theory sections 6.1 and 6.2).

use super::{Grid, plan::ln_add};
use crate::random;

/// At which shares of masks the calls stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// Equal steps of the share that is masked ("log-linear noise").
    Linear,
    /// Equal steps of the forward time `sigma`, in which a share `1 - exp(-sigma)` is masked: small steps first, as DTC
    /// asks for (Dmitriev, Huang & Wei, PMLR 336, 2026; our discretisation).
    Dtc,
    /// Steps of `sigma` in proportion to `min(1, sigma)`: small steps at both ends (the same paper; our discretisation).
    Min,
}

/// Binomial sizes: the expected share of masks after each call.
#[derive(Clone, Debug, PartialEq)]
pub struct Ancestral {
    masked: usize,
    /// `[1, m_1, ..., m_K = 0]`, falling.
    shares: Vec<f64>,
    /// `ln n!` for `n = 0..=masked`.
    ln_factorial: Vec<f64>,
}

impl Ancestral {
    /// `steps` calls for `masked` tokens; some of them may come out empty and are then not made.
    pub fn new(times: Times, masked: usize, steps: usize) -> Self {
        let mut sum = 0.0;
        let rest = (1..=masked).map(|n| {
            sum += (n as f64).ln();
            sum
        });
        Self { masked, shares: shares(times, masked, steps), ln_factorial: std::iter::once(0.0).chain(rest).collect() }
    }

    /// `K`, the most calls there can be.
    fn steps(&self) -> usize {
        self.shares.len() - 1
    }

    /// Draws the grid of one run.
    pub fn draw(&self, rng: &mut impl rand::Rng) -> Grid {
        let mut sizes = vec![0; self.steps()];
        for _ in 0..self.masked {
            let u = random::uniform(rng);
            // The token is still masked after call k while u < m_k.
            let call = self.shares[1..].partition_point(|&share| u < share);
            sizes[call.min(self.steps() - 1)] += 1;
        }
        Grid::from_sizes(sizes)
    }

    /// `E[cost_j]` for `j = 1..L` at index `j - 1`, exact: with `T_k` the tokens revealed after call `k`,
    /// `E N(j) = sum_k E[T_k; T_k >= j] - E[T_k; T_{k-1} >= j]`, and `E[T_k | T_{k-1} = a] = a + (L - a) r_k`.
    pub fn expected_cost(&self) -> Vec<f64> {
        let masked = self.masked;
        let mut reached = vec![0.0; masked + 1]; // E N(j) at j
        for pair in self.shares.windows(2) {
            let (before, after) = (self.revealed(pair[0]), self.revealed(pair[1]));
            let (mut now, mut then) = (0.0, 0.0);
            for j in (1..=masked).rev() {
                now += j as f64 * after[j];
                then += before[j] * (j as f64 + (masked - j) as f64 * rate(pair));
                reached[j] += now - then;
            }
        }
        (1..masked).map(|j| reached[j] - j as f64).collect()
    }

    /// `P(j is a point)` for `j = 1..L` at index `j - 1`: some call ends there that has revealed a token.
    pub(super) fn presence(&self) -> Vec<f64> {
        let mut chances = vec![0.0; self.masked - 1];
        for pair in self.shares.windows(2) {
            let (before, after) = (self.revealed(pair[0]), self.revealed(pair[1]));
            for (index, chance) in chances.iter_mut().enumerate() {
                let j = index + 1;
                let empty = before[j] * (1.0 - rate(pair)).powi((self.masked - j) as i32);
                *chance += after[j] - empty;
            }
        }
        chances
    }

    /// `ln E[z^(N(j) - j)]` for `0 < j < L`: the sum over the call that passes `j` and over the `a < j` tokens revealed
    /// before it. The call reveals `Bin(L - a, r)` of them, at least `j - a`; with `z` in it that is
    /// `z^(a-j) (1 - r + r z)^(L-a) P(Bin(L - a, r') >= j - a)`, where `r' = r z / (1 - r + r z)`.
    pub(super) fn ln_expected_power(&self, j: usize, ln_z: f64) -> f64 {
        let mut total = f64::NEG_INFINITY;
        for pair in self.shares.windows(2) {
            let (r, z) = (rate(pair), ln_z.exp());
            let ln_base = (1.0 - r + r * z).ln();
            let tilted = (r.ln() + ln_z - ln_base).exp().min(1.0);
            let at_least = |a: usize| (j - a..=self.masked - a).map(move |hits| (self.masked - a, hits));
            let mut tail = at_least(0)
                .fold(f64::NEG_INFINITY, |sum, (tries, hits)| ln_add(sum, self.ln_binomial(tries, hits, tilted)));
            for a in 0..j {
                let before = self.ln_binomial(self.masked, a, 1.0 - pair[0]);
                let (passed, tries) = (j - a, self.masked - a);
                total = ln_add(total, before - passed as f64 * ln_z + tries as f64 * ln_base + tail);
                // P(Bin(n-1) >= m-1) = P(Bin(n) >= m) + (1 - r') P(Bin(n-1) = m-1)
                tail = ln_add(tail, (1.0 - tilted).ln() + self.ln_binomial(tries - 1, passed - 1, tilted));
            }
        }
        total
    }

    /// `P(T = n)` for `n = 0..=L` when a share is still masked.
    fn revealed(&self, masked_share: f64) -> Vec<f64> {
        (0..=self.masked).map(|n| self.ln_binomial(self.masked, n, 1.0 - masked_share).exp()).collect()
    }

    /// `ln P(Bin(tries, chance) = hits)`.
    fn ln_binomial(&self, tries: usize, hits: usize, chance: f64) -> f64 {
        if chance <= 0.0 || chance >= 1.0 {
            let certain = if chance <= 0.0 { 0 } else { tries };
            return if hits == certain { 0.0 } else { f64::NEG_INFINITY };
        }
        let ln = &self.ln_factorial;
        let ways = ln[tries] - ln[hits] - ln[tries - hits];
        ways + hits as f64 * chance.ln() + (tries - hits) as f64 * (-chance).ln_1p()
    }
}

/// The chance that a call reveals a token that is still masked.
fn rate(pair: &[f64]) -> f64 {
    (pair[0] - pair[1]) / pair[0]
}

/// `[1, m_1, ..., m_K = 0]`: the calls begin where everything is masked and the last one reveals the rest. In between,
/// Dmitriev's times stand in the middles of `K - 1` equal parts from `sigma = ln 2L` down to `1 / 2L`, measured in
/// `sigma` (Dtc) or in the time in which it moves at the speed `min(1, sigma)` (Min).
fn shares(times: Times, masked: usize, steps: usize) -> Vec<f64> {
    let twice = 2.0 * masked as f64;
    let (from, to) = (twice.ln(), 1.0 / twice);
    let middle = |call: usize| (call as f64 - 0.5) / (steps - 1) as f64;
    let between = |from: f64, to: f64, call: usize| from + (to - from) * middle(call);
    let inner = (1..steps).map(|call| match times {
        Times::Linear => 1.0 - call as f64 / steps as f64,
        Times::Dtc => -(-between(from, to, call)).exp_m1(),
        Times::Min => {
            // sigma = 1 + s above 1, e^s below.
            let s = between(from - 1.0, to.ln(), call);
            let sigma = if s > 0.0 { 1.0 + s } else { s.exp() };
            -(-sigma).exp_m1()
        }
    });
    std::iter::once(1.0).chain(inner).chain([0.0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    #[test]
    fn two_tokens_in_two_calls_worked_out_by_hand() {
        // The first call reveals 0, 1 or 2 of 2 with chances 1/4, 1/2, 1/4; cost_1 = N(1) - 1 is 1, 0, 1.
        let ancestral = Ancestral::new(Times::Linear, 2, 2);
        assert!((ancestral.expected_cost()[0] - 0.5).abs() < 1e-12);
        assert!((ancestral.ln_expected_power(1, 0.3f64.ln()).exp() - (0.5 + 0.5 * 0.3)).abs() < 1e-12);
    }

    #[test]
    fn exact_costs_are_the_means_over_draws() {
        let (masked, draws) = (12, 20_000);
        for times in [Times::Linear, Times::Dtc, Times::Min] {
            let ancestral = Ancestral::new(times, masked, 5);
            let (mut cost, mut excess) = (vec![0.0; masked - 1], vec![0.0; masked - 1]);
            for seed in 0..draws {
                let grid = ancestral.draw(&mut Stream::new(seed, Purpose::Sizes, 0));
                for (j, one) in grid.cost().into_iter().enumerate() {
                    cost[j] += one / draws as f64;
                    excess[j] += 0.7f64.powf(one) / draws as f64;
                }
            }
            for (j, exact) in ancestral.expected_cost().into_iter().enumerate() {
                // Costs lie in [0, 11] and excesses in [0, 1]: five standard errors at the most.
                assert!((cost[j] - exact).abs() < 5.0 * 5.5 / (draws as f64).sqrt(), "{times:?} {j}");
                assert!(
                    (excess[j] - ancestral.ln_expected_power(j + 1, 0.7f64.ln()).exp()).abs()
                        < 2.5 / (draws as f64).sqrt(),
                    "{times:?} {j}"
                );
            }
        }
    }
}
