//! Grids without randomness, as used in practice (theory section 6.1). Both expect `steps <= masked`.

use super::Grid;

/// `floor(masked / steps)` tokens a call and one more in the first `masked mod steps` (LLaDA, arXiv 2502.09992).
pub(super) fn uniform(masked: usize, steps: usize) -> Grid {
    Grid::from_sizes((0..steps).map(|call| masked / steps + usize::from(call < masked % steps)))
}

/// `floor(masked * cos(pi k / 2 steps))` masks remain after call `k` (MaskGIT, arXiv 2202.04200), clipped so that every
/// call has a token.
pub(super) fn cosine(masked: usize, steps: usize) -> Grid {
    let mut remaining = masked;
    let points = (1..=steps).map(|call| {
        let angle = std::f64::consts::FRAC_PI_2 * call as f64 / steps as f64;
        let wanted = (masked as f64 * angle.cos()).floor() as usize;
        remaining = wanted.clamp(steps - call, remaining - 1);
        masked - remaining
    });
    Grid::from_points(points.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uniform_gives_the_remainder_to_the_first_calls() {
        assert_eq!(uniform(10, 4).sizes(), [3, 3, 2, 2]);
    }

    #[test]
    fn cosine_reveals_few_tokens_first() {
        // 16 cos(pi k / 8) = 14.78, 11.31, 6.12, 0.
        assert_eq!(cosine(16, 4).sizes(), [2, 3, 5, 6]);
    }

    #[test]
    fn cosine_never_wastes_a_call() {
        assert_eq!(cosine(5, 5).sizes(), [1; 5]);
    }
}
