//! RMSNorm of each head of queries and keys, and their rotation.

use pulp::NullaryFnOnce;

use super::simd::{LANES, dispatch, folded};
use crate::Shape;

/// Queries and keys of `qkv` `[rows, 3 d]`, in place: RMSNorm of each head by `q_norm` and `k_norm` `[head]`, and the
/// rotation of its place, `(a, b) -> (a cos - b sin, a sin + b cos)` with `a`, `b` the halves of the head.
///
/// `rotations` are those of [`Shape::rotations`], `[length, head / 2, 2]`; the rows stand at `places` `[rows]`, and after the
/// last place comes place 0 of another sequence.
pub fn rotate(shape: &Shape, q_norm: &[f32], k_norm: &[f32], rotations: &[f32], places: &[u32], qkv: &mut [f32]) {
    dispatch(Rotate { shape, norms: [q_norm, k_norm], rotations, places, qkv });
}

struct Rotate<'a> {
    shape: &'a Shape,
    norms: [&'a [f32]; 2],
    rotations: &'a [f32],
    places: &'a [u32],
    qkv: &'a mut [f32],
}

impl NullaryFnOnce for Rotate<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (d, head, eps) = (self.shape.d_model, self.shape.head_dim(), self.shape.norm_eps);
        let length = self.rotations.len() / head;
        let (mut cos, mut sin) = (vec![0.0; head / 2], vec![0.0; head / 2]);
        for (&place, row) in self.places.iter().zip(self.qkv.chunks_exact_mut(3 * d)) {
            let turns = self.rotations[place as usize % length * head..].as_chunks::<2>().0;
            for (turn, (cos, sin)) in turns.iter().zip(cos.iter_mut().zip(&mut sin)) {
                [*cos, *sin] = *turn;
            }
            for (part, norm) in row.chunks_exact_mut(d).zip(self.norms) {
                for numbers in part.chunks_exact_mut(head) {
                    turn(numbers, norm, &cos, &sin, rms(numbers, eps).recip());
                }
            }
        }
    }
}

/// Norm and rotation of a head.
#[inline(always)]
fn turn(numbers: &mut [f32], norm: &[f32], cos: &[f32], sin: &[f32], scale: f32) {
    let half = cos.len();
    let (a, b) = numbers.split_at_mut(half);
    let (b, sin, a_norm, b_norm) = (&mut b[..half], &sin[..half], &norm[..half], &norm[half..2 * half]);
    for i in 0..half {
        let (x, y) = (a[i] * scale * a_norm[i], b[i] * scale * b_norm[i]);
        (a[i], b[i]) = (x * cos[i] - y * sin[i], x * sin[i] + y * cos[i]);
    }
}

/// `sqrt(mean(x^2) + eps)`.
#[inline(always)]
pub(super) fn rms(x: &[f32], eps: f32) -> f32 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut sums = [0f32; LANES];
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += x * x;
        }
    }
    let mut sum = folded(sums, |a, b| a + b);
    for x in rest {
        sum += x * x;
    }
    (sum / x.len() as f32 + eps).sqrt()
}
