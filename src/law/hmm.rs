//! The hidden Markov chain: a random chain of states that is seen through a random symbol at every position.

use std::fmt;

use super::{
    Conditional, Law, LawError, MAX_LENGTH, Profile, Table, alphabet, check_length, complete, conditional,
    conditional::quantile,
};
use crate::{
    random::{MAX_SEED, Purpose, Stream, uniform},
    spec::Spec,
};

/// The most hidden states; a call takes `L * states * (states + symbols)` steps.
const MAX_STATES: usize = 32;

/// The largest alphabet.
const MAX_SYMBOLS: usize = 256;

/// Up to this many sequences the profile is exact.
const MAX_SEQUENCES: usize = 4096;

/// How many sequences [`Law::profile`] samples up to the work of the default law at a length of 256, which takes under
/// a second; fewer beyond, but at least 2.
const SAMPLES: usize = 24;

/// The most steps that one sequence may take: the default law at the greatest length, which takes some ten seconds.
const MAX_WORK: u64 = 5_000_000_000;

/// How unequal the entries of a row are: each is an exponential variate to minus this power.
const SHARPNESS: f64 = 2.5;

/// A stationary hidden Markov chain with random transitions and emissions, all above 0. Every sequence has a
/// probability.
#[derive(Clone, Debug)]
pub struct Hmm {
    length: usize,
    states: usize,
    symbols: usize,
    seed: u64,
    /// The stationary law `[states]`.
    start: Vec<f64>,
    /// `[states, states]`, from row to column.
    transitions: Vec<f64>,
    /// `[states, symbols]`.
    emissions: Vec<f64>,
}

/// Steps that one sequence takes in [`Hmm::estimate`].
fn work(length: usize, states: usize, symbols: usize) -> u64 {
    let [length, states, symbols] = [length, states, symbols].map(|number| number as u64);
    length * length * states * (2 * states + symbols)
}

/// What the other positions say of the state at each one, scaled: `[L, states]` both.
struct Messages {
    /// The law of the state given the revealed positions before it.
    forward: Vec<f64>,
    /// Proportional to the probability of the revealed positions after it, given the state.
    backward: Vec<f64>,
    /// Of the revealed positions.
    log_prob: f64,
}

impl Hmm {
    /// `hmm:states=8,symbols=16,seed=1`, which are the defaults.
    ///
    /// # Errors
    /// [`LawError`] for a length that is not 1 to [`MAX_LENGTH`], states not 1 to 32, symbols not 2 to 256, a seed above
    /// [`MAX_SEED`], or more of all than a profile can be made of.
    pub fn from_spec(spec: &Spec<'_>, length: usize) -> Result<Self, LawError> {
        check_length(spec.name, length, MAX_LENGTH)?;
        spec.only(&["states", "symbols", "seed"])?;
        let accepted = format!("a whole number from 1 to {MAX_STATES}");
        let states = spec.number("states", accepted, |states| (1..=MAX_STATES).contains(states))?.unwrap_or(8);
        let symbols = alphabet(spec, "symbols", 16, MAX_SYMBOLS)?;
        let accepted = format!("a whole number from 0 to {MAX_SEED}");
        let seed = spec.number("seed", accepted, |seed| *seed <= MAX_SEED)?.unwrap_or(1);
        let work = work(length, states, symbols);
        if work > MAX_WORK {
            return Err(LawError::Work {
                law: format!("hmm:states={states},symbols={symbols}"),
                length,
                work,
                most: MAX_WORK,
            });
        }
        let mut rng = Stream::new(seed, Purpose::Law, 1);
        let transitions = random_rows(states, states, &mut rng);
        let emissions = random_rows(states, symbols, &mut rng);
        let start = stationary(&transitions, states);
        Ok(Self { length, states, symbols, seed, start, transitions, emissions })
    }

    /// The profile from `samples` sequences (at least 2 are taken), revealed in random order: at every number of
    /// revealed positions the exact conditional entropies are averaged, over the masked positions and, at one fewer,
    /// over the revealed ones given the others. Made non-increasing; the standard errors are those before, and those of
    /// different numbers are not independent.
    pub fn estimate(&self, samples: usize, seed: u64) -> Profile {
        let count = samples.max(2);
        let profiles: Vec<Vec<f64>> = (0..count as u32)
            .map(|sample| self.sample_profile(&mut Stream::new(seed, Purpose::Law, sample + 2)))
            .collect();
        let mean = |of: &dyn Fn(&[f64]) -> f64| profiles.iter().map(|h| of(h)).sum::<f64>() / count as f64;
        let (h, errors) = (0..self.length)
            .map(|j| {
                let h = mean(&|h| h[j]);
                (h, (mean(&|other| (other[j] - h).powi(2)) / (count - 1) as f64).sqrt())
            })
            .unzip();
        Profile::estimated(h, errors)
    }

    /// An unbiased estimate of `h` `[L]` from one sequence and one order.
    fn sample_profile(&self, rng: &mut Stream) -> Vec<f64> {
        let sequence = self.draw(rng);
        let mut order: Vec<(f64, usize)> = (0..self.length).map(|position| (uniform(rng), position)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut tokens = vec![self.symbols as u32; self.length];
        let mut h = vec![0.0; self.length];
        for seen in 0..=self.length {
            for (others, &token) in self.given_others(&tokens).zip(&tokens) {
                let known = seen - usize::from((token as usize) < self.symbols);
                // Each `h(j)` gets the `L - j` masked positions at `j` and the `j + 1` revealed ones at `j + 1`.
                h[known] += conditional::entropy(&others) / (self.length + 1) as f64;
            }
            if let Some(&(_, position)) = order.get(seen) {
                tokens[position] = sequence[position];
            }
        }
        h
    }

    /// The law of every position `[L]` of `[symbols]` given the revealed ones other than itself.
    fn given_others(&self, tokens: &[u32]) -> impl Iterator<Item = Vec<f64>> {
        let Messages { forward, backward, .. } = self.messages(tokens);
        (0..tokens.len()).map(move |position| {
            let at = position * self.states..(position + 1) * self.states;
            let mut state: Vec<f64> = forward[at.clone()].iter().zip(&backward[at]).map(|(f, b)| f * b).collect();
            normalise(&mut state);
            apply(&state, &self.emissions, self.symbols)
        })
    }

    fn messages(&self, tokens: &[u32]) -> Messages {
        let states = self.states;
        // Of the symbol at a position, for every state; a mask says nothing.
        let see = |state: &mut [f64], token: u32| {
            if (token as usize) < self.symbols {
                for (weight, emissions) in state.iter_mut().zip(self.emissions.chunks(self.symbols)) {
                    *weight *= emissions[token as usize];
                }
            }
            normalise(state)
        };
        let (mut forward, mut log_prob) = (Vec::with_capacity(tokens.len() * states), 0.0);
        let mut state = self.start.clone();
        for &token in tokens {
            forward.extend_from_slice(&state);
            log_prob += see(&mut state, token).ln();
            state = apply(&state, &self.transitions, states);
        }
        let mut backward = vec![1.0; tokens.len() * states];
        let mut state = vec![1.0; states];
        for (position, &token) in tokens.iter().enumerate().rev() {
            backward[position * states..(position + 1) * states].copy_from_slice(&state);
            see(&mut state, token);
            let rows = self.transitions.chunks(states);
            state = rows.map(|row| row.iter().zip(&state).map(|(t, s)| t * s).sum()).collect();
        }
        Messages { forward, backward, log_prob }
    }
}

impl Law for Hmm {
    fn length(&self) -> usize {
        self.length
    }

    fn symbols(&self) -> usize {
        self.symbols
    }

    /// Exact up to 4096 sequences, else [`Hmm::estimate`] with a fixed seed.
    fn profile(&self) -> Profile {
        let sequences = u32::try_from(self.length).ok().and_then(|length| self.symbols.checked_pow(length));
        let exact = sequences.filter(|&count| count <= MAX_SEQUENCES).and_then(|_| Table::enumerate(self).ok());
        let usual = SAMPLES as u64 * work(256, 8, 16);
        let samples = (usual / work(self.length, self.states, self.symbols)).clamp(2, SAMPLES as u64) as usize;
        exact.map_or_else(|| self.estimate(samples, self.seed), |table| table.profile())
    }

    fn conditionals(&self, tokens: &[u32]) -> Vec<Conditional> {
        let conditional = |(others, &token): (Vec<f64>, &u32)| {
            if (token as usize) < self.symbols { Conditional::Certain(token) } else { Conditional::Weighted(others) }
        };
        self.given_others(tokens).zip(tokens).map(conditional).collect()
    }

    fn log_prob(&self, tokens: &[u32]) -> f64 {
        if complete(self, tokens) { self.messages(tokens).log_prob } else { f64::NEG_INFINITY }
    }

    fn draw(&self, rng: &mut Stream) -> Vec<u32> {
        let mut law = self.start.as_slice();
        let mut next = || {
            let state = quantile(law, uniform(rng)) as usize;
            law = &self.transitions[state * self.states..(state + 1) * self.states];
            quantile(&self.emissions[state * self.symbols..(state + 1) * self.symbols], uniform(rng))
        };
        (0..self.length).map(|_| next()).collect()
    }
}

impl fmt::Display for Hmm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hmm:states={},symbols={},seed={}", self.states, self.symbols, self.seed)
    }
}

/// Random distributions `[rows, columns]`.
fn random_rows(rows: usize, columns: usize, rng: &mut Stream) -> Vec<f64> {
    // The floor keeps the powers finite, and so every entry above 0.
    let weights = (0..rows * columns).map(|_| (-(1.0 - uniform(rng)).ln()).max(1e-9).powf(-SHARPNESS));
    let mut weights: Vec<f64> = weights.collect();
    weights.chunks_mut(columns).for_each(|row| {
        normalise(row);
    });
    weights
}

/// The stationary law of `transitions` `[n, n]` by elimination without a subtraction (Grassmann, Taksar & Heyman,
/// Operations Research 33(5), 1985).
fn stationary(transitions: &[f64], n: usize) -> Vec<f64> {
    let mut p = transitions.to_vec();
    for last in (1..n).rev() {
        let leaves: f64 = p[last * n..last * n + last].iter().sum();
        for from in 0..last {
            p[from * n + last] /= leaves;
            for to in 0..last {
                p[from * n + to] += p[from * n + last] * p[last * n + to];
            }
        }
    }
    let mut law = vec![1.0];
    for state in 1..n {
        law.push(law.iter().enumerate().map(|(from, weight)| weight * p[from * n + state]).sum());
    }
    normalise(&mut law);
    law
}

/// `law` `[rows]` times `matrix` `[rows, columns]`.
fn apply(law: &[f64], matrix: &[f64], columns: usize) -> Vec<f64> {
    let mut product = vec![0.0; columns];
    for (weight, row) in law.iter().zip(matrix.chunks(columns)) {
        product.iter_mut().zip(row).for_each(|(sum, entry)| *sum += weight * entry);
    }
    product
}

/// Makes `weights` sum to 1, and says what they summed to.
fn normalise(weights: &mut [f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hmm(spec: &str, length: usize) -> Hmm {
        Hmm::from_spec(&Spec::parse(spec).unwrap(), length).unwrap()
    }

    #[test]
    fn the_chain_is_stationary() {
        for states in [1, 2, 8, 32] {
            let law = hmm(&format!("hmm:states={states}"), 4);
            let after = apply(&law.start, &law.transitions, states);
            assert!(law.start.iter().zip(&after).all(|(a, b)| *a > 0.0 && (a - b).abs() < 1e-14), "{states} states");
        }
    }

    #[test]
    fn the_estimate_lies_around_the_exact_profile() {
        for spec in ["hmm:states=4,symbols=2,seed=5", "hmm:states=4,symbols=4,seed=7"] {
            let law = hmm(spec, if spec.contains("symbols=2") { 10 } else { 6 });
            let (exact, estimate) = (law.profile(), law.estimate(200, 9));
            assert_eq!(exact.standard_error(), None);
            let errors = estimate.standard_error().unwrap();
            assert!(exact.tc() > 0.5, "{spec} says too little");
            for ((exact, found), error) in exact.h().iter().zip(estimate.h()).zip(errors) {
                assert!((exact - found).abs() < 4.0 * error + 1e-12 && *error < 0.02, "{exact}, {found} +- {error}");
            }
        }
    }

    #[test]
    fn a_long_sequence_does_not_underflow() {
        let law = hmm("hmm", 1024);
        let sequence = super::super::sample(&law, 1);
        assert!((-1100.0..-850.0).contains(&law.log_prob(&sequence)), "{}", law.log_prob(&sequence));
        let mut tokens = sequence;
        tokens[500] = 16;
        let total: f64 = (0..16).map(|token| law.conditionals(&tokens)[500].probability(token)).sum();
        assert!((total - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_revealed_matters() {
        // The default law is no product in disguise: seeing the others tells much of a position.
        let profile = hmm("hmm", 64).estimate(8, 1);
        let (first, last) = (profile.h()[0], profile.h()[63]);
        assert!(last < 0.8 * first, "{first} falls to {last}");
    }
}
