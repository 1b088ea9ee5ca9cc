//! The forward as WGSL kernels on wgpu: recorded and sent as a whole, about forty dispatches a call.

#[cfg(not(target_family = "wasm"))]
mod bandwidth;
mod buffers;
mod call;
mod handle;
mod kernel;
mod kernels;
mod precision;
mod read;
mod record;
mod tiles;
mod timed;

pub use call::{Forward, Prepared, Question, Sequences, What};
pub use handle::Handle;
pub use precision::Precision;
pub use read::{Pending, Told};

/// Why the GPU does not compute.
#[derive(Debug, thiserror::Error)]
pub enum GpuError {
    /// There is no device.
    #[error("{0}")]
    None(String),
    /// The kernels are not made for such a net, or the device does not take them; there is another way to compute it.
    #[error("the kernels do not run this net: {0}")]
    Refused(String),
    /// The kernels do not run this net in f16; in f32 they may.
    #[error("no f16: {0}")]
    NoF16(String),
    /// The device was lost, or out of memory.
    #[error("what the GPU computed cannot be read: {0}")]
    Lost(String),
    /// The device has no clock of its own.
    #[error("the GPU tells no times: its driver offers no timestamps")]
    NoClock,
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
