//! The products, and the three operations that are one product each.

use pulp::{Simd, WithSimd};

use super::{
    Matrix,
    exp::exp,
    rotate::rms,
    simd::{VECTORS, dispatch, multiply_add},
};

/// `rms_norm(x) W^T` without the norm's weights, which are in `matrix`: x `[rows, d]` -> out `[rows, outputs]`.
pub fn normed(matrix: &Matrix, eps: f32, x: &[f32], out: &mut [f32]) {
    dispatch(Normed { matrix, eps, x, out });
}

struct Normed<'a> {
    matrix: &'a Matrix,
    eps: f32,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Normed<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { matrix, eps, x, out } = self;
        let scales = scales(x, matrix.inputs(), eps);
        product(simd, x, matrix, |row, column, values| {
            let scale = simd.splat_f32s(scales[row]);
            let place = place(out, matrix.outputs(), row, column, VECTORS * S::F32_LANES);
            store::<S>(place, values.map(|value| simd.mul_f32s(value, scale)));
        });
    }
}

/// `x + a W^T`: a `[rows, inputs]`, x `[rows, outputs]` in place.
pub fn added(matrix: &Matrix, a: &[f32], x: &mut [f32]) {
    dispatch(Added { matrix, a, x });
}

struct Added<'a> {
    matrix: &'a Matrix,
    a: &'a [f32],
    x: &'a mut [f32],
}

impl WithSimd for Added<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { matrix, a, x } = self;
        product(simd, a, matrix, |row, column, values| {
            let place = place(x, matrix.outputs(), row, column, VECTORS * S::F32_LANES);
            let values = pulp::bytemuck::cast_slice::<S::f32s, f32>(&values);
            place.iter_mut().zip(values).for_each(|(x, value)| *x += value);
        });
    }
}

/// `silu(g) * u` with `g, u` the halves of `rms_norm(x) W^T`: x `[rows, d]` -> out `[rows, ff]`. `matrix` is of [`Matrix::gates`].
pub fn gated(matrix: &Matrix, eps: f32, x: &[f32], out: &mut [f32]) {
    dispatch(Gated { matrix, eps, x, out });
}

struct Gated<'a> {
    matrix: &'a Matrix,
    eps: f32,
    x: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for Gated<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { matrix, eps, x, out } = self;
        let scales = scales(x, matrix.inputs(), eps);
        product(simd, x, matrix, |row, column, values| {
            let scale = simd.splat_f32s(scales[row]);
            let values = values.map(|value| simd.mul_f32s(value, scale));
            let (gates, through) = pulp::bytemuck::cast_slice::<S::f32s, f32>(&values).split_at(S::F32_LANES);
            let place = place(out, matrix.outputs() / 2, row, column / 2, S::F32_LANES);
            for ((out, gate), through) in place.iter_mut().zip(gates).zip(through) {
                *out = gate / (1.0 + exp(-gate)) * through;
            }
        });
    }
}

/// `1 / rms` of each row.
#[inline(always)]
fn scales(x: &[f32], width: usize, eps: f32) -> Vec<f32> {
    x.chunks_exact(width).map(|row| rms(row, eps).recip()).collect()
}

/// The numbers of a tile's row in `[rows, width]`, as far as there are.
#[inline(always)]
fn place(out: &mut [f32], width: usize, row: usize, column: usize, columns: usize) -> &mut [f32] {
    &mut out[row * width..][column..(column + columns).min(width)]
}

#[inline(always)]
pub(super) fn store<S: Simd>(place: &mut [f32], values: [S::f32s; VECTORS]) {
    let values = pulp::bytemuck::cast_slice::<S::f32s, f32>(&values);
    if place.len() == values.len() {
        place.copy_from_slice(values)
    } else {
        place.copy_from_slice(&values[..place.len()])
    }
}

/// `a W^T` with a `[rows, inputs]`, tile by tile; `write` is given each tile's rows: row, first column, values.
#[inline(always)]
fn product<S: Simd>(simd: S, a: &[f32], matrix: &Matrix, mut write: impl FnMut(usize, usize, [S::f32s; VECTORS])) {
    let inputs = matrix.inputs();
    let rows = a.len() / inputs;
    for (index, panel) in matrix.panels().enumerate() {
        let column = index * VECTORS * S::F32_LANES;
        if wide::<S>() {
            panel_product::<S, WIDE>(simd, a, rows, inputs, panel, |row, values| write(row, column, values));
        } else {
            panel_product::<S, NARROW>(simd, a, rows, inputs, panel, |row, values| write(row, column, values));
        }
    }
}

/// Rows of a tile where there are 32 vector registers, and where there are 16: the tile, a row of the panel and a number of `a` fit.
pub(super) const WIDE: usize = 8;
pub(super) const NARROW: usize = 6;

/// Whether this machine's tiles have [`WIDE`] rows.
#[inline(always)]
pub(super) fn wide<S: Simd>() -> bool {
    S::REGISTER_COUNT >= 32 && !cfg!(target_family = "wasm")
}

#[inline(always)]
fn panel_product<S: Simd, const ROWS: usize>(
    simd: S,
    a: &[f32],
    rows: usize,
    inputs: usize,
    panel: &[f32],
    mut write: impl FnMut(usize, [S::f32s; VECTORS]),
) {
    for first in (0..rows).step_by(ROWS) {
        // Rows past the end are the last one again, and not written.
        let tile_rows = std::array::from_fn(|row| &a[(first + row).min(rows - 1) * inputs..][..inputs]);
        let values = tile::<S, ROWS>(simd, tile_rows, panel);
        for (row, values) in (first..rows).zip(values) {
            write(row, values);
        }
    }
}

/// `ROWS` rows of numbers, each `[inputs]`, times a panel `[inputs, columns]`.
#[inline(always)]
pub(super) fn tile<S: Simd, const ROWS: usize>(
    simd: S,
    rows: [&[f32]; ROWS],
    panel: &[f32],
) -> [[S::f32s; VECTORS]; ROWS] {
    let panel = S::as_simd_f32s(panel).0.as_chunks::<VECTORS>().0;
    let inputs = panel.len();
    let rows = rows.map(|row| &row[..inputs]);
    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    for input in 0..inputs {
        let weights = panel[input];
        for row in 0..ROWS {
            let number = simd.splat_f32s(rows[row][input]);
            for vector in 0..VECTORS {
                sums[row][vector] = multiply_add(simd, number, weights[vector], sums[row][vector]);
            }
        }
    }
    sums
}
