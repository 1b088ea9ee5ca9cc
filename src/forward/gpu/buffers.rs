//! What the kernels read and write: the weights, and the space of a call.

use bytemuck::cast_slice;
use wgpu::{BindGroup, Buffer, BufferDescriptor, BufferUsages, Device, util::DeviceExt};

use super::{GpuError, Precision, kernel::bound, kernels::Kernels};
use crate::{
    denoiser::twin::STATS,
    forward::{BlockWeights, Shape, Weights},
};

/// The weights of a net on the device.
#[derive(Debug)]
pub(super) struct Stored {
    pub emb: Buffer,
    head: Buffer,
    blocks: Vec<StoredBlock>,
    /// `[longest, head / 2, 2]`.
    rotations: Buffer,
}

#[derive(Debug)]
struct StoredBlock {
    qkv: Buffer,
    /// `[2, head]`, the queries', the keys'.
    norms: Buffer,
    proj: Buffer,
    w13: Buffer,
    w2: Buffer,
}

impl Stored {
    /// # Errors
    /// [`GpuError::NoF16`] for weights that `precision` cannot hold.
    pub fn new(
        device: &Device,
        shape: &Shape,
        weights: &Weights,
        precision: Precision,
        longest: usize,
    ) -> Result<Self, GpuError> {
        let stored = |name: &str, contents: &[u8]| {
            device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some(name),
                contents,
                usage: BufferUsages::STORAGE,
            })
        };
        let factor = |name: String, weights: &[f32]| Ok(stored(&name, &precision.stored(&name, weights)?));
        let block = |(index, block): (usize, &BlockWeights)| {
            let named = |part: &str| format!("blocks.{index}.{part}");
            Ok(StoredBlock {
                qkv: factor(named("qkv"), &block.qkv)?,
                norms: stored("norms", cast_slice(&[&block.q_norm[..], &block.k_norm].concat())),
                proj: factor(named("proj"), &block.proj)?,
                w13: factor(named("w13"), &block.w13)?,
                w2: factor(named("w2"), &block.w2)?,
            })
        };
        Ok(Self {
            emb: stored("emb", cast_slice(&weights.emb)),
            head: factor("head".into(), &weights.head)?,
            blocks: weights.blocks.iter().enumerate().map(block).collect::<Result<_, GpuError>>()?,
            rotations: stored("rotations", cast_slice(&shape.rotations(longest))),
        })
    }

    /// Of the weights.
    pub fn bytes(&self) -> u64 {
        let blocks = self.blocks.iter().flat_map(|one| [&one.qkv, &one.norms, &one.proj, &one.w13, &one.w2]);
        [&self.emb, &self.head].into_iter().chain(blocks).map(Buffer::size).sum()
    }
}

/// The buffers of what is computed, for up to so many rows, and all that binds them to the kernels.
#[derive(Debug)]
pub(super) struct Space {
    /// Rows of the residual stream there is space for.
    pub rows: usize,
    /// Rows of logits.
    pub asked: usize,
    pub x: Buffer,
    pub logits: Buffer,
    pub stats: Buffer,
    pub question: Question,
    pub blocks: Vec<BlockGroups>,
    pub logits_group: BindGroup,
    /// Of `predict` and of `score`.
    pub tell_group: BindGroup,
}

/// The bindings of a block's kernels.
#[derive(Debug)]
pub(super) struct BlockGroups {
    pub qkv: BindGroup,
    pub rotate: BindGroup,
    pub attend: BindGroup,
    pub proj: BindGroup,
    pub gates: BindGroup,
    pub down: BindGroup,
}

/// What changes from call to call, sent in one piece.
#[derive(Debug)]
pub(super) struct Question {
    pub buffer: Buffer,
    /// Where each part begins, in bytes.
    pub parts: [u64; 5],
}

/// A part of [`Question`]: rows, length, first token; what holds for every draw; the places; the keys; what is revealed.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub(super) enum Part {
    Call,
    Draw,
    Places,
    Keys,
    Reveals,
}

impl Question {
    fn new(device: &Device, asked: usize) -> Self {
        let sizes = [4, 4, 1 + asked, 3 * asked, 2 * (1 + asked)];
        let mut end = 0;
        let parts = sizes.map(|words| {
            let begin = end;
            end += (4 * words as u64).next_multiple_of(256); // where a binding may begin
            begin
        });
        let buffer = device.create_buffer(&BufferDescriptor {
            label: Some("question"),
            size: end,
            usage: BufferUsages::STORAGE | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        Self { buffer, parts }
    }

    /// The binding of a part.
    pub fn part(&self, part: Part) -> wgpu::BindingResource<'_> {
        let index = part as usize;
        let end = self.parts.get(index + 1).copied().unwrap_or(self.buffer.size());
        let size = std::num::NonZero::new(end - self.parts[index]);
        wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer: &self.buffer, offset: self.parts[index], size })
    }
}

impl Space {
    /// For at least one row of each.
    pub fn new(device: &Device, shape: &Shape, kernels: &Kernels, stored: &Stored, rows: usize, asked: usize) -> Self {
        let buffer = |name: &str, numbers: usize| {
            device.create_buffer(&BufferDescriptor {
                label: Some(name),
                size: 4 * numbers as u64,
                usage: BufferUsages::STORAGE | BufferUsages::COPY_SRC,
                mapped_at_creation: false,
            })
        };
        let d = shape.d_model;
        let x = buffer("x", rows * d);
        let qkv = buffer("qkv", rows * 3 * d);
        let seen = buffer("seen", rows * d);
        let gated = buffer("gated", rows * shape.d_ff);
        let logits = buffer("logits", asked * shape.vocab_size);
        let stats = buffer("stats", asked * STATS);
        let question = Question::new(device, asked);
        let product = |from: &Buffer, weight: &Buffer, to: &Buffer, part: Part| {
            let mut all = [from, weight, to].map(Buffer::as_entire_binding).to_vec();
            all.push(question.part(part));
            bound(device, kernels.product_layout(), all)
        };
        let whole = Buffer::as_entire_binding;
        let call = || question.part(Part::Call);
        let block = |block: &StoredBlock| BlockGroups {
            qkv: product(&x, &block.qkv, &qkv, Part::Call),
            rotate: bound(
                device,
                &kernels.rotate.layout,
                vec![whole(&qkv), whole(&block.norms), whole(&stored.rotations), call()],
            ),
            attend: bound(device, &kernels.attend.layout, vec![whole(&qkv), whole(&seen), call()]),
            proj: product(&seen, &block.proj, &x, Part::Call),
            gates: product(&x, &block.w13, &gated, Part::Call),
            down: product(&gated, &block.w2, &x, Part::Call),
        };
        let blocks = stored.blocks.iter().map(block).collect();
        let logits_group = product(&x, &stored.head, &logits, Part::Places);
        let tell_group = bound(
            device,
            &kernels.predict.layout,
            vec![whole(&logits), question.part(Part::Keys), whole(&stats), question.part(Part::Draw)],
        );
        Self { rows, asked, x, logits, stats, question, blocks, logits_group, tell_group }
    }
}
