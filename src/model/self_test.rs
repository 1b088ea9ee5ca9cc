//! One call with a known answer, run before a GPU is trusted: some drivers compute nonsense without an error.

use serde::{Deserialize, Serialize};

use super::{Model, ModelError};
use crate::denoiser::{Ask, Denoiser, Extent, Prediction};

/// How far statistics may be apart. A GPU in order is within a few 1e-5; one out of order is far off.
const TOLERANCE: f32 = 2e-3;

/// A question and its answer, as computed on the CPU.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfTest {
    /// `[length]`.
    tokens: Vec<u32>,
    /// One a masked position.
    predictions: Vec<Prediction>,
}

impl SelfTest {
    const ASK: Ask = Ask { seed: 1, step: 1, temperature: 1.0, extent: Extent::USUAL };

    /// From the bytes of a `self_test.json`.
    ///
    /// # Errors
    /// [`ModelError::SelfTestFile`] when they are not that.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        serde_json::from_slice(bytes).map_err(|error| ModelError::SelfTestFile(Box::new(error)))
    }

    /// Asks a model that is trusted: sixteen positions at most, every second one masked, so that predictions depend on both the
    /// tokens and their places.
    ///
    /// # Errors
    /// [`ModelError::SelfTestRun`] when the call fails.
    pub async fn record(model: &mut Model) -> Result<Self, ModelError> {
        let length = model.config().seq_len.min(16);
        let (vocab, mask_id) = (model.config().vocab_size as u32, model.config().mask_id);
        let tokens: Vec<u32> =
            (0..length as u32).map(|place| if place % 2 == 0 { mask_id } else { (37 + 101 * place) % vocab }).collect();
        let predictions = model.predict(&tokens, &Self::ASK).await.map_err(ModelError::SelfTestRun)?;
        Ok(Self { tokens, predictions })
    }

    /// Asks a model that is not trusted yet.
    ///
    /// # Errors
    /// [`ModelError::SelfTest`] names the first position that disagrees, [`ModelError::SelfTestRun`] when the call fails.
    pub async fn check(&self, model: &mut Model) -> Result<(), ModelError> {
        let found = model.predict(&self.tokens, &Self::ASK).await.map_err(ModelError::SelfTestRun)?;
        match self.disagreement(&found) {
            None => Ok(()),
            Some(what) => Err(ModelError::SelfTest { device: model.place().name.clone(), what }),
        }
    }

    fn disagreement(&self, found: &[Prediction]) -> Option<String> {
        if found.len() != self.predictions.len() {
            return Some(format!("{} predictions instead of {}", found.len(), self.predictions.len()));
        }
        self.predictions.iter().zip(found).find_map(|(wanted, found)| {
            let Prediction { position, token, log_prob, entropy, margin, top, .. } = *wanted;
            let statistics = [
                ("log-probability", log_prob, found.log_prob),
                ("entropy", entropy, found.entropy),
                ("margin", margin, found.margin),
                ("highest probability", top[0].1, found.top[0].1),
            ];
            if (position, token) != (found.position, found.token) {
                return Some(format!("token {} at position {position} instead of {token}", found.token));
            }
            let apart = statistics.into_iter().find(|(_, wanted, found)| (wanted - found).abs() > TOLERANCE);
            apart.map(|(name, wanted, found)| format!("{name} {found} at position {position} instead of {wanted}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denoiser::TOP;

    #[test]
    fn a_wrong_number_and_a_wrong_token_are_noticed() {
        let right = Prediction {
            position: 0,
            token: 4,
            log_prob: -1.0,
            entropy: 2.0,
            margin: 0.1,
            top: [(4, 0.3); TOP],
            ..Prediction::default()
        };
        let test = SelfTest { tokens: vec![2], predictions: vec![right.clone()] };
        assert_eq!(test.disagreement(std::slice::from_ref(&right)), None);
        let off = Prediction { entropy: 2.1, ..right.clone() };
        assert_eq!(test.disagreement(&[off]).unwrap(), "entropy 2.1 at position 0 instead of 2");
        let other = Prediction { token: 5, ..right };
        assert_eq!(test.disagreement(&[other]).unwrap(), "token 5 at position 0 instead of 4");
        assert_eq!(test.disagreement(&[]).unwrap(), "0 predictions instead of 1");
    }
}
