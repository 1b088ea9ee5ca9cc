// x = x + a W^T, in place: the epilogue of `product.wgsl`, which follows.
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;     // [rows, into / 4]
@group(0) @binding(1) var<storage, read> weight: array<vec4<{{ number }}>>;  // [out, into / 4]
@group(0) @binding(2) var<storage, read_write> x: array<f32>;        // [rows, out]
@group(0) @binding(3) var<storage, read> call: array<u32>;           // [4] rows, ...

const NORMED: bool = false;

fn rows() -> u32 { return call[0]; }

fn source_row(row: u32) -> u32 { return row; }

fn weight_row(tile: u32, column: u32) -> u32 { return tile * COLUMNS + column; }

fn finish(row: u32, tile: u32, column: u32, other: u32, sum: f32, other_sum: f32) {
    let first = tile * COLUMNS + column;
    let second = tile * COLUMNS + other;
    if (first < OUT) { x[row * OUT + first] += sum; }
    if (second < OUT) { x[row * OUT + second] += other_sum; }
}
