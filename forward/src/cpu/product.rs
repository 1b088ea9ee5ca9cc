//! The products, and the three operations that are one product each.

use std::cell::Cell;

use pulp::{
    NullaryFnOnce, Simd, WithSimd,
    bytemuck::{cast_slice, cast_slice_mut},
};

use super::{
    Matrix,
    exp::exp,
    matrix::pack,
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
            let place = place(out, matrix.outputs(), row, column, VECTORS * S::F32_LANES);
            store::<S, VECTORS>(place, scaled(simd, values, scales[row]));
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
            let mut sums = load(simd, place);
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = simd.add_f32s(*sum, value);
            }
            store::<S, VECTORS>(place, sums);
        });
    }
}

/// `silu(g) * u` with `g, u` the halves of `rms_norm(x) W^T`: x `[rows, d]` -> out `[rows, ff]`. `matrix` is of
/// [`Matrix::gates`].
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
            let [gate, through] = scaled(simd, values, scales[row]);
            let opened = simd.add_f32s(simd.splat_f32s(1.0), exp(simd, simd.neg_f32s(gate)));
            let place = place(out, matrix.outputs() / 2, row, column / 2, S::F32_LANES);
            store::<S, 1>(place, [simd.div_f32s(simd.mul_f32s(gate, through), opened)]);
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

/// As many of the numbers as there are; zeros for the rest.
#[inline(always)]
fn load<S: Simd>(simd: S, place: &[f32]) -> [S::f32s; VECTORS] {
    if let (&[first, second], _) = S::as_simd_f32s(place) {
        return [first, second];
    }
    let mut values = [simd.splat_f32s(0.0); VECTORS];
    cast_slice_mut(&mut values)[..place.len()].copy_from_slice(place);
    values
}

/// As many of `values` as there is room for.
#[inline(always)]
pub(super) fn store<S: Simd, const COUNT: usize>(place: &mut [f32], values: [S::f32s; COUNT]) {
    if let Ok(whole) = <&mut [S::f32s; COUNT]>::try_from(S::as_mut_simd_f32s(place).0) {
        *whole = values;
    } else {
        place.copy_from_slice(&cast_slice(&values)[..place.len()]);
    }
}

/// `values * scale`.
#[inline(always)]
pub(super) fn scaled<S: Simd>(simd: S, mut values: [S::f32s; VECTORS], scale: f32) -> [S::f32s; VECTORS] {
    let scale = simd.splat_f32s(scale);
    for value in &mut values {
        *value = simd.mul_f32s(*value, scale);
    }
    values
}

/// Rows of a tile where there are 32 vector registers, and where there are 16, of which wasm's engines use up some.
pub(super) const WIDE: usize = 8;
pub(super) const NARROW: usize = 4;

/// Whether this machine's tiles have [`WIDE`] rows.
#[inline(always)]
pub(super) fn wide<S: Simd>() -> bool {
    S::REGISTER_COUNT >= 32 && !cfg!(target_family = "wasm")
}

/// `a W^T` with a `[rows, inputs]`, tile by tile; `write` is given each tile's rows: row, first column, values.
#[inline(always)]
fn product<S: Simd>(simd: S, a: &[f32], matrix: &Matrix, write: impl FnMut(usize, usize, [S::f32s; VECTORS])) {
    if wide::<S>() {
        tiles::<S, WIDE>(simd, a, matrix, write);
    } else {
        tiles::<S, NARROW>(simd, a, matrix, write);
    }
}

#[inline(always)]
fn tiles<S: Simd, const ROWS: usize>(
    simd: S,
    a: &[f32],
    matrix: &Matrix,
    mut write: impl FnMut(usize, usize, [S::f32s; VECTORS]),
) {
    let inputs = matrix.inputs();
    let rows = a.len() / inputs;
    let mut packed = PACKED.take();
    packed.resize(rows.next_multiple_of(ROWS) * inputs, 0.0); // [rows / ROWS, inputs, ROWS]
    for (tile, a) in packed.chunks_exact_mut(inputs * ROWS).zip(a.chunks(inputs * ROWS)) {
        pack::<ROWS>(a, inputs, tile, ROWS);
    }
    // The panel stays in the nearest cache, or the next, while all rows pass by.
    for (index, panel) in matrix.panels().enumerate() {
        for (first, numbers) in (0..rows).step_by(ROWS).zip(packed.chunks_exact(inputs * ROWS)) {
            let values = tile::<S, ROWS>(simd, numbers.as_chunks().0, panel);
            for (row, values) in (first..rows).zip(values) {
                write(row, index * VECTORS * S::F32_LANES, values);
            }
        }
    }
    PACKED.set(packed);
}

thread_local! {
    /// Where rows are packed: memory that is there already need not be cleared.
    static PACKED: Cell<Vec<f32>> = const { Cell::new(vec![]) };
}

/// `ROWS` rows of numbers, side by side `[inputs, ROWS]`, times a panel `[inputs, columns]`.
#[inline(always)]
pub(super) fn tile<S: Simd, const ROWS: usize>(
    simd: S,
    numbers: &[[f32; ROWS]],
    panel: &[f32],
) -> [[S::f32s; VECTORS]; ROWS] {
    simd.vectorize(Tile { simd, numbers, panel })
}

/// A task of its own, so that all operations share its code.
struct Tile<'a, S, const ROWS: usize> {
    simd: S,
    numbers: &'a [[f32; ROWS]],
    panel: &'a [f32],
}

impl<S: Simd, const ROWS: usize> NullaryFnOnce for Tile<'_, S, ROWS> {
    type Output = [[S::f32s; VECTORS]; ROWS];

    // A wasm engine keeps the sums of a short function in registers, and those of a long one not.
    #[cfg_attr(target_family = "wasm", inline(never))]
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    fn call(self) -> Self::Output {
        let Self { simd, numbers, panel } = self;
        let panel = S::as_simd_f32s(panel).0.as_chunks::<VECTORS>().0;
        let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
        for (numbers, weights) in numbers.iter().zip(panel) {
            for (sums, &number) in sums.iter_mut().zip(numbers) {
                let number = simd.splat_f32s(number);
                for (sum, &weight) in sums.iter_mut().zip(weights) {
                    *sum = multiply_add(simd, number, weight, *sum);
                }
            }
        }
        sums
    }
}
