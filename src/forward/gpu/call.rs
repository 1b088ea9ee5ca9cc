//! A call: what is asked goes up, some forty dispatches follow, and what is said comes back, all sent at once.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use bytemuck::cast_slice;
use wgpu::{Buffer, BufferDescriptor, BufferUsages};

use super::{
    GpuError, Handle, Precision,
    buffers::{Space, Stored},
    kernels::Kernels,
    read::{Pending, Pool},
    record::{Dispatch, Piece, Recorder, send},
};
use crate::{
    denoiser::twin::{Draw, STATS},
    forward::{Shape, Weights},
};

/// Most logits there are at a time: 128 MiB, which is what WebGPU promises of a buffer that a kernel reads.
const MOST_LOGITS: usize = 1 << 25;
/// Most numbers there are at a time of what stands between two kernels.
const MOST_BETWEEN: usize = 1 << 24;
/// `exp` of it, summed over a thousand keys, is far from what f32 can hold; so is that of its negative from 0.
const LARGEST_SCORE: f32 = 64.0;
/// Most rows of a launch: WebGPU's limit of workgroups.
const MOST_ROWS: usize = (1 << 16) - 1;

/// The kernels of a net on a GPU, made before its weights are there.
#[derive(Debug)]
pub struct Prepared {
    handle: Handle,
    shape: Shape,
    precision: Precision,
    kernels: Kernels,
}

impl Prepared {
    /// Kernels for a net of this shape; once they are here, they are compiled.
    ///
    /// # Errors
    /// [`GpuError::Refused`], [`GpuError::NoF16`].
    pub async fn new(handle: Handle, shape: Shape, precision: Precision) -> Result<Self, GpuError> {
        let kernels = Kernels::new(&handle, &shape, precision).await?;
        Ok(Self { handle, shape, precision, kernels })
    }

    /// What products are made in.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The shape of the net.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }
}

/// A net on a GPU.
#[derive(Debug)]
pub struct Forward {
    pub(super) handle: Handle,
    shape: Shape,
    precision: Precision,
    kernels: Kernels,
    stored: Stored,
    pub(super) space: Mutex<Option<Space>>,
    pool: Pool,
    dispatches: AtomicUsize,
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
    /// What is to be told of them.
    pub what: What<'a>,
}

/// What a call tells.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// Statistics and draws `[places, STATS]`.
    Predictions {
        /// What the noise at each place is hashed from.
        keys: &'a [[u32; 3]],
        /// How tokens are drawn.
        draw: Draw,
        /// Whether to tell the logits as well `[places, vocab]`.
        logits: bool,
        /// At which of the places, by their index, rising, the tokens drawn are written into the sequences.
        reveal: &'a [u32],
    },
    /// The log-probability of a token at each place `[places]`, in nats.
    Scores {
        /// The tokens.
        truth: &'a [u32],
        /// Left out of the distribution.
        mask_id: u32,
        /// Likewise.
        pad_id: u32,
    },
}

impl What<'_> {
    /// Numbers told of a place, beside its logits.
    pub(super) fn each(&self) -> usize {
        match self {
            Self::Predictions { .. } => STATS,
            Self::Scores { .. } => 1,
        }
    }

    pub(super) fn logits(&self) -> bool {
        matches!(self, Self::Predictions { logits: true, .. })
    }
}

impl Forward {
    /// A net with its kernels and these weights, for sequences of up to `longest` tokens.
    ///
    /// # Errors
    /// [`GpuError::Refused`], [`GpuError::NoF16`].
    pub fn new(prepared: Prepared, weights: &Weights, longest: usize) -> Result<Self, GpuError> {
        let Prepared { handle, shape, precision, kernels } = prepared;
        let largest = weights.largest_score(&shape);
        if largest > LARGEST_SCORE {
            return Err(GpuError::Refused(format!(
                "scores may reach {largest}; up to {LARGEST_SCORE} can be told apart"
            )));
        }
        let stored = Stored::new(&handle.device, &shape, weights, precision, longest)?;
        Ok(Self {
            handle,
            shape,
            precision,
            kernels,
            stored,
            space: Mutex::default(),
            pool: Pool::default(),
            dispatches: AtomicUsize::new(0),
        })
    }

    /// The shape of the net.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What products are made in.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Bytes of the weights on the device.
    pub fn weight_bytes(&self) -> u64 {
        self.stored.bytes()
    }

    /// How many dispatches were sent so far.
    pub fn dispatches(&self) -> usize {
        self.dispatches.load(Ordering::Relaxed)
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
    pub fn ask(&self, sequences: &Sequences, question: &Question<'_>) -> Pending {
        let pieces = self.pieces(sequences, question);
        let mut space = self.space.lock().unwrap_or_else(PoisonError::into_inner);
        let space = self.enough(&mut space, &pieces);
        let size = 4 * question.what.each() as u64;
        let numbers = size * question.places.len() as u64;
        let row = if question.what.logits() { 4 * self.shape.vocab_size as u64 } else { 0 };
        let all = numbers + row * question.places.len() as u64;
        let back = self.pool.take(&self.handle, all);
        let mut submission = None;
        for piece in &pieces {
            let mut encoder = self.handle.device.create_command_encoder(&Default::default());
            let dispatches = self.prepared(space, sequences, question, piece);
            send(&mut encoder.begin_compute_pass(&Default::default()), &dispatches);
            self.dispatches.fetch_add(dispatches.len(), Ordering::Relaxed);
            let (from, many) = (piece.asked.start as u64, piece.asked.len() as u64);
            encoder.copy_buffer_to_buffer(&space.stats, 0, &back, from * size, many * size);
            if row > 0 {
                encoder.copy_buffer_to_buffer(&space.logits, 0, &back, numbers + from * row, many * row);
            }
            submission = Some(self.handle.queue.submit([encoder.finish()]));
        }
        // Nothing asked is nothing sent, and nothing to wait for.
        let submission = submission.unwrap_or_else(|| self.handle.queue.submit([]));
        Pending::new(&self.handle, &self.pool, back, [numbers, all], submission)
    }

    /// Uploads what a piece asks, and tells its dispatches.
    pub(super) fn prepared(
        &self,
        space: &Space,
        sequences: &Sequences,
        question: &Question<'_>,
        piece: &Piece,
    ) -> Vec<Dispatch> {
        let Self { handle, shape, kernels, stored, .. } = self;
        let recorder = Recorder { handle, shape, kernels, stored, space };
        recorder.upload(sequences.length, question, piece);
        recorder.dispatches(sequences, question, piece)
    }

    /// A call in pieces that there may be space for.
    pub(super) fn pieces(&self, sequences: &Sequences, question: &Question<'_>) -> Vec<Piece> {
        let Shape { d_model, d_ff, vocab_size, .. } = self.shape;
        let length = sequences.length;
        let together = (MOST_BETWEEN / (3 * d_model).max(d_ff) / length).clamp(1, (MOST_ROWS / length).max(1));
        let most_asked = (MOST_LOGITS / vocab_size).clamp(1, MOST_ROWS);
        let mut pieces = vec![];
        for first in (0..sequences.count).step_by(together) {
            let count = together.min(sequences.count - first);
            let (begin, rows) = (first * length, count * length);
            let before = |row: usize| question.places.partition_point(|&place| (place as usize) < row);
            let (mut from, end) = (before(begin), before(begin + rows));
            while from < end {
                let asked = from..end.min(from + most_asked);
                from = asked.end;
                pieces.push(Piece { begin, rows, first: asked.start == before(begin), asked });
            }
        }
        pieces
    }

    /// Space for the largest of some pieces.
    pub(super) fn enough<'a>(&self, space: &'a mut Option<Space>, pieces: &[Piece]) -> &'a Space {
        let had = space.take();
        let most = |size: fn(&Piece) -> usize, had: usize| pieces.iter().map(size).fold(had, usize::max).max(1);
        let rows = most(|piece| piece.rows, had.as_ref().map_or(0, |had| had.rows));
        let asked = most(|piece| piece.asked.len(), had.as_ref().map_or(0, |had| had.asked));
        let fits = had.filter(|had| (had.rows, had.asked) == (rows, asked));
        let new = || Space::new(&self.handle.device, &self.shape, &self.kernels, &self.stored, rows, asked);
        space.insert(fits.unwrap_or_else(new))
    }
}
