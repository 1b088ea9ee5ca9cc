//! Attention.

use std::array;

use pulp::{Simd, WithSimd};

use super::{
    exp::exp,
    matrix::{pack, side_by_side},
    product::{NARROW, WIDE, scaled, store, tile, wide},
    simd::{Aligned, GROUP, LANES, VECTORS, dispatch, folded},
};
use crate::Shape;

/// `softmax(q k^T) v`, head by head, of queries whose norm has the scale `1 / sqrt(head)` in it: qkv `[batch * length,
/// 3 d]` -> seen `[places, d]`, of the rows `places`, rising.
pub fn attend(shape: &Shape, length: usize, qkv: &[f32], places: &[u32], seen: &mut [f32]) {
    dispatch(Attend { shape, length, qkv, places, seen });
}

struct Attend<'a> {
    shape: &'a Shape,
    length: usize,
    qkv: &'a [f32],
    places: &'a [u32],
    seen: &'a mut [f32],
}

impl WithSimd for Attend<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { shape, length, qkv, places, mut seen } = self;
        let mut head = Head::new::<S>(shape, length);
        let sequence = |place: u32| place as usize / length;
        for places in places.chunk_by(|&one, &next| sequence(one) == sequence(next)) {
            let (part, rest) = seen.split_at_mut(places.len() * shape.d_model);
            let first = sequence(places[0]) * length;
            let sequence = &qkv[first * 3 * shape.d_model..][..length * 3 * shape.d_model];
            for index in 0..shape.n_head {
                head.read::<S>(sequence, index);
                if wide::<S>() {
                    head.attend::<S, WIDE>(simd, sequence, index, places, part);
                } else {
                    head.attend::<S, NARROW>(simd, sequence, index, places, part);
                }
            }
            seen = rest;
        }
    }
}

/// Keys and values of a head as products read them.
struct Head {
    d: usize,
    size: usize,
    length: usize,
    causal: bool,
    /// `[length / columns, head, columns]`.
    keys: Aligned,
    /// `[head / columns, length, columns]`.
    values: Aligned,
    /// A tile's queries, `[head, ROWS]`.
    queries: Aligned,
    /// Their scores, `[ROWS, length]`, each row filled up to whole panels.
    scores: Aligned,
    /// The same as shares, `[length, ROWS]`.
    shares: Aligned,
}

impl Head {
    #[inline(always)]
    fn new<S: Simd>(shape: &Shape, length: usize) -> Self {
        let (size, columns) = (shape.head_dim(), VECTORS * S::F32_LANES);
        let (whole, rows) = (length.next_multiple_of(columns), if wide::<S>() { WIDE } else { NARROW });
        Self {
            d: shape.d_model,
            size,
            length,
            causal: shape.causal,
            keys: Aligned::new(whole * size),
            values: Aligned::new(size.next_multiple_of(columns) * length),
            queries: Aligned::new(rows * size),
            scores: Aligned::new(rows * whole),
            shares: Aligned::new(rows * length),
        }
    }

    /// Takes the keys and values of head `index` from `qkv` `[length, 3 d]`.
    #[inline(always)]
    fn read<S: Simd>(&mut self, qkv: &[f32], index: usize) {
        let (columns, width) = (VECTORS * S::F32_LANES, 3 * self.d);
        let (key, value) = (self.d + index * self.size, 2 * self.d + index * self.size);
        for (panel, numbers) in self.keys.as_mut_slice().chunks_exact_mut(columns * self.size).enumerate() {
            pack::<GROUP>(&qkv[panel * columns * width + key..], width, numbers, columns);
        }
        for (panel, numbers) in self.values.as_mut_slice().chunks_exact_mut(columns * self.length).enumerate() {
            let first = panel * columns;
            let taken = columns.min(self.size - first);
            for (place, row) in numbers.chunks_exact_mut(columns).zip(qkv.chunks_exact(width)) {
                place[..taken].copy_from_slice(&row[value + first..][..taken]);
            }
        }
    }

    /// What the rows `places` of a sequence, counted within it or within its batch, see by head `index`, into `seen`
    /// `[places, d]`.
    #[inline(always)]
    fn attend<S: Simd, const ROWS: usize>(
        &mut self,
        simd: S,
        qkv: &[f32],
        index: usize,
        places: &[u32],
        seen: &mut [f32],
    ) {
        let (columns, width, size) = (VECTORS * S::F32_LANES, 3 * self.d, self.size);
        let whole = self.length.next_multiple_of(columns);
        for (places, seen) in places.chunks(ROWS).zip(seen.chunks_mut(ROWS * self.d)) {
            // Where there are fewer rows, the last one stands for those that are missing.
            let within: [usize; ROWS] = array::from_fn(|row| places[row.min(places.len() - 1)] as usize % self.length);
            let [queries, shares] = [&mut self.queries, &mut self.shares].map(Aligned::as_mut_slice);
            let rows = within.map(|place| &qkv[place * width + index * size..][..size]);
            side_by_side(rows, queries, ROWS, 0);
            let queries = queries.as_chunks().0;
            // Of the keys, as many as any of these rows sees.
            let keys = if self.causal { within[ROWS - 1] + 1 } else { self.length };
            let scores = self.scores.as_mut_slice();
            for (panel, numbers) in self.keys.as_slice().chunks_exact(columns * size).enumerate() {
                if panel * columns >= keys {
                    break;
                }
                for (row, values) in tile::<S, ROWS>(simd, queries, numbers).into_iter().enumerate() {
                    store::<S, VECTORS>(&mut scores[row * whole + panel * columns..][..columns], values);
                }
            }
            let mut parts = [0f32; ROWS];
            for ((row, part), place) in parts.iter_mut().enumerate().zip(within) {
                let seeing = if self.causal { place + 1 } else { keys };
                let scores = &mut scores[row * whole..][..whole];
                *part = soften(simd, scores, seeing).recip();
                scores[seeing..keys].fill(0.0);
            }
            let shares = &mut shares[..keys * ROWS];
            pack::<ROWS>(scores, whole, shares, ROWS);
            let shares = shares.as_chunks().0;
            for (panel, numbers) in self.values.as_slice().chunks_exact(columns * self.length).enumerate() {
                let from = panel * columns;
                let taken = columns.min(size - from);
                let values = tile::<S, ROWS>(simd, shares, &numbers[..keys * columns]);
                for ((seen, values), part) in seen.chunks_exact_mut(self.d).zip(values).zip(parts) {
                    let place = &mut seen[index * size + from..][..taken];
                    store::<S, VECTORS>(place, scaled(simd, values, part));
                }
            }
        }
    }
}

/// `x = exp(x - max)` of the first `seen` numbers, in whole vectors, so that what follows them changes too; their sum.
#[inline(always)]
fn soften<S: Simd>(simd: S, x: &mut [f32], seen: usize) -> f32 {
    let higher = |a: f32, b: f32| if a > b { a } else { b };
    let highest = simd.splat_f32s(lanewise(&x[..seen], f32::MIN, higher));
    for x in S::as_mut_simd_f32s(x).0.iter_mut().take(seen.div_ceil(S::F32_LANES)) {
        *x = exp(simd, simd.sub_f32s(*x, highest));
    }
    lanewise(&x[..seen], 0.0, |a, b| a + b)
}

/// All of `x` in one, lane by lane.
#[inline(always)]
fn lanewise(x: &[f32], first: f32, both: impl Fn(f32, f32) -> f32) -> f32 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [first; LANES];
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = both(*lane, x);
        }
    }
    rest.iter().fold(folded(lanes, &both), |all, &x| both(all, x))
}
