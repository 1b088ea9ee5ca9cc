//! A whole forward, its rows dealt out to the threads.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Matrix, added, attend, embed, gated, normed, rotate};
use crate::{
    BlockWeights, Shape, Weights,
    threads::{each, threads, together},
};

/// A net on the CPU.
#[derive(Debug)]
pub struct Forward {
    shape: Shape,
    emb: Vec<f32>,
    blocks: Vec<Block>,
    head: Matrix,
    /// Of the longest sequences so far; those of shorter ones are its beginning.
    rotations: Mutex<Arc<Vec<f32>>>,
}

#[derive(Debug)]
struct Block {
    qkv: Matrix,
    q_norm: Vec<f32>,
    k_norm: Vec<f32>,
    proj: Matrix,
    w13: Matrix,
    w2: Matrix,
}

/// Some rows of a batch, with what is known of them.
struct Rows<'a> {
    first: usize,
    x: &'a mut [f32],     // [rows, d]
    qkv: &'a mut [f32],   // [rows, 3 d]
    seen: &'a mut [f32],  // [rows, d]
    gates: &'a mut [f32], // [rows, ff]
}

impl Forward {
    /// Lays the weights out as products read them.
    pub fn new(shape: Shape, weights: &Weights) -> Self {
        let (d, ff) = (shape.d_model, shape.d_ff);
        let block = |block: &BlockWeights| Block {
            qkv: Matrix::new(&block.qkv, d),
            q_norm: block.q_norm.clone(),
            k_norm: block.k_norm.clone(),
            proj: Matrix::new(&block.proj, d),
            w13: Matrix::gates(&block.w13, d),
            w2: Matrix::new(&block.w2, ff),
        };
        Self {
            shape,
            emb: weights.emb.clone(),
            blocks: weights.blocks.iter().map(block).collect(),
            head: Matrix::new(&weights.head, d),
            rotations: Mutex::default(),
        }
    }

    /// The shape of the net.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Tokens `[batch * length]`, each less than the vocabulary -> the residual stream `[batch * length, d]`, before
    /// the last norm.
    pub fn hidden(&self, tokens: &[u32], length: usize) -> Vec<f32> {
        together(|| self.run(tokens, length))
    }

    /// Rows `places` of x `[rows, d]` -> logits `[places, vocab]`.
    pub fn logits(&self, x: &[f32], places: &[u32]) -> Vec<f32> {
        let (d, vocab) = (self.shape.d_model, self.shape.vocab_size);
        let mut logits = vec![0.0; places.len() * vocab];
        let rows = rows_at_once(places.len());
        let parts = places.chunks(rows).zip(logits.chunks_mut(rows * vocab)).collect();
        each(parts, |(places, logits): (&[u32], &mut [f32])| {
            let x: Vec<f32> = places.iter().flat_map(|&place| &x[place as usize * d..][..d]).copied().collect();
            normed(&self.head, self.shape.norm_eps, &x, logits);
        });
        logits
    }

    fn rotations(&self, length: usize) -> Arc<Vec<f32>> {
        let mut longest = self.rotations.lock().unwrap_or_else(PoisonError::into_inner);
        if longest.len() < length * self.shape.head_dim() {
            *longest = Arc::new(self.shape.rotations(length));
        }
        longest.clone()
    }

    fn run(&self, tokens: &[u32], length: usize) -> Vec<f32> {
        let (shape, rows) = (&self.shape, tokens.len());
        let (d, ff) = (shape.d_model, shape.d_ff);
        let rotations = self.rotations(length);
        let rotations = &rotations[..length * shape.head_dim()];
        let mut x = vec![0.0; rows * d];
        embed(&self.emb, shape.emb_scale, tokens, &mut x);
        // Each block reads its queries, keys and values from one of two while its rows write those of the next into the
        // other.
        let (mut here, mut next) = (vec![0.0; rows * 3 * d], vec![0.0; rows * 3 * d]);
        let (mut seen, mut gates) = (vec![0.0; rows * d], vec![0.0; rows * ff]);
        let taken = rows_at_once(rows);
        for index in 0..=self.blocks.len() {
            let mut parts = Vec::with_capacity(rows.div_ceil(taken.max(1)));
            let (mut seen, mut gates) = (seen.chunks_mut(taken * d), gates.chunks_mut(taken * ff));
            for (part, (x, qkv)) in x.chunks_mut(taken * d).zip(next.chunks_mut(taken * 3 * d)).enumerate() {
                let (Some(seen), Some(gates)) = (seen.next(), gates.next()) else { break };
                parts.push(Rows { first: part * taken, x, qkv, seen, gates });
            }
            each(parts, |rows| {
                if let Some(block) = index.checked_sub(1).and_then(|index| self.blocks.get(index)) {
                    attend(shape, length, &here, rows.first, rows.seen);
                    added(&block.proj, rows.seen, rows.x);
                    gated(&block.w13, shape.norm_eps, rows.x, rows.gates);
                    added(&block.w2, rows.gates, rows.x);
                }
                if let Some(block) = self.blocks.get(index) {
                    normed(&block.qkv, shape.norm_eps, rows.x, rows.qkv);
                    rotate(shape, &block.q_norm, &block.k_norm, rotations, rows.first % length, rows.qkv);
                }
            });
            std::mem::swap(&mut here, &mut next);
        }
        x
    }
}

/// Rows that a thread takes at once: few enough that all have some and none waits long for another, of whole tiles, and
/// not so many that the nearer caches cannot hold them.
fn rows_at_once(rows: usize) -> usize {
    rows.div_ceil(2 * threads()).next_multiple_of(8).clamp(8, 64)
}
