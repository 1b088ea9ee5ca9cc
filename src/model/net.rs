//! The net: a bidirectional transformer without time conditioning.
//!
//! - no bias anywhere, RMSNorm before each half of a block, RMSNorm of queries and keys over the head dimension
//! - rotary positions in the half-split form: `(a, b) -> (a cos - b sin, a sin + b cos)`, `a`, `b` the halves of a head
//! - SwiGLU: `w2(silu(g) * u)` with `g, u` the halves of `w13(x)`
//! - the output is tied to the embedding, whose scale it does not share
//!
//! A judge's net is the same, but for a position's seeing the earlier ones and itself alone.
//!
//! Field names are those of the tensors in `model.safetensors`.

use burn::{
    module::{Module, Param},
    nn::{Embedding, EmbeddingConfig, Initializer, Linear, LinearConfig, RmsNorm, RmsNormConfig},
    prelude::*,
    tensor::{
        TensorData,
        activation::{silu, softmax},
    },
};

use super::config::Config;

/// The net with its weights.
#[derive(Module, Debug)]
pub struct Net {
    emb: Embedding,
    blocks: Vec<Block>,
    norm: RmsNorm,
    #[module(skip)]
    emb_scale: f64,
    #[module(skip)]
    rope: Rope,
    #[module(skip)]
    causal: bool,
}

#[derive(Module, Debug)]
struct Block {
    norm1: RmsNorm,
    qkv: Linear,
    q_norm: RmsNorm,
    k_norm: RmsNorm,
    proj: Linear,
    norm2: RmsNorm,
    w13: Linear,
    w2: Linear,
    #[module(skip)]
    heads: usize,
}

/// What the rotary tables are computed from; they are small, and a forward needs only its own length of them.
#[derive(Clone, Debug)]
struct Rope {
    base: f64,
    half: usize,
}

impl Net {
    /// A net with random weights.
    pub fn new(config: &Config, device: &Device) -> Self {
        let norm = |size| RmsNormConfig::new(size).with_epsilon(config.norm_eps).init(device);
        let linear = |from, to| LinearConfig::new(from, to).with_bias(false).init(device);
        let (d, ff, head) = (config.d_model, config.d_ff, config.head_dim());
        let normal = |std| Initializer::Normal { mean: 0.0, std };
        // With `emb_scale = sqrt(d_model)` inputs and logits then both start with variance 1.
        let embedding = normal(1.0 / (d as f64).sqrt());
        // What is added to the residual stream starts small, the smaller the more blocks add to it.
        let output = |from, to| {
            let small = normal((2.0 * config.n_layer as f64 * from as f64).sqrt().recip());
            LinearConfig::new(from, to).with_bias(false).with_initializer(small).init(device)
        };
        let block = |_| Block {
            norm1: norm(d),
            qkv: linear(d, 3 * d),
            q_norm: norm(head),
            k_norm: norm(head),
            proj: output(d, d),
            norm2: norm(d),
            w13: linear(d, 2 * ff),
            w2: output(ff, d),
            heads: config.n_head,
        };
        Self {
            emb: EmbeddingConfig::new(config.vocab_size, d).with_initializer(embedding).init(device),
            blocks: (0..config.n_layer).map(block).collect(),
            norm: norm(d),
            emb_scale: config.emb_scale,
            rope: Rope::new(config),
            causal: config.causal(),
        }
    }

    /// A net with the given weights: `weights` gives each by name, linear layers as `[in, out]`.
    ///
    /// # Errors
    /// Those of `weights`.
    pub fn with_weights<E>(
        config: &Config,
        device: &Device,
        weights: impl Fn(&str) -> Result<TensorData, E>,
    ) -> Result<Self, E> {
        let norm = |name: &str| {
            let gamma = Param::from_data(weights(&format!("{name}.weight"))?, device);
            Ok(RmsNorm { gamma, epsilon: config.norm_eps })
        };
        let linear = |name: &str| {
            let weight = Param::from_data(weights(&format!("{name}.weight"))?, device);
            Ok(Linear { weight, bias: None })
        };
        let block = |index| {
            let name = |part| format!("blocks.{index}.{part}");
            Ok(Block {
                norm1: norm(&name("norm1"))?,
                qkv: linear(&name("qkv"))?,
                q_norm: norm(&name("q_norm"))?,
                k_norm: norm(&name("k_norm"))?,
                proj: linear(&name("proj"))?,
                norm2: norm(&name("norm2"))?,
                w13: linear(&name("w13"))?,
                w2: linear(&name("w2"))?,
                heads: config.n_head,
            })
        };
        Ok(Self {
            emb: Embedding { weight: Param::from_data(weights("emb.weight")?, device) },
            blocks: (0..config.n_layer).map(block).collect::<Result<_, E>>()?,
            norm: norm("norm")?,
            emb_scale: config.emb_scale,
            rope: Rope::new(config),
            causal: config.causal(),
        })
    }

    /// Token ids `[batch, length]` -> hidden states `[batch, length, d_model]`, normalised.
    pub fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        self.hidden_with(tokens, |x| x)
    }

    /// As [`Net::hidden`], with `drop` applied to the embeddings and to all that a block adds to them, as dropout is.
    pub fn hidden_with(&self, tokens: Tensor<2, Int>, drop: impl Fn(Tensor<3>) -> Tensor<3>) -> Tensor<3> {
        let [_, length] = tokens.dims();
        let device = tokens.device();
        let (cos, sin) = self.rope.tables(length, &device);
        let unseen = self.causal.then(|| later(length, &device));
        let mut x = drop(self.emb.forward(tokens) * self.emb_scale); // [batch, length, d_model]
        for block in &self.blocks {
            x = block.forward(x, &cos, &sin, unseen.as_ref(), &drop);
        }
        normalise(&self.norm, x)
    }

    /// Hidden states `[rows, d_model]` -> logits `[rows, vocab]`.
    pub fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        hidden.matmul(self.emb.weight.val().transpose())
    }
}

impl Rope {
    fn new(config: &Config) -> Self {
        Self { base: config.rope_base, half: config.head_dim() / 2 }
    }

    /// Cosines and sines `[1, 1, length, half]`.
    fn tables(&self, length: usize, device: &Device) -> (Tensor<4>, Tensor<4>) {
        let angles =
            |place: usize| (0..self.half).map(move |i| place as f64 * self.base.powf(-(i as f64) / self.half as f64));
        let table = |f: fn(f64) -> f64| {
            let values: Vec<f32> = (0..length).flat_map(angles).map(|angle| f(angle) as f32).collect();
            Tensor::<4>::from_data(TensorData::new(values, [1, 1, length, self.half]), device)
        };
        (table(f64::cos), table(f64::sin))
    }
}

impl Block {
    /// `x` `[batch, length, d_model]`, tables `[1, 1, length, half]`, `unseen` added to the scores `[1, 1, length, length]`.
    fn forward(
        &self,
        x: Tensor<3>,
        cos: &Tensor<4>,
        sin: &Tensor<4>,
        unseen: Option<&Tensor<4>>,
        drop: &impl Fn(Tensor<3>) -> Tensor<3>,
    ) -> Tensor<3> {
        let [batch, length, d] = x.dims();
        let head = d / self.heads;
        let qkv = self.qkv.forward(normalise(&self.norm1, x.clone())).reshape([batch, length, 3, self.heads, head]);
        // [batch, heads, length, head]
        let part = |index| qkv.clone().narrow(2, index, 1).squeeze_dim::<4>(2).swap_dims(1, 2);
        let q = rotate(normalise(&self.q_norm, part(0)), cos, sin);
        let k = rotate(normalise(&self.k_norm, part(1)), cos, sin);
        // Not burn's `attention`: with every mask, bias and type it could take, it would add a tenth to the wasm module.
        let mut scores = q.matmul(k.swap_dims(2, 3)) / (head as f64).sqrt(); // [batch, heads, length, length]
        if let Some(unseen) = unseen {
            scores = scores + unseen.clone();
        }
        let seen = softmax(scores, 3).matmul(part(2));
        let x = x + drop(self.proj.forward(seen.swap_dims(1, 2).reshape([batch, length, d])));

        let gates = self.w13.forward(normalise(&self.norm2, x.clone())); // [batch, length, 2 d_ff]
        let ff = gates.dims()[2] / 2;
        let gated = silu(gates.clone().narrow(2, 0, ff)) * gates.narrow(2, ff, ff);
        x + drop(self.w2.forward(gated))
    }
}

/// What is added to the scores of a judge `[1, 1, length, length]`: nothing, and far less than any score at later positions.
fn later(length: usize, device: &Device) -> Tensor<4> {
    let row = |at: usize| (0..length).map(move |other| if other > at { -1e9f32 } else { 0.0 });
    let values: Vec<f32> = (0..length).flat_map(row).collect();
    Tensor::from_data(TensorData::new(values, [1, 1, length, length]), device)
}

/// `x / rms(x) * gamma` over the last dimension. burn's own forward squares by a power and casts, for types that are not
/// used here; both cost every visitor bytes.
fn normalise<const D: usize>(norm: &RmsNorm, x: Tensor<D>) -> Tensor<D> {
    let rms = ((x.clone() * x.clone()).mean_dim(D - 1) + norm.epsilon).sqrt();
    x / rms * norm.gamma.val().unsqueeze()
}

/// `x` `[batch, heads, length, head]`.
fn rotate(x: Tensor<4>, cos: &Tensor<4>, sin: &Tensor<4>) -> Tensor<4> {
    let half = x.dims()[3] / 2;
    let (a, b) = (x.clone().narrow(3, 0, half), x.narrow(3, half, half));
    let (cos, sin) = (cos.clone(), sin.clone());
    Tensor::cat(vec![a.clone() * cos.clone() - b.clone() * sin.clone(), a * sin + b * cos], 3)
}
