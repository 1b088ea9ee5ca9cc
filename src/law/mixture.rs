//! The finite mixture of i.i.d. coins: one coin is taken at random, and thrown for every position.

use std::fmt;

use super::{
    Conditional, Law, LawError, MAX_LENGTH, Profile, binomial::LnFactorials, check_length, complete, conditional,
    revealed,
};
use crate::{
    random::{Stream, uniform},
    spec::{Spec, SpecError},
};

/// The most coins, which the profile's time grows with.
const MAX_COINS: usize = 64;

/// Bits that are independent given the coin; all coins are equally likely.
///
/// Where no coin can have thrown what is revealed (biases of 0 and 1), the coins are taken to be equally likely.
#[derive(Clone, Debug)]
pub struct Mixture {
    length: usize,
    /// The probability of a 1, coin by coin.
    biases: Vec<f64>,
}

impl Mixture {
    /// `mixture:0.1,0.9`, the biases of the coins.
    ///
    /// # Errors
    /// [`LawError`] for a length that is not 1 to [`MAX_LENGTH`], not 1 to 64 biases, or one outside of `[0, 1]`.
    pub fn from_spec(spec: &Spec<'_>, length: usize) -> Result<Self, LawError> {
        check_length(spec.name, length, MAX_LENGTH)?;
        let rest = spec.rest.unwrap_or_default();
        if let Some((key, _)) = rest.split(',').find_map(|part| part.split_once('=')) {
            let known = "it has the biases alone, as in `mixture:0.1,0.9`".to_owned();
            return Err(SpecError::UnknownKey { name: spec.name.to_owned(), key: key.trim().to_owned(), known }.into());
        }
        let biases = spec.list("bias", "a number from 0 to 1", |bias| (0.0..=1.0).contains(bias))?;
        if !(1..=MAX_COINS).contains(&biases.len()) {
            let (name, key) = (spec.name.to_owned(), "the number of biases".to_owned());
            let accepted = format!("1 to {MAX_COINS}");
            return Err(SpecError::Value { name, key, value: biases.len().to_string(), accepted }.into());
        }
        Ok(Self { length, biases })
    }

    /// The log-probability of a sequence with so many ones and zeros, and that of a 1 to follow.
    fn after(&self, ones: usize, zeros: usize) -> (f64, f64) {
        let times = |count: usize, p: f64| if count == 0 { 0.0 } else { count as f64 * p.ln() };
        let logs = || self.biases.iter().map(|&bias| times(ones, bias) + times(zeros, 1.0 - bias));
        let highest = logs().fold(f64::NEG_INFINITY, f64::max);
        if highest == f64::NEG_INFINITY {
            return (highest, self.biases.iter().sum::<f64>() / self.biases.len() as f64);
        }
        // Relative to the likeliest coin: the probabilities themselves are too small for numbers.
        let terms = logs().map(|log| (log - highest).exp()).zip(&self.biases);
        let (total, next) = terms.fold((0.0, 0.0), |(total, next), (term, bias)| (total + term, next + term * bias));
        (highest + (total / self.biases.len() as f64).ln(), (next / total).min(1.0))
    }

    fn count(&self, tokens: &[u32]) -> (usize, usize) {
        let ones = revealed(tokens, 2).filter(|&(_, token)| token == 1).count();
        (ones, revealed(tokens, 2).count() - ones)
    }
}

impl Law for Mixture {
    fn length(&self) -> usize {
        self.length
    }

    fn symbols(&self) -> usize {
        2
    }

    /// The mean over how many ones the revealed positions have. `O(L^2)` times the coins.
    fn profile(&self) -> Profile {
        let ln = LnFactorials::new(self.length);
        let h = (0..self.length).map(|seen| {
            let term = |ones: usize| {
                let (log_prob, next) = self.after(ones, seen - ones);
                (ln.choose(seen, ones) + log_prob).exp() * conditional::entropy(&[1.0 - next, next])
            };
            (0..=seen).map(term).sum()
        });
        Profile::settled(h.collect())
    }

    fn conditionals(&self, tokens: &[u32]) -> Vec<Conditional> {
        let (ones, zeros) = self.count(tokens);
        let (_, next) = self.after(ones, zeros);
        let conditional = |&token: &u32| {
            if token < 2 { Conditional::Certain(token) } else { Conditional::Weighted(vec![1.0 - next, next]) }
        };
        tokens.iter().map(conditional).collect()
    }

    fn log_prob(&self, tokens: &[u32]) -> f64 {
        let (ones, zeros) = self.count(tokens);
        if complete(self, tokens) { self.after(ones, zeros).0 } else { f64::NEG_INFINITY }
    }

    fn draw(&self, rng: &mut Stream) -> Vec<u32> {
        let coin = Conditional::Uniform(self.biases.len()).draw(uniform(rng));
        let bias = self.biases[coin as usize];
        (0..self.length).map(|_| u32::from(uniform(rng) < bias)).collect()
    }
}

impl fmt::Display for Mixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let biases: Vec<String> = self.biases.iter().map(f64::to_string).collect();
        write!(f, "mixture:{}", biases.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mixture(spec: &str, length: usize) -> Mixture {
        Mixture::from_spec(&Spec::parse(spec).unwrap(), length).unwrap()
    }

    #[test]
    fn one_coin_is_a_product_and_two_certain_ones_a_repetition() {
        let product = mixture("mixture:0.3", 50).profile();
        assert!(product.tc() < 1e-9 && (product.h()[49] - conditional::entropy(&[0.3, 0.7])).abs() < 1e-12);
        let repetition = mixture("mixture:0,1", 50).profile();
        assert_eq!(repetition.h()[..2], [2f64.ln(), 0.0]);
    }

    #[test]
    fn a_long_sequence_does_not_underflow() {
        let law = mixture("mixture:0.1,0.9", 1024);
        let tokens: Vec<u32> = (0..1024).map(|position| position % 2).collect();
        // Half ones, half zeros: both coins are equally likely.
        assert!((law.log_prob(&tokens) - 512.0 * 0.09f64.ln()).abs() < 1e-9);
        let mut masked = tokens;
        masked[0] = 2;
        assert!((law.conditionals(&masked)[0].probability(1) - 0.9).abs() < 0.1);
        let profile = law.profile();
        assert!((profile.h()[1023] - conditional::entropy(&[0.1, 0.9])).abs() < 1e-10);
    }

    #[test]
    fn what_no_coin_can_throw_still_has_an_answer() {
        let found = mixture("mixture:0,1", 3).conditionals(&[0, 1, 2]);
        assert_eq!(found[2], Conditional::Weighted(vec![0.5, 0.5]));
    }
}
