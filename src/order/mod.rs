//! WHICH masked positions a call reveals.
//!
//! An [`Order`] ranks the masked positions, and a schedule says how many of them a call reveals. A [`Rule`] decides how
//! many as well. A [`Remasking`] may also mask again what was revealed. All are named by what they reveal.

mod remasking;
mod reveal;
mod rule;
mod score;

pub use remasking::{Chances, Remasking};
pub use reveal::{Call, Memory};
pub use rule::{DILATED_BLOCK, Rule};
pub use score::{NoScore, Score};

use std::{cmp::Ordering, fmt, str::FromStr};

use crate::{
    denoiser::Prediction,
    random::{Purpose, Stream},
    spec::{Spec, SpecError},
};

/// A ranking of the masked positions, higher first. Scores are untempered; ties fall by the seed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// One random permutation a run. The guarantees of the schedules are for this order.
    Random,
    /// The lowest position first.
    LeftToRight,
    /// The position whose drawn token has the highest probability first (LLaDA, arXiv 2502.09992; MaskGIT).
    MostConfident,
    /// The largest gap between the two likeliest tokens first (Kim et al., arXiv 2502.06768).
    LargestMargin,
    /// The lowest entropy first (Dream, arXiv 2508.15487).
    LowestEntropy,
    /// Dream's `alg_temp`: positions drawn without replacement from softmax(score / softness), the score itself being
    /// the probability, the margin or minus the entropy.
    Soft {
        /// By what.
        score: Score,
        /// From 1e-6 to 1e6: low it is the order itself, high it is a random one.
        softness: f64,
    },
}

impl Order {
    /// Every order that takes no parameter, in the order in which lists show them.
    pub const ALL: [Self; 5] =
        [Self::Random, Self::LeftToRight, Self::MostConfident, Self::LargestMargin, Self::LowestEntropy];

    /// The name, without parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::LeftToRight => "left-to-right",
            Self::MostConfident | Self::Soft { score: Score::Confidence, .. } => "most-confident",
            Self::LargestMargin | Self::Soft { score: Score::Margin, .. } => "largest-margin",
            Self::LowestEntropy | Self::Soft { score: Score::Entropy, .. } => "lowest-entropy",
        }
    }

    /// One line for a person who chooses.
    pub fn about(self) -> &'static str {
        match self {
            Self::Random => "Positions at random; the schedules' guarantees hold for this order, at temperature 1.",
            Self::LeftToRight => "From the beginning to the end, as an autoregressive model does.",
            Self::MostConfident => "The positions whose drawn token is likeliest; no guarantee, often used.",
            Self::LargestMargin => "The positions whose likeliest token is furthest ahead of the second; no guarantee.",
            Self::LowestEntropy => "The positions of which the model is least in doubt; no guarantee.",
            Self::Soft { .. } => "Positions drawn at random, surer ones more often; no guarantee.",
        }
    }

    /// What it ranks by, if by what the model says.
    fn score(self) -> Option<Score> {
        match self {
            Self::Random | Self::LeftToRight => None,
            Self::MostConfident => Some(Score::Confidence),
            Self::LargestMargin => Some(Score::Margin),
            Self::LowestEntropy => Some(Score::Entropy),
            Self::Soft { score, .. } => Some(score),
        }
    }

    /// The `count` positions to reveal, as indices into `predictions`, best first.
    ///
    /// `step` is the number of the call; it decides how ties fall and what a soft order draws.
    pub fn choose(self, predictions: &[Prediction], count: usize, seed: u64, step: u32) -> Vec<usize> {
        let permutation = Stream::new(seed, Purpose::Order, 0);
        let ties = Stream::new(seed, Purpose::Order, step);
        let mut chosen = ranked(predictions, seed, step, |prediction| match (self, self.score()) {
            // The largest `count` of score / softness + Gumbel noise are a draw without replacement.
            (Self::Soft { softness, .. }, Some(score)) => {
                score.of(prediction) / softness - (-ties.uniform(prediction.position).ln()).ln()
            }
            (_, Some(score)) => score.rank(prediction),
            (Self::Random, _) => permutation.uniform(prediction.position),
            _ => -f64::from(prediction.position),
        });
        chosen.truncate(count);
        chosen
    }
}

/// All indices into `predictions`, those with the highest `score` first; among equals the seed decides.
fn ranked(predictions: &[Prediction], seed: u64, step: u32, score: impl Fn(&Prediction) -> f64) -> Vec<usize> {
    let ties = Stream::new(seed, Purpose::Order, step);
    let mut ranked: Vec<(f64, f64, usize)> =
        (predictions.iter().zip(0..)).map(|(one, index)| (score(one), ties.uniform(one.position), index)).collect();
    ranked.sort_by(higher_first);
    ranked.into_iter().map(|(_, _, index)| index).collect()
}

fn higher_first(a: &(f64, f64, usize), b: &(f64, f64, usize)) -> Ordering {
    b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2))
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if let Self::Soft { softness, .. } = self { write!(f, ":soft={softness}") } else { Ok(()) }
    }
}

impl FromStr for Order {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let spec = Spec::parse(text)?;
        let order = named(&spec, "order", Self::ALL, Self::name)?;
        let Some(score) = order.score() else { return spec.only(&[]).map(|()| order) };
        spec.only(&["soft"])?;
        let soft =
            spec.number("soft", "a number from 0.000001 to 1000000", |soft: &f64| (1e-6..=1e6).contains(soft))?;
        Ok(soft.map_or(order, |softness| Self::Soft { score, softness }))
    }
}

/// The one of `all` that `spec` names, or an error that lists their names.
fn named<T: Copy, const N: usize>(
    spec: &Spec<'_>,
    what: &'static str,
    all: [T; N],
    name: impl Fn(T) -> &'static str,
) -> Result<T, SpecError> {
    let unknown = || SpecError::UnknownName { what, name: spec.name.to_owned(), known: all.map(&name).join(", ") };
    all.into_iter().find(|&one| name(one) == spec.name).ok_or_else(unknown)
}

#[cfg(test)]
mod tests;
