//! One denoiser measured against another, call by call.

use super::{Ask, Denoiser, DenoiserError, Extent, Prediction};

/// A denoiser that answers, and an exact one beside it that is asked the same: how far the answers of a run are off.
#[derive(Debug)]
pub struct Beside<'a, D, E> {
    told: &'a mut D,
    exact: &'a mut E,
    nats: f64,
    predictions: usize,
}

impl<'a, D: Denoiser, E: Denoiser> Beside<'a, D, E> {
    /// `told` answers; both have the same vocabulary.
    pub fn new(told: &'a mut D, exact: &'a mut E) -> Self {
        Self { told, exact, nats: 0.0, predictions: 0 }
    }

    /// KL of the predictions so far from the exact ones in nats, summed, and of how many.
    pub fn off(&self) -> (f64, usize) {
        (self.nats, self.predictions)
    }
}

impl<D: Denoiser, E: Denoiser> Denoiser for Beside<'_, D, E> {
    fn mask_id(&self) -> u32 {
        self.told.mask_id()
    }

    async fn predict(&mut self, tokens: &[u32], ask: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
        let ask = Ask { extent: Extent { distributions: true, ..ask.extent }, ..*ask };
        let exact = self.exact.predict(tokens, &ask).await?;
        let told = self.told.predict(tokens, &ask).await?;
        for (exact, told) in exact.iter().zip(&told) {
            self.nats += divergence(&exact.distribution, &told.distribution);
            self.predictions += 1;
        }
        Ok(told)
    }
}

/// `KL(p || q)` in nats, of log-probabilities `[vocab]`.
fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let possible = p.iter().zip(q).filter(|(p, _)| p.is_finite());
    possible.map(|(&p, &q)| f64::from(p).exp() * (f64::from(p) - f64::from(q))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::{LawDenoiser, parse};

    #[test]
    fn divergences_worked_out_by_hand() {
        let law = |name| LawDenoiser::new(parse(name, 2).unwrap());
        let (mut told, mut exact) = (law("markov:flip=0.25"), law("markov:flip=0.5"));
        let ask = Ask { seed: 1, step: 1, temperature: 1.0, extent: Extent::USUAL };
        let mask_id = told.mask_id();
        let mut beside = Beside::new(&mut told, &mut exact);
        // Alone both tokens are as likely as each other under both laws.
        assert_eq!(pollster::block_on(beside.predict(&[mask_id; 2], &ask)).unwrap().len(), 2);
        let (nats, predictions) = beside.off();
        assert!(nats.abs() < 1e-6 && predictions == 2);
        // After one, as likely by the one, 3/4 and 1/4 by the other.
        let told = pollster::block_on(beside.predict(&[0, mask_id], &ask)).unwrap();
        assert!((told[0].top[0].1 - 0.75).abs() < 1e-6);
        let wanted = 0.5 * (0.5f64 / 0.75).ln() + 0.5 * (0.5f64 / 0.25).ln();
        assert!((beside.off().0 - nats - wanted).abs() < 1e-6);
    }
}
