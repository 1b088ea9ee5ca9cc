//! What the nets of all families are made of.

use burn::{
    prelude::*,
    tensor::{TensorData, activation::softmax},
};

/// `x W + b`.
pub struct Linear {
    /// `[in, out]`.
    pub weight: Tensor<2>,
    /// `[out]`.
    pub bias: Option<Tensor<1>>,
}

impl Linear {
    /// `x` `[batch, length, in]` -> `[batch, length, out]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let ([batch, length, into], [_, out]) = (x.dims(), self.weight.dims());
        self.rows(x.reshape([batch * length, into])).reshape([batch, length, out])
    }

    /// `x` `[rows, in]` -> `[rows, out]`.
    pub fn rows(&self, x: Tensor<2>) -> Tensor<2> {
        let y = x.matmul(self.weight.clone());
        match &self.bias {
            Some(bias) => y + bias.clone().unsqueeze(),
            None => y,
        }
    }
}

/// `(x - mean(x)) / sqrt(var(x) + epsilon) * weight + bias` over the last dimension.
pub struct LayerNorm {
    /// `[size]`.
    pub weight: Tensor<1>,
    /// `[size]`.
    pub bias: Option<Tensor<1>>,
    /// Against a division by zero.
    pub epsilon: f64,
}

impl LayerNorm {
    /// `x` `[batch, length, size]`.
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() - x.mean_dim(2);
        let deviation = ((x.clone() * x.clone()).mean_dim(2) + self.epsilon).sqrt();
        let y = x / deviation * self.weight.clone().unsqueeze();
        match &self.bias {
            Some(bias) => y + bias.clone().unsqueeze(),
            None => y,
        }
    }
}

/// `x / sqrt(mean(x^2) + epsilon) * weight` over the last dimension.
pub struct RmsNorm {
    /// `[size]`.
    pub weight: Tensor<1>,
    /// Against a division by zero.
    pub epsilon: f64,
}

impl RmsNorm {
    /// `x` `[..., size]`.
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let rms = ((x.clone() * x.clone()).mean_dim(D - 1) + self.epsilon).sqrt();
        x / rms * self.weight.clone().unsqueeze()
    }
}

/// Rows of `table` `[rows, size]` at `tokens` `[batch, length]` -> `[batch, length, size]`.
pub fn embed(table: &Tensor<2>, tokens: Tensor<2, Int>) -> Tensor<3> {
    let ([batch, length], [_, size]) = (tokens.dims(), table.dims());
    table.clone().select(0, tokens.reshape([batch * length])).reshape([batch, length, size])
}

/// `x` `[batch, length, heads * head]` -> `[batch, heads, length, head]`.
pub fn split(x: Tensor<3>, heads: usize) -> Tensor<4> {
    let [batch, length, width] = x.dims();
    x.reshape([batch, length, heads, width / heads]).swap_dims(1, 2)
}

/// Attention of `q` `[batch, heads, length, head]` over `k` and `v` `[batch, groups, length, head]`, where as many heads
/// share a group as there are to each; `unseen` `[1, 1, length, length]` is added to the scores.
/// -> `[batch, length, heads * head]`.
pub fn attention(q: Tensor<4>, k: Tensor<4>, v: Tensor<4>, unseen: Option<&Tensor<4>>) -> Tensor<3> {
    let [batch, heads, length, head] = q.dims();
    let (k, v) = (shared(k, heads), shared(v, heads));
    let mut scores = q.matmul(k.swap_dims(2, 3)) / (head as f64).sqrt(); // [batch, heads, length, length]
    if let Some(unseen) = unseen {
        scores = scores + unseen.clone();
    }
    softmax(scores, 3).matmul(v).swap_dims(1, 2).reshape([batch, length, heads * head])
}

/// `x` `[batch, groups, length, head]` -> `[batch, heads, length, head]`, each group for the heads that share it.
fn shared(x: Tensor<4>, heads: usize) -> Tensor<4> {
    let [batch, groups, length, head] = x.dims();
    if groups == heads {
        return x;
    }
    x.unsqueeze_dim::<5>(2).repeat_dim(2, heads / groups).reshape([batch, heads, length, head])
}

/// Rotary positions in the half-split form: `(a, b) -> (a cos - b sin, a sin + b cos)`, `a`, `b` the halves of a head.
pub struct Rotary {
    cos: Tensor<4>,
    sin: Tensor<4>,
}

impl Rotary {
    /// For `length` positions and heads of `head` numbers; the angles fall from 1 to 1 / `theta` a position.
    pub fn new(theta: f64, head: usize, length: usize, device: &Device) -> Self {
        let half = head / 2;
        let angles = |place: usize| (0..half).map(move |i| place as f64 * theta.powf(-(i as f64) / half as f64));
        let table = |f: fn(f64) -> f64| {
            let values: Vec<f32> = (0..length).flat_map(angles).map(|angle| f(angle) as f32).collect();
            Tensor::<4>::from_data(TensorData::new(values, [1, 1, length, half]), device)
        };
        Self { cos: table(f64::cos), sin: table(f64::sin) }
    }

    /// `x` `[batch, heads, length, head]`.
    pub fn turn(&self, x: Tensor<4>) -> Tensor<4> {
        let half = x.dims()[3] / 2;
        let (a, b) = (x.clone().narrow(3, 0, half), x.narrow(3, half, half));
        let (cos, sin) = (self.cos.clone(), self.sin.clone());
        Tensor::cat(vec![a.clone() * cos.clone() - b.clone() * sin.clone(), a * sin + b * cos], 3)
    }
}
