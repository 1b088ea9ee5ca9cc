//! How fast a GPU moves numbers within its memory.

use std::time::Instant;

use wgpu::{BufferDescriptor, BufferUsages};

use super::{
    Forward, GpuError,
    read::{Pending, Pool},
};

/// Bytes that are copied at a time: more than caches hold.
const COPIED: u64 = 128 << 20;
/// Copies that are sent together, so that nothing but they takes time; how often that is done.
const COPIES: u64 = 8;
const ROUNDS: usize = 4;

impl Forward {
    /// Bytes a second that a copy within the device's memory reads and writes; the best of some.
    ///
    /// # Errors
    /// [`GpuError::Lost`] as [`Pending::read`].
    pub async fn bandwidth(&self) -> Result<f64, GpuError> {
        let (device, queue, pool) = (&self.handle.device, &self.handle.queue, Pool::default());
        let size = COPIED.min(device.limits().max_buffer_size / 2);
        let usage = BufferUsages::COPY_SRC | BufferUsages::COPY_DST;
        let [from, to] = ["from", "to"].map(|label| {
            device.create_buffer(&BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false })
        });
        let mut best = 0f64;
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let mut encoder = device.create_command_encoder(&Default::default());
            for _ in 0..COPIES / 2 {
                encoder.copy_buffer_to_buffer(&from, 0, &to, 0, size);
                encoder.copy_buffer_to_buffer(&to, 0, &from, 0, size);
            }
            let back = pool.take(&self.handle, 4);
            encoder.copy_buffer_to_buffer(&from, 0, &back, 0, 4);
            let submission = queue.submit([encoder.finish()]);
            Pending::new(&self.handle, &pool, back, [4, 4], submission).read().await?;
            best = best.max((2 * COPIES * size) as f64 / begun.elapsed().as_secs_f64());
        }
        Ok(best)
    }
}
