//! What the text of a run is worth, as numbers that survive a file.

use serde::{Deserialize, Serialize};

use super::SweepError;
use crate::{
    judge::Judge,
    quality::{Grams, distinct, unigram_entropy},
};

/// What is told of a text; of its revealed tokens alone, in the order of their positions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// How many tokens were revealed.
    pub tokens: usize,
    /// Minus their log-probability under the judge, in nats; `None` without a judge.
    pub nats: Option<f64>,
    /// The entropy of their frequencies, in nats.
    pub entropy: f64,
    /// Distinct-1, -2 and -3.
    pub distinct: [Option<f64>; 3],
    /// How many 8-grams stand in the training text; `None` without one.
    pub copied: Option<Copied>,
}

/// N-grams that stand in another text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// How many do.
    pub found: usize,
    /// How many there are.
    pub of: usize,
}

/// What texts are measured with.
#[derive(Debug)]
pub struct Ruler<'a, J> {
    /// Who tells how likely a text is.
    pub judge: Option<&'a mut J>,
    /// The 8-grams of the training text.
    pub grams: Option<&'a Grams>,
    /// The id of `<|endoftext|>`.
    pub end: u32,
}

impl<J: Judge> Ruler<'_, J> {
    /// Measures `tokens` `[length]`, of which those at `fresh` (rising) are to be told of; the others are only read.
    ///
    /// # Errors
    /// [`SweepError::Judge`]; [`SweepError::Impossible`] for a token that has no probability.
    pub async fn measure(&mut self, tokens: &[u32], fresh: &[usize]) -> Result<Quality, SweepError> {
        let nats = match &mut self.judge {
            None => None,
            Some(judge) => {
                let log_probs = judge.log_probs(tokens).await.map_err(SweepError::Judge)?;
                let (mut nats, mut missing) = (0.0, None);
                for &position in fresh {
                    match log_probs.get(position) {
                        Some(log_prob) if log_prob.is_finite() => nats -= log_prob,
                        _ => missing = missing.or(Some(position)),
                    }
                }
                if let Some(position) = missing {
                    return Err(SweepError::Impossible { position, token: tokens[position] });
                }
                Some(kept(nats))
            }
        };
        let own: Vec<u32> = fresh.iter().map(|&position| tokens[position]).collect();
        let copied = self.grams.map(|grams| grams.found(&own, self.end));
        Ok(Quality {
            tokens: own.len(),
            nats,
            entropy: kept(unigram_entropy(&own)),
            distinct: [1, 2, 3].map(|n| distinct(&own, n).map(kept)),
            copied: copied.map(|(found, of)| Copied { found, of }),
        })
    }
}

/// A number as a file keeps it, to nine decimal places: so short, it is read back as it was written.
pub fn kept(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::LeftToRight;
    use crate::law::{LawDenoiser, parse};

    #[test]
    fn numbers_are_read_back_as_they_were_written() {
        for at in 0..20_000 {
            let value = kept(f64::from(at) * 0.731_234_567_891_234 + 1.0 / (f64::from(at) + 3.0));
            let read: f64 = serde_json::from_str(&serde_json::to_string(&value).unwrap()).unwrap();
            assert_eq!(value.to_bits(), read.to_bits(), "{value}");
        }
    }

    #[test]
    fn only_revealed_tokens_are_told_of() {
        let mut judge = LeftToRight(LawDenoiser::new(parse("repetition:q=4", 4).unwrap()));
        let mut ruler = Ruler { judge: Some(&mut judge), grams: None, end: 9 };
        let measured =
            |ruler: &mut Ruler<_>, tokens: &[u32], fresh: &[usize]| pollster::block_on(ruler.measure(tokens, fresh));
        let all = measured(&mut ruler, &[1; 4], &[0, 1, 2, 3]).unwrap();
        assert!((all.nats.unwrap() - 4f64.ln()).abs() < 1e-6);
        // After the first token nothing is left to tell.
        let rest = measured(&mut ruler, &[1; 4], &[2, 3]).unwrap();
        assert_eq!((rest.tokens, rest.nats, rest.distinct), (2, Some(0.0), [Some(0.5), Some(1.0), None]));
        let error = measured(&mut ruler, &[1, 1, 2, 2], &[1, 2]).unwrap_err();
        assert_eq!(error.to_string(), "position 2: the judge gives token 2 no probability");
    }
}
