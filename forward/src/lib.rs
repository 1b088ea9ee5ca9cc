//! The forward of Unmask's net without burn: its shape, its weights as plain numbers, and all of it on the CPU.
//!
//! The operations are told of in `unmask::forward`, whose kernels do the same on a GPU.

pub mod cpu;
mod shape;
mod threads;
mod weights;

pub use cpu::{Task, vectorised};
pub use shape::Shape;
pub use threads::each;
pub use weights::{BlockWeights, Weights};
