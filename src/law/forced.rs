//! Teacher forcing: a law's denoiser that always draws one given sequence, and says how likely that was.

use std::sync::Arc;

use super::{Law, LawDenoiser, LawError, complete};
use crate::denoiser::{Ask, Denoiser, DenoiserError, Prediction};

/// Predicts as [`LawDenoiser`] does, but draws the symbols of `sequence`, whatever the temperature. Driven by the
/// sampler, the log-probabilities of the reveals sum to `ln q(sequence)`, `q` being the law that grid and order of the
/// run sample from. They are minus infinity where the run could not have drawn the sequence.
#[derive(Debug)]
pub struct Forced {
    denoiser: LawDenoiser,
    sequence: Vec<u32>,
}

impl Forced {
    /// Forces `sequence` `[L]` on the perfect model of `law`.
    ///
    /// # Errors
    /// [`LawError::Sequence`] for another length, or for tokens that are no symbols.
    pub fn new(law: impl Into<Arc<dyn Law>>, sequence: Vec<u32>) -> Result<Self, LawError> {
        let law = law.into();
        if !complete(law.as_ref(), &sequence) {
            let (length, symbols) = (law.length(), law.symbols());
            let told = format!("must have {length} tokens below {symbols}, as `{law}` has");
            return Err(LawError::Sequence(told));
        }
        Ok(Self { denoiser: LawDenoiser::new(law), sequence })
    }
}

impl Denoiser for Forced {
    fn mask_id(&self) -> u32 {
        self.denoiser.mask_id()
    }

    async fn predict(&mut self, tokens: &[u32], ask: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
        let answers = self.denoiser.answer(tokens, ask)?;
        let forced = answers.into_iter().map(|(prediction, conditional)| {
            let token = self.sequence[prediction.position as usize];
            Prediction { token, log_prob: conditional.probability(token).ln() as f32, ..prediction }
        });
        Ok(forced.collect())
    }
}
