//! The one kernel: from the live logits of the masked positions to what a call says of them, in one small read-back.
//!
//! `shaders/predict.wgsl` runs on the GPU, its Rust twin ([`crate::denoiser::twin`]) on the CPU; both draw the same token from the same logits.

mod launch;

use burn::{backend::Dispatch, prelude::*, tensor::TensorData};

use crate::denoiser::twin::Draw;
use launch::PredictOps;

/// Statistics and draws `[rows, STATS]` of `logits` `[rows, vocab]`; the noise of a row is hashed from its key.
pub fn predict(logits: Tensor<2>, keys: &[[u32; 3]], draw: Draw) -> Tensor<2> {
    let words: Vec<i32> = keys.iter().flatten().map(|&word| word.cast_signed()).collect();
    let keys = Tensor::<2, Int>::from_data(TensorData::new(words, [keys.len(), 3]), &logits.device());
    let Draw { temperature, mask_id, pad_id } = draw;
    let (logits, keys) = (logits.into_dispatch(), keys.into_dispatch());
    Tensor::from_dispatch(<Dispatch as PredictOps>::predict(logits, keys, temperature, mask_id, pad_id))
}
