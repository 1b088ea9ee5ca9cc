//! One call with a known answer, run before a GPU is trusted: some drivers compute nonsense without an error.

use serde::{Deserialize, Serialize};

use super::{Model, ModelError};
use crate::{
    denoiser::{Ask, Denoiser, Extent, Prediction, twin::gumbel},
    forward::gpu::Precision,
    random::{Purpose, Stream, pcg4d},
};

/// How far statistics may be apart. A GPU in order is within a few 1e-5, in f16 within a few 1e-3; one out of order is far off.
fn tolerance(precision: Precision) -> f32 {
    match precision {
        Precision::F32 => 2e-3,
        Precision::F16 => 2e-2,
    }
}

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
        let device = match model.precision() {
            Precision::F32 => model.place().name.clone(),
            Precision::F16 => format!("{} in f16", model.place()),
        };
        match self.disagreement(&found, model.precision()) {
            None => Ok(()),
            Some(what) => Err(ModelError::SelfTest { device, what }),
        }
    }

    fn disagreement(&self, found: &[Prediction], precision: Precision) -> Option<String> {
        if found.len() != self.predictions.len() {
            return Some(format!("{} predictions instead of {}", found.len(), self.predictions.len()));
        }
        self.predictions.iter().zip(found).find_map(|(wanted, found)| {
            let Prediction { position, token, log_prob, entropy, margin, top, .. } = *wanted;
            let most = tolerance(precision);
            let same = found.token == token;
            let tied = precision == Precision::F16 && (height(wanted) - height(found)).abs() <= most;
            if position != found.position || !(same || tied) {
                return Some(format!("token {} at position {position} instead of {token}", found.token));
            }
            let statistics = [
                ("log-probability", log_prob, if same { found.log_prob } else { log_prob }),
                ("entropy", entropy, found.entropy),
                ("margin", margin, found.margin),
                ("highest probability", top[0].1, found.top[0].1),
            ];
            let apart =
                statistics.into_iter().find(|(_, wanted, found)| !(0.0..=most).contains(&(wanted - found).abs()));
            apart.map(|(name, wanted, found)| format!("{name} {found} at position {position} instead of {wanted}"))
        })
    }
}

/// By what a token was drawn: its log-probability and its noise, the highest sum of all tokens'. Where it is right, so is the
/// token, unless another one is as near: in f16 one of two that are nearly tied may fall either way.
fn height(prediction: &Prediction) -> f32 {
    let Ask { seed, step, temperature, .. } = SelfTest::ASK;
    let [a, b, c] = Stream::new(seed, Purpose::Tokens, step).key(prediction.position);
    prediction.log_prob + temperature * gumbel(pcg4d([a, b, c, prediction.token])[0])
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
        for precision in [Precision::F32, Precision::F16] {
            let told = |found: &[Prediction]| test.disagreement(found, precision);
            assert_eq!(told(std::slice::from_ref(&right)), None);
            let off = Prediction { entropy: 2.1, ..right.clone() };
            assert_eq!(told(&[off]).unwrap(), "entropy 2.1 at position 0 instead of 2");
            let unlikely = Prediction { log_prob: -1.5, ..right.clone() };
            assert!(told(&[unlikely]).is_some());
            let other = Prediction { token: 5, ..right.clone() };
            assert_eq!(told(&[other]).unwrap(), "token 5 at position 0 instead of 4");
            let none = Prediction { log_prob: f32::NAN, ..right.clone() };
            assert!(told(&[none]).is_some());
            assert_eq!(told(&[]).unwrap(), "0 predictions instead of 1");
        }
    }

    #[test]
    fn in_f16_tokens_may_differ_that_are_nearly_tied() {
        let right = Prediction { position: 3, token: 4, log_prob: -1.0, ..Prediction::default() };
        let test = SelfTest { tokens: vec![2; 4], predictions: vec![right.clone()] };
        // Another token whose noise makes it `less` likely to be drawn.
        let tied = |less: f32| {
            let mut other = Prediction { token: 5, ..right.clone() };
            other.log_prob += height(&right) - height(&other) - less;
            other
        };
        assert_eq!(test.disagreement(&[tied(0.01)], Precision::F16), None);
        assert!(test.disagreement(&[tied(0.1)], Precision::F16).is_some());
        assert!(test.disagreement(&[tied(0.0)], Precision::F32).is_some());
    }
}
