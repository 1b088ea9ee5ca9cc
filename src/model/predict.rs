//! The denoiser: sequences that ask alike go through the net together, and one small read-back tells of all of them.

use burn::{prelude::*, tensor::TensorData};

use super::{Model, ints, read_back};
use crate::{
    denoiser::{
        Ask, Denoiser, DenoiserError, Extent, Masked, Prediction,
        twin::{self, Draw, STATS},
    },
    kernel,
    random::{Purpose, Stream},
};

/// Most logits there are at a time: 128 MiB, which is what WebGPU promises of a buffer that a kernel reads.
const MOST_LOGITS: usize = 1 << 25;

/// Most rows of a launch: WebGPU's limit of workgroups.
const MOST_ROWS: usize = (1 << 16) - 1;

/// A sequence `[length]` and what is asked of it.
type Asked<'a> = (&'a [u32], Ask);

impl Denoiser for Model {
    fn mask_id(&self) -> u32 {
        self.config.mask_id
    }

    async fn predict(&mut self, tokens: &[u32], ask: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
        Ok(self.predict_alike(&[(tokens, *ask)]).await?.pop().unwrap_or_default())
    }

    #[cfg(not(target_family = "wasm"))] // a page asks for one at a time, and every visitor would pay for more
    async fn predict_batch(&mut self, batch: &[Asked<'_>]) -> Result<Vec<Vec<Prediction>>, DenoiserError> {
        let mut told = vec![vec![]; batch.len()];
        let mut left: Vec<usize> = (0..batch.len()).collect();
        while let Some(&first) = left.first() {
            let alike: Vec<usize> =
                left.iter().copied().filter(|&other| kind(&batch[other]) == kind(&batch[first])).collect();
            left.retain(|other| !alike.contains(other));
            let together: Vec<Asked<'_>> = alike.iter().map(|&index| batch[index]).collect();
            for (index, predictions) in alike.into_iter().zip(self.predict_alike(&together).await?) {
                told[index] = predictions;
            }
        }
        Ok(told)
    }

    async fn log_probs(&mut self, batch: &[Masked]) -> Result<Vec<Vec<f32>>, DenoiserError> {
        self.score(batch).await
    }
}

/// What sequences must have in common to be predicted together.
#[cfg(not(target_family = "wasm"))]
fn kind((tokens, ask): &Asked<'_>) -> (usize, f32, Extent) {
    (tokens.len(), ask.temperature, ask.extent)
}

impl Model {
    /// Predictions of sequences of one [`kind`].
    async fn predict_alike(&self, batch: &[Asked<'_>]) -> Result<Vec<Vec<Prediction>>, DenoiserError> {
        let Some(&(first, Ask { temperature, extent, .. })) = batch.first() else { return Ok(vec![]) };
        let Extent { everywhere, distributions } = extent;
        let (mask_id, pad_id) = (self.config.mask_id, self.config.pad_id);
        // Where something is asked, sequence by sequence, and how the noise there begins.
        let (mut places, mut keys, mut counts) = (vec![], vec![], vec![]);
        for (row, (tokens, ask)) in batch.iter().enumerate() {
            let stream = Stream::new(ask.seed, Purpose::Tokens, ask.step);
            let asked = (0u32..).zip(*tokens).filter(|&(_, &token)| everywhere || token == mask_id);
            let before = places.len();
            for (position, _) in asked {
                places.push(row * first.len() + position as usize);
                keys.push(stream.key(position));
            }
            counts.push(places.len() - before);
        }
        if places.is_empty() {
            return Ok(vec![vec![]; batch.len()]);
        }
        let hidden = self.hidden(&batch.iter().map(|(tokens, _)| *tokens).collect::<Vec<_>>())?; // [batch * length, d_model]
        let draw = Draw { temperature, mask_id, pad_id };
        let rows = (MOST_LOGITS / self.config.vocab_size).clamp(1, MOST_ROWS);
        let (mut stats, mut kept) = (vec![], vec![]);
        for (places, keys) in places.chunks(rows).zip(keys.chunks(rows)) {
            let places: Vec<u32> = places.iter().map(|&place| place as u32).collect();
            let places = Tensor::<1, Int>::from_data(TensorData::new(ints(&places), [keys.len()]), &self.place.device);
            let logits = self.net.logits(hidden.clone().select(0, places)); // [rows, vocab]
            let logits = match &self.never {
                Some(never) => logits + never.clone(),
                None => logits,
            };
            if distributions {
                kept.push(logits.clone());
            }
            stats.push(kernel::predict(logits, keys, draw)); // [rows, STATS]
        }
        let stats = read_back(joined(stats)).await?;
        if stats.len() != places.len() * STATS || stats.iter().any(|value| !value.is_finite()) {
            return Err(DenoiserError::Device("the predictions are not numbers".into()));
        }
        let logits = if distributions { read_back(joined(kept)).await? } else { vec![] };
        let mut logits = logits.chunks_exact(self.config.vocab_size);
        let mut told = places.iter().zip(stats.chunks_exact(STATS)).map(|(&place, stats)| {
            let mut prediction = twin::prediction((place % first.len()) as u32, stats);
            if let Some(row) = logits.next() {
                prediction.distribution = row.iter().map(|logit| logit - stats[0]).collect();
                for &never in [mask_id, pad_id].iter().chain(&self.config.never) {
                    prediction.distribution[never as usize] = f32::NEG_INFINITY;
                }
            }
            prediction
        });
        Ok(counts.into_iter().map(|count| told.by_ref().take(count).collect()).collect())
    }
}

/// Pieces `[rows, columns]` one under the other.
fn joined(mut pieces: Vec<Tensor<2>>) -> Tensor<2> {
    if pieces.len() == 1 { pieces.remove(0) } else { Tensor::cat(pieces, 0) }
}
