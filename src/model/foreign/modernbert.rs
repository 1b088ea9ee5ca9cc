//! ModernBERT.
//!
//! - a norm after the embeddings, and before each half of a layer but for the first half of the first
//! - rotary positions; some layers see everything, the others a window, and each kind has its own angles
//! - GeGLU: `Wo(act(a) * b)` with `a, b` the halves of `Wi(x)`
//! - the head: a dense layer, its activation, a norm, and the word embeddings once more, with a bias
//!
//! Source: Warner et al. 2024 (arXiv:2412.13663), and the tensor names of its published checkpoints.

use burn::{prelude::*, tensor::TensorData};

use super::{
    Family, Stack,
    keys::{Keys, LAYERS, SIZE},
    parts::{LayerNorm, Linear, Rotary, attention, embed, split},
    reader::Reader,
};
use crate::model::{ModelError, Outline, outline::products};

/// A net with its weights.
struct ModernBert {
    /// `[vocab, d]`.
    words: Tensor<2>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    final_norm: LayerNorm,
    dense: Linear,
    head_activation: fn(Tensor<3>) -> Tensor<3>,
    head_norm: LayerNorm,
    output: Linear,
    heads: usize,
    /// Of layers that see everything, and of those that see a window.
    thetas: [f64; 2],
    /// How far a window reaches to each side.
    reach: usize,
}

struct Layer {
    attn_norm: Option<LayerNorm>,
    qkv: Linear,
    proj: Linear,
    mlp_norm: LayerNorm,
    gates: Linear,
    activation: fn(Tensor<3>) -> Tensor<3>,
    down: Linear,
    local: bool,
}

/// Reads a config of `model_type` modernbert.
///
/// # Errors
/// [`ModelError::ConfigValue`] for a value that cannot be used.
pub fn family(keys: Keys<'_>, model_type: &str) -> Result<Family, ModelError> {
    let vocab_size = keys.size("vocab_size", SIZE)?;
    let d = keys.size("hidden_size", SIZE)?;
    let n_layer = keys.size("num_hidden_layers", LAYERS)?;
    let n_head = keys.size("num_attention_heads", SIZE)?;
    if !d.is_multiple_of(2 * n_head) {
        return Err(
            keys.refused("num_attention_heads", "a number that cuts hidden_size into heads of even size".into())
        );
    }
    let d_ff = keys.size("intermediate_size", SIZE)?;
    let epsilon = keys.above("norm_eps", 0.0, 1e-5)?;
    let activation = keys.activation("hidden_activation", "gelu")?;
    let head_activation = keys.activation("classifier_activation", "gelu")?;
    let reach = keys.size_or("local_attention", SIZE, 128)? / 2;
    let rope = keys.under("rope_parameters");
    let thetas = [
        keys.angles(rope.and_then(|rope| rope.under("full_attention")), "global_rope_theta", 160_000.0)?,
        keys.angles(rope.and_then(|rope| rope.under("sliding_attention")), "local_rope_theta", 10_000.0)?,
    ];
    let local = locals(keys, n_layer)?;
    let bias = |key| keys.flag(key, false);
    let (norm_bias, attn_bias, mlp_bias, head_bias) =
        (bias("norm_bias")?, bias("attention_bias")?, bias("mlp_bias")?, bias("classifier_bias")?);
    let (out_bias, tied) = (keys.flag("decoder_bias", true)?, keys.flag("tie_word_embeddings", true)?);
    let positions = keys.size_or("max_position_embeddings", SIZE, 8192)?;
    let block_weights = products(d, 4 * d, 3 * d_ff);
    let outline = super::outline(model_type, vocab_size, positions);
    let outline = Outline { d_model: d, n_layer, n_head, d_ff, block_weights, ..outline };
    let build = move |reader: &Reader<'_>| -> Result<Box<dyn Stack>, ModelError> {
        let norm = |name: &str| reader.layer_norm(name, d, epsilon, norm_bias);
        let words = reader.table("model.embeddings.tok_embeddings.weight", vocab_size, d)?;
        let layer = |(index, &local): (usize, &bool)| {
            let name = |part: &str| format!("model.layers.{index}.{part}");
            Ok(Layer {
                attn_norm: if index > 0 { Some(norm(&name("attn_norm"))?) } else { None },
                qkv: reader.linear(&name("attn.Wqkv"), d, 3 * d, attn_bias)?,
                proj: reader.linear(&name("attn.Wo"), d, d, attn_bias)?,
                mlp_norm: norm(&name("mlp_norm"))?,
                gates: reader.linear(&name("mlp.Wi"), d, 2 * d_ff, mlp_bias)?,
                activation,
                down: reader.linear(&name("mlp.Wo"), d_ff, d, mlp_bias)?,
                local,
            })
        };
        let decoder = if tied { words.clone() } else { reader.table("decoder.weight", vocab_size, d)? };
        let bias = if out_bias { Some(reader.vector("decoder.bias", vocab_size)?) } else { None };
        Ok(Box::new(ModernBert {
            words,
            norm: norm("model.embeddings.norm")?,
            layers: local.iter().enumerate().map(layer).collect::<Result<_, ModelError>>()?,
            final_norm: norm("model.final_norm")?,
            dense: reader.linear("head.dense", d, d, head_bias)?,
            head_activation,
            head_norm: norm("head.norm")?,
            output: Linear { weight: decoder.transpose(), bias },
            heads: n_head,
            thetas,
            reach,
        }))
    };
    // A copy of the word embeddings.
    let extra = |name: &str| name == "decoder.weight";
    Ok(Family { outline, framed: true, build: Box::new(build), extra: Box::new(extra) })
}

/// Which layers see a window alone `[layers]`: as they are listed, or all but every third.
fn locals(keys: Keys<'_>, n_layer: usize) -> Result<Vec<bool>, ModelError> {
    let Some(listed) = keys.get("layer_types") else {
        let every = keys.size_or("global_attn_every_n_layers", SIZE, 3)?;
        return Ok((0..n_layer).map(|layer| layer % every != 0).collect());
    };
    let kind = |value: &serde_json::Value| match value.as_str() {
        Some("full_attention") => Some(false),
        Some("sliding_attention") => Some(true),
        _ => None,
    };
    let locals: Option<Vec<bool>> = listed.as_array().and_then(|listed| listed.iter().map(kind).collect());
    let accepted = || format!("{n_layer} of full_attention, sliding_attention");
    locals.filter(|locals| locals.len() == n_layer).ok_or_else(|| keys.refused("layer_types", accepted()))
}

impl Stack for ModernBert {
    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        let ([_, length], [_, d], device) = (tokens.dims(), self.words.dims(), tokens.device());
        let rotary = self.thetas.map(|theta| Rotary::new(theta, d / self.heads, length, &device));
        let unseen = window(length, self.reach, &device);
        let mut x = self.norm.forward(embed(&self.words, tokens)); // [batch, length, d]
        for layer in &self.layers {
            let unseen = unseen.as_ref().filter(|_| layer.local);
            x = layer.forward(x, self.heads, &rotary[usize::from(layer.local)], unseen);
        }
        let x = self.final_norm.forward(x);
        self.head_norm.forward((self.head_activation)(self.dense.forward(x)))
    }

    fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.output.rows(hidden)
    }
}

impl Layer {
    /// `x` `[batch, length, d]`, `unseen` added to the scores `[1, 1, length, length]`.
    fn forward(&self, x: Tensor<3>, heads: usize, rotary: &Rotary, unseen: Option<&Tensor<4>>) -> Tensor<3> {
        let d = x.dims()[2];
        let qkv = self.qkv.forward(self.attn_norm.as_ref().map_or_else(|| x.clone(), |norm| norm.forward(x.clone())));
        let part = |index: usize| split(qkv.clone().narrow(2, index * d, d), heads);
        let seen = attention(rotary.turn(part(0)), rotary.turn(part(1)), part(2), unseen);
        let x = x + self.proj.forward(seen);
        let gates = self.gates.forward(self.mlp_norm.forward(x.clone())); // [batch, length, 2 d_ff]
        let ff = gates.dims()[2] / 2;
        let gated = (self.activation)(gates.clone().narrow(2, 0, ff)) * gates.narrow(2, ff, ff);
        x + self.down.forward(gated)
    }
}

/// What is added to the scores of a layer that sees a window `[1, 1, length, length]`: nothing within `reach`, and far less
/// than any score beyond; nothing at all where everything is within.
fn window(length: usize, reach: usize, device: &Device) -> Option<Tensor<4>> {
    if length <= reach + 1 {
        return None;
    }
    let row = |at: usize| (0..length).map(move |other| if other.abs_diff(at) > reach { -1e9f32 } else { 0.0 });
    let values: Vec<f32> = (0..length).flat_map(row).collect();
    Some(Tensor::from_data(TensorData::new(values, [1, 1, length, length]), device))
}
