// RMSNorm of each head of the queries and the keys, and their rotation (a, b) -> (a cos - b sin, a sin + b cos), a and b the
// halves of a head: in place. An invocation has four numbers of each half; QUARTERS of them make a head.
@group(0) @binding(0) var<storage, read_write> qkv: array<vec4<f32>>;    // [rows, 3 d / 4] queries, keys, values
@group(0) @binding(1) var<storage, read> norms: array<vec4<f32>>;        // [2, head / 4] the queries', the keys'
@group(0) @binding(2) var<storage, read> rotations: array<vec4<f32>>;    // [length, head / 4] cos, sin, cos, sin
@group(0) @binding(3) var<storage, read> call: array<u32>;               // [4] rows, length, ...

const D: u32 = {{ d }}u / 4u;
const HEAD: u32 = {{ head }}u / 4u;
const HEADS: u32 = D / HEAD;
const QUARTERS: u32 = HEAD / 2u;
const LANES: u32 = {{ lanes }}u; // a multiple of QUARTERS

var<workgroup> squares: array<f32, {{ lanes }}>;

@compute @workgroup_size({{ lanes }}, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.y;
    let one = group.x * (LANES / QUARTERS) + lane / QUARTERS; // a head of the queries, or of the keys after them
    let there = one < 2u * HEADS;
    let quarter = lane % QUARTERS;
    let at = row * 3u * D + one * HEAD + quarter;
    var a = vec4<f32>(0.0);
    var b = vec4<f32>(0.0);
    if (there) {
        a = qkv[at];
        b = qkv[at + QUARTERS];
    }
    squares[lane] = dot(a, a) + dot(b, b);
    workgroupBarrier();
    if (!there) { return; }
    var square = 0.0;
    let first = lane - quarter;
    for (var i = 0u; i < QUARTERS; i++) { square += squares[first + i]; }
    let scale = inverseSqrt(square / f32(HEAD * 4u) + {{ eps }});
    let norm = select(0u, HEAD, one >= HEADS) + quarter;
    a *= norms[norm] * scale;
    b *= norms[norm + QUARTERS] * scale;
    let turn = row % call[1] * HEAD + quarter * 2u;
    let near = rotations[turn];
    let far = rotations[turn + 1u];
    let cosine = vec4<f32>(near.xz, far.xz);
    let sine = vec4<f32>(near.yw, far.yw);
    qkv[at] = a * cosine - b * sine;
    qkv[at + QUARTERS] = a * sine + b * cosine;
}
