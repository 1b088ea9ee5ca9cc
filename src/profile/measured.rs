//! What was measured of a profile, and what follows from it. Each number that is told is linear in the losses: it is worked
//! out for every window, so that it is a mean with a standard error. None needs the curve to fall (theory section 2).

use crate::law::{self, Profile, isotonic};

/// `l(j) = E[-log p(X_i | X_W)]`, `|W| = j`, measured at some `j`, in nats per token.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    length: usize,
    revealed: Vec<usize>,
    /// `[windows][revealed]`, the mean over the scored positions of each window.
    losses: Vec<Vec<f64>>,
}

/// A mean and its standard error.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Mean {
    /// In nats.
    pub nats: f64,
    /// In nats.
    pub se: f64,
}

impl Mean {
    /// Of values that are independent, at least 2.
    pub(crate) fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let nats = values.iter().sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - nats).powi(2)).sum::<f64>() / (count - 1.0);
        Self { nats, se: (variance / count).sqrt() }
    }
}

/// A standard error below this is taken for it: no point is certain.
const CERTAIN: f64 = 1e-9;

impl Measured {
    /// `losses` `[windows][revealed]` at `revealed`, which rises from 0 to the length less 1; at least 2 windows.
    pub(super) fn new(revealed: Vec<usize>, losses: Vec<Vec<f64>>) -> Self {
        Self { length: revealed.last().map_or(0, |last| last + 1), revealed, losses }
    }

    /// A profile that is known as it stands: `nats` `[revealed]` at `revealed`, which rises from 0 to the length less 1. What
    /// follows from it has no standard error.
    pub fn known(revealed: Vec<usize>, nats: Vec<f64>) -> Self {
        Self::new(revealed, vec![nats; 2])
    }

    /// What measuring without any noise at `revealed` would find on a law with profile `h` `[length]`.
    #[cfg(test)]
    pub(crate) fn exact(h: &[f64], revealed: &[usize]) -> Self {
        Self::known(revealed.to_vec(), revealed.iter().map(|&j| h[j]).collect())
    }

    /// `L`.
    pub fn length(&self) -> usize {
        self.length
    }

    /// How many windows were measured.
    pub fn windows(&self) -> usize {
        self.losses.len()
    }

    /// The numbers of revealed tokens, each with its `l(j)`.
    pub fn points(&self) -> Vec<(usize, Mean)> {
        let at = |place: usize| Mean::of(&self.losses.iter().map(|row| row[place]).collect::<Vec<_>>());
        self.revealed.iter().enumerate().map(|(place, &revealed)| (revealed, at(place))).collect()
    }

    /// The NELBO per token: the mean of `l(j)` over `j = 0..L`, in nats.
    ///
    /// Between the measured `j` the curve is taken to be straight. Where the true one is convex, as it mostly is, that is too
    /// much, by an amount that is not in the standard error: with 16 points of 64 by at most 0.3 % on the laws of the tests.
    /// [`Measured::tc`] is then too small, and [`Measured::dtc`] too large, by `L` times as much. With as many points as
    /// tokens there is no such bias.
    pub fn nelbo(&self) -> Mean {
        self.linear(|_, curve| curve.iter().sum::<f64>() / self.length as f64)
    }

    /// The total correlation as the denoiser sees it, `L l(0) - sum_j l(j)`, in nats a window. Noise may take it below 0.
    pub fn tc(&self) -> Mean {
        self.linear(|_, curve| self.length as f64 * curve[0] - curve.iter().sum::<f64>())
    }

    /// The dual total correlation, `sum_j l(j) - L l(L - 1)`, likewise.
    pub fn dtc(&self) -> Mean {
        self.linear(|_, curve| curve.iter().sum::<f64>() - self.length as f64 * curve[self.length - 1])
    }

    /// What a schedule with the expected `cost` `[L - 1]` (theory section 2) loses on a window, in nats:
    /// `sum_j (l(j - 1) - l(j)) cost_j`. For schedules that know nothing of these windows.
    pub fn error(&self, cost: &[f64]) -> Mean {
        self.linear(|_, curve| dot(curve, cost))
    }

    /// [`Measured::error`] of a schedule that is made for the profile: `cost` `[L - 1]` is what it costs when it is made for
    /// the given one. A grid that is priced on the noise that it was made from looks better than it is. So the one made from
    /// the even windows is priced on the odd ones, and the other way round; the mean is over both.
    ///
    /// # Errors
    /// Those of `cost`, and of [`Measured::profile`].
    pub fn crossed_error<E: From<law::ProfileError>>(
        &self,
        cost: impl Fn(&Profile) -> Result<Vec<f64>, E>,
    ) -> Result<Mean, E> {
        let made = |half: usize| cost(&self.falling(|window| window % 2 == half)?);
        let others = [made(1)?, made(0)?];
        Ok(self.linear(|window, curve| dot(curve, &others[window % 2])))
    }

    /// `l(j)` for `j = 0..L`, made non-increasing at the measured points, each weighted by its certainty (theory section
    /// 6.4): what schedules are made for. What is told of the text comes from the curve as it was measured.
    ///
    /// # Errors
    /// For numbers that are no profile, which losses of a sound denoiser never are.
    pub fn profile(&self) -> Result<Profile, law::ProfileError> {
        self.falling(|_| true)
    }

    /// [`Measured::profile`] of some windows. How certain a point is, all windows tell.
    fn falling(&self, of: impl Fn(usize) -> bool) -> Result<Profile, law::ProfileError> {
        let rows: Vec<&Vec<f64>> =
            (0..).zip(&self.losses).filter(|(window, _)| of(*window)).map(|(_, row)| row).collect();
        let at = |place: usize| rows.iter().map(|row| row[place]).sum::<f64>() / rows.len() as f64;
        let means: Vec<f64> = (0..self.revealed.len()).map(at).collect();
        let weights: Vec<f64> = self.points().iter().map(|(_, mean)| 1.0 / mean.se.max(CERTAIN).powi(2)).collect();
        Profile::new(self.curve(&isotonic(&means, &weights)))
    }

    /// The mean over the windows of something linear in the curve `[L]` of each.
    fn linear(&self, of: impl Fn(usize, &[f64]) -> f64) -> Mean {
        let values: Vec<f64> = (0..).zip(&self.losses).map(|(window, row)| of(window, &self.curve(row))).collect();
        Mean::of(&values)
    }

    /// What is measured at some `j` -> at every `j = 0..L`, along straight lines.
    fn curve(&self, values: &[f64]) -> Vec<f64> {
        let mut curve = vec![values[0]];
        for (ends, values) in self.revealed.windows(2).zip(values.windows(2)) {
            let steps = ends[1] - ends[0];
            curve.extend((1..=steps).map(|step| values[0] + (values[1] - values[0]) * step as f64 / steps as f64));
        }
        curve
    }
}

/// `sum_j (l(j - 1) - l(j)) cost_j` of `curve` `[L]` and `cost` `[L - 1]`.
fn dot(curve: &[f64], cost: &[f64]) -> f64 {
    curve.windows(2).zip(cost).map(|(pair, cost)| (pair[0] - pair[1]) * cost).sum::<f64>() + 0.0 // never -0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{law::parse, profile::grid};

    fn near(found: Mean, nats: f64, se: f64) {
        assert!((found.nats - nats).abs() < 1e-12 && (found.se - se).abs() < 1e-12, "{found:?} for {nats}, {se}");
    }

    #[test]
    fn quantities_worked_out_by_hand() {
        let measured = Measured::new(vec![0, 2, 4], vec![vec![4.0, 2.0, 1.0], vec![6.0, 2.0, 1.0]]);
        assert_eq!(measured.curve(&[4.0, 2.0, 1.0]), [4.0, 3.0, 2.0, 1.5, 1.0]);
        assert_eq!(measured.points()[0], (0, Mean { nats: 5.0, se: 1.0 }));
        // The curves sum to 11.5 and 14.5.
        near(measured.nelbo(), 2.6, 0.3);
        near(measured.tc(), 12.0, 3.5);
        near(measured.dtc(), 8.0, 1.5);
        // Drops 1, 1, 1/2, 1/2 and 2, 2, 1/2, 1/2.
        near(measured.error(&[3.0, 2.0, 1.0, 0.0]), 8.0, 2.5);
        assert_eq!(measured.profile().unwrap().h(), [5.0, 3.5, 2.0, 1.5, 1.0]);
    }

    #[test]
    fn what_is_told_is_not_made_to_fall_and_may_be_negative() {
        let rises = Measured::new(vec![0, 1], vec![vec![1.0, 2.0], vec![1.0, 1.5]]);
        near(rises.tc(), -0.75, 0.25);
        near(rises.error(&[1.0]), -0.75, 0.25);
        // The first point is certain, so it is all that counts.
        assert!(rises.profile().unwrap().h().iter().all(|h| (h - 1.0).abs() < 1e-9));
    }

    #[test]
    fn a_schedule_made_for_one_half_is_priced_on_the_other() {
        let (even, odd) = (vec![3.0, 1.0, 1.0], vec![3.0, 3.0, 1.0]);
        let measured = Measured::new(vec![0, 1, 2], vec![even.clone(), odd.clone(), even, odd]);
        // All falls at 1 in the even windows, at 2 in the odd ones. Who knows reveals there, and loses nothing.
        let cost = |profile: &Profile| -> Result<Vec<f64>, law::ProfileError> {
            Ok(if profile.drops()[0] > profile.drops()[1] { vec![0.0, 1.0] } else { vec![1.0, 0.0] })
        };
        assert_eq!(measured.crossed_error(cost).unwrap(), Mean { nats: 2.0, se: 0.0 });
    }

    #[test]
    fn straight_lines_between_16_points_of_64_add_little() {
        for spec in ["mixture:0.1,0.9", "markov:flip=0.1", "hmm:states=3,symbols=2,seed=5"] {
            let exact = parse(spec, 64).unwrap().profile();
            let measured = Measured::exact(exact.h(), &grid(64, 16));
            let bias = measured.nelbo().nats - exact.entropy() / 64.0;
            assert!(bias > -1e-12 && bias < 0.003 * exact.entropy() / 64.0, "{spec}: {bias}");
            assert!((measured.tc().nats - exact.tc() + 64.0 * bias).abs() < 1e-9, "{spec}");
            assert!((measured.dtc().nats - exact.dtc() - 64.0 * bias).abs() < 1e-9, "{spec}");
        }
    }
}
