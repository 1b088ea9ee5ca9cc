// Tokens to the residual stream: a row of the embedding each, scaled. One invocation four numbers.
@group(0) @binding(0) var<storage, read> tokens: array<u32>;         // [batch * length]
@group(0) @binding(1) var<storage, read> emb: array<vec4<f32>>;      // [vocab, d / 4]
@group(0) @binding(2) var<storage, read_write> x: array<vec4<f32>>;  // [rows, d / 4]
@group(0) @binding(3) var<storage, read> call: array<u32>;           // [4] rows, length, which of the tokens is the first

const WIDTH: u32 = {{ d }}u / 4u;

@compute @workgroup_size({{ lanes }}, 1, 1)
fn main(@builtin(global_invocation_id) at: vec3<u32>) {
    if (at.x >= WIDTH) { return; }
    x[at.y * WIDTH + at.x] = emb[tokens[call[2] + at.y] * WIDTH + at.x] * {{ scale }};
}
