//! A call of Unmask's net on the CPU, without burn: the net's shape, its weights as plain numbers, its forward, and
//! what is said of the logits.
//!
//! The operations are told of in `unmask::forward`, whose kernels do the same on a GPU.

pub mod cpu;
mod hash;
mod shape;
mod statistics;
mod threads;
mod weights;

pub use cpu::{Task, vectorised};
pub use hash::pcg4d;
pub use shape::Shape;
pub use statistics::{Draw, STATS, TOP, gumbel, log_prob, statistics};
pub use threads::{each, threads, together};
pub use weights::{BlockWeights, Weights};
