//! Logarithms of binomial coefficients.

/// `ln n!` for all `n` up to a limit.
pub(super) struct LnFactorials(Vec<f64>);

impl LnFactorials {
    pub fn new(most: usize) -> Self {
        // Summed with Kahan's compensation: near `ln 4096! = 29 978` plain rounding would show in the drops of a
        // profile.
        let (mut sum, mut lost) = (0.0f64, 0.0);
        let next = |n: usize| {
            let term = (n.max(1) as f64).ln() - lost;
            let total = sum + term;
            lost = (total - sum) - term;
            sum = total;
            sum
        };
        Self((0..=most).map(next).collect())
    }

    /// `ln (n choose k)`; minus infinity for `k > n`.
    pub fn choose(&self, n: usize, k: usize) -> f64 {
        if k > n { f64::NEG_INFINITY } else { self.0[n] - self.0[k] - self.0[n - k] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_pascals() {
        let ln = LnFactorials::new(60);
        let mut row = vec![1.0];
        for n in 1..=60 {
            row = (0..=n).map(|k| row.get(k).unwrap_or(&0.0) + if k > 0 { row[k - 1] } else { 0.0 }).collect();
            for (k, wanted) in row.iter().enumerate() {
                assert!((ln.choose(n, k).exp() / wanted - 1.0).abs() < 1e-12, "{n} choose {k}");
            }
        }
        assert_eq!(ln.choose(2, 3), f64::NEG_INFINITY);
    }
}
