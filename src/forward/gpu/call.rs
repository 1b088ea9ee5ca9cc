//! A call: what is asked goes up, some forty dispatches follow, and what is said comes back, all sent at once.

use bytemuck::cast_slice;
use wgpu::{Buffer, BufferDescriptor, BufferUsages};

use super::{
    GpuError, Handle,
    buffers::{Space, Stored},
    kernels::Kernels,
    read::{Pending, Pool},
    record::{Piece, Recorder},
};
use crate::{
    denoiser::twin::{Draw, STATS},
    forward::{Shape, Weights},
};

/// Most logits there are at a time: 128 MiB, which is what WebGPU promises of a buffer that a kernel reads.
const MOST_LOGITS: usize = 1 << 25;
/// Most numbers there are at a time of what stands between two kernels.
const MOST_BETWEEN: usize = 1 << 24;
/// Most rows of a launch: WebGPU's limit of workgroups.
const MOST_ROWS: usize = (1 << 16) - 1;

/// A net on a GPU.
#[derive(Debug)]
pub struct Forward {
    handle: Handle,
    shape: Shape,
    kernels: Kernels,
    stored: Stored,
    space: Option<Space>,
    pool: Pool,
}

/// Tokens on the GPU, where calls can write what they reveal.
#[derive(Debug)]
pub struct Sequences {
    /// `[batch * length]`.
    pub(super) tokens: Buffer,
    pub(super) count: usize,
    pub(super) length: usize,
}

/// What is asked of some sequences, at one place of them at least.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Rows of `[batch * length]`, rising.
    pub places: &'a [u32],
    /// What the noise at each place is hashed from.
    pub keys: &'a [[u32; 3]],
    /// How tokens are drawn.
    pub draw: Draw,
    /// Whether to tell the logits as well.
    pub logits: bool,
    /// At which of the places, by their index, rising, the tokens drawn are written into the sequences.
    pub reveal: &'a [u32],
}

impl Forward {
    /// A net of this shape for sequences of up to `longest` tokens.
    ///
    /// # Errors
    /// [`GpuError::Refused`].
    pub async fn new(handle: Handle, shape: Shape, weights: &Weights, longest: usize) -> Result<Self, GpuError> {
        let kernels = Kernels::new(&handle, &shape).await?;
        let stored = Stored::new(&handle.device, &shape, weights, longest);
        Ok(Self { handle, shape, kernels, stored, space: None, pool: Pool::default() })
    }

    /// Takes tokens `[batch * length]` to the GPU; each must be one of the vocabulary.
    pub fn sequences(&self, tokens: &[u32], length: usize) -> Sequences {
        let buffer = self.handle.device.create_buffer(&BufferDescriptor {
            label: Some("tokens"),
            size: 4 * tokens.len() as u64,
            usage: BufferUsages::STORAGE | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.handle.queue.write_buffer(&buffer, 0, cast_slice(tokens));
        Sequences { tokens: buffer, count: tokens.len() / length, length }
    }

    /// Sends a call. What it says comes when it is read; the next can be sent before.
    pub fn ask(&mut self, sequences: &Sequences, question: &Question<'_>) -> Pending {
        let Shape { d_model, d_ff, vocab_size, .. } = self.shape;
        let length = sequences.length;
        let together = (MOST_BETWEEN / (3 * d_model).max(d_ff) / length).clamp(1, (MOST_ROWS / length).max(1));
        let most_asked = (MOST_LOGITS / vocab_size).clamp(1, MOST_ROWS);
        let rows = question.places.len();
        self.make_space(together.min(sequences.count) * length, most_asked.min(rows));

        let stats_bytes = (4 * STATS * rows) as u64;
        let row_bytes = if question.logits { 4 * vocab_size as u64 } else { 0 };
        let all = stats_bytes + row_bytes * rows as u64;
        let back = self.pool.take(&self.handle, all);
        let (mut done, mut submission) = (0, None);
        for first in (0..sequences.count).step_by(together) {
            let count = together.min(sequences.count - first);
            let (begin, end) = (first * length, (first + count) * length);
            let here = question.places[done..].partition_point(|&place| (place as usize) < end);
            for piece in 0..here.div_ceil(most_asked) {
                let asked = done..(done + most_asked).min(done + here - piece * most_asked);
                let Some(space) = &self.space else { break };
                let recorder = Recorder { handle: &self.handle, shape: &self.shape, kernels: &self.kernels, space };
                let piece = Piece { begin, rows: count * length, asked: asked.clone(), first: piece == 0 };
                recorder.upload(sequences.length, question, &piece);
                let mut encoder = recorder.record(&self.stored, sequences, question, &piece);
                let (from, many) = (asked.start as u64, asked.len() as u64);
                let size = (4 * STATS) as u64;
                encoder.copy_buffer_to_buffer(&space.stats, 0, &back, from * size, many * size);
                if question.logits {
                    let at = stats_bytes + from * row_bytes;
                    encoder.copy_buffer_to_buffer(&space.logits, 0, &back, at, many * row_bytes);
                }
                submission = Some(self.handle.queue.submit([encoder.finish()]));
                done = asked.end;
            }
        }
        // Nothing asked is nothing sent, and nothing to wait for.
        let submission = submission.unwrap_or_else(|| self.handle.queue.submit([]));
        Pending::new(&self.handle, &self.pool, back, [stats_bytes, all], submission)
    }

    fn make_space(&mut self, rows: usize, asked: usize) {
        let enough = |space: &Space| space.rows >= rows && space.asked >= asked;
        if !self.space.as_ref().is_some_and(enough) {
            let (had_rows, had_asked) = self.space.as_ref().map_or((0, 0), |space| (space.rows, space.asked));
            let (rows, asked) = (rows.max(had_rows), asked.max(had_asked).max(1));
            let device = &self.handle.device;
            self.space = Some(Space::new(device, &self.shape, &self.kernels, &self.stored, rows, asked));
        }
    }
}
