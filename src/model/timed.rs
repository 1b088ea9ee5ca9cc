//! How long a call takes by the GPU's own clock: what the time of a run is held against.

use super::{
    Model,
    network::{Network, lost},
};
use crate::{
    denoiser::{DenoiserError, twin::Draw},
    forward::gpu::{Forward, Question, Sequences, What},
};

impl Model {
    /// What each dispatch of a call takes on the GPU that predicts every mask of `batch`, sequences of one length: the
    /// kernel's name, and ns.
    ///
    /// # Errors
    /// [`DenoiserError`], as [`crate::denoiser::Denoiser::predict`]; [`DenoiserError::Input`] where kernels of its own do not
    /// run the model, [`DenoiserError::Device`] where the GPU has no clock.
    pub async fn timed(&self, batch: &[&[u32]]) -> Result<Vec<(&'static str, f64)>, DenoiserError> {
        let (forward, sequences, places) = self.to_time(batch)?;
        let keys = vec![[0; 3]; places.len()];
        forward.timed(&sequences, &self.question(&places, &keys)).await.map_err(lost)
    }

    /// What all of such a call takes, in ns.
    ///
    /// # Errors
    /// As [`Model::timed`].
    pub async fn timed_whole(&self, batch: &[&[u32]]) -> Result<f64, DenoiserError> {
        let (forward, sequences, places) = self.to_time(batch)?;
        let keys = vec![[0; 3]; places.len()];
        forward.timed_whole(&sequences, &self.question(&places, &keys)).await.map_err(lost)
    }

    /// Bytes a second that a copy within the GPU's memory reads and writes.
    ///
    /// # Errors
    /// As [`Model::timed`].
    pub async fn bandwidth(&self) -> Result<f64, DenoiserError> {
        self.on_its_own_kernels()?.bandwidth().await.map_err(lost)
    }

    fn on_its_own_kernels(&self) -> Result<&Forward, DenoiserError> {
        match &self.net {
            Network::Gpu(forward) => Ok(forward),
            _ => Err(DenoiserError::Input("only kernels are timed, which run this program's own nets on a GPU".into())),
        }
    }

    fn to_time(&self, batch: &[&[u32]]) -> Result<(&Forward, Sequences, Vec<u32>), DenoiserError> {
        let forward = self.on_its_own_kernels()?;
        let length = batch.first().map_or(0, |tokens| tokens.len());
        for tokens in batch {
            self.check(tokens)?;
        }
        let tokens = batch.concat();
        let masked = (0u32..).zip(&tokens).filter(|&(_, &token)| token == self.config.mask_id);
        let places = masked.map(|(place, _)| place).collect();
        Ok((forward, forward.sequences(&tokens, length), places))
    }

    fn question<'a>(&self, places: &'a [u32], keys: &'a [[u32; 3]]) -> Question<'a> {
        let draw = Draw { temperature: 1.0, mask_id: self.config.mask_id, pad_id: self.config.pad_id };
        Question { places, what: What::Predictions { keys, draw, logits: false, reveal: &[] } }
    }
}
