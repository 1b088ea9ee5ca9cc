//! The information profile of a denoiser on held-out text: how well it predicts a token from `j` others at random places.
//!
//! With it the error of every schedule on that text is one dot product (theory section 2): for an imperfect model with
//! cross-entropies `l(j)` a run of a grid costs `sum_i l(i) + sum_j (l(j-1) - l(j)) cost_j` nats on average, whatever the
//! model's own mistakes are, which are in `sum_i l(i)` alone.

mod measured;
mod text;

pub use measured::{Mean, Measured};
pub use text::{TextError, nelbo};

use crate::{
    denoiser::{Denoiser, DenoiserError, Masked},
    random::{MAX_SEED, Purpose, Stream},
};

/// Why a profile cannot be measured.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// There is too little text for a standard error.
    #[error("a profile takes at least 2 windows; of {length} tokens there are {windows}")]
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

/// The numbers of revealed tokens to measure at: dense where profiles fall, at both ends, and all of `0..length` where
/// that is not much more. Rises from 0 to `length - 1`, which are its two `points` at least: fewer are taken as 2. Empty
/// for no length.
pub fn grid(length: usize, points: usize) -> Vec<usize> {
    let points = points.max(2);
    if length <= points {
        return (0..length).collect();
    }
    let last = (length - 1) as f64;
    // Equal steps of the angle: close together at both ends, as Chebyshev's points are.
    let place = |k: usize| last * 0.5 * (1.0 - (std::f64::consts::PI * k as f64 / (points - 1) as f64).cos());
    let mut grid: Vec<usize> = (0..points).map(|k| place(k).round() as usize).collect();
    grid.dedup();
    grid
}

/// Measures the profile of `denoiser` on `windows` `[windows][length]`. For each window and each `j` in `revealed` all but
/// `j` tokens at random places are masked and scored; where these are few, so many masks with no place in common that 8 are
/// scored, if the window has as many. `heard` is told how many windows have begun.
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
    let all = (0..windows.len()).flat_map(|window| (0..revealed.len()).map(move |place| (window, place)));
    let of = |(window, place)| (0..masks(length, revealed[place])).map(move |mask| Call { window, place, mask });
    let calls: Vec<Call> = all.flat_map(of).collect();
    let mut losses = vec![vec![0.0; revealed.len()]; windows.len()];
    // Whole batches whatever the window, so that few forwards are short ones.
    for batch in calls.chunks((BATCH / length).max(1)) {
        let hidden = |&Call { window, place, mask }: &Call| {
            // One stream a window and `j`, for all masks; its number tells them apart.
            let stream = Stream::new(seed & MAX_SEED, Purpose::Order, (window * revealed.len() + place) as u32);
            hide(&windows[window], length - revealed[place], mask, denoiser.mask_id(), &stream)
        };
        let masked: Vec<Masked> = batch.iter().map(hidden).collect();
        let found = denoiser.log_probs(&masked).await?;
        for ((&Call { window, place, .. }, one), row) in batch.iter().zip(&masked).zip(found) {
            if let Some(at) = row.iter().position(|log_prob| !log_prob.is_finite()) {
                let (position, token) = one.truth[at];
                return Err(ProfileError::Impossible { window, position, token, revealed: revealed[place] });
            }
            let scored = row.len() * masks(length, revealed[place]);
            losses[window][place] -= row.iter().map(|&log_prob| f64::from(log_prob)).sum::<f64>() / scored as f64;
        }
        heard(batch.last().map_or(0, |call| call.window + 1));
    }
    Ok(Measured::new(revealed.to_vec(), losses))
}

/// About so many tokens a forward: on a CPU of two cores 512 to 1024 are fastest.
const BATCH: usize = 1024;

/// So many tokens are scored of a window at each `j`, where it has them: a single one would leave `l(L - 1)`, on which DTC
/// hangs `L` times over, the least certain of all.
const SCORED: usize = 8;

/// One sequence to score.
struct Call {
    window: usize,
    /// The index of its `j`.
    place: usize,
    /// Which of the masks of this window and `j`.
    mask: usize,
}

/// How many masks of `length - shown` tokens each a window gets.
fn masks(length: usize, shown: usize) -> usize {
    let hidden = length - shown;
    SCORED.div_ceil(hidden).min(length / hidden)
}

/// The tokens with a mask of `count` tokens: the `mask`-th piece of a random order.
fn hide(tokens: &[u32], count: usize, mask: usize, mask_id: u32, stream: &Stream) -> Masked {
    let mut order: Vec<(f64, u32)> = (0..tokens.len() as u32).map(|at| (stream.uniform(at), at)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut hidden: Vec<u32> = order[mask * count..][..count].iter().map(|&(_, at)| at).collect();
    hidden.sort_unstable();
    let mut masked = Masked { tokens: tokens.to_vec(), truth: vec![] };
    for at in hidden {
        masked.tokens[at as usize] = mask_id;
        masked.truth.push((at, tokens[at as usize]));
    }
    masked
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
            for (found, exact) in [(measured.tc(), exact.tc()), (measured.dtc(), exact.dtc())] {
                assert!((found.nats - exact).abs() < 4.0 * found.se, "{spec}: {found:?} for {exact}");
                assert!(found.se > 0.0 && found.se < 0.2, "{spec}: {found:?}");
            }
        }
    }

    #[test]
    fn a_grid_rises_from_nothing_to_all_but_one() {
        assert_eq!(grid(4, 16), [0, 1, 2, 3]);
        assert_eq!((grid(64, 0), grid(64, 1), grid(64, 2)), (vec![0, 63], vec![0, 63], vec![0, 63]));
        assert!(grid(0, 16).is_empty());
        for (length, points) in [(128, 16), (64, 5), (17, 16), (1, 3)] {
            let grid = grid(length, points);
            assert!(grid.is_sorted_by(|a, b| a < b) && grid[0] == 0 && grid[grid.len() - 1] == length - 1, "{grid:?}");
            assert!(grid.len() <= points.max(2), "{grid:?}");
        }
    }

    #[test]
    fn few_masked_tokens_are_made_up_for_by_more_masks() {
        let few = |length| (0..length).map(|shown| masks(length, shown)).collect::<Vec<_>>();
        assert_eq!((few(12), few(3)), (vec![1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 4, 8], vec![1, 1, 3]));
        let (tokens, stream) = ([5, 6, 7, 8], Stream::new(1, Purpose::Order, 0));
        let mut places: Vec<(u32, u32)> = (0..2).flat_map(|mask| hide(&tokens, 2, mask, 9, &stream).truth).collect();
        places.sort_unstable();
        assert_eq!(places, [(0, 5), (1, 6), (2, 7), (3, 8)]);
        let one = hide(&tokens, 1, 3, 9, &stream);
        assert_eq!((one.truth.len(), one.tokens.iter().filter(|&&token| token == 9).count()), (1, 1));
    }

    #[test]
    fn what_cannot_be_measured_is_told() {
        let told = |result: Result<Measured, ProfileError>| result.unwrap_err().to_string();
        assert_eq!(
            told(measured("product", 4, 1, &[0, 3])),
            "a profile takes at least 2 windows; of 4 tokens there are 1"
        );
        assert!(told(measured("product", 4, 2, &[0, 2])).starts_with("revealed tokens [0, 2]; they must rise"));
        let law = parse("parity:q=2", 3).unwrap();
        let odd = vec![vec![1, 0, 0]; 2];
        let error = pollster::block_on(measure(&mut LawDenoiser::new(law), &odd, &[0, 2], 1, |_| ())).unwrap_err();
        assert!(error.to_string().contains("has no probability with 2 tokens revealed"), "{error}");
    }
}
