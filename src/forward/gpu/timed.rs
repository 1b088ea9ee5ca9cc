//! How long a call takes, by the GPU's own clock.

use std::sync::PoisonError;

use wgpu::{
    BufferDescriptor, BufferUsages, ComputePassDescriptor, ComputePassTimestampWrites, Features, QuerySetDescriptor,
    QueryType,
};

use super::{
    Forward, GpuError, Question, Sequences,
    read::{Pending, Pool},
    record::{Dispatch, send},
};

/// WebGPU's limit of a set of timestamps.
const MOST_TIMES: usize = 4096;

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
        let mut told = vec![];
        for dispatches in self.all(sequences, question) {
            let one: Vec<&[Dispatch]> = dispatches.chunks(1).collect();
            let times = self.clocked(&one).await?;
            told.extend(dispatches.iter().map(|one| one.name).zip(times));
        }
        Ok(told)
    }

    /// Makes a call, and tells what all of it took on the GPU, in ns: less than its dispatches, each timed alone.
    ///
    /// # Errors
    /// As [`Forward::timed`].
    pub async fn timed_whole(&self, sequences: &Sequences, question: &Question<'_>) -> Result<f64, GpuError> {
        let mut told = 0.0;
        for dispatches in self.all(sequences, question) {
            told += self.clocked(&[&dispatches]).await?.iter().sum::<f64>();
        }
        Ok(told)
    }

    /// The dispatches of a call, piece by piece; the upload of each goes before.
    fn all<'a>(
        &'a self,
        sequences: &'a Sequences,
        question: &'a Question<'_>,
    ) -> impl Iterator<Item = Vec<Dispatch>> + 'a {
        self.pieces(sequences, question).into_iter().map(move |piece| {
            let mut space = self.space.lock().unwrap_or_else(PoisonError::into_inner);
            let space = self.enough(&mut space, std::slice::from_ref(&piece));
            self.prepared(space, sequences, question, &piece)
        })
    }

    /// Sends groups of dispatches, each a pass of its own, and tells what each group took, in ns.
    async fn clocked(&self, groups: &[&[Dispatch]]) -> Result<Vec<f64>, GpuError> {
        let (device, queue) = (&self.handle.device, &self.handle.queue);
        if !device.features().contains(Features::TIMESTAMP_QUERY) {
            return Err(GpuError::NoClock);
        }
        let mut told = vec![];
        for groups in groups.chunks(MOST_TIMES / 2) {
            let count = 2 * groups.len() as u32;
            let size = 8 * u64::from(count);
            let set = device.create_query_set(&QuerySetDescriptor { label: None, ty: QueryType::Timestamp, count });
            let buffer =
                |usage| device.create_buffer(&BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
            let resolved = buffer(BufferUsages::QUERY_RESOLVE | BufferUsages::COPY_SRC);
            let back = buffer(BufferUsages::MAP_READ | BufferUsages::COPY_DST);
            let mut encoder = device.create_command_encoder(&Default::default());
            for (begin, group) in (0..count).step_by(2).zip(groups) {
                let times = ComputePassTimestampWrites {
                    query_set: &set,
                    beginning_of_pass_write_index: Some(begin),
                    end_of_pass_write_index: Some(begin + 1),
                };
                let pass = ComputePassDescriptor { label: None, timestamp_writes: Some(times) };
                send(&mut encoder.begin_compute_pass(&pass), group);
            }
            encoder.resolve_query_set(&set, 0..count, &resolved, 0);
            encoder.copy_buffer_to_buffer(&resolved, 0, &back, 0, size);
            let submission = queue.submit([encoder.finish()]);
            let pending = Pending::new(&self.handle, &Pool::default(), back, [size, size], submission);
            let words: Vec<u32> = pending.read().await?.numbers.iter().map(|word| word.to_bits()).collect();
            let ticks = words.as_chunks::<4>().0.iter().map(|&[a, b, c, d]| {
                let at = |low: u32, high: u32| u64::from(high) << 32 | u64::from(low);
                at(c, d).saturating_sub(at(a, b))
            });
            let period = f64::from(queue.get_timestamp_period());
            told.extend(ticks.map(|ticks| ticks as f64 * period));
        }
        Ok(told)
    }
}
