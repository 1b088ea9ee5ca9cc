//! The laws that are uniform on a maximum-distance-separable code: any `k` positions are uniform and determine the
//! others. These are the extreme points of the schedule problem (theory section 2).

use std::fmt;

use super::{
    Conditional, Field, Law, LawError, MAX_LENGTH, MAX_SYMBOLS, Profile, alphabet, check_length, complete, revealed,
};
use crate::{
    random::{Stream, uniform},
    spec::Spec,
};

/// The uniform law on a code of dimension `k` over `q` symbols.
///
/// Where the revealed symbols belong to no codeword, the masked ones are those of the codeword through the `k` lowest
/// revealed positions.
#[derive(Clone, Debug)]
pub struct Code {
    kind: Kind,
    length: usize,
    dimension: usize,
    symbols: usize,
}

#[derive(Clone, Debug)]
enum Kind {
    /// `k = L`: independent and uniform.
    Product,
    /// `k = 1`: all equal.
    Repetition,
    /// `k = L - 1`: the sum is 0 modulo `q`.
    Parity,
    /// The values of a polynomial of degree below `k` at the elements `0 .. L` of the field.
    ReedSolomon(Field),
}

impl Code {
    /// `product:q=2`, `repetition:q=2`, `parity:q=2` (`q` is 2 unless given) or `reed-solomon:k=19,q=256`.
    ///
    /// # Errors
    /// [`LawError`] for a parameter or length out of range; a Reed-Solomon code takes `1 <= k <= L <= q`, where `q` is
    /// a prime or a power of two.
    pub fn from_spec(spec: &Spec<'_>, length: usize) -> Result<Self, LawError> {
        check_length(spec.name, length, MAX_LENGTH)?;
        if spec.name == "reed-solomon" {
            return Self::reed_solomon(spec, length);
        }
        spec.only(&["q"])?;
        let symbols = alphabet(spec, "q", 2, MAX_SYMBOLS)?;
        let (kind, dimension) = match spec.name {
            "repetition" => (Kind::Repetition, 1),
            "parity" => (Kind::Parity, length - 1),
            _ => (Kind::Product, length),
        };
        Ok(Self { kind, length, dimension, symbols })
    }

    fn reed_solomon(spec: &Spec<'_>, length: usize) -> Result<Self, LawError> {
        spec.only(&["k", "q"])?;
        let accepted = format!("a prime or a power of two, from 2 to {MAX_SYMBOLS}");
        let field: Field = spec.needed("q", "256", accepted, |_| true)?;
        let symbols = field.order();
        check_length(&format!("{}:q={symbols}", spec.name), length, symbols.min(MAX_LENGTH))?;
        let accepted = format!("a whole number from 1 to the length, {length}");
        let dimension = spec.needed("k", "19", accepted, |k| (1..=length).contains(k))?;
        Ok(Self { kind: Kind::ReedSolomon(field), length, dimension, symbols })
    }

    /// The codeword `[L]` through exactly `k` positions.
    fn through(&self, known: &[(usize, u32)]) -> Vec<u32> {
        let mut word = vec![0; self.length];
        for &(position, symbol) in known {
            word[position] = symbol;
        }
        match &self.kind {
            Kind::Product => {}
            Kind::Repetition => word.fill(known[0].1),
            Kind::Parity => {
                let sum = known.iter().fold(0, |sum, &(_, symbol)| (sum + symbol as usize) % self.symbols);
                let left_out = (0..self.length).zip(known).find(|(position, (other, _))| position != other);
                let missing = left_out.map_or(self.dimension, |(position, _)| position);
                word[missing] = ((self.symbols - sum) % self.symbols) as u32;
            }
            Kind::ReedSolomon(field) => interpolate(field, known, &mut word),
        }
        word
    }
}

/// Fills in the values of the polynomial through `known` at all other positions of `word`: Lagrange's interpolation in
/// barycentric form (Berrut & Trefethen, SIAM Review 46(3), 2004), position `i` being the field's element `i`.
fn interpolate(field: &Field, known: &[(usize, u32)], word: &mut [u32]) {
    let point = |position: usize| position as u32;
    let product = |at: usize| {
        let others = known.iter().filter(|(other, _)| *other != at);
        others.fold(1, |product, &(other, _)| field.mul(product, field.sub(point(at), point(other))))
    };
    let scaled = |&(position, symbol): &(usize, u32)| field.mul(symbol, field.inverse(product(position)));
    let scaled: Vec<u32> = known.iter().map(scaled).collect(); // y_i / prod_j (x_i - x_j)
    let mut next = known.iter().peekable();
    for (position, value) in word.iter_mut().enumerate() {
        if next.next_if(|&&(known, _)| known == position).is_some() {
            continue;
        }
        let sum = known.iter().zip(&scaled).fold(0, |sum, (&(other, _), &scaled)| {
            let distance = field.sub(point(position), point(other));
            field.add(sum, field.mul(scaled, field.inverse(distance)))
        });
        *value = field.mul(product(position), sum);
    }
}

impl Law for Code {
    fn length(&self) -> usize {
        self.length
    }

    fn symbols(&self) -> usize {
        self.symbols
    }

    fn profile(&self) -> Profile {
        let free = (self.symbols as f64).ln();
        Profile::settled((0..self.length).map(|j| if j < self.dimension { free } else { 0.0 }).collect())
    }

    fn conditionals(&self, tokens: &[u32]) -> Vec<Conditional> {
        let known: Vec<(usize, u32)> = revealed(tokens, self.symbols).take(self.dimension).collect();
        let word = (known.len() == self.dimension).then(|| self.through(&known));
        let masked = |position: usize| {
            word.as_ref().map_or(Conditional::Uniform(self.symbols), |word| Conditional::Certain(word[position]))
        };
        let conditional = |(position, &token): (usize, &u32)| {
            if (token as usize) < self.symbols { Conditional::Certain(token) } else { masked(position) }
        };
        tokens.iter().enumerate().map(conditional).collect()
    }

    fn log_prob(&self, tokens: &[u32]) -> f64 {
        let known: Vec<(usize, u32)> = revealed(tokens, self.symbols).take(self.dimension).collect();
        if complete(self, tokens) && self.through(&known) == tokens {
            -(self.dimension as f64) * (self.symbols as f64).ln()
        } else {
            f64::NEG_INFINITY
        }
    }

    fn draw(&self, rng: &mut Stream) -> Vec<u32> {
        let free = Conditional::Uniform(self.symbols);
        let known: Vec<(usize, u32)> =
            (0..self.dimension).map(|position| (position, free.draw(uniform(rng)))).collect();
        self.through(&known)
    }

    fn mds(&self) -> Option<(usize, usize)> {
        (1..self.length).contains(&self.dimension).then_some((self.dimension, self.symbols))
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { dimension, symbols, .. } = self;
        match self.kind {
            Kind::Product => write!(f, "product:q={symbols}"),
            Kind::Repetition => write!(f, "repetition:q={symbols}"),
            Kind::Parity => write!(f, "parity:q={symbols}"),
            Kind::ReedSolomon(_) => write!(f, "reed-solomon:k={dimension},q={symbols}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(spec: &str, length: usize) -> Code {
        Code::from_spec(&Spec::parse(spec).unwrap(), length).unwrap()
    }

    #[test]
    fn codewords_are_the_values_of_polynomials() {
        // 3 + 5x + 2x^2 modulo 11, worked out by hand.
        let word = [3, 10, 10, 3, 0, 1, 6];
        let code = code("reed-solomon:k=3,q=11", 7);
        assert_eq!(code.log_prob(&word), -3.0 * 11f64.ln());
        for known in [[0, 1, 2], [0, 3, 6], [4, 5, 6], [1, 2, 5]] {
            assert_eq!(code.through(&known.map(|position| (position, word[position]))), word);
        }
    }

    #[test]
    fn any_k_symbols_determine_a_codeword_of_a_long_code() {
        for (spec, length) in [("reed-solomon:k=19,q=256", 256), ("reed-solomon:k=100,q=257", 257)] {
            let code = code(spec, length);
            let word = super::super::sample(&code, 5);
            let mut tokens = word.clone();
            for position in 0..length - code.dimension {
                tokens[(position * 7 + 3) % length] = code.symbols as u32;
            }
            assert_eq!(revealed(&tokens, code.symbols).count(), code.dimension);
            let found = code.conditionals(&tokens);
            assert!(found.iter().zip(&word).all(|(found, &symbol)| *found == Conditional::Certain(symbol)));
            // One fewer, and nothing is known of the masked ones.
            let last = revealed(&tokens, code.symbols).last().unwrap().0;
            tokens[last] = code.symbols as u32;
            assert_eq!(code.conditionals(&tokens)[last], Conditional::Uniform(code.symbols));
        }
    }

    #[test]
    fn what_is_no_codeword_is_decoded_from_the_lowest_positions() {
        let certain = |symbols: [u32; 4]| symbols.map(Conditional::Certain).to_vec();
        assert_eq!(code("repetition:q=3", 4).conditionals(&[3, 1, 2, 3]), certain([1, 1, 2, 1]));
        assert_eq!(code("reed-solomon:k=2,q=5", 4).conditionals(&[0, 1, 0, 5]), certain([0, 1, 0, 3]));
    }

    #[test]
    fn codes_without_freedom_or_without_checks_have_no_error() {
        assert_eq!(code("parity:q=3", 1).profile().h(), [0.0]);
        assert_eq!(code("parity:q=3", 1).log_prob(&[0]), 0.0);
        for (spec, length) in [("parity", 1), ("repetition", 1), ("product", 4), ("reed-solomon:k=4,q=5", 4)] {
            let code = code(spec, length);
            assert_eq!((code.mds(), code.profile().tc()), (None, 0.0), "{spec}");
        }
        assert_eq!(code("parity:q=3", 5).mds(), Some((4, 3)));
    }
}
