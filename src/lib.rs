//! Unmask: watch how a masked diffusion language model decides which tokens to reveal, how many at a time, and what
//! that choice costs.
//!
//! Data flows one way; a room uses only the floors below it:
//!
//! - [`random`]: one seed, many streams; [`spec`]: how things with parameters are spelled; [`schedule`]: how many tokens a
//!   call reveals
//! - [`law`]: exact joint laws, the denoisers that are never wrong
//! - [`denoiser`]: what a model answers; [`order`]: which tokens a call reveals; [`strategy`]: both together
//! - [`sampler`]: the run itself, frame by frame; [`preview`]: what another strategy would have revealed; [`trace`]: a run as
//!   data
//! - [`lab`]: the error of schedules on laws, exact and by runs of the sampler; [`profile`]: the information profile of any
//!   denoiser, measured on held-out text; [`forecast`]: what it says of schedules
//! - [`judge`] and [`quality`]: what a text is worth; [`sweep`]: many runs, judged, whole or in shards
//! - [`text`], [`corpus`]: text to tokens and windows; [`forward`]: the net's operations, as WGSL kernels and their Rust
//!   twins; [`kernel`]: one of them among burn's; [`model`]: the net on a device
//! - [`whole_file`]: files that are whole or not there; [`train`]: from text to a model, with burn's autodiff
//! - `cli` and `web`: the edges, where people are

#[cfg(feature = "engine")]
pub mod corpus;
pub mod denoiser;
pub mod forecast;
#[cfg(feature = "forward")]
pub mod forward;
pub mod judge;
#[cfg(all(feature = "engine", not(target_family = "wasm")))]
pub mod kernel;
pub mod lab;
pub mod law;
#[cfg(feature = "engine")]
pub mod model;
pub mod order;
pub mod preview;
pub mod profile;
pub mod quality;
pub mod random;
pub mod sampler;
pub mod schedule;
pub mod spec;
pub mod strategy;
pub mod sweep;
#[cfg(feature = "engine")]
pub mod text;
pub mod trace;
#[cfg(all(feature = "train", not(target_family = "wasm")))]
pub mod train;
#[cfg(target_family = "wasm")]
pub mod web;
#[cfg(not(target_family = "wasm"))]
pub mod whole_file;
