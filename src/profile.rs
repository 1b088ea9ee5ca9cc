//! The information profile of a denoiser on held-out text: how well it predicts a token from `j` others at random places.
//!
//! With it the error of every schedule on that text is one dot product (theory section 2): for an imperfect model with
//! cross-entropies `l(j)` a run of a grid costs `sum_i l(i) + sum_j (l(j-1) - l(j)) cost_j` nats on average, whatever the
//! model's own mistakes are, which are in `sum_i l(i)` alone.

use crate::{
    denoiser::{Denoiser, DenoiserError, Masked},
    law::{Profile, isotonic},
    random::{MAX_SEED, Purpose, Stream},
};

/// Why a profile cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is too little text for a standard error.
    #[error("there are {windows} windows of {length} tokens; a profile takes at least 2")]
    Windows {
        /// How many there are.
        windows: usize,
        /// How long each is.
        length: usize,
    },
    /// The windows are not of one length, or empty.
    #[error("window {index} has {found} tokens; all must have {length}, and at least 1")]
    Length {
        /// Which.
        index: usize,
        /// Its length.
        found: usize,
        /// The first one's.
        length: usize,
    },
    /// The numbers of revealed tokens are no grid.
    #[error("revealed tokens {0:?}; they must rise from 0 to the length less 1")]
    Grid(Vec<usize>),
    /// The denoiser failed.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
    /// The denoiser gave no probability for a token that stands in the text.
    #[error("window {window}, position {position}: token {token} has no probability with {revealed} tokens revealed")]
    Impossible {
        /// Which window.
        window: usize,
        /// Where in it.
        position: u32,
        /// The token that stands there.
        token: u32,
        /// How many tokens were revealed.
        revealed: usize,
    },
}

/// `l(j) = E[-log p(X_i | X_W)]`, `|W| = j`, measured at some `j`, in nats per token.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    length: usize,
    revealed: Vec<usize>,
    /// `[windows][revealed]`, the mean over the masked positions of each window.
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

/// The numbers of revealed tokens to measure at: dense where profiles fall, at both ends, and all of `0..length` where
/// that is not much more. Rises from 0 to `length - 1`.
pub fn grid(length: usize, points: usize) -> Vec<usize> {
    if length <= points.max(2) {
        return (0..length).collect();
    }
    let last = (length - 1) as f64;
    // Equal steps of the angle: close together at both ends, as Chebyshev's points are.
    let place = |k: usize| last * 0.5 * (1.0 - (std::f64::consts::PI * k as f64 / (points - 1) as f64).cos());
    let mut grid: Vec<usize> = (0..points).map(|k| place(k).round() as usize).collect();
    grid.dedup();
    grid
}

/// Measures the profile of `denoiser` on `windows` `[windows][length]`. For each window and each `j` in `revealed` another
/// random set of `j` positions is shown, and every other token is scored. `heard` is told how many windows have begun.
///
/// # Errors
/// [`ProfileError`]; the windows are at least 2 and of one length, `revealed` rises from 0 to `length - 1`.
pub async fn measure(
    denoiser: &mut impl Denoiser,
    windows: &[Vec<u32>],
    revealed: &[usize],
    seed: u64,
    mut heard: impl FnMut(usize),
) -> Result<Measured, ProfileError> {
    let length = windows.first().map_or(0, Vec::len);
    if let Some((index, other)) = windows.iter().enumerate().find(|(_, one)| one.len() != length || one.is_empty()) {
        return Err(ProfileError::Length { index, found: other.len(), length });
    }
    if windows.len() < 2 {
        return Err(ProfileError::Windows { windows: windows.len(), length });
    }
    let rises = revealed.is_sorted_by(|a, b| a < b);
    if !rises || revealed.first() != Some(&0) || revealed.last() != Some(&(length - 1)) {
        return Err(ProfileError::Grid(revealed.to_vec()));
    }
    let calls: Vec<(usize, usize)> =
        (0..windows.len()).flat_map(|window| (0..revealed.len()).map(move |place| (window, place))).collect();
    let mut losses = vec![vec![0.0; revealed.len()]; windows.len()];
    // Whole batches whatever the window, so that few forwards are short ones.
    for batch in calls.chunks((BATCH / length).max(1)) {
        let masked: Vec<Masked> = batch
            .iter()
            .map(|&(window, place)| {
                // One stream a call; its number tells them apart.
                let call = (window * revealed.len() + place) as u32;
                let stream = Stream::new(seed & MAX_SEED, Purpose::Order, call);
                hide(&windows[window], revealed[place], denoiser.mask_id(), &stream)
            })
            .collect();
        let found = denoiser.log_probs(&masked).await?;
        for ((&(window, place), one), row) in batch.iter().zip(&masked).zip(found) {
            if let Some(at) = row.iter().position(|log_prob| !log_prob.is_finite()) {
                let (position, token) = one.truth[at];
                return Err(ProfileError::Impossible { window, position, token, revealed: revealed[place] });
            }
            losses[window][place] = -row.iter().map(|&log_prob| f64::from(log_prob)).sum::<f64>() / row.len() as f64;
        }
        heard(batch.last().map_or(0, |&(window, _)| window + 1));
    }
    Ok(Measured { length, revealed: revealed.to_vec(), losses })
}

/// About so many tokens a forward: on a CPU of two cores 512 to 1024 are fastest.
const BATCH: usize = 1024;

/// All tokens masked but `shown` ones at random places.
fn hide(tokens: &[u32], shown: usize, mask_id: u32, stream: &Stream) -> Masked {
    let mut order: Vec<(f64, u32)> = (0..tokens.len() as u32).map(|at| (stream.uniform(at), at)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut hidden: Vec<u32> = order[shown..].iter().map(|&(_, at)| at).collect();
    hidden.sort_unstable();
    let mut masked = Masked { tokens: tokens.to_vec(), truth: vec![] };
    for at in hidden {
        masked.tokens[at as usize] = mask_id;
        masked.truth.push((at, tokens[at as usize]));
    }
    masked
}

impl Measured {
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
        let at = |place: usize| mean(self.losses.iter().map(|row| row[place]));
        self.revealed.iter().enumerate().map(|(place, &revealed)| (revealed, at(place))).collect()
    }

    /// The NELBO per token: the mean of `l(j)` over `j = 0..L`, between the measured ones along straight lines.
    pub fn nelbo(&self) -> Mean {
        mean(self.losses.iter().map(|row| self.curve(row).iter().sum::<f64>() / self.length as f64))
    }

    /// `l(j)` for `j = 0..L`, made non-increasing (theory section 6.4): the profile that schedules are made for, and
    /// with which [`Profile::tc`] and [`Profile::dtc`] are estimates for the text as this denoiser sees it.
    ///
    /// # Errors
    /// For numbers that are no profile, which losses of a sound denoiser never are.
    pub fn profile(&self) -> Result<Profile, crate::law::ProfileError> {
        let means: Vec<f64> = self.points().iter().map(|(_, mean)| mean.nats).collect();
        let curve = self.curve(&means);
        Profile::new(isotonic(&curve, &vec![1.0; curve.len()]))
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

fn mean(values: impl Iterator<Item = f64> + Clone) -> Mean {
    let count = values.clone().count() as f64;
    let nats = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - nats).powi(2)).sum::<f64>() / (count - 1.0);
    Mean { nats, se: (variance / count).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::{LawDenoiser, parse, sample};

    fn measured(spec: &str, length: usize, windows: u64, revealed: &[usize]) -> Result<Measured, ProfileError> {
        let law = parse(spec, length).unwrap();
        let windows: Vec<Vec<u32>> = (0..windows).map(|seed| sample(law.as_ref(), seed)).collect();
        pollster::block_on(measure(&mut LawDenoiser::new(law), &windows, revealed, 5, |_| ()))
    }

    #[test]
    fn the_profile_of_a_law_is_recovered_within_its_standard_error() {
        for spec in ["mixture:0.1,0.9", "markov:flip=0.1", "hmm:states=3,symbols=2,seed=5"] {
            let exact = parse(spec, 12).unwrap().profile();
            let measured = measured(spec, 12, 1500, &grid(12, 20)).unwrap();
            let points = measured.points();
            assert_eq!(points.len(), 12);
            for (j, found) in points {
                assert!(
                    found.se < 0.05 && (found.nats - exact.h()[j]).abs() < 4.0 * found.se + 1e-6,
                    "{spec}, {j}: {found:?}"
                );
            }
            let (nelbo, entropy) = (measured.nelbo(), exact.entropy() / 12.0);
            assert!((nelbo.nats - entropy).abs() < 4.0 * nelbo.se, "{spec}: {nelbo:?} for {entropy}");
            let profile = measured.profile().unwrap();
            assert!(
                (profile.tc() - exact.tc()).abs() < 0.1 * exact.tc() + 0.1,
                "{spec}: {} {}",
                profile.tc(),
                exact.tc()
            );
        }
    }

    #[test]
    fn straight_lines_lead_from_point_to_point() {
        let measured =
            Measured { length: 5, revealed: vec![0, 2, 4], losses: vec![vec![4.0, 2.0, 1.0], vec![6.0, 2.0, 1.0]] };
        assert_eq!(measured.curve(&[4.0, 2.0, 1.0]), [4.0, 3.0, 2.0, 1.5, 1.0]);
        assert_eq!(measured.points()[0], (0, Mean { nats: 5.0, se: 1.0 }));
        // Windows of 11.5/5 and 14.5/5.
        assert!((measured.nelbo().nats - 2.6).abs() < 1e-12);
        assert_eq!(measured.profile().unwrap().h(), [5.0, 3.5, 2.0, 1.5, 1.0]);
    }

    #[test]
    fn a_grid_rises_from_nothing_to_all_but_one() {
        assert_eq!(grid(4, 16), [0, 1, 2, 3]);
        for (length, points) in [(128, 16), (64, 5), (17, 16), (1, 3)] {
            let grid = grid(length, points);
            assert!(grid.is_sorted_by(|a, b| a < b) && grid[0] == 0 && grid[grid.len() - 1] == length - 1, "{grid:?}");
            assert!(grid.len() <= points.max(2), "{grid:?}");
        }
    }

    #[test]
    fn what_cannot_be_measured_is_told() {
        let told = |result: Result<Measured, ProfileError>| result.unwrap_err().to_string();
        assert_eq!(
            told(measured("product", 4, 1, &[0, 3])),
            "there are 1 windows of 4 tokens; a profile takes at least 2"
        );
        assert!(told(measured("product", 4, 2, &[0, 2])).starts_with("revealed tokens [0, 2]; they must rise"));
        let law = parse("parity:q=2", 3).unwrap();
        let odd = vec![vec![1, 0, 0]; 2];
        let error = pollster::block_on(measure(&mut LawDenoiser::new(law), &odd, &[0, 2], 1, |_| ())).unwrap_err();
        assert!(error.to_string().contains("has no probability with 2 tokens revealed"), "{error}");
    }
}
