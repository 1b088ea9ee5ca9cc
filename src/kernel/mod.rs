//! The one kernel: from the live logits of the masked positions to what a call says of them, in one small read-back.
//!
//! `shaders/predict.wgsl` runs on the GPU, its Rust [`twin`] on the CPU; both draw the same token from the same logits.

mod launch;
pub mod twin;

use burn::{backend::Dispatch, prelude::*, tensor::TensorData};

use crate::denoiser::{Prediction, TOP};
use launch::PredictOps;

/// Numbers in a row of statistics: log-sum-exp, entropy, highest probability, margin, drawn token, its log-probability,
/// the [`TOP`] likeliest tokens, their probabilities.
pub const STATS: usize = 6 + 2 * TOP;

/// Token ids travel as f32, exact up to here.
pub const MAX_VOCAB: usize = 1 << 24;

/// What holds for every row of one launch.
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// 0 takes the likeliest token.
    pub temperature: f32,
    /// Never drawn, and left out of the statistics.
    pub mask_id: u32,
    /// Likewise.
    pub pad_id: u32,
}

/// Statistics and draws `[rows, STATS]` of `logits` `[rows, vocab]`; the noise of a row is hashed from its key.
pub fn predict(logits: Tensor<2>, keys: &[[u32; 3]], draw: Draw) -> Tensor<2> {
    let words: Vec<i32> = keys.iter().flatten().map(|&word| word.cast_signed()).collect();
    let keys = Tensor::<2, Int>::from_data(TensorData::new(words, [keys.len(), 3]), &logits.device());
    let Draw { temperature, mask_id, pad_id } = draw;
    let (logits, keys) = (logits.into_dispatch(), keys.into_dispatch());
    Tensor::from_dispatch(<Dispatch as PredictOps>::predict(logits, keys, temperature, mask_id, pad_id))
}

/// Row of statistics `[STATS]` -> prediction at `position`.
pub fn prediction(position: u32, row: &[f32]) -> Prediction {
    let top = std::array::from_fn(|rank| (row[6 + rank] as u32, row[6 + TOP + rank]));
    Prediction { position, token: row[4] as u32, log_prob: row[5], entropy: row[1], margin: row[3], top }
}
