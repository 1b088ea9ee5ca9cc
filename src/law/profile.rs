//! The information profile of a law, and what follows from it.

use serde::Serialize;

/// How far above its predecessor, or below 0, rounding may bring a value.
const ROUNDING: f64 = 1e-9;

/// A fall of the profile below this share of `h(0)` is rounding.
const NOISE: f64 = 1e-12;

/// What can be wrong with numbers that are to be a profile.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProfileError {
    /// There are none.
    #[error("a profile has at least one value")]
    Empty,
    /// An entropy is a finite number and at least 0.
    #[error("h({j}) is {value}; it must be a finite number, at least 0")]
    Value {
        /// The number of revealed positions.
        j: usize,
        /// The value.
        value: f64,
    },
    /// To see more never makes a position less certain.
    #[error("h({j}) is {value}, which is more than h({}) = {before}; a profile never rises", j - 1)]
    Rises {
        /// The number of revealed positions.
        j: usize,
        /// The value before.
        before: f64,
        /// The value.
        value: f64,
    },
}

/// `h(j) = E H(X_i | X_W)`, `|W| = j`, `i` uniform outside `W`, for `j = 0 .. L`, in nats: how uncertain a masked
/// position is when `j` random others are revealed. It never rises (Han's inequality).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    h: Vec<f64>,
    standard_error: Option<Vec<f64>>,
}

impl Profile {
    /// The profile `h` `[L]`. What rounding may have done is undone: a value that exceeds its predecessor, or falls
    /// short of 0, by at most 1e-9 is set to it.
    ///
    /// # Errors
    /// [`ProfileError`] names the first value that cannot be.
    pub fn new(h: Vec<f64>) -> Result<Self, ProfileError> {
        if h.is_empty() {
            return Err(ProfileError::Empty);
        }
        for (j, &value) in h.iter().enumerate() {
            if !value.is_finite() || value < -ROUNDING {
                return Err(ProfileError::Value { j, value });
            }
            let before = h[j.saturating_sub(1)];
            if value > before + ROUNDING {
                return Err(ProfileError::Rises { j, before, value });
            }
        }
        Ok(Self::settled(h))
    }

    /// The profile `h` `[L]`, of which the caller knows that only rounding can break the rules. A fall by no more than
    /// rounding is none.
    pub(super) fn settled(mut h: Vec<f64>) -> Self {
        let noise = NOISE * h.first().copied().unwrap_or(0.0);
        let mut before = f64::INFINITY;
        for value in &mut h {
            *value = if *value > before - noise { before } else { value.max(0.0) };
            before = *value;
        }
        Self { h, standard_error: None }
    }

    /// The likeliest profile (see [`isotonic`]) after the estimates `h` `[L]` with their standard errors `[L]`.
    pub(super) fn estimated(h: Vec<f64>, standard_error: Vec<f64>) -> Self {
        // What has no error, as `h(0)` of a stationary law, is as good as fixed.
        let weights: Vec<f64> = standard_error.iter().map(|error| 1.0 / error.max(ROUNDING).powi(2)).collect();
        Self { standard_error: Some(standard_error), ..Self::settled(isotonic(&h, &weights)) }
    }

    /// `h(0), ..., h(L - 1)`.
    pub fn h(&self) -> &[f64] {
        &self.h
    }

    /// The standard error of each value `[L]`, where the profile is an estimate.
    pub fn standard_error(&self) -> Option<&[f64]> {
        self.standard_error.as_deref()
    }

    /// `d_j = h(j - 1) - h(j)` for `j = 1 .. L` at index `j - 1`. With a schedule's expected cost, the dot product is
    /// its error (theory section 2, (I)).
    pub fn drops(&self) -> Vec<f64> {
        self.h.windows(2).map(|pair| pair[0] - pair[1]).collect()
    }

    /// The total correlation `sum_j d_j (L - j) = sum_i H(X_i) - H(X)`.
    pub fn tc(&self) -> f64 {
        self.weighted(|j, length| length - j)
    }

    /// The dual total correlation `sum_j d_j j = H(X) - sum_i H(X_i | all others)`.
    pub fn dtc(&self) -> f64 {
        self.weighted(|j, _| j)
    }

    /// `sum_j d_j min(j, L - j)`, at most the smaller of [`Profile::tc`] and [`Profile::dtc`].
    pub fn min(&self) -> f64 {
        self.weighted(|j, length| j.min(length - j))
    }

    /// `H(X) = sum_j h(j)`, the entropy of a whole sequence.
    pub fn entropy(&self) -> f64 {
        self.h.iter().sum()
    }

    fn weighted(&self, weight: impl Fn(usize, usize) -> usize) -> f64 {
        self.drops().iter().zip(1..).map(|(drop, j)| drop * weight(j, self.h.len()) as f64).sum::<f64>() + 0.0 // never -0
    }
}

/// The non-increasing sequence nearest to `values` `[n]` in the squares weighted with `weights` `[n]`, all above 0:
/// neighbours that rise are pooled (Ayer et al., Annals of Mathematical Statistics 26(4), 1955).
pub fn isotonic(values: &[f64], weights: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = vec![]; // mean, weight, length; the means never rise
    for (&value, &weight) in values.iter().zip(weights) {
        let mut pool = (value, weight, 1);
        while let Some((mean, weight, length)) = pools.pop_if(|(mean, ..)| *mean < pool.0) {
            let total = weight + pool.1;
            pool = ((mean * weight + pool.0 * pool.1) / total, total, length + pool.2);
        }
        pools.push(pool);
    }
    pools.into_iter().flat_map(|(mean, _, length)| std::iter::repeat_n(mean, length)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantities_worked_out_by_hand() {
        let profile = Profile::new(vec![4.0, 3.0, 1.0, 1.0]).unwrap();
        assert_eq!(profile.drops(), [1.0, 2.0, 0.0]);
        assert_eq!((profile.tc(), profile.dtc(), profile.min(), profile.entropy()), (7.0, 5.0, 5.0, 9.0));
    }

    #[test]
    fn what_is_no_profile_is_refused() {
        let told = |h: &[f64]| Profile::new(h.to_vec()).unwrap_err().to_string();
        assert_eq!(told(&[]), "a profile has at least one value");
        assert_eq!(told(&[1.0, -0.5]), "h(1) is -0.5; it must be a finite number, at least 0");
        assert_eq!(told(&[f64::NAN]), "h(0) is NaN; it must be a finite number, at least 0");
        assert_eq!(told(&[1.0, 0.5, 0.75]), "h(2) is 0.75, which is more than h(1) = 0.5; a profile never rises");
        assert_eq!(Profile::new(vec![1.0, 1.0 + 1e-12, -1e-12]).unwrap().h(), [1.0, 1.0, 0.0]);
    }

    #[test]
    fn rising_neighbours_are_pooled() {
        assert_eq!(isotonic(&[5.0, 1.0, 3.0, 2.0, 0.0], &[1.0; 5]), [5.0, 2.0, 2.0, 2.0, 0.0]);
        assert_eq!(isotonic(&[1.0, 2.0], &[3.0, 1.0]), [1.25, 1.25]);
        assert_eq!(isotonic(&[], &[]), Vec::<f64>::new());
    }

    proptest! {
        #[test]
        fn the_fit_falls_and_no_other_falling_sequence_is_nearer(
            pairs in prop::collection::vec((-5.0..5.0f64, 0.1..3.0f64), 1..20),
            other in prop::collection::vec(-5.0..5.0f64, 20)
        ) {
            let (values, weights): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let fit = isotonic(&values, &weights);
            let mut other = other[..fit.len()].to_vec();
            other.sort_by(|a, b| b.total_cmp(a));
            let distance = |to: &[f64]| -> f64 {
                values.iter().zip(&weights).zip(to).map(|((value, weight), to)| weight * (value - to).powi(2)).sum()
            };
            prop_assert!(fit.windows(2).all(|pair| pair[0] >= pair[1]));
            // Also against falling sequences close by: the set is convex, so a step towards `other` stays in it.
            let near: Vec<f64> = fit.iter().zip(&other).map(|(fit, other)| fit + 1e-3 * (other - fit)).collect();
            prop_assert!(distance(&fit) <= distance(&other) + 1e-12 && distance(&fit) <= distance(&near) + 1e-12);
        }
    }
}
