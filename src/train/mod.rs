//! Training: text in, a model folder out.
//!
//! - [`Settings`]: all that a run is told, and nothing else decides its curve
//! - [`tokenizer`]: byte-level BPE from the text itself
//! - `batch`, `example`: which windows a step reads, and which of their tokens are masked; pure functions of seed and step
//! - `objective`, `gradients`, `optimizer`, `average`: the loss, and what becomes of it
//! - `measure`, `progress`, `checkpoint`, `export`: what a run is worth, how far it is, what it leaves on the disk
//! - [`Trainer`]: all of it, step by step

mod average;
mod batch;
mod checkpoint;
mod error;
mod example;
mod export;
mod gradients;
mod measure;
mod objective;
mod optimizer;
mod progress;
mod settings;
pub mod tokenizer;
mod trainer;

pub use checkpoint::{About, CHECKPOINT, Checkpoint};
pub use error::TrainError;
pub use example::{Example, autoregressive, masked};
pub use progress::{Evaluation, Point, Progress, Step};
pub use settings::{Objective, Settings, Size};
pub use trainer::{Texts, Trainer};
