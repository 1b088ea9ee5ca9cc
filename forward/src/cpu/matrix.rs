//! Matrices as products read them.

use super::simd::{Aligned, VECTORS, columns};

/// A matrix `[outputs, inputs]` in panels of as many outputs as a tile has columns: `[outputs / columns, inputs, columns]`, the last
/// one filled up with zeros. Weights never change, so this is done once.
#[derive(Debug)]
pub struct Matrix {
    panels: Aligned,
    inputs: usize,
    outputs: usize,
    columns: usize,
}

impl Matrix {
    /// Of `weights` `[outputs, inputs]`, for [`normed`](super::normed) and [`added`](super::added).
    pub fn new(weights: &[f32], inputs: usize) -> Self {
        let outputs = weights.len() / inputs;
        Self::of(outputs, inputs, |panel, columns| {
            pack(&weights[panel.index * columns * inputs..], inputs, panel.numbers, columns)
        })
    }

    /// Of `w13` `[2 ff, inputs]`, for [`gated`](super::gated): half of each panel are gates, the other half what they let through.
    pub fn gates(weights: &[f32], inputs: usize) -> Self {
        let (gates, through) = weights.split_at(weights.len() / 2);
        Self::of(weights.len() / inputs, inputs, |panel, columns| {
            let half = columns / VECTORS;
            let first = panel.index * half * inputs;
            for (part, weights) in [gates, through].iter().enumerate() {
                for (column, row) in weights[first..].chunks_exact(inputs).take(half).enumerate() {
                    let places = panel.numbers[part * half + column..].iter_mut().step_by(columns);
                    places.zip(row).for_each(|(place, &weight)| *place = weight);
                }
            }
        })
    }

    fn of(outputs: usize, inputs: usize, fill: impl Fn(Panel, usize)) -> Self {
        let columns = columns();
        let mut panels = Aligned::new(outputs.div_ceil(columns) * columns * inputs);
        for (index, numbers) in panels.as_mut_slice().chunks_exact_mut(columns * inputs).enumerate() {
            fill(Panel { index, numbers }, columns);
        }
        Self { panels, inputs, outputs, columns }
    }

    /// Numbers in a row of what is multiplied with it.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// Rows of the matrix.
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// Each `[inputs, columns]`.
    pub(super) fn panels(&self) -> impl Iterator<Item = &[f32]> {
        self.panels.as_slice().chunks_exact(self.columns * self.inputs)
    }
}

struct Panel<'a> {
    index: usize,
    numbers: &'a mut [f32],
}

/// Rows of `matrix`, `stride` apart, side by side in a panel `[inputs, columns]`.
#[inline(always)]
pub(super) fn pack(matrix: &[f32], stride: usize, panel: &mut [f32], columns: usize) {
    let inputs = panel.len() / columns;
    for (column, row) in matrix.chunks(stride).take(columns).enumerate() {
        let places = panel[column..].iter_mut().step_by(columns);
        places.zip(&row[..inputs]).for_each(|(place, &number)| *place = number);
    }
}
