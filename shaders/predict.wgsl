// What a call says of each masked position, in one pass over its logits: log-sum-exp, entropy, the likeliest tokens, the
// margin between the first two, and a token drawn by the Gumbel-max rule. One workgroup a row.
// The Rust twin is `src/denoiser/twin.rs`; both must draw the same token from the same logits.
@group(0) @binding(0) var<storage, read_write> logits: array<f32>; // [rows, vocab]
@group(0) @binding(1) var<storage, read_write> keys: array<u32>;   // [rows, 3] what the noise of a row is hashed from
@group(0) @binding(2) var<storage, read_write> stats: array<f32>;  // [rows, 16] see `src/kernel/mod.rs`
@group(0) @binding(3) var<storage, read_write> info: array<u32>;   // [4] vocab, mask id, pad id, bits of the temperature

const LANES: u32 = {{ lanes }}u;
const TOP: u32 = 5u;
const NOTHING: u32 = 0xffffffffu;
const LOWEST: f32 = -3.0e38;

var<workgroup> best: array<f32, {{ lanes }}>;
var<workgroup> best_token: array<u32, {{ lanes }}>;
var<workgroup> total: array<f32, {{ lanes }}>;    // sum of exp(x - best)
var<workgroup> weighted: array<f32, {{ lanes }}>; // sum of (x - best) exp(x - best)

// Jarzynski & Olano, "Hash Functions for GPU Rendering" (JCGT 9(3), 2020); `src/random.rs` has the same.
fn pcg4d(words: vec4<u32>) -> vec4<u32> {
    var v = words * 1664525u + 1013904223u;
    v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
    v ^= v >> vec4<u32>(16u);
    v.x += v.y * v.w; v.y += v.z * v.x; v.z += v.x * v.y; v.w += v.y * v.z;
    return v;
}

// -log of an exponential variate -log(1 - w). Where w is small, and the draw is won, by the series: WGSL's log is good to
// 2^-21 absolute near 1 only.
fn gumbel(bits: u32) -> f32 {
    let w = (f32(bits >> 8u) + 0.5) * (1.0 / 16777216.0);
    return -log(select(-log(1.0 - w), w * (1.0 + w * (0.5 + w * 0.33333333)), w < 0.01));
}

// Higher first; among equals the lower token, so that the number of lanes does not matter.
fn ahead(x: f32, x_token: u32, y: f32, y_token: u32) -> bool {
    return x > y || (x == y && x_token < y_token);
}

// The token that is ahead of all other lanes', the same in every lane.
fn foremost(lane: u32, x: f32, token: u32) -> u32 {
    workgroupBarrier();
    best[lane] = x;
    best_token[lane] = token;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half = half / 2u) {
        if (lane < half && ahead(best[lane + half], best_token[lane + half], best[lane], best_token[lane])) {
            best[lane] = best[lane + half];
            best_token[lane] = best_token[lane + half];
        }
        workgroupBarrier();
    }
    return best_token[0];
}

@compute @workgroup_size({{ lanes }}, 1, 1)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = workgroup.x;
    let vocab = info[0];
    let temperature = bitcast<f32>(info[3]);
    let base = row * vocab;

    var highest = LOWEST;
    var sum = 0.0;
    var weighted_sum = 0.0;
    var drawn = LOWEST;
    var drawn_token = NOTHING;
    var top: array<f32, TOP>;        // this lane's likeliest, falling
    var top_token: array<u32, TOP>;
    for (var rank = 0u; rank < TOP; rank++) {
        top[rank] = LOWEST;
        top_token[rank] = NOTHING;
    }

    for (var token = lane; token < vocab; token += LANES) {
        if (token == info[1] || token == info[2]) { continue; } // never drawn
        let x = logits[base + token];
        if (x > highest) {
            let scale = exp(highest - x);
            weighted_sum = scale * (weighted_sum + (highest - x) * sum);
            sum = scale * sum + 1.0;
            highest = x;
        } else {
            let term = exp(x - highest);
            sum += term;
            weighted_sum += (x - highest) * term;
        }
        let bits = pcg4d(vec4<u32>(keys[row * 3u], keys[row * 3u + 1u], keys[row * 3u + 2u], token)).x;
        let noisy = x + temperature * gumbel(bits);
        if (ahead(noisy, token, drawn, drawn_token)) {
            drawn = noisy;
            drawn_token = token;
        }
        var candidate = x;
        var candidate_token = token;
        for (var rank = 0u; rank < TOP; rank++) {
            if (ahead(candidate, candidate_token, top[rank], top_token[rank])) {
                let passed = top[rank];
                let passed_token = top_token[rank];
                top[rank] = candidate;
                top_token[rank] = candidate_token;
                candidate = passed;
                candidate_token = passed_token;
            }
        }
    }

    best[lane] = highest;
    total[lane] = sum;
    weighted[lane] = weighted_sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half = half / 2u) {
        if (lane < half) {
            let other = lane + half;
            let peak = max(best[lane], best[other]);
            let here = exp(best[lane] - peak);
            let there = exp(best[other] - peak);
            weighted[lane] = here * (weighted[lane] + (best[lane] - peak) * total[lane])
                + there * (weighted[other] + (best[other] - peak) * total[other]);
            total[lane] = here * total[lane] + there * total[other];
            best[lane] = peak;
        }
        workgroupBarrier();
    }
    let log_sum_exp = best[0] + log(total[0]);
    let entropy = log(total[0]) - weighted[0] / total[0];

    let token = foremost(lane, drawn, drawn_token);
    let out = row * 16u;
    var next = 0u; // how many of this lane's likeliest are among the row's
    var first = 0.0;
    var second = 0.0;
    for (var rank = 0u; rank < TOP; rank++) {
        let likeliest = foremost(lane, top[min(next, TOP - 1u)], top_token[min(next, TOP - 1u)]);
        if (likeliest == top_token[min(next, TOP - 1u)]) { next++; }
        var probability = 0.0;
        if (likeliest != NOTHING) { probability = exp(logits[base + likeliest] - log_sum_exp); }
        if (rank == 0u) { first = probability; }
        if (rank == 1u) { second = probability; }
        if (lane == 0u) {
            stats[out + 6u + rank] = f32(select(likeliest, 0u, likeliest == NOTHING));
            stats[out + 11u + rank] = probability;
        }
    }
    if (lane == 0u) {
        stats[out] = log_sum_exp;
        stats[out + 1u] = entropy;
        stats[out + 2u] = first;
        stats[out + 3u] = first - second;
        stats[out + 4u] = f32(token);
        stats[out + 5u] = logits[base + token] - log_sum_exp;
    }
}
