//! What the forward is compared with: plain loops in f64, and nets of random weights.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests
#![allow(dead_code)] // no test uses all

use std::{cell::Cell, collections::HashMap};

use forward::{Shape, Weights, cpu::Forward};

/// 24 random bits, which differ with `salt` and place.
pub fn bits(place: u32, salt: u32) -> u32 {
    let mut bits = (place ^ salt.wrapping_mul(0x9e37_79b9)).wrapping_add(0x7f4a_7c15);
    for factor in [0x85eb_ca6b, 0xc2b2_ae35u32] {
        bits = (bits ^ (bits >> 16)).wrapping_mul(factor);
    }
    bits >> 8
}

/// Random numbers in [-1, 1).
pub fn random(count: usize, salt: u32) -> Vec<f32> {
    (0..count as u32).map(|place| bits(place, salt) as f32 / 8_388_608.0 - 1.0).collect()
}

pub fn shape(d_model: usize, n_head: usize, d_ff: usize) -> Shape {
    Shape {
        vocab_size: 10,
        d_model,
        n_layer: 2,
        n_head,
        d_ff,
        emb_scale: (d_model as f32).sqrt(),
        rope_base: 10_000.0,
        norm_eps: 1e-5,
        causal: false,
    }
}

/// From the smallest there is to the stored model's, with numbers that nothing divides.
pub fn shapes() -> [Shape; 6] {
    let stored = Shape { vocab_size: 2048, n_layer: 1, ..shape(256, 4, 688) };
    [shape(8, 2, 4), shape(8, 1, 5), shape(20, 2, 17), shape(36, 6, 50), shape(128, 2, 336), stored]
}

#[track_caller]
pub fn close(found: &[f32], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (place, (&found, &wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((f64::from(found) - wanted).abs() < tolerance, "{place}: {found} instead of {wanted}");
    }
}

pub fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&number| f64::from(number)).collect()
}

/// `a W^T` in f64.
pub fn product(a: &[f64], weights: &[f64], inputs: usize) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
    a.chunks(inputs).flat_map(|a| weights.chunks(inputs).map(move |weights| dot(a, weights))).collect()
}

/// `x / rms(x) * norm` in f64.
pub fn rms_norm(x: &[f64], norm: &[f64], eps: f32) -> Vec<f64> {
    let row = |row: &[f64]| {
        let rms = (row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64 + f64::from(eps)).sqrt();
        row.iter().zip(norm).map(|(x, norm)| x / rms * norm).collect::<Vec<_>>()
    };
    x.chunks(norm.len()).flat_map(row).collect()
}

/// `silu(g) * u` of rows `[2 ff]` in f64.
pub fn gates(rows: &[f64], ff: usize) -> Vec<f64> {
    let row = |row: &[f64]| {
        let (g, u) = row.split_at(ff);
        g.iter().zip(u).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect::<Vec<_>>()
    };
    rows.chunks(2 * ff).flat_map(row).collect()
}

pub fn rotated(shape: &Shape, q_norm: &[f64], k_norm: &[f64], length: usize, qkv: &mut [f64]) {
    let (d, head) = (shape.d_model, shape.head_dim());
    for (row, qkv) in qkv.chunks_mut(3 * d).enumerate() {
        for (part, norm) in qkv.chunks_mut(d).zip([q_norm, k_norm]) {
            for numbers in part.chunks_mut(head) {
                let normed = rms_norm(numbers, norm, shape.norm_eps);
                for i in 0..head / 2 {
                    let angle = (row % length) as f64 * shape.rope_base.powf(-2.0 * i as f64 / head as f64);
                    let (a, b) = (normed[i], normed[i + head / 2]);
                    numbers[i] = a * angle.cos() - b * angle.sin();
                    numbers[i + head / 2] = a * angle.sin() + b * angle.cos();
                }
            }
        }
    }
}

pub fn attended(shape: &Shape, length: usize, qkv: &[f64]) -> Vec<f64> {
    let (d, head) = (shape.d_model, shape.head_dim());
    let mut seen = vec![0.0; qkv.len() / 3];
    for (row, seen) in seen.chunks_mut(d).enumerate() {
        let sequence = row / length * length;
        let others = sequence..if shape.causal { row + 1 } else { sequence + length };
        for (index, seen) in seen.chunks_mut(head).enumerate() {
            let of = |row: usize, part: usize| &qkv[row * 3 * d + part * d + index * head..][..head];
            let scores: Vec<f64> =
                others.clone().map(|other| of(row, 0).iter().zip(of(other, 1)).map(|(q, k)| q * k).sum()).collect();
            let highest = scores.iter().copied().fold(f64::MIN, f64::max);
            let total: f64 = scores.iter().map(|score| (score - highest).exp()).sum();
            for (other, score) in others.clone().zip(scores) {
                let share = (score - highest).exp() / total;
                seen.iter_mut().zip(of(other, 2)).for_each(|(seen, v)| *seen += share * v);
            }
        }
    }
    seen
}

/// Tensors by name, as they are stored.
pub type Tensors = HashMap<String, Vec<f32>>;

/// Weights as a trained net's in size.
pub fn tensors(shape: &Shape) -> Tensors {
    let salt = Cell::new(100);
    let some = |count: usize, from: usize| {
        salt.set(salt.get() + 1);
        let size = (3.0 / from as f32).sqrt();
        random(count, salt.get()).iter().map(|number| number * size).collect::<Vec<f32>>()
    };
    let norm = |count: usize| some(count, 12).iter().map(|number| 1.0 + number).collect::<Vec<f32>>();
    let (d, ff, head) = (shape.d_model, shape.d_ff, shape.head_dim());
    let mut tensors = Tensors::new();
    let mut put = |name: String, numbers| tensors.insert(format!("{name}.weight"), numbers);
    put("emb".into(), some(shape.vocab_size * d, d));
    put("norm".into(), norm(d));
    for block in 0..shape.n_layer {
        let name = |part: &str| format!("blocks.{block}.{part}");
        put(name("norm1"), norm(d));
        put(name("qkv"), some(3 * d * d, d));
        put(name("q_norm"), norm(head));
        put(name("k_norm"), norm(head));
        put(name("proj"), some(d * d, d));
        put(name("norm2"), norm(d));
        put(name("w13"), some(2 * ff * d, d));
        put(name("w2"), some(d * ff, ff));
    }
    tensors
}

pub fn forward(shape: &Shape, tensors: &Tensors) -> Forward {
    let weights = Weights::fold(shape, |name| tensors.get(name).cloned().ok_or(name.to_owned())).unwrap();
    Forward::new(*shape, &weights)
}

/// The net as `src/model/net.rs` writes it, in f64: logits `[rows, vocab]`.
pub fn naive(shape: &Shape, tensors: &Tensors, tokens: &[u32], length: usize) -> Vec<f64> {
    let all: Vec<usize> = (0..length).collect();
    let sequence = |tokens| {
        let mut kept = vec![vec![0.0; length * 3 * shape.d_model]; shape.n_layer];
        naive_rows(shape, tensors, tokens, &all, &mut kept)
    };
    tokens.chunks(length).flat_map(sequence).collect()
}

/// The same of some rows of a sequence, with the queries, keys and values of all others as they are in `kept`
/// `[layers][length, 3 d]`, into which those of the rows go: logits `[rows, vocab]`.
pub fn naive_rows(shape: &Shape, tensors: &Tensors, tokens: &[u32], rows: &[usize], kept: &mut [Vec<f64>]) -> Vec<f64> {
    let tensor = |name: &str| wide(&tensors[&format!("{name}.weight")]);
    let (d, eps) = (shape.d_model, shape.norm_eps);
    let emb = tensor("emb");
    let embedded = |&row: &usize| emb[tokens[row] as usize * d..][..d].iter().map(|x| x * f64::from(shape.emb_scale));
    let mut x: Vec<f64> = rows.iter().flat_map(embedded).collect();
    for (block, kept) in kept.iter_mut().enumerate() {
        let tensor = |part: &str| tensor(&format!("blocks.{block}.{part}"));
        let qkv = product(&rms_norm(&x, &tensor("norm1"), eps), &tensor("qkv"), d);
        let mut turned = vec![0.0; kept.len()];
        for (&row, qkv) in rows.iter().zip(qkv.chunks(3 * d)) {
            turned[row * 3 * d..][..3 * d].copy_from_slice(qkv);
        }
        rotated(shape, &tensor("q_norm"), &tensor("k_norm"), tokens.len(), &mut turned);
        let scale = (shape.head_dim() as f64).sqrt().recip();
        turned.chunks_mut(3 * d).for_each(|row| row[..d].iter_mut().for_each(|q| *q *= scale));
        for &row in rows {
            kept[row * 3 * d..][..3 * d].copy_from_slice(&turned[row * 3 * d..][..3 * d]);
        }
        let seen = attended(shape, tokens.len(), kept);
        let seen: Vec<f64> = rows.iter().flat_map(|&row| &seen[row * d..][..d]).copied().collect();
        let seen = product(&seen, &tensor("proj"), d);
        x.iter_mut().zip(seen).for_each(|(x, seen)| *x += seen);
        let gates = gates(&product(&rms_norm(&x, &tensor("norm2"), eps), &tensor("w13"), d), shape.d_ff);
        let through = product(&gates, &tensor("w2"), shape.d_ff);
        x.iter_mut().zip(through).for_each(|(x, through)| *x += through);
    }
    product(&rms_norm(&x, &tensor("norm"), eps), &emb, d)
}

pub fn tokens(shape: &Shape, count: usize) -> Vec<u32> {
    (0..count as u32).map(|place| bits(place, 3) % shape.vocab_size as u32).collect()
}

pub fn numbered(rows: usize) -> Vec<u32> {
    (0..rows as u32).collect()
}

pub fn everywhere(x: &[f32], d: usize) -> Vec<u32> {
    numbered(x.len() / d)
}

pub fn rows_of(x: &[f32], rows: &[u32], width: usize) -> Vec<f32> {
    rows.iter().flat_map(|&row| &x[row as usize * width..][..width]).copied().collect()
}
