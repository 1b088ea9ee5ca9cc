//! Bidirectional stacks in the manner of Llama: LLaDA, Dream, and Llama or Qwen nets that were trained as masked models.
//!
//! - no positions but rotary ones, RMSNorm before each half of a layer, and RMSNorm of queries and keys where there is one
//! - several heads may share a key and a value
//! - SwiGLU: `down(silu(gate(x)) * up(x))`
//! - the output is the word embeddings once more, or has weights of its own
//!
//! Dream predicts a token at the position before it. Sources: Touvron et al. 2023 (arXiv:2302.13971), Nie et al. 2025
//! (arXiv:2502.09992), Ye et al. 2025 (arXiv:2508.15487), and the tensor names of their published checkpoints.

use burn::prelude::*;
use serde_json::Value;

use super::{
    Family, Stack,
    keys::{Keys, LAYERS, SIZE},
    parts::{Linear, RmsNorm, Rotary, attention, embed, split},
    reader::Reader,
};
use crate::model::{ModelError, Outline, outline::products};

/// What a member of the family calls its tensors.
struct Names {
    words: &'static str,
    layer: &'static str,
    /// The first norm; query, key, value, the layer after them; the second norm; gate, up, down.
    parts: [&'static str; 9],
    norm: &'static str,
    output: &'static str,
}

const LLAMA: Names = Names {
    words: "model.embed_tokens.weight",
    layer: "model.layers",
    parts: [
        "input_layernorm",
        "self_attn.q_proj",
        "self_attn.k_proj",
        "self_attn.v_proj",
        "self_attn.o_proj",
        "post_attention_layernorm",
        "mlp.gate_proj",
        "mlp.up_proj",
        "mlp.down_proj",
    ],
    norm: "model.norm",
    output: "lm_head.weight",
};

const LLADA: Names = Names {
    words: "model.transformer.wte.weight",
    layer: "model.transformer.blocks",
    parts: ["attn_norm", "q_proj", "k_proj", "v_proj", "attn_out", "ff_norm", "ff_proj", "up_proj", "ff_out"],
    norm: "model.transformer.ln_f",
    output: "model.transformer.ff_out.weight",
};

/// Shape of a net.
#[derive(Clone, Copy)]
struct Shape {
    vocab: usize,
    d: usize,
    layers: usize,
    heads: usize,
    groups: usize,
    head: usize,
    ff: usize,
    epsilon: f64,
    theta: f64,
    tied: bool,
    /// Biases of query, key and value; of the layer after them; of the gated net.
    biases: [bool; 3],
    /// Whether queries and keys are normalised.
    qk_norm: bool,
    /// Whether a position's prediction stands at the one before.
    shifted: bool,
}

/// A net with its weights.
struct Llama {
    /// `[vocab, d]`.
    words: Tensor<2>,
    layers: Vec<Layer>,
    norm: RmsNorm,
    output: Linear,
    shape: Shape,
}

struct Layer {
    attn_norm: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    qk_norms: Option<[RmsNorm; 2]>,
    proj: Linear,
    ff_norm: RmsNorm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// Reads a config in the manner of Llama: `model_type` llama, qwen2, qwen3, their a2d- forms, and Dream.
///
/// # Errors
/// [`ModelError::ConfigValue`] for a value that cannot be used.
pub fn family(keys: Keys<'_>, model_type: &str) -> Result<Family, ModelError> {
    let base = model_type.trim_start_matches("a2d-");
    keys.only("hidden_act", "silu")?;
    keys.only("use_sliding_window", false)?;
    let full = |kinds: &Vec<Value>| kinds.iter().all(|kind| kind.as_str() == Some("full_attention"));
    if !keys.get("layer_types").and_then(Value::as_array).is_none_or(full) {
        return Err(keys.refused("layer_types", "full_attention alone".into()));
    }
    let (d, heads) = (keys.size("hidden_size", SIZE)?, keys.size("num_attention_heads", SIZE)?);
    let head = match keys.get("head_dim") {
        Some(_) => keys.size("head_dim", SIZE)?,
        None if d.is_multiple_of(heads) => d / heads,
        None => return Err(keys.refused("num_attention_heads", format!("a number that divides hidden_size, {d}"))),
    };
    // Qwen2 has these biases without a key that says so.
    let qwen2 = matches!(base, "qwen2" | "Dream");
    let attention_bias = keys.flag("attention_bias", false)?;
    let positions = keys.size_or("max_position_embeddings", SIZE, 2048)?;
    let shape = Shape {
        vocab: keys.size("vocab_size", SIZE)?,
        d,
        layers: keys.size("num_hidden_layers", LAYERS)?,
        heads,
        groups: groups(keys, "num_key_value_heads", heads)?,
        head: even(keys, if keys.get("head_dim").is_some() { "head_dim" } else { "num_attention_heads" }, head)?,
        ff: keys.size("intermediate_size", SIZE)?,
        epsilon: keys.above("rms_norm_eps", 0.0, 1e-6)?,
        theta: keys.angles(keys.under("rope_parameters"), "rope_theta", 10_000.0)?,
        tied: keys.flag("tie_word_embeddings", false)?,
        biases: [qwen2 || attention_bias, !qwen2 && attention_bias, keys.flag("mlp_bias", false)?],
        qk_norm: base == "qwen3",
        shifted: base == "Dream",
    };
    Ok(stack(model_type, &LLAMA, shape, positions))
}

/// Reads a config of `model_type` llada.
///
/// # Errors
/// [`ModelError::ConfigValue`] for a value that cannot be used.
pub fn llada(keys: Keys<'_>, model_type: &str) -> Result<Family, ModelError> {
    for (key, accepted) in [("block_type", "llama"), ("layer_norm_type", "rms"), ("activation_type", "silu")] {
        keys.only(key, accepted)?;
    }
    keys.only("rope", true)?;
    let off = ["alibi", "multi_query_attention", "attention_layer_norm", "input_emb_norm", "scale_logits"];
    for key in off {
        keys.only(key, false)?;
    }
    if keys.get("clip_qkv").is_some() {
        return Err(keys.refused("clip_qkv", "null".into()));
    }
    let (d, heads) = (keys.size("d_model", SIZE)?, keys.size("n_heads", SIZE)?);
    if !d.is_multiple_of(heads) {
        return Err(keys.refused("n_heads", format!("a number that divides d_model, {d}")));
    }
    let vocab = keys.size("vocab_size", SIZE)?;
    let (all, qkv) = (keys.flag("include_bias", false)?, keys.flag("include_qkv_bias", false)?);
    if all {
        // Its norms would have biases as well.
        return Err(keys.refused("include_bias", "false".into()));
    }
    let ff = match keys.get("mlp_hidden_size") {
        Some(_) => keys.size("mlp_hidden_size", SIZE)?,
        None => d * keys.size_or("mlp_ratio", 1..=64, 4)?,
    };
    let positions = keys.size_or("max_sequence_length", SIZE, 1024)?;
    let shape = Shape {
        vocab: keys.size_or("embedding_size", vocab..=*SIZE.end(), vocab)?,
        d,
        layers: keys.size("n_layers", LAYERS)?,
        heads,
        groups: groups(keys, "n_kv_heads", heads)?,
        head: even(keys, "n_heads", d / heads)?,
        ff,
        epsilon: keys.above("rms_norm_eps", 0.0, 1e-5)?,
        theta: keys.angles(None, "rope_theta", 10_000.0)?,
        tied: keys.flag("weight_tying", true)?,
        biases: [qkv, false, false],
        qk_norm: false,
        shifted: false,
    };
    Ok(stack(model_type, &LLADA, shape, positions))
}

fn stack(model_type: &str, names: &'static Names, shape: Shape, positions: usize) -> Family {
    let Shape { vocab, d, layers, heads, groups, head, ff, .. } = shape;
    let outline = Outline {
        block_weights: products(d, 2 * (heads + groups) * head, 3 * ff),
        d_model: d,
        n_layer: layers,
        n_head: heads,
        d_ff: ff,
        ..super::outline(model_type, vocab, positions)
    };
    let build = move |reader: &Reader<'_>| -> Result<Box<dyn Stack>, ModelError> {
        let words = reader.table(names.words, vocab, d)?;
        let output = if shape.tied { words.clone() } else { reader.table(names.output, vocab, d)? };
        Ok(Box::new(Llama {
            words,
            layers: (0..layers).map(|index| layer(reader, names, &shape, index)).collect::<Result<_, _>>()?,
            norm: reader.rms_norm(names.norm, d, shape.epsilon)?,
            output: Linear { weight: output.transpose(), bias: None },
            shape,
        }))
    };
    // A copy of the word embeddings, and angles that are computed anew.
    let extra = |name: &str| name == names.output || name.ends_with("rotary_emb.inv_freq");
    Family { outline, framed: false, build: Box::new(build), extra: Box::new(extra) }
}

fn layer(reader: &Reader<'_>, names: &Names, shape: &Shape, index: usize) -> Result<Layer, ModelError> {
    let Shape { d, heads, groups, head, ff, epsilon, biases: [qkv_bias, proj_bias, ff_bias], .. } = *shape;
    let name = |part: usize| format!("{}.{index}.{}", names.layer, names.parts[part]);
    let norm = |name: &str, size| reader.rms_norm(name, size, epsilon);
    let head_norm = |which: &str| norm(&format!("{}.{index}.self_attn.{which}", names.layer), head);
    Ok(Layer {
        attn_norm: norm(&name(0), d)?,
        query: reader.linear(&name(1), d, heads * head, qkv_bias)?,
        key: reader.linear(&name(2), d, groups * head, qkv_bias)?,
        value: reader.linear(&name(3), d, groups * head, qkv_bias)?,
        qk_norms: if shape.qk_norm { Some([head_norm("q_norm")?, head_norm("k_norm")?]) } else { None },
        proj: reader.linear(&name(4), heads * head, d, proj_bias)?,
        ff_norm: norm(&name(5), d)?,
        gate: reader.linear(&name(6), d, ff, ff_bias)?,
        up: reader.linear(&name(7), d, ff, ff_bias)?,
        down: reader.linear(&name(8), ff, d, ff_bias)?,
    })
}

/// How many heads have a key of their own.
fn groups(keys: Keys<'_>, key: &'static str, heads: usize) -> Result<usize, ModelError> {
    let groups = keys.size_or(key, SIZE, heads)?;
    if heads.is_multiple_of(groups) {
        Ok(groups)
    } else {
        Err(keys.refused(key, format!("a number that divides that of heads, {heads}")))
    }
}

/// A head's size, which rotary positions halve.
fn even(keys: Keys<'_>, key: &'static str, head: usize) -> Result<usize, ModelError> {
    let accepted = || format!("what gives heads of an even size; they would be {head}");
    if head.is_multiple_of(2) { Ok(head) } else { Err(keys.refused(key, accepted())) }
}

impl Stack for Llama {
    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        let ([_, length], device) = (tokens.dims(), tokens.device());
        let rotary = Rotary::new(self.shape.theta, self.shape.head, length, &device);
        let mut x = embed(&self.words, tokens); // [batch, length, d]
        for layer in &self.layers {
            x = layer.forward(x, &self.shape, &rotary);
        }
        let x = self.norm.forward(x);
        if self.shape.shifted && length > 1 {
            // The first position has none before it, and keeps its own.
            return Tensor::cat(vec![x.clone().narrow(1, 0, 1), x.narrow(1, 0, length - 1)], 1);
        }
        x
    }

    fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.output.rows(hidden)
    }
}

impl Layer {
    /// `x` `[batch, length, d]`.
    fn forward(&self, x: Tensor<3>, shape: &Shape, rotary: &Rotary) -> Tensor<3> {
        let normed = self.attn_norm.forward(x.clone());
        let part = |linear: &Linear, heads| split(linear.forward(normed.clone()), heads); // [batch, heads, length, head]
        let (mut q, mut k) = (part(&self.query, shape.heads), part(&self.key, shape.groups));
        if let Some([q_norm, k_norm]) = &self.qk_norms {
            (q, k) = (q_norm.forward(q), k_norm.forward(k));
        }
        let seen = attention(rotary.turn(q), rotary.turn(k), part(&self.value, shape.groups), None);
        let x = x + self.proj.forward(seen);
        let normed = self.ff_norm.forward(x.clone());
        let gate = burn::tensor::activation::silu(self.gate.forward(normed.clone())); // [batch, length, ff]
        x + self.down.forward(gate * self.up.forward(normed))
    }
}
