//! What one submission of a call sends: the question, and its dispatches.

use std::ops::Range;

use wgpu::{BindGroup, ComputePass, ComputePipeline};

use super::{
    Handle,
    buffers::{Part, Space, Stored},
    call::{Question, Sequences, What},
    kernel::{Kernel, bound},
    kernels::{Kernels, REVEAL_LANES},
};
use crate::forward::Shape;

/// All that recording goes by.
pub(super) struct Recorder<'a> {
    pub handle: &'a Handle,
    pub shape: &'a Shape,
    pub kernels: &'a Kernels,
    pub stored: &'a Stored,
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

/// A kernel, what it works on, and its workgroups.
pub(super) struct Dispatch {
    pub name: &'static str,
    pub pipeline: ComputePipeline,
    pub group: BindGroup,
    pub size: [u32; 3],
}

impl Recorder<'_> {
    /// Sends what changes from call to call, in one write.
    pub fn upload(&self, length: usize, question: &Question<'_>, piece: &Piece) {
        let asked = piece.asked.clone();
        let places = question.places[asked.clone()].iter().map(|place| place - piece.begin as u32);
        let (ids, about) = match question.what {
            What::Predictions { keys, draw, .. } => {
                ([draw.mask_id, draw.pad_id, draw.temperature.to_bits()], keys[asked.clone()].as_flattened().to_vec())
            }
            What::Scores { truth, mask_id, pad_id } => ([mask_id, pad_id, 0], truth[asked.clone()].to_vec()),
        };
        let revealed = revealed(question, &asked);
        let reveals = revealed.iter().flat_map(|&index| [index - asked.start as u32, question.places[index as usize]]);
        let parts: [Vec<u32>; 5] = [
            vec![piece.rows as u32, length as u32, piece.begin as u32, 0],
            [&[self.shape.vocab_size as u32][..], &ids].concat(),
            std::iter::once(asked.len() as u32).chain(places).collect(),
            about,
            [revealed.len() as u32, 0].into_iter().chain(reveals).collect(),
        ];
        let mut words = vec![];
        for (part, &begin) in parts.iter().zip(&self.space.question.parts) {
            words.resize(begin as usize / 4, 0);
            words.extend_from_slice(part);
        }
        self.handle.queue.write_buffer(&self.space.question.buffer, 0, bytemuck::cast_slice(&words));
    }

    /// The dispatches of a piece, in their order.
    pub fn dispatches(&self, sequences: &Sequences, question: &Question<'_>, piece: &Piece) -> Vec<Dispatch> {
        let (kernels, space) = (self.kernels, self.space);
        let mut all = if piece.first { self.stream(sequences, piece) } else { vec![] };
        let asked = piece.asked.len();
        all.push(dispatch("logits", kernels.logits.for_rows(asked), &space.logits_group));
        let (name, tell) = match question.what {
            What::Predictions { .. } => ("predict", &kernels.predict),
            What::Scores { .. } => ("score", &kernels.score),
        };
        all.push(dispatch(name, (&tell.pipeline, [asked as u32, 1, 1]), &space.tell_group));
        let reveals = revealed(question, &piece.asked).len() as u32;
        if reveals > 0 {
            let Kernel { pipeline, layout } = &kernels.reveal;
            let buffers = vec![
                space.stats.as_entire_binding(),
                space.question.part(Part::Reveals),
                sequences.tokens.as_entire_binding(),
            ];
            let group = bound(&self.handle.device, layout, buffers);
            all.push(dispatch("reveal", (pipeline, [reveals.div_ceil(REVEAL_LANES), 1, 1]), &group));
        }
        all
    }

    /// From tokens to the residual stream after the last block.
    fn stream(&self, sequences: &Sequences, piece: &Piece) -> Vec<Dispatch> {
        let (kernels, space, shape) = (self.kernels, self.space, self.shape);
        let (rows, length) = (piece.rows, sequences.length as u32);
        let (d, heads) = (shape.d_model as u32, shape.n_head as u32);
        let Kernel { pipeline, layout } = &kernels.embed;
        let buffers = vec![
            sequences.tokens.as_entire_binding(),
            self.stored.emb.as_entire_binding(),
            space.x.as_entire_binding(),
            space.question.part(Part::Call),
        ];
        let group = bound(&self.handle.device, layout, buffers);
        let embedded = [(d / 4).div_ceil(kernels.embed_lanes), rows as u32, 1];
        let turned = [(2 * heads).div_ceil(kernels.heads_each), rows as u32, 1];
        let attended = [length.div_ceil(kernels.queries), heads, rows as u32 / length];
        let mut all = vec![dispatch("embed", (pipeline, embedded), &group)];
        for groups in &space.blocks {
            all.push(dispatch("qkv", kernels.qkv.for_rows(rows), &groups.qkv));
            all.push(dispatch("rotate", (&kernels.rotate.pipeline, turned), &groups.rotate));
            all.push(dispatch("attend", (&kernels.attend.pipeline, attended), &groups.attend));
            all.push(dispatch("proj", kernels.proj.for_rows(rows), &groups.proj));
            all.push(dispatch("gates", kernels.gates.for_rows(rows), &groups.gates));
            all.push(dispatch("down", kernels.down.for_rows(rows), &groups.down));
        }
        all
    }
}

/// Puts dispatches into a pass.
pub(super) fn send(pass: &mut ComputePass<'_>, dispatches: &[Dispatch]) {
    for Dispatch { pipeline, group, size: [x, y, z], .. } in dispatches {
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, group, &[]);
        pass.dispatch_workgroups(*x, *y, *z);
    }
}

/// Which of what is revealed is among `asked`.
fn revealed<'a>(question: &Question<'a>, asked: &Range<usize>) -> &'a [u32] {
    let What::Predictions { reveal, .. } = question.what else { return &[] };
    let before = |end: usize| reveal.partition_point(|&index| (index as usize) < end);
    &reveal[before(asked.start)..before(asked.end)]
}

fn dispatch(name: &'static str, (pipeline, size): (&ComputePipeline, [u32; 3]), group: &BindGroup) -> Dispatch {
    Dispatch { name, pipeline: pipeline.clone(), group: group.clone(), size }
}
