//! A schedule made ready for a number of masks and calls: drawn from as often as wanted, and what is exactly true of it.

use super::{Ancestral, Draw, Grid, Intensity, draw::NO_CHANCE};
use crate::random;

/// The law of a schedule's grids.
#[derive(Clone, Debug, PartialEq)]
pub enum Plan {
    /// Always this grid.
    Fixed(Grid),
    /// Points drawn from an intensity.
    Drawn(Intensity, Draw),
    /// Binomial sizes.
    Ancestral(Ancestral),
}

impl Plan {
    /// Draws the grid of one run: strictly increasing, ends at the masked count.
    pub fn draw(&self, rng: &mut impl rand::Rng) -> Grid {
        match self {
            Self::Fixed(grid) => grid.clone(),
            Self::Drawn(intensity, draw) => intensity.draw(*draw, rng),
            Self::Ancestral(ancestral) => ancestral.draw(rng),
        }
    }

    /// The grids of a batch. Of the systematic draw the rows share one uniform number, spread evenly over them in random
    /// order: each row alone is drawn as always, and together they vary less (theory section 3.0).
    pub fn draw_batch(&self, rows: usize, rng: &mut impl rand::Rng) -> Vec<Grid> {
        let Self::Drawn(intensity, Draw::Systematic) = self else {
            return (0..rows).map(|_| self.draw(rng)).collect();
        };
        let shift = random::uniform(rng);
        let mut strata: Vec<usize> = (0..rows).collect();
        for last in (1..rows).rev() {
            strata.swap(last, (random::uniform(rng) * (last + 1) as f64) as usize);
        }
        strata.iter().map(|&stratum| intensity.draw_systematic((stratum as f64 + shift) / rows as f64)).collect()
    }

    /// `E[cost_j]` for `j = 1..masked` at index `j - 1`, exact: the error on a law with drops `d_j` of its information
    /// profile, averaged over grids and random orders, is the dot product of both (identity (I) of the theory).
    pub fn expected_cost(&self) -> Vec<f64> {
        match self {
            Self::Fixed(grid) => grid.cost(),
            Self::Drawn(intensity, draw) => intensity.expected_cost(*draw),
            Self::Ancestral(ancestral) => ancestral.expected_cost(),
        }
    }

    /// `P(j is a grid point)` for `j = 1..masked` at index `j - 1`: where the plan spends its calls.
    pub fn presence(&self) -> Vec<f64> {
        match self {
            Self::Fixed(grid) => {
                let inner = grid.points().last().map_or(0, |last| last - 1);
                let at = |j: usize| f64::from(u8::from(grid.points().binary_search(&j).is_ok()));
                (1..=inner).map(at).collect()
            }
            Self::Drawn(intensity, draw) => intensity.presence(*draw),
            Self::Ancestral(ancestral) => ancestral.presence(),
        }
    }

    /// `ln E[z^(N(j) - j)]` for `ln_z < 0` and `0 < j < masked`, exact. For a maximum distance separable code of dimension
    /// `j` over `1/z` symbols it is the log-probability that a run ends in a codeword (theory section 4). In logarithms,
    /// for the expectation can be as small as `z^masked`.
    pub fn ln_expected_power(&self, j: usize, ln_z: f64) -> f64 {
        match self {
            Self::Fixed(grid) => grid.cost()[j - 1] * ln_z,
            Self::Ancestral(ancestral) => ancestral.ln_expected_power(j, ln_z),
            Self::Drawn(intensity, draw) => {
                // N(j) - j > e when no point is among j..=j+e.
                let gaps = intensity.gaps(*draw, j);
                let missed = |e: usize| gaps.get(e).copied().unwrap_or(0.0);
                let chance = |e: usize| if e == 0 { 1.0 - missed(0) } else { missed(e - 1) - missed(e) };
                let terms = (0..=gaps.len()).map(|e| (e, chance(e))).filter(|(_, chance)| *chance > NO_CHANCE);
                terms.map(|(e, chance)| chance.ln() + e as f64 * ln_z).fold(f64::NEG_INFINITY, ln_add)
            }
        }
    }
}

/// `ln(e^a + e^b)`.
pub(super) fn ln_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a > b { (a, b) } else { (b, a) };
    if high == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}
