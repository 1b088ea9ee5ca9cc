//! The distribution of one position, in the shortest form that says it.

/// A distribution over the symbols `0 .. q`.
#[derive(Clone, Debug, PartialEq)]
pub enum Conditional {
    /// One symbol has probability 1.
    Certain(u32),
    /// All `q` symbols are equally likely.
    Uniform(usize),
    /// The probabilities `[q]`.
    Weighted(Vec<f64>),
}

impl Conditional {
    /// The distribution proportional to `weights` `[q]`; `None` if no finite positive number is their sum.
    pub(super) fn proportional(mut weights: Vec<f64>) -> Option<Self> {
        let total: f64 = weights.iter().sum();
        (total > 0.0 && total.is_finite()).then(|| {
            weights.iter_mut().for_each(|weight| *weight /= total);
            Self::Weighted(weights)
        })
    }

    /// The probability of `token`; 0 for what is no symbol.
    pub fn probability(&self, token: u32) -> f64 {
        match self {
            Self::Certain(only) => f64::from(u8::from(token == *only)),
            Self::Uniform(symbols) if (token as usize) < *symbols => 1.0 / *symbols as f64,
            Self::Uniform(_) => 0.0,
            Self::Weighted(probabilities) => probabilities.get(token as usize).copied().unwrap_or(0.0),
        }
    }

    /// The entropy in nats.
    pub fn entropy(&self) -> f64 {
        match self {
            Self::Certain(_) => 0.0,
            Self::Uniform(symbols) => (*symbols as f64).ln(),
            Self::Weighted(probabilities) => entropy(probabilities),
        }
    }

    /// The symbol at the quantile `u` in `[0, 1)`.
    pub fn draw(&self, u: f64) -> u32 {
        match self {
            Self::Certain(only) => *only,
            Self::Uniform(symbols) => (u * *symbols as f64) as u32,
            Self::Weighted(probabilities) => quantile(probabilities, u),
        }
    }
}

/// The index at the quantile `u` of probabilities; never one of probability 0, whatever their rounding.
pub(super) fn quantile(probabilities: &[f64], u: f64) -> u32 {
    let mut last = 0;
    let mut below = 0.0;
    for (index, &probability) in (0u32..).zip(probabilities) {
        below += probability;
        if probability > 0.0 {
            last = index;
            if u < below {
                break;
            }
        }
    }
    last
}

/// `-sum p ln p`, in nats.
pub(super) fn entropy(probabilities: &[f64]) -> f64 {
    probabilities.iter().filter(|&&p| p > 0.0).map(|&p| -p * p.ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_fall_where_the_probability_is() {
        let law = Conditional::proportional(vec![0.0, 2.0, 0.0, 6.0, 0.0]).unwrap();
        assert_eq!([0.0, 0.2, 0.26, 0.999_999, 1.0].map(|u| law.draw(u)), [1, 1, 3, 3, 3]);
        assert_eq!([0.0, 0.34, 0.999].map(|u| Conditional::Uniform(3).draw(u)), [0, 1, 2]);
        assert_eq!(Conditional::proportional(vec![0.0; 3]), None);
    }

    #[test]
    fn every_form_says_the_same() {
        let forms = [Conditional::Uniform(4), Conditional::Weighted(vec![0.25; 4])];
        for form in &forms {
            assert!((form.entropy() - 4f64.ln()).abs() < 1e-15);
            assert_eq!((form.probability(3), form.probability(4)), (0.25, 0.0));
        }
        let certain = Conditional::Certain(2);
        assert_eq!((certain.entropy(), certain.probability(2), certain.probability(1)), (0.0, 1.0, 0.0));
    }
}
