//! RMSNorm of each head of queries and keys, and their rotation.

use crate::Shape;

/// Queries and keys of `qkv` `[rows, 3 d]`, in place: RMSNorm of each head by `q_norm` and `k_norm` `[head]`, and the rotation of its
/// place, `(a, b) -> (a cos - b sin, a sin + b cos)` with `a`, `b` the halves of the head.
///
/// `rotations` are those of [`Shape::rotations`], `[length, head / 2, 2]`; row 0 is at place `first`, and after the last place
/// comes place 0 of another sequence.
pub fn rotate(shape: &Shape, q_norm: &[f32], k_norm: &[f32], rotations: &[f32], first: usize, qkv: &mut [f32]) {
    let (d, head) = (shape.d_model, shape.head_dim());
    let places = rotations.chunks_exact(head).cycle().skip(first);
    for (row, turns) in qkv.chunks_exact_mut(3 * d).zip(places) {
        for (part, norm) in row.chunks_exact_mut(d).zip([q_norm, k_norm]) {
            for numbers in part.chunks_exact_mut(head) {
                let scale = rms(numbers, shape.norm_eps).recip();
                let (a, b) = numbers.split_at_mut(head / 2);
                let (a_norm, b_norm) = norm.split_at(head / 2);
                let norms = a_norm.iter().zip(b_norm);
                for (((a, b), (a_norm, b_norm)), turn) in a.iter_mut().zip(b).zip(norms).zip(turns.chunks_exact(2)) {
                    let (x, y) = (*a * scale * a_norm, *b * scale * b_norm);
                    (*a, *b) = (x * turn[0] - y * turn[1], x * turn[1] + y * turn[0]);
                }
            }
        }
    }
}

/// `sqrt(mean(x^2) + eps)`.
#[inline(always)]
pub(super) fn rms(x: &[f32], eps: f32) -> f32 {
    let (chunks, rest) = x.as_chunks::<16>();
    let mut sums = [0f32; 16];
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += x * x;
        }
    }
    let total = sums.iter().sum::<f32>() + rest.iter().map(|x| x * x).sum::<f32>();
    (total / x.len() as f32 + eps).sqrt()
}
