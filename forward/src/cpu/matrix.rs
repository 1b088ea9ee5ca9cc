//! Matrices as products read them.

use super::simd::{Aligned, GROUP, VECTORS, columns};

/// A matrix `[outputs, inputs]` in panels of as many outputs as a tile has columns: `[outputs / columns, inputs,
/// columns]`, the last one filled up. Weights never change, so this is done once.
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
            pack::<GROUP>(&weights[panel.index * columns * inputs..], inputs, panel.numbers, columns)
        })
    }

    /// Of `w13` `[2 ff, inputs]`, for [`gated`](super::gated): half of each panel are gates, the other half what they
    /// let through.
    pub fn gates(weights: &[f32], inputs: usize) -> Self {
        let (gates, through) = weights.split_at(weights.len() / 2);
        Self::of(weights.len() / inputs, inputs, |panel, columns| {
            let half = columns / VECTORS;
            let first = panel.index * half * inputs;
            for (part, weights) in [gates, through].iter().enumerate() {
                for (column, row) in weights[first..].chunks_exact(inputs).take(half).enumerate() {
                    for (places, &weight) in panel.numbers.chunks_exact_mut(columns).zip(row) {
                        places[part * half + column] = weight;
                    }
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

/// Rows of `matrix`, `stride` apart, side by side in a panel `[inputs, columns]`, `GROUP` at a time, into which
/// `columns` must divide. Where rows are missing there is something else.
#[inline(always)]
pub(super) fn pack<const GROUP: usize>(matrix: &[f32], stride: usize, panel: &mut [f32], columns: usize) {
    let inputs = panel.len() / columns;
    for (group, numbers) in matrix.chunks(GROUP * stride).take(columns / GROUP).enumerate() {
        let mut rows = [&numbers[..inputs]; GROUP];
        for (row, numbers) in rows.iter_mut().zip(numbers.chunks(stride)) {
            *row = &numbers[..inputs];
        }
        side_by_side(rows, panel, columns, group * GROUP);
    }
}

/// `rows`, each of `inputs` numbers, side by side from column `first` on of a panel `[inputs, columns]`.
#[inline(always)]
pub(super) fn side_by_side<const GROUP: usize>(rows: [&[f32]; GROUP], panel: &mut [f32], columns: usize, first: usize) {
    for (index, places) in panel.chunks_exact_mut(columns).enumerate() {
        for (place, row) in places[first..][..GROUP].iter_mut().zip(rows) {
            *place = row[index];
        }
    }
}
