//! The forward on the CPU: a function for each operation, and [`Forward`], which runs them over a batch.
//!
//! The functions work on whole rows and on one thread. [`Forward`] deals the rows out: they meet in attention alone, so
//! a block costs one meeting of the threads, after its keys and values are there.

mod attend;
mod cache;
mod exp;
mod matrix;
mod product;
mod rotate;
mod run;
mod simd;

pub use attend::attend;
pub use cache::Cache;
pub use matrix::Matrix;
pub use product::{added, gated, normed};
pub use rotate::rotate;
pub use run::Forward;

/// What [`vectorised`] runs. A closure will do, but is seldom inlined: what a task's `call` is made of should be,
/// always.
pub use pulp::NullaryFnOnce as Task;

/// Runs `task`, with all that is inlined into it, compiled for the best instructions this machine has.
pub fn vectorised<T: Task>(task: T) -> T::Output {
    simd::dispatch(task)
}

/// `x = emb[token] * scale`: tokens `[rows]` and `emb` `[vocab, d]` -> x `[rows, d]`.
pub fn embed(emb: &[f32], scale: f32, tokens: &[u32], x: &mut [f32]) {
    let d = x.len() / tokens.len().max(1);
    for (&token, x) in tokens.iter().zip(x.chunks_exact_mut(d.max(1))) {
        let row = &emb[token as usize * d..][..d];
        x.iter_mut().zip(row).for_each(|(x, weight)| *x = weight * scale);
    }
}
