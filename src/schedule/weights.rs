//! The weights `w_j` that a guarantee is relative to.

/// The weights `w_j` of a guarantee `E KL <= ratio * sum_j w_j d_j`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// `w_j = L - j`: the sum is the total correlation TC.
    Tc,
    /// `w_j = j`: the sum is the dual total correlation DTC.
    Dtc,
    /// `w_j = min(j, L - j)`: the sum is at most `min(TC, DTC)`.
    Min,
    /// `w_j = L`: the sum is TC + DTC (as in Li & Cai, arXiv 2505.21400).
    Uniform,
}

impl Weights {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Min, Self::Tc, Self::Dtc, Self::Uniform];

    /// The last part of a schedule's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tc => "tc",
            Self::Dtc => "dtc",
            Self::Min => "min",
            Self::Uniform => "uniform",
        }
    }

    /// `w_j` for `0 < j < masked`.
    pub fn at(self, j: usize, masked: usize) -> f64 {
        let weight = match self {
            Self::Tc => masked - j,
            Self::Dtc => j,
            Self::Min => j.min(masked - j),
            Self::Uniform => masked,
        };
        weight as f64
    }

    /// `[w_1, ..., w_{L-1}]`.
    pub(super) fn all(self, masked: usize) -> Vec<f64> {
        (1..masked).map(|j| self.at(j, masked)).collect()
    }
}

/// The worst case over all laws, `max_j cost_j / w_j`: no law's error is more than this times `sum_j w_j d_j`, and a
/// Reed-Solomon code of the worst dimension `j` attains it (theory section 2). 0 where nothing is left to lose.
pub fn worst_ratio(weights: Weights, cost: &[f64]) -> f64 {
    let masked = cost.len() + 1;
    cost.iter().enumerate().map(|(index, cost)| cost / weights.at(index + 1, masked)).fold(0.0, f64::max)
}
