//! The net that a model runs: its own, or one of another family.

use burn::{module::Module, prelude::*};

use super::Net;
#[cfg(not(target_family = "wasm"))]
use super::foreign::Foreign;

/// A net with its weights.
pub enum Network {
    /// Of this program's architecture.
    Own(Net),
    /// Of another family.
    #[cfg(not(target_family = "wasm"))]
    Foreign(Foreign),
}

impl Network {
    /// Token ids `[batch, length]` -> hidden states `[batch, length, d_model]`, from which [`Network::logits`] follow.
    pub fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        match self {
            Self::Own(net) => net.hidden(tokens),
            #[cfg(not(target_family = "wasm"))]
            Self::Foreign(net) => net.stack.hidden(tokens),
        }
    }

    /// Hidden states `[rows, d_model]` -> logits `[rows, vocab]`.
    pub fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Own(net) => net.logits(hidden),
            #[cfg(not(target_family = "wasm"))]
            Self::Foreign(net) => net.stack.logits(hidden),
        }
    }

    /// How many weights there are.
    pub fn parameters(&self) -> usize {
        match self {
            Self::Own(net) => net.num_params(),
            #[cfg(not(target_family = "wasm"))]
            Self::Foreign(net) => net.parameters,
        }
    }
}
