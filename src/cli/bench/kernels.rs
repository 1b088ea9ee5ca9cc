//! What each kernel of a call takes, by the GPU's own clock.

use serde::{Deserialize, Serialize};
use unmask::{
    denoiser::Denoiser,
    forward::gpu::Precision,
    model::{Model, kernel_work},
};

/// A kernel's dispatches in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelTime {
    pub name: String,
    pub dispatches: usize,
    /// Of all of them, in µs; the median of several calls.
    pub us: f64,
    /// Of products.
    pub gflop: f64,
    /// Read and written at the least.
    pub megabytes: f64,
    /// In µs: the longer of its operations at the rate of products of matrices, and its bytes at that of a copy.
    pub floor_us: f64,
}

/// What a device could do.
#[derive(Clone, Copy, Debug)]
pub struct Ceilings {
    /// Operations a second.
    pub flop: f64,
    /// Bytes a second.
    pub bytes: f64,
}

/// Calls of which the median is taken.
const CALLS: usize = 5;

/// Times the kernels of calls on `batch` masked sequences, in the order of their first dispatch.
pub fn measure(model: &Model, length: usize, batch: usize, ceilings: Ceilings) -> anyhow::Result<Vec<KernelTime>> {
    let weight = if model.precision() == Precision::F16 { 2 } else { 4 };
    let work = kernel_work(model.config(), batch, length, length, weight);
    let tokens = vec![model.mask_id(); length];
    let mut kernels: Vec<(KernelTime, Vec<f64>)> = vec![];
    for call in 0..CALLS {
        for (name, ns) in pollster::block_on(model.timed(&vec![&tokens[..]; batch]))? {
            let index = kernels.iter().position(|(one, _)| one.name == name).unwrap_or_else(|| {
                let work = work.iter().find(|work| work.name == name);
                let (flop, bytes) = work.map_or((0.0, 0.0), |work| (work.flop, work.bytes));
                let one = KernelTime {
                    name: name.to_owned(),
                    dispatches: 0,
                    us: 0.0,
                    gflop: flop / 1e9,
                    megabytes: bytes / 1e6,
                    floor_us: 1e6 * f64::max(flop / ceilings.flop, bytes / ceilings.bytes),
                };
                kernels.push((one, vec![0.0; CALLS]));
                kernels.len() - 1
            });
            let (one, times) = &mut kernels[index];
            times[call] += ns / 1000.0;
            one.dispatches += usize::from(call == 0);
        }
    }
    Ok(kernels
        .into_iter()
        .map(|(one, mut times)| {
            times.sort_by(f64::total_cmp);
            KernelTime { us: times[CALLS / 2], ..one }
        })
        .collect())
}
