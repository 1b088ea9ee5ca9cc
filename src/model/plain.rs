//! A net by burn's operations, one after the other.

use burn::{module::Module, prelude::*, tensor::TensorData};

use super::{
    Net, Outline,
    foreign::Foreign,
    ints,
    network::Asked,
    predict::Told,
    read_back,
    score::{log_probs, never},
};
use crate::{
    denoiser::{DenoiserError, twin::Draw},
    kernel,
};

/// Most logits there are at a time: 128 MiB, which is what WebGPU promises of a buffer that a kernel reads.
const MOST_LOGITS: usize = 1 << 25;

/// Most rows of a launch: WebGPU's limit of workgroups.
const MOST_ROWS: usize = (1 << 16) - 1;

/// A net on a device of burn's.
pub struct Plain {
    net: Stack,
    device: Device,
    vocab: usize,
    /// Added to logits `[1, vocab]`: what is no text is never predicted.
    never: Tensor<2>,
    /// Whether more than mask and padding is no text, so that draws must be kept from it.
    more: bool,
}

/// Of which architecture it is.
pub enum Stack {
    /// This program's.
    Own(Net),
    /// Of another family.
    Foreign(Foreign),
}

impl Plain {
    pub fn new(net: Stack, outline: &Outline, device: &Device) -> Self {
        let (vocab, more) = (outline.vocab_size, !outline.never.is_empty());
        Self { net, device: device.clone(), vocab, never: never(outline, device), more }
    }

    /// As [`super::network::Network::predict`].
    pub async fn predict(
        &self,
        asked: Asked<'_>,
        keys: &[[u32; 3]],
        draw: Draw,
        distributions: bool,
    ) -> Result<Told, DenoiserError> {
        let hidden = self.hidden(asked); // [batch * length, d_model]
        let rows = (MOST_LOGITS / self.vocab).clamp(1, MOST_ROWS);
        let (mut stats, mut kept) = (vec![], vec![]);
        for (places, keys) in asked.places.chunks(rows).zip(keys.chunks(rows)) {
            let logits = self.logits(hidden.clone().select(0, self.places(places))); // [rows, vocab]
            let logits = if self.more { logits + self.never.clone() } else { logits };
            if distributions {
                kept.push(logits.clone());
            }
            stats.push(kernel::predict(logits, keys, draw)); // [rows, STATS]
        }
        let stats = read_back(joined(stats)).await?;
        let logits = if distributions { read_back(joined(kept)).await? } else { vec![] };
        Ok(Told { stats, logits })
    }

    /// As [`super::network::Network::logits`].
    pub async fn all_logits(&self, asked: Asked<'_>) -> Result<Vec<f32>, DenoiserError> {
        let hidden = self.hidden(asked).select(0, self.places(asked.places));
        read_back(self.logits(hidden)).await
    }

    /// As [`super::network::Network::log_probs`].
    pub async fn log_probs(&self, asked: Asked<'_>, truth: &[u32]) -> Result<Vec<f32>, DenoiserError> {
        let hidden = self.hidden(asked).select(0, self.places(asked.places));
        let targets = Tensor::<2, Int>::from_data(TensorData::new(ints(truth), [truth.len(), 1]), &self.device);
        read_back(log_probs(self.logits(hidden), &self.never, targets)).await
    }

    pub fn parameters(&self) -> usize {
        match &self.net {
            Stack::Own(net) => net.num_params(),
            Stack::Foreign(net) => net.parameters,
        }
    }

    fn places(&self, places: &[u32]) -> Tensor<1, Int> {
        Tensor::from_data(TensorData::new(ints(places), [places.len()]), &self.device)
    }

    /// Hidden states `[batch * length, d_model]` of sequences of one length.
    fn hidden(&self, Asked { tokens, length, .. }: Asked<'_>) -> Tensor<2> {
        let input = TensorData::new(ints(tokens), [tokens.len() / length, length]);
        let input = Tensor::<2, Int>::from_data(input, &self.device);
        let hidden = match &self.net {
            Stack::Own(net) => net.hidden(input),
            Stack::Foreign(net) => net.stack.hidden(input),
        };
        hidden.flatten(0, 1)
    }

    /// Hidden states `[rows, d_model]` -> logits `[rows, vocab]`.
    fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        match &self.net {
            Stack::Own(net) => net.logits(hidden),
            Stack::Foreign(net) => net.stack.logits(hidden),
        }
    }
}

/// Pieces `[rows, columns]` one under the other.
fn joined(mut pieces: Vec<Tensor<2>>) -> Tensor<2> {
    if pieces.len() == 1 { pieces.remove(0) } else { Tensor::cat(pieces, 0) }
}
