//! BERT and those built like it: RoBERTa, XLM-RoBERTa and DistilBERT.
//!
//! - absolute positions that are learned; each half of a layer is normalised after it is added
//! - attention and a two-layer net, all with biases
//! - the head: a dense layer, its activation, a norm, and the word embeddings once more, with a bias
//!
//! RoBERTa counts positions from the padding's id on. Sources: Devlin et al. 2019 (arXiv:1810.04805), Liu et al. 2019
//! (arXiv:1907.11692), Sanh et al. 2019 (arXiv:1910.01108), and the tensor names of their published checkpoints.

use burn::prelude::*;

use super::{
    Family, Stack,
    keys::{Keys, LAYERS, SIZE},
    parts::{LayerNorm, Linear, attention, embed, split},
    reader::Reader,
};
use crate::model::{ModelError, Outline, outline::products};

/// What a member of the family calls its tensors.
struct Names {
    embeddings: &'static str,
    /// Before the number of a layer.
    layer: &'static str,
    /// Query, key, value, the layer after them and its norm; the two layers of the net and their norm.
    parts: [&'static str; 8],
    /// Dense layer, norm, and what the bias and the output layer may be called.
    head: [&'static str; 2],
    biases: [&'static str; 2],
    decoder: &'static str,
    /// What is passed over: other heads, numbers of positions, and copies of what is there already.
    extra: &'static [&'static str],
}

const ENCODER: [&str; 8] = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];

const BERT: Names = Names {
    embeddings: "bert.embeddings",
    layer: "bert.encoder.layer",
    parts: ENCODER,
    head: ["cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm"],
    biases: ["cls.predictions.bias", "cls.predictions.decoder.bias"],
    decoder: "cls.predictions.decoder.weight",
    extra: &[
        "bert.embeddings.position_ids",
        "bert.pooler.dense.weight",
        "bert.pooler.dense.bias",
        "cls.seq_relationship.weight",
        "cls.seq_relationship.bias",
        "cls.predictions.decoder.weight",
        "cls.predictions.decoder.bias",
    ],
};

const ROBERTA: Names = Names {
    embeddings: "roberta.embeddings",
    layer: "roberta.encoder.layer",
    parts: ENCODER,
    head: ["lm_head.dense", "lm_head.layer_norm"],
    biases: ["lm_head.bias", "lm_head.decoder.bias"],
    decoder: "lm_head.decoder.weight",
    extra: &[
        "roberta.embeddings.position_ids",
        "roberta.pooler.dense.weight",
        "roberta.pooler.dense.bias",
        "lm_head.decoder.weight",
        "lm_head.decoder.bias",
    ],
};

const DISTILBERT: Names = Names {
    embeddings: "distilbert.embeddings",
    layer: "distilbert.transformer.layer",
    parts: [
        "attention.q_lin",
        "attention.k_lin",
        "attention.v_lin",
        "attention.out_lin",
        "sa_layer_norm",
        "ffn.lin1",
        "ffn.lin2",
        "output_layer_norm",
    ],
    head: ["vocab_transform", "vocab_layer_norm"],
    biases: ["vocab_projector.bias", "vocab_projector.bias"],
    decoder: "vocab_projector.weight",
    extra: &["distilbert.embeddings.position_ids", "vocab_projector.weight"],
};

/// A net with its weights.
struct Bert {
    /// `[vocab, d]`.
    words: Tensor<2>,
    /// `[positions, d]`, with the type of the first text where there are types.
    places: Tensor<2>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    dense: Linear,
    head_activation: fn(Tensor<3>) -> Tensor<3>,
    head_norm: LayerNorm,
    output: Linear,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    proj: Linear,
    proj_norm: LayerNorm,
    up: Linear,
    activation: fn(Tensor<3>) -> Tensor<3>,
    down: Linear,
    down_norm: LayerNorm,
    heads: usize,
}

/// Reads a config of `model_type` bert, roberta, xlm-roberta or distilbert.
///
/// # Errors
/// [`ModelError::ConfigValue`] for a value that cannot be used.
pub fn family(keys: Keys<'_>, model_type: &str) -> Result<Family, ModelError> {
    let distil = model_type == "distilbert";
    // DistilBERT has its own names for the same things.
    let either = |usual, distilled| if distil { distilled } else { usual };
    let (names, counts_from_padding) = match model_type {
        "bert" => (&BERT, false),
        "distilbert" => (&DISTILBERT, false),
        _ => (&ROBERTA, true),
    };
    keys.only("position_embedding_type", "absolute")?;
    keys.only("is_decoder", false)?;
    let vocab_size = keys.size("vocab_size", SIZE)?;
    let d = keys.size(either("hidden_size", "dim"), SIZE)?;
    let n_layer = keys.size(either("num_hidden_layers", "n_layers"), LAYERS)?;
    let heads_key = either("num_attention_heads", "n_heads");
    let n_head = keys.size(heads_key, SIZE)?;
    if !d.is_multiple_of(n_head) {
        return Err(keys.refused(heads_key, format!("a number that divides the width, {d}")));
    }
    let d_ff = keys.size(either("intermediate_size", "hidden_dim"), SIZE)?;
    let positions = keys.size_or("max_position_embeddings", SIZE, 512)?;
    let types = if distil { 0 } else { keys.size_or("type_vocab_size", 0..=*SIZE.end(), 2)? };
    let epsilon = if distil { 1e-12 } else { keys.above("layer_norm_eps", 0.0, 1e-12)? };
    let act_key = either("hidden_act", "activation");
    let activation = keys.activation(act_key, "gelu")?;
    let head_activation =
        if counts_from_padding { burn::tensor::activation::gelu } else { keys.activation(act_key, "gelu")? };
    let first = if counts_from_padding {
        let accepted = || format!("below max_position_embeddings less 1, {}", positions.saturating_sub(1));
        let padding = keys.size_or("pad_token_id", 0..=*SIZE.end(), 1)?;
        Some(padding + 1).filter(|&first| first < positions).ok_or_else(|| keys.refused("pad_token_id", accepted()))?
    } else {
        0
    };
    let tied = keys.flag("tie_word_embeddings", true)?;
    let block_weights = products(d, 4 * d, 2 * d_ff);
    let outline = super::outline(model_type, vocab_size, positions - first);
    let outline = Outline { d_model: d, n_layer, n_head, d_ff, block_weights, ..outline };
    let build = move |reader: &Reader<'_>| -> Result<Box<dyn Stack>, ModelError> {
        let norm = |name: &str| reader.layer_norm(name, d, epsilon, true);
        let embedding = |part: &str| format!("{}.{part}", names.embeddings);
        let words = reader.table(&embedding("word_embeddings.weight"), vocab_size, d)?;
        let places = reader.table(&embedding("position_embeddings.weight"), positions, d)?;
        let mut places = places.narrow(0, first, positions - first);
        if types > 0 {
            places = places + reader.table(&embedding("token_type_embeddings.weight"), types, d)?.narrow(0, 0, 1);
        }
        let layer = |index: usize| {
            let name = |part: usize| format!("{}.{index}.{}", names.layer, names.parts[part]);
            Ok(Layer {
                query: reader.linear(&name(0), d, d, true)?,
                key: reader.linear(&name(1), d, d, true)?,
                value: reader.linear(&name(2), d, d, true)?,
                proj: reader.linear(&name(3), d, d, true)?,
                proj_norm: norm(&name(4))?,
                up: reader.linear(&name(5), d, d_ff, true)?,
                activation,
                down: reader.linear(&name(6), d_ff, d, true)?,
                down_norm: norm(&name(7))?,
                heads: n_head,
            })
        };
        let bias = names.biases.into_iter().find(|name| reader.has(name)).unwrap_or(names.biases[0]);
        let decoder = if tied { words.clone() } else { reader.table(names.decoder, vocab_size, d)? };
        Ok(Box::new(Bert {
            words,
            places,
            norm: norm(&embedding("LayerNorm"))?,
            layers: (0..n_layer).map(layer).collect::<Result<_, ModelError>>()?,
            dense: reader.linear(names.head[0], d, d, true)?,
            head_activation,
            head_norm: norm(names.head[1])?,
            output: Linear { weight: decoder.transpose(), bias: Some(reader.vector(bias, vocab_size)?) },
        }))
    };
    let extra = |name: &str| names.extra.contains(&name);
    Ok(Family { outline, framed: true, build: Box::new(build), extra: Box::new(extra) })
}

impl Stack for Bert {
    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        let [_, length] = tokens.dims();
        let places = self.places.clone().narrow(0, 0, length).unsqueeze::<3>(); // [1, length, d]
        let mut x = self.norm.forward(embed(&self.words, tokens) + places); // [batch, length, d]
        for layer in &self.layers {
            x = layer.forward(x);
        }
        self.head_norm.forward((self.head_activation)(self.dense.forward(x)))
    }

    fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.output.rows(hidden)
    }
}

impl Layer {
    /// `x` `[batch, length, d]`.
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let part = |linear: &Linear| split(linear.forward(x.clone()), self.heads);
        let seen = attention(part(&self.query), part(&self.key), part(&self.value), None);
        let x = self.proj_norm.forward(x + self.proj.forward(seen));
        let inner = (self.activation)(self.up.forward(x.clone())); // [batch, length, d_ff]
        self.down_norm.forward(x + self.down.forward(inner))
    }
}
