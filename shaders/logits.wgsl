// logits = rms_norm(x) W^T at the rows that are asked for, where W holds the norm's weights: the epilogue of
// `product.wgsl`, which follows.
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;     // [batch * length, into / 4]
@group(0) @binding(1) var<storage, read> weight: array<vec4<{{ number }}>>;  // [out, into / 4]
@group(0) @binding(2) var<storage, read_write> y: array<f32>;        // [rows, out]
@group(0) @binding(3) var<storage, read> places: array<u32>;         // [1 + rows] how many, then a row of x each

const NORMED: bool = true;

fn rows() -> u32 { return places[0]; }

fn source_row(row: u32) -> u32 { return places[1u + row]; }

fn weight_row(tile: u32, column: u32) -> u32 { return tile * COLUMNS + column; }

fn finish(row: u32, tile: u32, column: u32, other: u32, sum: f32, other_sum: f32) {
    let first = tile * COLUMNS + column;
    let second = tile * COLUMNS + other;
    if (first < OUT) { y[row * OUT + first] = sum; }
    if (second < OUT) { y[row * OUT + second] = other_sum; }
}
