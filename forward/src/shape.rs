//! The shape of a net in numbers.

/// What the forward has to know of a net beside its weights.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // the names are the field's
pub struct Shape {
    pub vocab_size: usize,
    pub d_model: usize,
    pub n_layer: usize,
    pub n_head: usize,
    pub d_ff: usize,
    /// Factor of the token embeddings, but not of the tied output.
    pub emb_scale: f32,
    pub rope_base: f64,
    pub norm_eps: f32,
    /// Whether a position sees the earlier ones and itself alone.
    pub causal: bool,
}

impl Shape {
    /// Numbers a head: `d_model / n_head`.
    pub fn head_dim(&self) -> usize {
        self.d_model / self.n_head
    }

    /// How many weights there are.
    pub fn parameters(&self) -> usize {
        let (d, head) = (self.d_model, self.head_dim());
        let block = 4 * d * d + 3 * d * self.d_ff + 2 * d + 2 * head;
        self.vocab_size * d + self.n_layer * block + d
    }

    /// Cosines and sines of the rotations `[length, head / 2, 2]`, in the order `cos, sin`.
    pub fn rotations(&self, length: usize) -> Vec<f32> {
        let half = self.head_dim() / 2;
        let turns: Vec<f64> = (0..half).map(|i| self.rope_base.powf(-(i as f64) / half as f64)).collect();
        let pairs = (0..length).flat_map(|place| turns.iter().map(move |turn| place as f64 * turn));
        pairs.flat_map(|angle| [angle.cos() as f32, angle.sin() as f32]).collect()
    }
}
