// softmax(q k^T) v, head by head; the queries come scaled. A workgroup has QUERIES queries of a head and goes through the
// keys KEYS at a time. Queries and keys are normalised, so that no score is large (`Weights::largest_score`): nothing
// is taken off before exp, and nothing has to be scaled again when a larger score comes.
//
// A line with $key or $part stands there once for each of an invocation's keys, or vectors of the output.
@group(0) @binding(0) var<storage, read> qkv: array<vec4<f32>>;          // [batch * length, 3 d / 4] queries, keys, values
@group(0) @binding(1) var<storage, read_write> seen: array<vec4<f32>>;   // [batch * length, d / 4]
@group(0) @binding(2) var<storage, read> call: array<u32>;               // [4] rows, length, ...

const D: u32 = {{ d }}u / 4u;
const HEAD: u32 = {{ head }}u / 4u;
const QUERIES: u32 = {{ queries }}u;
const KEYS: u32 = {{ keys }}u;
const EACH: u32 = 8u; // invocations a query
const LANES: u32 = QUERIES * EACH;
const STRIDE: u32 = HEAD + 1u; // one more, so that neighbours read from different banks
const CAUSAL: bool = {{ causal }};

var<workgroup> queries: array<vec4<f32>, QUERIES * STRIDE>;
var<workgroup> tile: array<vec4<f32>, KEYS * STRIDE>; // keys, then values
var<workgroup> weights: array<f32, QUERIES * KEYS>;   // exp of the scores

@compute @workgroup_size({{ lanes }}, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let length = call[1];
    let first = group.z * length; // of the sequence
    let head = group.y * HEAD;
    let query = lane / EACH;
    let part = lane % EACH;
    let place = group.x * QUERIES + query;

    for (var i = lane; i < QUERIES * HEAD; i += LANES) {
        let row = group.x * QUERIES + i / HEAD;
        if (row < length) { queries[i / HEAD * STRIDE + i % HEAD] = qkv[(first + row) * 3u * D + head + i % HEAD]; }
    }
    var sum_$part = vec4<f32>(0.0);
    var total = 0.0;
    for (var key = 0u; key < length; key += KEYS) {
        if (CAUSAL && key >= (group.x + 1u) * QUERIES) { break; }
        workgroupBarrier();
        for (var i = lane; i < KEYS * HEAD; i += LANES) {
            let row = key + i / HEAD;
            if (row < length) { tile[i / HEAD * STRIDE + i % HEAD] = qkv[(first + row) * 3u * D + D + head + i % HEAD]; }
        }
        workgroupBarrier();
        var score_$key = 0.0;
        for (var i = 0u; i < HEAD; i++) {
            let q = queries[query * STRIDE + i];
            score_$key += dot(q, tile[(part + $keyu * EACH) * STRIDE + i]);
        }
        let unseen_$key = key + part + $keyu * EACH >= length || (CAUSAL && key + part + $keyu * EACH > place);
        let weight_$key = select(exp(score_$key), 0.0, unseen_$key);
        weights[query * KEYS + part + $keyu * EACH] = weight_$key;
        total += weight_$key;
        workgroupBarrier();
        for (var i = lane; i < KEYS * HEAD; i += LANES) {
            let row = key + i / HEAD;
            var value = vec4<f32>(0.0);
            if (row < length) { value = qkv[(first + row) * 3u * D + 2u * D + head + i % HEAD]; }
            tile[i / HEAD * STRIDE + i % HEAD] = value;
        }
        workgroupBarrier();
        for (var j = 0u; j < KEYS; j++) {
            let weight = weights[query * KEYS + j];
            if (part + $partu * EACH < HEAD) { sum_$part += weight * tile[j * STRIDE + part + $partu * EACH]; }
        }
    }
    workgroupBarrier();
    weights[query * KEYS + part] = total;
    workgroupBarrier();
    total = 0.0;
    for (var i = 0u; i < EACH; i++) { total += weights[query * KEYS + i]; }
    if (place >= length) { return; }
    if (part + $partu * EACH < HEAD) { seen[(first + place) * D + head + part + $partu * EACH] = sum_$part / total; }
}
