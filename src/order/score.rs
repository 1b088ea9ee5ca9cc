//! What a prediction is worth: three ways to say how sure a model is of a position, higher is surer.

use std::str::FromStr;

use crate::denoiser::Prediction;

/// A way to say how sure the model is. Statistics are untempered: at a low temperature all draws look certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// Probability of the drawn token (LLaDA, arXiv 2502.09992, low-confidence remasking; MaskGIT, arXiv 2202.04200).
    Confidence,
    /// Highest probability less the second highest (Kim et al., arXiv 2502.06768, top-K probability margin).
    Margin,
    /// Minus the entropy, in nats (Dream, arXiv 2508.15487, `alg = entropy`).
    Entropy,
}

impl Score {
    /// Every score.
    pub const ALL: [Self; 3] = [Self::Confidence, Self::Margin, Self::Entropy];

    /// The name that [`FromStr`] reads back.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confidence => "confidence",
            Self::Margin => "margin",
            Self::Entropy => "entropy",
        }
    }

    /// The score itself: a probability, a difference of probabilities, or minus nats.
    pub fn of(self, prediction: &Prediction) -> f64 {
        match self {
            Self::Confidence => f64::from(prediction.log_prob).exp(),
            _ => self.rank(prediction),
        }
    }

    /// What sorts like the score; confidences stay logarithms, in which the most certain ones still differ.
    pub fn rank(self, prediction: &Prediction) -> f64 {
        f64::from(match self {
            Self::Confidence => prediction.log_prob,
            Self::Margin => prediction.margin,
            Self::Entropy => -prediction.entropy,
        })
    }
}

/// No score has this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoScore;

impl FromStr for Score {
    type Err = NoScore;

    fn from_str(name: &str) -> Result<Self, NoScore> {
        Self::ALL.into_iter().find(|score| score.name() == name).ok_or(NoScore)
    }
}
