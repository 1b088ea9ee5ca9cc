//! How likely a judge that reads from left to right holds a sequence: what generative perplexity is made of.

use std::future::Future;

use crate::denoiser::{Denoiser, DenoiserError, Masked};

/// A model of sequences in the order of their positions.
pub trait Judge {
    /// `log p(token_i | the tokens before it)` of `tokens` `[length]`, in nats `[length]`. A judge of text has seen
    /// `<|endoftext|>` before the first.
    ///
    /// # Errors
    /// [`DenoiserError::Input`] for tokens that it does not know or too many of them, [`DenoiserError::Device`] when its
    /// device fails.
    fn log_probs(&mut self, tokens: &[u32]) -> impl Future<Output = Result<Vec<f64>, DenoiserError>>;
}

/// A denoiser as a judge: see [`left_to_right`].
#[derive(Debug)]
pub struct LeftToRight<D>(pub D);

impl<D: Denoiser> Judge for LeftToRight<D> {
    async fn log_probs(&mut self, tokens: &[u32]) -> Result<Vec<f64>, DenoiserError> {
        left_to_right(&mut self.0, tokens).await
    }
}

/// About so many tokens a call.
const BATCH: usize = 1024;

/// What [`Judge::log_probs`] asks for, from a denoiser, by the chain rule: each token of `tokens` `[length]` is scored with
/// all that come after it masked. Exact for a law; for a net it takes as many sequences as there are tokens.
///
/// # Errors
/// As [`Denoiser::predict`].
pub async fn left_to_right(denoiser: &mut impl Denoiser, tokens: &[u32]) -> Result<Vec<f64>, DenoiserError> {
    let mask_id = denoiser.mask_id();
    let prefix = |at: usize| {
        let mut masked = tokens[..at].to_vec();
        masked.resize(tokens.len(), mask_id);
        Masked { tokens: masked, truth: vec![(at as u32, tokens[at])] }
    };
    let all: Vec<usize> = (0..tokens.len()).collect();
    let mut log_probs = vec![];
    for batch in all.chunks((BATCH / tokens.len().max(1)).max(1)) {
        let batch: Vec<Masked> = batch.iter().map(|&at| prefix(at)).collect();
        log_probs.extend(denoiser.log_probs(&batch).await?.into_iter().flatten().map(f64::from));
    }
    Ok(log_probs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::{LawDenoiser, parse, sample};

    #[test]
    fn the_log_probabilities_of_a_sequence_sum_to_that_of_the_law() {
        for spec in ["markov:flip=0.1", "mixture:0.1,0.9", "repetition:q=3", "hmm:states=3,symbols=4"] {
            let law = parse(spec, 20).unwrap();
            let (tokens, wanted) = (sample(law.as_ref(), 3), law.log_prob(&sample(law.as_ref(), 3)));
            let found = pollster::block_on(LeftToRight(LawDenoiser::new(law)).log_probs(&tokens)).unwrap();
            assert_eq!(found.len(), 20);
            let sum: f64 = found.iter().sum();
            assert!((sum - wanted).abs() < 1e-4, "{spec}: {sum} instead of {wanted}");
        }
        // The first of two equal tokens is free, the second is known.
        let law = LawDenoiser::new(parse("repetition:q=3", 2).unwrap());
        let found = pollster::block_on(LeftToRight(law).log_probs(&[2, 2])).unwrap();
        assert!((found[0] + 3f64.ln()).abs() < 1e-6 && found[1] == 0.0, "{found:?}");
    }

    #[test]
    fn a_sequence_that_cannot_be_has_no_probability_and_none_is_judged_at_once() {
        let mut judge = LeftToRight(LawDenoiser::new(parse("repetition:q=3", 3).unwrap()));
        let found = pollster::block_on(judge.log_probs(&[1, 2, 2])).unwrap();
        assert_eq!(found[1], f64::NEG_INFINITY);
        assert!(pollster::block_on(judge.log_probs(&[])).unwrap().is_empty());
        assert!(
            pollster::block_on(judge.log_probs(&[1])).unwrap_err().to_string().contains("1 tokens; the law is of 3")
        );
    }
}
