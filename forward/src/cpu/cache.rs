//! What is kept of a sequence between one forward and the next.

/// Queries, keys and values of a sequence, block by block, and the tokens that each position had when they were computed.
///
/// [`Forward::hidden_cached`](super::Forward::hidden_cached) fills it. It is of one net; of another one's it must not be
/// used.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    /// `[length]`; nothing is known where there is none.
    tokens: Vec<Option<u32>>,
    /// Of each block, `[length, 3 d]`: rows as the product gives them, though of the queries none is read again.
    blocks: Vec<Vec<f32>>,
}

impl Cache {
    /// Forgets all: the next forward computes every position.
    pub fn forget(&mut self) {
        self.tokens.fill(None);
    }

    /// Makes room for sequences `[length]` of a net of so many blocks of rows `[width]`, where there is not just that.
    pub(super) fn fit(&mut self, length: usize, blocks: usize, width: usize) {
        let fits = self.blocks.len() == blocks && self.blocks.iter().all(|block| block.len() == length * width);
        if self.tokens.len() != length || !fits {
            self.tokens = vec![None; length];
            self.blocks = vec![vec![0.0; length * width]; blocks];
        }
    }

    /// Takes `tokens` `[length]` for those it is of; the positions that have to be computed for it, rising: those asked for,
    /// and where another token stands than before.
    pub(super) fn renew(&mut self, tokens: &[u32], asked: &[u32]) -> Vec<u32> {
        let mut rows = asked.to_vec();
        for ((position, kept), &token) in (0..).zip(&mut self.tokens).zip(tokens) {
            if kept.replace(token) != Some(token) {
                rows.push(position);
            }
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// Queries, keys and values `[length, 3 d]` of a block.
    pub(super) fn block(&self, index: usize) -> &[f32] {
        &self.blocks[index]
    }

    /// Keeps `qkv` `[rows, width]` of a block.
    pub(super) fn keep(&mut self, index: usize, rows: &[u32], qkv: &[f32], width: usize) {
        for (&row, numbers) in rows.iter().zip(qkv.chunks_exact(width)) {
            self.blocks[index][row as usize * width..][..width].copy_from_slice(numbers);
        }
    }
}
