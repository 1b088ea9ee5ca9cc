//! An exact law as a denoiser: a model that is never wrong.

use std::sync::Arc;

use super::{Conditional, Law};
use crate::{
    denoiser::{Ask, Denoiser, DenoiserError, Prediction, twin},
    random::{Purpose, Stream},
};

/// Predicts with the exact conditionals of a law. The mask's id is the number of symbols.
#[derive(Debug)]
pub struct LawDenoiser {
    law: Arc<dyn Law>,
}

impl LawDenoiser {
    /// The perfect model of `law`.
    pub fn new(law: impl Into<Arc<dyn Law>>) -> Self {
        Self { law: law.into() }
    }

    /// The law.
    pub fn law(&self) -> &dyn Law {
        self.law.as_ref()
    }

    /// What is asked for, each with the distribution that it is drawn from.
    pub(super) fn answer(&self, tokens: &[u32], ask: &Ask) -> Result<Vec<(Prediction, Conditional)>, DenoiserError> {
        let (length, mask_id) = (self.law.length(), self.law.symbols() as u32);
        if tokens.len() != length {
            return Err(DenoiserError::Input(format!("{} tokens; the law is of {length}", tokens.len())));
        }
        if let Some(token) = tokens.iter().find(|&&token| token > mask_id) {
            let told = format!("token {token}; the law has {mask_id} symbols, and {mask_id} is the mask");
            return Err(DenoiserError::Input(told));
        }
        let stream = Stream::new(ask.seed, Purpose::Tokens, ask.step);
        let draw = twin::Draw { temperature: ask.temperature, mask_id, pad_id: mask_id };
        let mut logits = vec![f32::NEG_INFINITY; self.law.symbols() + 1];
        let predict = |((position, _), conditional): ((u32, &u32), Conditional)| {
            write_logits(&conditional, &mut logits);
            let stats = twin::predict_row(&logits, stream.key(position), draw);
            let mut prediction = twin::prediction(position, &stats);
            if ask.extent.distributions {
                prediction.distribution = logits.iter().map(|logit| logit - stats[0]).collect();
            }
            (prediction, conditional)
        };
        let rows = (0u32..).zip(tokens).zip(self.law.conditionals(tokens));
        Ok(rows.filter(|((_, token), _)| ask.extent.everywhere || **token == mask_id).map(predict).collect())
    }
}

impl Denoiser for LawDenoiser {
    fn mask_id(&self) -> u32 {
        self.law.symbols() as u32
    }

    async fn predict(&mut self, tokens: &[u32], ask: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
        Ok(self.answer(tokens, ask)?.into_iter().map(|(prediction, _)| prediction).collect())
    }
}

/// The logarithms of `conditional` into `logits` `[q + 1]`, whose last is the mask's and stays as it is.
fn write_logits(conditional: &Conditional, logits: &mut [f32]) {
    let symbols = logits.len() - 1;
    match conditional {
        Conditional::Certain(only) => {
            logits[..symbols].fill(f32::NEG_INFINITY);
            logits[*only as usize] = 0.0;
        }
        Conditional::Uniform(_) => logits[..symbols].fill(-(symbols as f32).ln()),
        Conditional::Weighted(probabilities) => {
            logits.iter_mut().zip(probabilities).for_each(|(logit, probability)| *logit = probability.ln() as f32);
        }
    }
}
