//! The NELBO of one text: how likely a denoiser holds what stands at some of its positions.

use super::{BATCH, Mean};
use crate::{
    denoiser::{Denoiser, DenoiserError, Masked},
    random::{MAX_SEED, Purpose, Stream},
};

/// Why a text cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// A standard error takes at least 2 draws.
    #[error("draws is {0}; it must be at least 2")]
    Draws(usize),
    /// There is nothing to score, or something that is not in the text.
    #[error("position {position} of a text of {length} tokens; the positions to score rise and are in the text")]
    Position {
        /// Which.
        position: u32,
        /// The tokens of the text.
        length: usize,
    },
    /// No position is free.
    #[error("no position is free: there is nothing to score")]
    Nothing,
    /// The denoiser failed.
    #[error(transparent)]
    Denoiser(#[from] DenoiserError),
}

/// The negative evidence lower bound of what stands at the `free` positions of `tokens` `[length]`, given all the others, in
/// nats per free token: `E[-log p]` of a masked token when `n` of the free ones are masked at random and `n` is uniform on
/// `1..=free`. For an exact law it is `-log p(free | others) / free`.
///
/// Of `draws` sequences the i-th has its `n` in the i-th of as many equal parts of `1..=free`. Masks depend on the seed and
/// on which positions are free, not on what stands there: two texts with the same free positions are compared under the same
/// masks. The standard error takes the draws as independent, which is more than theirs, as `n` is spread evenly.
///
/// # Errors
/// [`TextError`]; `free` rises, and `draws` is at least 2.
pub async fn nelbo(
    denoiser: &mut impl Denoiser,
    tokens: &[u32],
    free: &[u32],
    seed: u64,
    draws: usize,
) -> Result<Mean, TextError> {
    if draws < 2 {
        return Err(TextError::Draws(draws));
    }
    let length = tokens.len();
    if let Some(&last) = free.last().filter(|&&last| last as usize >= length) {
        return Err(TextError::Position { position: last, length });
    }
    if let Some(pair) = free.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(TextError::Position { position: pair[1], length });
    }
    if free.is_empty() {
        return Err(TextError::Nothing);
    }
    let shift = Stream::new(seed & MAX_SEED, Purpose::Sizes, 0).uniform(0);
    let one = |draw: usize| {
        let count = ((draw as f64 + shift) / draws as f64 * free.len() as f64) as usize + 1;
        let stream = Stream::new(seed & MAX_SEED, Purpose::Order, draw as u32);
        hide(tokens, free, count.min(free.len()), denoiser.mask_id(), &stream)
    };
    let masked: Vec<Masked> = (0..draws).map(one).collect();
    let mut losses = vec![];
    for batch in masked.chunks((BATCH / length).max(1)) {
        let rows = denoiser.log_probs(batch).await?;
        losses.extend(rows.iter().map(|row| -row.iter().copied().map(f64::from).sum::<f64>() / row.len() as f64));
    }
    Ok(Mean::of(&losses))
}

/// `tokens` with `count` of the `free` positions masked.
fn hide(tokens: &[u32], free: &[u32], count: usize, mask_id: u32, stream: &Stream) -> Masked {
    let mut order: Vec<(f64, u32)> = free.iter().map(|&at| (stream.uniform(at), at)).collect();
    order.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
    let mut truth: Vec<(u32, u32)> = order[..count].iter().map(|&(_, at)| (at, tokens[at as usize])).collect();
    truth.sort_unstable();
    let mut masked = Masked { tokens: tokens.to_vec(), truth };
    for &(at, _) in &masked.truth {
        masked.tokens[at as usize] = mask_id;
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        judge::left_to_right,
        law::{LawDenoiser, parse, sample},
    };

    #[test]
    fn the_nelbo_of_a_text_under_an_exact_law_is_its_log_probability() {
        for spec in ["markov:flip=0.1", "mixture:0.1,0.9", "hmm:states=3,symbols=2,seed=5"] {
            let law = parse(spec, 12).unwrap();
            let tokens = sample(law.as_ref(), 3);
            let mut denoiser = LawDenoiser::new(law);
            let all: Vec<u32> = (0..12).collect();
            let score = |denoiser: &mut LawDenoiser, free: &[u32], seed| {
                pollster::block_on(nelbo(denoiser, &tokens, free, seed, 4000)).unwrap()
            };
            let found = score(&mut denoiser, &all, 1);
            let exact = -pollster::block_on(left_to_right(&mut denoiser, &tokens)).unwrap().iter().sum::<f64>();
            assert!(found.se > 0.0 && found.se < 0.02, "{spec}: {found:?}");
            assert!(
                (found.nats - exact / 12.0).abs() < 4.0 * found.se,
                "{spec}: {found:?} instead of {}",
                exact / 12.0
            );
            // The last four alone, given the first eight: what is left of the chain rule.
            let found = score(&mut denoiser, &[8, 9, 10, 11], 2);
            let chain = pollster::block_on(left_to_right(&mut denoiser, &tokens)).unwrap();
            let exact = -chain[8..].iter().sum::<f64>() / 4.0;
            assert!((found.nats - exact).abs() < 4.0 * found.se + 1e-6, "{spec}: {found:?} instead of {exact}");
        }
    }

    #[test]
    fn masks_depend_on_the_free_positions_alone() {
        let stream = Stream::new(7, Purpose::Order, 3);
        let places = |tokens: &[u32]| {
            hide(tokens, &[1, 2, 4], 2, 9, &stream).truth.iter().map(|&(at, _)| at).collect::<Vec<_>>()
        };
        assert_eq!(places(&[1, 2, 3, 4, 5]), places(&[5, 5, 5, 5, 5]));
        let masked = hide(&[1, 2, 3, 4, 5], &[1, 2, 4], 3, 9, &stream);
        assert_eq!((masked.tokens, masked.truth), (vec![1, 9, 9, 4, 9], vec![(1, 2), (2, 3), (4, 5)]));
    }

    #[test]
    fn what_cannot_be_scored_is_told() {
        let mut denoiser = LawDenoiser::new(parse("product", 3).unwrap());
        let mut told = |free: &[u32], draws| {
            pollster::block_on(nelbo(&mut denoiser, &[0, 1, 0], free, 1, draws)).unwrap_err().to_string()
        };
        assert_eq!(told(&[0], 1), "draws is 1; it must be at least 2");
        assert!(told(&[0, 3], 2).starts_with("position 3 of a text of 3 tokens"));
        assert!(told(&[1, 1], 2).starts_with("position 1 of a text of 3 tokens"));
        assert_eq!(told(&[], 2), "no position is free: there is nothing to score");
    }
}
