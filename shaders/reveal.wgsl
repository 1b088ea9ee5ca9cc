// Writes tokens that a call drew where they are revealed, so that the next call can begin before anyone has read them.
@group(0) @binding(0) var<storage, read> stats: array<f32>;          // [rows, 16] see `predict.wgsl`: the fifth is the token
@group(0) @binding(1) var<storage, read> reveals: array<vec2<u32>>;  // [1 + count] how many, then row of stats and place
@group(0) @binding(2) var<storage, read_write> tokens: array<u32>;   // [batch * length]

@compute @workgroup_size({{ lanes }}, 1, 1)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if (at.x >= reveals[0].x) { return; }
    let one = reveals[1u + at.x];
    tokens[one.y] = u32(stats[one.x * 16u + 4u]);
}
