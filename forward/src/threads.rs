//! Threads, where there are any.

#[cfg(not(target_family = "wasm"))]
use rayon::prelude::*;

/// `task` of each part, on all threads.
pub fn each<T: Send>(parts: Vec<T>, task: impl Fn(T) + Send + Sync) {
    #[cfg(not(target_family = "wasm"))]
    parts.into_par_iter().for_each(task);
    #[cfg(target_family = "wasm")]
    parts.into_iter().for_each(task);
}

/// Runs all of `task` among the threads that [`each`] deals to: coming and going costs more than a short part of a
/// forward.
pub fn together<T: Send>(task: impl FnOnce() -> T + Send) -> T {
    #[cfg(not(target_family = "wasm"))]
    return rayon::scope(|_| task());
    #[cfg(target_family = "wasm")]
    task()
}

/// How many there are.
pub fn threads() -> usize {
    #[cfg(not(target_family = "wasm"))]
    return rayon::current_num_threads();
    #[cfg(target_family = "wasm")]
    1
}
