//! What each kernel of a call takes, by the GPU's own clock.

use serde::{Deserialize, Serialize};
use unmask::{denoiser::Denoiser, model::Model};

/// A kernel's dispatches in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelTime {
    pub name: String,
    pub dispatches: usize,
    /// Of all of them, in µs; the median of several calls.
    pub us: f64,
}

/// Calls of which the median is taken.
const CALLS: usize = 5;

/// Times the kernels of calls on `batch` masked sequences, in the order of their first dispatch.
pub fn measure(model: &Model, length: usize, batch: usize) -> anyhow::Result<Vec<KernelTime>> {
    let tokens = vec![model.mask_id(); length];
    let mut kernels: Vec<(KernelTime, Vec<f64>)> = vec![];
    for call in 0..CALLS {
        for (name, ns) in pollster::block_on(model.timed(&vec![&tokens[..]; batch]))? {
            let index = kernels.iter().position(|(one, _)| one.name == name).unwrap_or_else(|| {
                let one = KernelTime { name: name.to_owned(), dispatches: 0, us: 0.0 };
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
