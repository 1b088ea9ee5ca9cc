//! The weights of a net as plain numbers, and the norms among them multiplied into the products that follow.

use super::Shape;

/// All weights, matrices row by row as they are stored: `[out, in]`.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the names are those of the tensors in `model.safetensors`
pub struct Weights {
    /// `[vocab, d]`.
    pub emb: Vec<f32>,
    pub blocks: Vec<BlockWeights>,
    /// What hidden states are multiplied by for the logits `[vocab, d]`: the embedding, with the last norm in it.
    pub head: Vec<f32>,
}

/// The weights of a block.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)] // the names are those of the tensors in `model.safetensors`
pub struct BlockWeights {
    /// `[3 d, d]`, with the norm before it in it.
    pub qkv: Vec<f32>,
    /// `[head]`, with the scale of the scores, `1 / sqrt(head)`, in it.
    pub q_norm: Vec<f32>,
    /// `[head]`.
    pub k_norm: Vec<f32>,
    /// `[d, d]`.
    pub proj: Vec<f32>,
    /// `[2 ff, d]`, with the norm before it in it; the gates `g`, then what they let through, `u`.
    pub w13: Vec<f32>,
    /// `[d, ff]`.
    pub w2: Vec<f32>,
}

impl Weights {
    /// Gathers the tensors of a `model.safetensors`, of which `tensor` gives each by name as it is stored.
    ///
    /// # Errors
    /// Those of `tensor`.
    pub fn fold<E>(shape: &Shape, tensor: impl Fn(&str) -> Result<Vec<f32>, E>) -> Result<Self, E> {
        let block = |index: usize| {
            let named = |part: &str| tensor(&format!("blocks.{index}.{part}.weight"));
            let scale = (shape.head_dim() as f32).sqrt().recip();
            Ok(BlockWeights {
                qkv: after(&named("norm1")?, named("qkv")?),
                q_norm: named("q_norm")?.iter().map(|weight| weight * scale).collect(),
                k_norm: named("k_norm")?,
                proj: named("proj")?,
                w13: after(&named("norm2")?, named("w13")?),
                w2: named("w2")?,
            })
        };
        let emb = tensor("emb.weight")?;
        let head = after(&tensor("norm.weight")?, emb.clone());
        Ok(Self { emb, blocks: (0..shape.n_layer).map(block).collect::<Result<_, E>>()?, head })
    }
}

impl Weights {
    /// No score is further from 0: queries and keys are normalised, so that none is longer than its norm's largest
    /// weight times `sqrt(head)`.
    pub fn largest_score(&self, shape: &Shape) -> f32 {
        let largest = |norm: &[f32]| norm.iter().fold(0f32, |largest, weight| largest.max(weight.abs()));
        let scores = self.blocks.iter().map(|block| largest(&block.q_norm) * largest(&block.k_norm));
        scores.fold(0.0, f32::max) * shape.head_dim() as f32
    }
}

/// `W diag(norm)` of a matrix `[out, in]` and the weights `[in]` of the norm before it.
fn after(norm: &[f32], mut matrix: Vec<f32>) -> Vec<f32> {
    for row in matrix.chunks_mut(norm.len()) {
        row.iter_mut().zip(norm).for_each(|(weight, norm)| *weight *= norm);
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn norms_and_the_scale_of_the_scores_are_multiplied_in() {
        let shape = Shape {
            vocab_size: 3,
            d_model: 4,
            n_layer: 1,
            n_head: 1,
            d_ff: 2,
            emb_scale: 2.0,
            rope_base: 10_000.0,
            norm_eps: 1e-5,
            causal: false,
        };
        let tensor = |name: &str| -> Result<Vec<f32>, String> {
            Ok(match name {
                "norm.weight" => vec![1.0, 2.0, 3.0, 4.0],
                "blocks.0.norm1.weight" => vec![0.5; 4],
                "blocks.0.norm2.weight" => vec![2.0; 4],
                "blocks.0.q_norm.weight" | "blocks.0.k_norm.weight" => vec![3.0; 4],
                "emb.weight" => vec![1.0; 12],
                "blocks.0.qkv.weight" => vec![1.0; 48],
                "blocks.0.proj.weight" => vec![1.0; 16],
                "blocks.0.w13.weight" => vec![1.0; 16],
                "blocks.0.w2.weight" => vec![1.0; 8],
                other => return Err(other.to_owned()),
            })
        };
        let weights = Weights::fold(&shape, tensor).unwrap();
        assert_eq!(weights.head, [1.0, 2.0, 3.0, 4.0].repeat(3));
        assert_eq!(weights.emb, [1.0; 12]);
        let block = &weights.blocks[0];
        assert_eq!((block.qkv[0], block.w13[0], block.q_norm[0], block.k_norm[0]), (0.5, 2.0, 1.5, 3.0));
        assert_eq!(weights.largest_score(&shape), 4.0 * 1.5 * 3.0);
        assert_eq!(Weights::fold(&Shape { n_layer: 2, ..shape }, tensor).unwrap_err(), "blocks.1.norm1.weight");
    }
}
