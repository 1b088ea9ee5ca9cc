//! The forward of this program's own net, in as few operations as it takes.
//!
//! burn's net ([`crate::model::Net`]) defines what is computed, and is what this is tested against. An operation here is a
//! WGSL kernel in `shaders/`, and a Rust function of the same name in [`cpu`]: the kernel's twin, and what the CPU runs. The
//! latter are in a crate of their own, `forward/`, which the page's build makes fast and not small.
//!
//! | operation | from, to | what |
//! |---|---|---|
//! | `embed` | tokens `[rows]` -> x `[rows, d]` | `emb[token] * emb_scale` |
//! | `normed` | x `[rows, d]` -> `[rows, out]` | `rms_norm(x) W^T`: queries, keys, values; the logits, of some rows only |
//! | `rotate` | qkv `[rows, 3 d]`, in place | RMSNorm of each head of queries and keys, and their rotation |
//! | `attend` | qkv `[rows, 3 d]` -> seen `[rows, d]` | `softmax(q k^T / sqrt(head)) v`, head by head |
//! | `added` | x `[rows, d]`, in place | `x + a W^T`: what attention and the gates add to the residual stream |
//! | `gated` | x `[rows, d]` -> `[rows, ff]` | `silu(g) * u`, where `g, u` are the halves of `rms_norm(x) W^T` |
//!
//! A norm's weights are multiplied into those of the product that follows it ([`Weights::fold`]), so that a product needs
//! to know of its rows' norm one number each.

pub mod gpu;

pub use ::forward::{BlockWeights, Shape, Weights, cpu};

/// Token ids come back as f32, exact up to here.
pub const MAX_VOCAB: usize = 1 << 24;
