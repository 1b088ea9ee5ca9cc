//! The stationary symmetric Markov chain: a step flips to each other symbol with equal probability.

use std::fmt;

use super::{
    Conditional, Law, LawError, MAX_LENGTH, Profile, alphabet, binomial::LnFactorials, check_length, complete,
};
use crate::{
    random::{Stream, uniform},
    spec::Spec,
};

/// The largest alphabet: a conditional is a list of probabilities, one a symbol.
const MAX_SYMBOLS: usize = 1024;

/// A chain of `q` symbols whose first is uniform and which flips with probability `flip`, to one of the other symbols.
///
/// Where the nearest revealed symbols on the two sides of a position cannot occur together (`flip` is 0 or 1), its
/// distribution is that given the one on the left.
#[derive(Clone, Debug)]
pub struct Markov {
    length: usize,
    symbols: usize,
    flip: f64,
}

/// The probabilities of the same symbol and of each other one, some steps away.
#[derive(Clone, Copy)]
struct Row {
    same: f64,
    other: f64,
}

impl Row {
    fn probability(self, same: bool) -> f64 {
        if same { self.same } else { self.other }
    }
}

impl Markov {
    /// `markov:flip=0.1,q=2`; `q` is 2 unless given.
    ///
    /// # Errors
    /// [`LawError`] for a length that is not 1 to [`MAX_LENGTH`], a `flip` outside of `[0, 1]`, a `q` that is not 2 to
    /// 1024.
    pub fn from_spec(spec: &Spec<'_>, length: usize) -> Result<Self, LawError> {
        check_length(spec.name, length, MAX_LENGTH)?;
        spec.only(&["flip", "q"])?;
        let flip = spec.needed("flip", "0.1", "a number from 0 to 1", |flip| (0.0..=1.0).contains(flip))?;
        let symbols = alphabet(spec, "q", 2, MAX_SYMBOLS)?;
        Ok(Self { length, symbols, flip })
    }

    /// The law of a symbol `steps >= 1` away from a given one.
    fn row(&self, steps: usize) -> Row {
        let q = self.symbols as f64;
        if steps == 1 {
            return Row { same: 1.0 - self.flip, other: self.flip / (q - 1.0) };
        }
        // The second eigenvalue of a step is 1 - x; its logarithm keeps a tiny `flip` apart from none.
        let x = self.flip * q / (q - 1.0);
        let gone = if x < 1.0 { -(steps as f64 * (-x).ln_1p()).exp_m1() } else { 1.0 - (1.0 - x).powi(steps as i32) };
        Row { same: (1.0 - gone * (q - 1.0) / q).max(0.0), other: gone / q }
    }

    /// The entropy of a symbol `steps >= 1` away from a given one.
    fn entropy(&self, steps: usize) -> f64 {
        let Row { same, other } = self.row(steps);
        let term = |p: f64| if p > 0.0 { -p * p.ln() } else { 0.0 };
        term(same) + (self.symbols - 1) as f64 * term(other)
    }

    /// The law of a position given the nearest revealed symbols and how far they are.
    fn between(&self, left: Option<(usize, u32)>, right: Option<(usize, u32)>) -> Conditional {
        let weights = |ends: [Option<(usize, u32)>; 2]| -> Vec<f64> {
            let ends = ends.map(|end| end.map(|(steps, symbol)| (self.row(steps), symbol)));
            let weight = |symbol: u32| {
                let factors = ends.iter().flatten().map(|(row, end)| row.probability(symbol == *end));
                factors.product()
            };
            (0..self.symbols as u32).map(weight).collect()
        };
        let both = Conditional::proportional(weights([left, right]));
        let found = both.or_else(|| Conditional::proportional(weights([left, None])));
        found.unwrap_or(Conditional::Uniform(self.symbols))
    }
}

impl Law for Markov {
    fn length(&self) -> usize {
        self.length
    }

    fn symbols(&self) -> usize {
        self.symbols
    }

    /// A position depends on the nearest revealed one on either side only. With ends `l` and `r` steps away, its
    /// entropy is `H(l) + H(r) - H(l + r)` by the chain rule, `H` being the entropy of a symbol some steps away; how
    /// often they are that far is hypergeometric, and depends on `l + r` alone. `O(L^2)`.
    fn profile(&self) -> Profile {
        let length = self.length;
        let single: Vec<f64> = (0..length).map(|steps| if steps == 0 { 0.0 } else { self.entropy(steps) }).collect();
        let up_to: Vec<f64> = single
            .iter()
            .scan(0.0, |sum, entropy| {
                *sum += entropy;
                Some(*sum)
            })
            .collect();
        let ln = LnFactorials::new(length);
        let h = (0..length).map(|seen| {
            if seen == 0 {
                return (self.symbols as f64).ln();
            }
            // The probability that `fixed` given others are revealed and `free` given ones are not.
            let chance = |fixed: usize, free: usize| match seen.checked_sub(fixed) {
                Some(rest) => (ln.choose(length - 1 - fixed - free, rest) - ln.choose(length - 1, seen)).exp(),
                None => 0.0,
            };
            // Ends on both sides, `span` apart: each distance to the left one, at each place of the pair.
            let both = (2..length).map(|span| {
                let entropies = 2.0 * up_to[span - 1] - (span - 1) as f64 * single[span];
                (length - span) as f64 * entropies * chance(2, span - 2)
            });
            // An end on one side, `free` positions that are not revealed before it and on the other side.
            let one = (0..length - 1).map(|free| 2.0 * up_to[free + 1] * chance(1, free));
            (both.sum::<f64>() + one.sum::<f64>()) / length as f64
        });
        Profile::settled(h.collect())
    }

    fn conditionals(&self, tokens: &[u32]) -> Vec<Conditional> {
        let known = |token: u32| (token as usize) < self.symbols;
        let mut nearest = None;
        let mut right = vec![None; tokens.len()];
        for (position, &token) in tokens.iter().enumerate().rev() {
            right[position] = nearest.map(|(at, symbol): (usize, u32)| (at - position, symbol));
            nearest = if known(token) { Some((position, token)) } else { nearest };
        }
        let mut nearest = None;
        let mut conditional = |(position, &token): (usize, &u32)| {
            if known(token) {
                nearest = Some((position, token));
                return Conditional::Certain(token);
            }
            self.between(nearest.map(|(at, symbol)| (position - at, symbol)), right[position])
        };
        tokens.iter().enumerate().map(&mut conditional).collect()
    }

    fn log_prob(&self, tokens: &[u32]) -> f64 {
        if !complete(self, tokens) {
            return f64::NEG_INFINITY;
        }
        let step = self.row(1);
        let steps: f64 = tokens.windows(2).map(|pair| step.probability(pair[0] == pair[1]).ln()).sum();
        steps - (self.symbols as f64).ln()
    }

    fn draw(&self, rng: &mut Stream) -> Vec<u32> {
        let first = Conditional::Uniform(self.symbols).draw(uniform(rng));
        let next = |&symbol: &u32| {
            let flips = uniform(rng) < self.flip;
            let by = 1 + Conditional::Uniform(self.symbols - 1).draw(uniform(rng));
            Some(if flips { (symbol + by) % self.symbols as u32 } else { symbol })
        };
        std::iter::successors(Some(first), next).take(self.length).collect()
    }
}

impl fmt::Display for Markov {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "markov:flip={},q={}", self.flip, self.symbols)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markov(spec: &str, length: usize) -> Markov {
        Markov::from_spec(&Spec::parse(spec).unwrap(), length).unwrap()
    }

    #[test]
    fn rows_are_powers_of_a_step() {
        for (spec, q) in [
            ("markov:flip=0.1", 2.0),
            ("markov:flip=0.9", 2.0),
            ("markov:flip=1,q=3", 3.0),
            ("markov:flip=0.3,q=5", 5.0),
        ] {
            let law = markov(spec, 4);
            let step = law.row(1);
            let mut power = step;
            for steps in 2..8 {
                let same = power.same * step.same + (q - 1.0) * power.other * step.other;
                power = Row { same, other: (1.0 - same) / (q - 1.0) };
                let found = law.row(steps);
                assert!((found.same - power.same).abs() < 1e-14 && (found.other - power.other).abs() < 1e-14, "{spec}");
            }
        }
        assert_eq!(markov("markov:flip=1e-300", 4).row(3).other, 3e-300);
    }

    #[test]
    fn ends_that_contradict_each_other_leave_the_left_one() {
        let law = markov("markov:flip=0", 3);
        assert_eq!(law.conditionals(&[0, 2, 1])[1], Conditional::Weighted(vec![1.0, 0.0]));
    }

    #[test]
    fn a_long_chain_takes_no_time_and_its_profile_ends_at_the_neighbours() {
        let law = markov("markov:flip=0.1", 1024);
        let profile = law.profile();
        // All others revealed: two ends one step away, or one at the borders.
        let last = (1022.0 * (2.0 * law.entropy(1) - law.entropy(2)) + 2.0 * law.entropy(1)) / 1024.0;
        assert!((profile.h()[1023] - last).abs() < 1e-10);
        let entropy = 2f64.ln() + 1023.0 * law.entropy(1);
        assert!((profile.entropy() - entropy).abs() < 1e-8, "{} instead of {entropy}", profile.entropy());
    }
}
