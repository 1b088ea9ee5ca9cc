//! How long each kernel of a call takes, by the GPU's own clock.

use std::sync::PoisonError;

use wgpu::{
    BufferDescriptor, BufferUsages, ComputePassDescriptor, ComputePassTimestampWrites, Features, QuerySetDescriptor,
    QueryType,
};

use super::{
    Forward, GpuError, Question, Sequences,
    read::{Pending, Pool},
};

/// Timestamps of a submission: two a dispatch, and WebGPU's limit is 4096.
const MOST_DISPATCHES: u32 = 2048;

impl Forward {
    /// Makes a call, and tells what each of its dispatches took on the GPU, in their order: the kernel's name, and ns.
    ///
    /// # Errors
    /// [`GpuError::NoClock`] where there are no timestamps, [`GpuError::Lost`] as [`Pending::read`].
    pub async fn timed(
        &self,
        sequences: &Sequences,
        question: &Question<'_>,
    ) -> Result<Vec<(&'static str, f64)>, GpuError> {
        let (device, queue) = (&self.handle.device, &self.handle.queue);
        if !device.features().contains(Features::TIMESTAMP_QUERY) {
            return Err(GpuError::NoClock);
        }
        let mut told = vec![];
        for piece in self.pieces(sequences, question) {
            let dispatches = {
                let mut space = self.space.lock().unwrap_or_else(PoisonError::into_inner);
                let space = self.enough(&mut space, std::slice::from_ref(&piece));
                self.prepared(space, sequences, question, &piece)
            };
            let count = (dispatches.len() as u32).min(MOST_DISPATCHES);
            let size = u64::from(count) * 16;
            let set = device.create_query_set(&QuerySetDescriptor {
                label: None,
                ty: QueryType::Timestamp,
                count: 2 * count,
            });
            let buffer =
                |usage| device.create_buffer(&BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
            let resolved = buffer(BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC);
            let back = buffer(BufferUsages::MAP_READ | BufferUsages::COPY_DST);
            let mut encoder = device.create_command_encoder(&Default::default());
            for (index, one) in (0..count).zip(&dispatches) {
                let mut pass = encoder.begin_compute_pass(&ComputePassDescriptor {
                    label: Some(one.name),
                    timestamp_writes: Some(ComputePassTimestampWrites {
                        query_set: &set,
                        beginning_of_pass_write_index: Some(2 * index),
                        end_of_pass_write_index: Some(2 * index + 1),
                    }),
                });
                pass.set_pipeline(&one.pipeline);
                pass.set_bind_group(0, &one.group, &[]);
                let [x, y, z] = one.size;
                pass.dispatch_workgroups(x, y, z);
            }
            encoder.resolve_query_set(&set, 0..2 * count, &resolved, 0);
            encoder.copy_buffer_to_buffer(&resolved, 0, &back, 0, size);
            let submission = queue.submit([encoder.finish()]);
            let pending = Pending::new(&self.handle, &Pool::default(), back, [size, size], submission);
            let words: Vec<u32> = pending.read().await?.numbers.iter().map(|word| word.to_bits()).collect();
            let ticks = words.as_chunks::<4>().0.iter().map(|&[a, b, c, d]| {
                let at = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
                at(c, d).saturating_sub(at(a, b))
            });
            let period = f64::from(queue.get_timestamp_period());
            told.extend(dispatches.iter().map(|one| one.name).zip(ticks.map(|ticks| ticks as f64 * period)));
        }
        Ok(told)
    }
}
