//! A whole forward, its rows dealt out to the threads.

use std::cell::Cell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Cache, Matrix, added, attend, embed, gated, normed, rotate};
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
    /// Of the last call: memory that is there already need not be cleared.
    space: Mutex<Space>,
}

/// Where a call computes.
#[derive(Debug, Default)]
struct Space {
    next: Vec<f32>, // [rows, 3 d]
    here: Vec<f32>, // [rows, 3 d]
}

thread_local! {
    /// Where a thread computes what nobody else reads: it stays in the thread's own cache.
    static SCRATCH: Cell<Vec<f32>> = const { Cell::new(vec![]) };
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

/// What is to be computed.
#[derive(Clone, Copy)]
struct Call<'a> {
    tokens: &'a [u32], // [batch * length]
    length: usize,
    rows: &'a [u32],  // of the batch, rising
    asked: &'a [u32], // of these, rising
}

/// Some rows of a batch, with what is known of them.
struct Rows<'a> {
    places: &'a [u32],
    x: &'a mut [f32],   // [rows, d]
    qkv: &'a mut [f32], // [rows, 3 d]
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
            space: Mutex::default(),
        }
    }

    /// The shape of the net.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Tokens `[batch * length]`, each less than the vocabulary -> the residual stream `[batch * length, d]`, before
    /// the last norm.
    pub fn hidden(&self, tokens: &[u32], length: usize) -> Vec<f32> {
        self.hidden_at(tokens, length, &numbered(tokens.len()))
    }

    /// [`Forward::hidden`] of the rows `asked`, rising, and of no others: `[asked, d]`, to the last bit as there.
    pub fn hidden_at(&self, tokens: &[u32], length: usize, asked: &[u32]) -> Vec<f32> {
        let rows = numbered(tokens.len());
        together(|| self.run(Call { tokens, length, rows: &rows, asked }, None))
    }

    /// [`Forward::hidden_at`] of one sequence, by keys and values that are kept from one call to the next: tokens
    /// `[length]` -> `[asked, d]`, an approximation.
    ///
    /// Computed anew are the positions `asked`, rising, and those whose token is another than before; they see what was
    /// computed of all others in the call that they had last changed in, or were asked for. Delayed caching of dKV-Cache
    /// (arXiv 2505.15781) where masks are asked for: a token is computed once after it is revealed, and then kept. With all
    /// positions asked for, or a cache that has been told to forget, nothing kept is read, and it is exact.
    pub fn hidden_cached(&self, cache: &mut Cache, tokens: &[u32], asked: &[u32]) -> Vec<f32> {
        let length = tokens.len();
        cache.fit(length, self.blocks.len(), 3 * self.shape.d_model);
        let rows = cache.renew(tokens, asked);
        together(|| self.run(Call { tokens, length, rows: &rows, asked }, Some(cache)))
    }

    /// Rows `places` of x `[rows, d]` -> logits `[places, vocab]`.
    pub fn logits(&self, x: &[f32], places: &[u32]) -> Vec<f32> {
        let (d, vocab) = (self.shape.d_model, self.shape.vocab_size);
        let mut logits = vec![0.0; places.len() * vocab];
        let rows = rows_at_once(places.len());
        let parts = places.chunks(rows).zip(logits.chunks_mut(rows * vocab)).collect();
        each(parts, |(places, logits): (&[u32], &mut [f32])| {
            let x = rows_of(x, places.iter().map(|&place| place as usize), d);
            normed(&self.head, self.shape.norm_eps, &x, logits);
        });
        logits
    }

    /// [`Forward::logits`] of the rows `asked`, rising, of a batch: tokens `[batch * length]` -> `[asked, vocab]`.
    pub fn logits_at(&self, tokens: &[u32], length: usize, asked: &[u32]) -> Vec<f32> {
        together(|| self.logits(&self.hidden_at(tokens, length, asked), &numbered(asked.len())))
    }

    fn rotations(&self, length: usize) -> Arc<Vec<f32>> {
        let mut longest = self.rotations.lock().unwrap_or_else(PoisonError::into_inner);
        if longest.len() < length * self.shape.head_dim() {
            *longest = Arc::new(self.shape.rotations(length));
        }
        longest.clone()
    }

    fn space(&self) -> MutexGuard<'_, Space> {
        self.space.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, Call { tokens, length, rows, asked }: Call<'_>, mut cache: Option<&mut Cache>) -> Vec<f32> {
        let (shape, blocks) = (&self.shape, self.blocks.len());
        let (d, ff) = (shape.d_model, shape.d_ff);
        let rotations = self.rotations(length);
        let rotations = &rotations[..length * shape.head_dim()];
        let shown: Vec<u32> = rows.iter().map(|&row| tokens[row as usize]).collect();
        let mut x = vec![0.0; rows.len() * d];
        embed(&self.emb, shape.emb_scale, &shown, &mut x);
        // Each block reads its queries, keys and values from one of two while its rows write those of the next into the
        // other. Where they are kept, it reads them there.
        let Space { mut next, mut here } = std::mem::take(&mut *self.space());
        next.resize(rows.len() * 3 * d, 0.0);
        here.resize(if cache.is_some() { 0 } else { rows.len() * 3 * d }, 0.0);
        for index in 0..=blocks {
            // Of the last block, what nobody asks for is needed no further than its keys and values.
            let places = if index < blocks { rows } else { asked };
            if places.len() < rows.len() {
                x = picked(&x, rows, places, d);
            }
            let qkv = match (&cache, index.checked_sub(1)) {
                (Some(cache), Some(before)) => cache.block(before),
                _ => &here,
            };
            let taken = rows_at_once(places.len());
            let parts = places.chunks(taken).zip(x.chunks_mut(taken * d)).zip(next.chunks_mut(taken * 3 * d));
            let parts = parts.map(|((places, x), qkv)| Rows { places, x, qkv }).collect();
            each(parts, |rows| {
                if let Some(block) = index.checked_sub(1).and_then(|index| self.blocks.get(index)) {
                    let mut scratch = SCRATCH.take();
                    scratch.resize(rows.places.len() * (d + ff), 0.0);
                    let (seen, gates) = scratch.split_at_mut(rows.places.len() * d); // [rows, d], [rows, ff]
                    attend(shape, length, qkv, rows.places, seen);
                    added(&block.proj, seen, rows.x);
                    gated(&block.w13, shape.norm_eps, rows.x, gates);
                    added(&block.w2, gates, rows.x);
                    SCRATCH.set(scratch);
                }
                if let Some(block) = self.blocks.get(index) {
                    normed(&block.qkv, shape.norm_eps, rows.x, rows.qkv);
                    rotate(shape, &block.q_norm, &block.k_norm, rotations, rows.places, rows.qkv);
                }
            });
            match &mut cache {
                Some(cache) if index < blocks => cache.keep(index, rows, &next, 3 * d),
                Some(_) => {}
                None => std::mem::swap(&mut here, &mut next),
            }
        }
        *self.space() = Space { next, here };
        x
    }
}

/// Of x `[rows, d]` the rows of `places`, which are among `rows`; both rise.
fn picked(x: &[f32], rows: &[u32], places: &[u32], d: usize) -> Vec<f32> {
    rows_of(x, places.iter().filter_map(|place| rows.binary_search(place).ok()), d)
}

/// The rows `at` of x `[rows, d]`.
fn rows_of(x: &[f32], at: impl Iterator<Item = usize>, d: usize) -> Vec<f32> {
    let mut found = vec![];
    at.for_each(|at| found.extend_from_slice(&x[at * d..][..d]));
    found
}

/// Rows that a thread takes at once: few enough that all have some and none waits long for another, of whole tiles, and
/// not so many that the nearer caches cannot hold them.
fn rows_at_once(rows: usize) -> usize {
    rows.div_ceil(threads()).next_multiple_of(8).clamp(8, 128)
}

/// The numbers of all rows.
fn numbered(rows: usize) -> Vec<u32> {
    (0..rows as u32).collect()
}
