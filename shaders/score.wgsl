// How likely each row's logits hold what really stands there: its log-probability among all tokens but mask and padding.
// One workgroup a row. The Rust twin is `log_prob` in `src/denoiser/twin.rs`.
@group(0) @binding(0) var<storage, read_write> logits: array<f32>; // [rows, vocab]
@group(0) @binding(1) var<storage, read_write> truth: array<u32>;  // [rows]
@group(0) @binding(2) var<storage, read_write> scores: array<f32>; // [rows] nats
@group(0) @binding(3) var<storage, read_write> info: array<u32>;   // [4] vocab, mask id, pad id, unused

const LANES: u32 = {{ lanes }}u;
const LOWEST: f32 = -3.0e38;

var<workgroup> best: array<f32, {{ lanes }}>;
var<workgroup> total: array<f32, {{ lanes }}>; // sum of exp(x - best)

@compute @workgroup_size({{ lanes }}, 1, 1)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = workgroup.x;
    let vocab = info[0];
    var highest = LOWEST;
    var sum = 0.0;
    for (var token = lane; token < vocab; token += LANES) {
        if (token == info[1] || token == info[2]) { continue; }
        let x = logits[row * vocab + token];
        if (x > highest) {
            sum *= exp(highest - x);
            highest = x;
        }
        sum += exp(x - highest);
    }
    best[lane] = highest;
    total[lane] = sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half = half / 2u) {
        if (lane < half) {
            let peak = max(best[lane], best[lane + half]);
            total[lane] = total[lane] * exp(best[lane] - peak) + total[lane + half] * exp(best[lane + half] - peak);
            best[lane] = peak;
        }
        workgroupBarrier();
    }
    if (lane == 0u) { scores[row] = logits[row * vocab + truth[row]] - best[0] - log(total[0]); }
}
