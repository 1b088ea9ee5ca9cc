//! Reading back: numbers are on their way while the GPU goes on, and waited for only when someone wants them.

use std::sync::{Arc, Mutex};

use futures_channel::oneshot::{self, Receiver};
use wgpu::{Buffer, BufferAsyncError, BufferUsages, MapMode, SubmissionIndex};

use super::{GpuError, Handle};

/// What a call says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// `[places, STATS]` of predictions, see [`crate::denoiser::twin`], or scores `[places]`.
    pub numbers: Vec<f32>,
    /// `[places, vocab]` if they were asked for.
    pub logits: Vec<f32>,
}

/// Buffers to read back through that are not in use; an allocation a call would take longer than the call's copy.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool(Arc<Mutex<Vec<Buffer>>>);

impl Pool {
    /// A buffer of at least so many bytes.
    pub fn take(&self, handle: &Handle, bytes: u64) -> Buffer {
        let fitting = self.0.lock().ok().and_then(|mut free| {
            let at = free.iter().position(|buffer| buffer.size() >= bytes && buffer.size() <= 4 * bytes.max(4096))?;
            Some(free.swap_remove(at))
        });
        fitting.unwrap_or_else(|| {
            handle.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("read back"),
                size: bytes.next_power_of_two(),
                usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
                mapped_at_creation: false,
            })
        })
    }

    fn give_back(&self, buffer: Buffer) {
        const MOST: usize = 8;
        if let Ok(mut free) = self.0.lock()
            && free.len() < MOST
        {
            free.push(buffer);
        }
    }
}

/// What a call that was sent will have said.
#[derive(Debug)]
pub struct Pending {
    handle: Handle,
    pool: Pool,
    buffer: Buffer,
    /// Bytes of [`Told::numbers`], and of all.
    numbers: u64,
    all: u64,
    submission: SubmissionIndex,
    mapped: Receiver<Result<(), BufferAsyncError>>,
}

impl Pending {
    /// Begins to read back `all` bytes of `buffer`, of which the first `numbers` are not logits, after `submission`.
    pub(super) fn new(
        handle: &Handle,
        pool: &Pool,
        buffer: Buffer,
        [numbers, all]: [u64; 2],
        submission: SubmissionIndex,
    ) -> Self {
        let (tell, mapped) = oneshot::channel();
        // Nobody listens to a call that was given up.
        buffer.map_async(MapMode::Read, 0..all, |result| drop(tell.send(result)));
        Self { handle: handle.clone(), pool: pool.clone(), buffer, numbers, all, submission, mapped }
    }

    /// Waits for the call, not for what was sent after it.
    ///
    /// # Errors
    /// [`GpuError::Lost`].
    pub async fn read(self) -> Result<Told, GpuError> {
        let lost = |why: String| GpuError::Lost(why);
        // In a browser this does nothing, and the page's loop brings the news.
        let wait = wgpu::PollType::Wait { submission_index: Some(self.submission), timeout: None };
        self.handle.device.poll(wait).map_err(|error| lost(error.to_string()))?;
        let mapped = self.mapped.await.map_err(|error| lost(error.to_string()))?;
        mapped.map_err(|error| lost(error.to_string()))?;
        let view = self.buffer.get_mapped_range(0..self.all).map_err(|error| lost(error.to_string()))?;
        let (numbers, logits) = view.split_at(self.numbers as usize);
        let told =
            Told { numbers: bytemuck::pod_collect_to_vec(numbers), logits: bytemuck::pod_collect_to_vec(logits) };
        drop(view);
        self.buffer.unmap();
        self.pool.give_back(self.buffer);
        Ok(told)
    }
}
