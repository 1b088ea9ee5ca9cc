// y = silu(g) * u, where g and u are the halves of rms_norm(x) W^T and W holds the norm's weights: the epilogue of
// `product.wgsl`, which follows. A tile has as many gates as columns of u, so that one invocation has both of each pair.
@group(0) @binding(0) var<storage, read> source: array<vec4<f32>>;     // [rows, into / 4]
@group(0) @binding(1) var<storage, read> weight: array<vec4<{{ number }}>>;  // [out, into / 4] the gates', then u's
@group(0) @binding(2) var<storage, read_write> y: array<f32>;        // [rows, out / 2]
@group(0) @binding(3) var<storage, read> call: array<u32>;           // [4] rows, ...

const NORMED: bool = true;
const GATES: u32 = OUT / 2u;
const HALF: u32 = COLUMNS / 2u;

fn rows() -> u32 { return call[0]; }

fn source_row(row: u32) -> u32 { return row; }

fn weight_row(tile: u32, column: u32) -> u32 {
    let gate = tile * HALF + column % HALF;
    return select(gate + select(0u, GATES, column >= HALF), OUT, gate >= GATES);
}

fn finish(row: u32, tile: u32, column: u32, other: u32, sum: f32, other_sum: f32) {
    let gate = tile * HALF + column;
    if (gate < GATES) { y[row * GATES + gate] = sum / (1.0 + exp(-sum)) * other_sum; }
}
