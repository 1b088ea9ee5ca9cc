//! What one submission of a call sends: the question, then its dispatches.

use std::ops::Range;

use wgpu::{BindGroup, CommandEncoder, ComputePass, ComputePipeline};

use super::{
    Handle,
    buffers::{Part, Space, Stored},
    call::{Question, Sequences},
    kernel::{Kernel, bound},
    kernels::{Kernels, REVEAL_LANES},
};
use crate::forward::Shape;

/// All that recording goes by.
pub(super) struct Recorder<'a> {
    pub handle: &'a Handle,
    pub shape: &'a Shape,
    pub kernels: &'a Kernels,
    pub space: &'a Space,
}

/// What one submission does of a call: as much as there is space for.
pub(super) struct Piece {
    /// The first of its tokens.
    pub begin: usize,
    pub rows: usize,
    /// Which of the places.
    pub asked: Range<usize>,
    /// Whether the residual stream is still to be computed.
    pub first: bool,
}

impl Recorder<'_> {
    /// Sends what changes from call to call, in one write.
    pub fn upload(&self, length: usize, question: &Question<'_>, piece: &Piece) {
        let asked = piece.asked.clone();
        let draw = question.draw;
        let places = question.places[asked.clone()].iter().map(|place| place - piece.begin as u32);
        let revealed = revealed(question, &asked);
        let reveals = revealed.iter().flat_map(|&index| [index - asked.start as u32, question.places[index as usize]]);
        let parts: [Vec<u32>; 5] = [
            vec![piece.rows as u32, length as u32, piece.begin as u32, 0],
            vec![self.shape.vocab_size as u32, draw.mask_id, draw.pad_id, draw.temperature.to_bits()],
            std::iter::once(asked.len() as u32).chain(places).collect(),
            question.keys[asked.clone()].as_flattened().to_vec(),
            [revealed.len() as u32, 0].into_iter().chain(reveals).collect(),
        ];
        let mut words = vec![];
        for (part, &begin) in parts.iter().zip(&self.space.question.parts) {
            words.resize(begin as usize / 4, 0);
            words.extend_from_slice(part);
        }
        self.handle.queue.write_buffer(&self.space.question.buffer, 0, bytemuck::cast_slice(&words));
    }

    pub fn record(
        &self,
        stored: &Stored,
        sequences: &Sequences,
        question: &Question<'_>,
        piece: &Piece,
    ) -> CommandEncoder {
        let device = &self.handle.device;
        let (kernels, space) = (self.kernels, self.space);
        let mut encoder = device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        if piece.first {
            self.stream(&mut pass, stored, sequences, piece);
        }
        let asked = piece.asked.len();
        let (logits, groups) = kernels.logits.for_rows(asked);
        dispatch(&mut pass, logits, &space.logits_group, groups);
        dispatch(&mut pass, &kernels.predict.pipeline, &space.predict_group, [asked as u32, 1, 1]);
        let reveals = revealed(question, &piece.asked).len() as u32;
        if reveals > 0 {
            let Kernel { pipeline, layout } = &kernels.reveal;
            let buffers = vec![
                space.stats.as_entire_binding(),
                space.question.part(Part::Reveals),
                sequences.tokens.as_entire_binding(),
            ];
            dispatch(&mut pass, pipeline, &bound(device, layout, buffers), [reveals.div_ceil(REVEAL_LANES), 1, 1]);
        }
        drop(pass);
        encoder
    }

    /// From tokens to the residual stream after the last block.
    fn stream(&self, pass: &mut ComputePass<'_>, stored: &Stored, sequences: &Sequences, piece: &Piece) {
        let (kernels, space, shape) = (self.kernels, self.space, self.shape);
        let (rows, length) = (piece.rows, sequences.length as u32);
        let (d, heads) = (shape.d_model as u32, shape.n_head as u32);
        let Kernel { pipeline, layout } = &kernels.embed;
        let buffers = vec![
            sequences.tokens.as_entire_binding(),
            stored.emb.as_entire_binding(),
            space.x.as_entire_binding(),
            space.question.part(Part::Call),
        ];
        let group = bound(&self.handle.device, layout, buffers);
        dispatch(pass, pipeline, &group, [(d / 4).div_ceil(kernels.embed_lanes), rows as u32, 1]);
        for groups in &space.blocks {
            let product = |pass: &mut ComputePass<'_>, (pipeline, size): (&ComputePipeline, _), group: &BindGroup| {
                dispatch(pass, pipeline, group, size);
            };
            product(pass, kernels.qkv.for_rows(rows), &groups.qkv);
            let turned = [(2 * heads).div_ceil(kernels.heads_each), rows as u32, 1];
            dispatch(pass, &kernels.rotate.pipeline, &groups.rotate, turned);
            let attended = [length.div_ceil(kernels.queries), heads, rows as u32 / length];
            dispatch(pass, &kernels.attend.pipeline, &groups.attend, attended);
            product(pass, kernels.proj.for_rows(rows), &groups.proj);
            product(pass, kernels.gates.for_rows(rows), &groups.gates);
            product(pass, kernels.down.for_rows(rows), &groups.down);
        }
    }
}

/// Which of what is revealed is among `asked`.
fn revealed<'a>(question: &Question<'a>, asked: &Range<usize>) -> &'a [u32] {
    let before = |end: usize| question.reveal.partition_point(|&index| (index as usize) < end);
    &question.reveal[before(asked.start)..before(asked.end)]
}

fn dispatch(pass: &mut ComputePass<'_>, pipeline: &ComputePipeline, group: &BindGroup, [x, y, z]: [u32; 3]) {
    pass.set_pipeline(pipeline);
    pass.set_bind_group(0, group, &[]);
    pass.dispatch_workgroups(x, y, z);
}
