//! The forward on the CPU: each operation and the whole against plain loops in f64, and against the golden logits of
//! the reference checkpoint.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{cell::Cell, collections::HashMap};

use forward::{
    Shape, Weights,
    cpu::{self, Forward, Matrix},
};

/// 24 random bits, which differ with `salt` and place.
fn bits(place: u32, salt: u32) -> u32 {
    let mut bits = (place ^ salt.wrapping_mul(0x9e37_79b9)).wrapping_add(0x7f4a_7c15);
    for factor in [0x85eb_ca6b, 0xc2b2_ae35u32] {
        bits = (bits ^ (bits >> 16)).wrapping_mul(factor);
    }
    bits >> 8
}

/// Random numbers in [-1, 1).
fn random(count: usize, salt: u32) -> Vec<f32> {
    (0..count as u32).map(|place| bits(place, salt) as f32 / 8_388_608.0 - 1.0).collect()
}

fn shape(d_model: usize, n_head: usize, d_ff: usize) -> Shape {
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
fn shapes() -> [Shape; 6] {
    let stored = Shape { vocab_size: 2048, n_layer: 1, ..shape(256, 4, 688) };
    [shape(8, 2, 4), shape(8, 1, 5), shape(20, 2, 17), shape(36, 6, 50), shape(128, 2, 336), stored]
}

#[track_caller]
fn close(found: &[f32], wanted: &[f64], tolerance: f64) {
    assert_eq!(found.len(), wanted.len());
    for (place, (&found, &wanted)) in found.iter().zip(wanted).enumerate() {
        assert!((f64::from(found) - wanted).abs() < tolerance, "{place}: {found} instead of {wanted}");
    }
}

fn wide(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|&number| f64::from(number)).collect()
}

/// `a W^T` in f64.
fn product(a: &[f64], weights: &[f64], inputs: usize) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum();
    a.chunks(inputs).flat_map(|a| weights.chunks(inputs).map(move |weights| dot(a, weights))).collect()
}

/// `x / rms(x) * norm` in f64.
fn rms_norm(x: &[f64], norm: &[f64], eps: f32) -> Vec<f64> {
    let row = |row: &[f64]| {
        let rms = (row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64 + f64::from(eps)).sqrt();
        row.iter().zip(norm).map(|(x, norm)| x / rms * norm).collect::<Vec<_>>()
    };
    x.chunks(norm.len()).flat_map(row).collect()
}

/// `silu(g) * u` of rows `[2 ff]` in f64.
fn gates(rows: &[f64], ff: usize) -> Vec<f64> {
    let row = |row: &[f64]| {
        let (g, u) = row.split_at(ff);
        g.iter().zip(u).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect::<Vec<_>>()
    };
    rows.chunks(2 * ff).flat_map(row).collect()
}

fn rotated(shape: &Shape, q_norm: &[f64], k_norm: &[f64], length: usize, qkv: &mut [f64]) {
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

fn attended(shape: &Shape, length: usize, qkv: &[f64]) -> Vec<f64> {
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
type Tensors = HashMap<String, Vec<f32>>;

/// Weights as a trained net's in size.
fn tensors(shape: &Shape) -> Tensors {
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

fn forward(shape: &Shape, tensors: &Tensors) -> Forward {
    let weights = Weights::fold(shape, |name| tensors.get(name).cloned().ok_or(name.to_owned())).unwrap();
    Forward::new(*shape, &weights)
}

/// The net as `src/model/net.rs` writes it, in f64: logits `[rows, vocab]`.
fn naive(shape: &Shape, tensors: &Tensors, tokens: &[u32], length: usize) -> Vec<f64> {
    let tensor = |name: &str| wide(&tensors[&format!("{name}.weight")]);
    let (d, eps) = (shape.d_model, shape.norm_eps);
    let emb = tensor("emb");
    let embedded = |&token: &u32| emb[token as usize * d..][..d].iter().map(|x| x * f64::from(shape.emb_scale));
    let mut x: Vec<f64> = tokens.iter().flat_map(embedded).collect();
    for block in 0..shape.n_layer {
        let tensor = |part: &str| tensor(&format!("blocks.{block}.{part}"));
        let mut qkv = product(&rms_norm(&x, &tensor("norm1"), eps), &tensor("qkv"), d);
        rotated(shape, &tensor("q_norm"), &tensor("k_norm"), length, &mut qkv);
        let scale = (shape.head_dim() as f64).sqrt().recip();
        qkv.chunks_mut(3 * d).for_each(|row| row[..d].iter_mut().for_each(|q| *q *= scale));
        let seen = product(&attended(shape, length, &qkv), &tensor("proj"), d);
        x.iter_mut().zip(seen).for_each(|(x, seen)| *x += seen);
        let gates = gates(&product(&rms_norm(&x, &tensor("norm2"), eps), &tensor("w13"), d), shape.d_ff);
        let through = product(&gates, &tensor("w2"), shape.d_ff);
        x.iter_mut().zip(through).for_each(|(x, through)| *x += through);
    }
    product(&rms_norm(&x, &tensor("norm"), eps), &emb, d)
}

fn tokens(shape: &Shape, count: usize) -> Vec<u32> {
    (0..count as u32).map(|place| bits(place, 3) % shape.vocab_size as u32).collect()
}

fn everywhere(x: &[f32], d: usize) -> Vec<u32> {
    (0..(x.len() / d) as u32).collect()
}

#[test]
fn tokens_become_their_rows_times_the_scale() {
    let (emb, mut x) = (random(40, 1), vec![0.0; 12]);
    cpu::embed(&emb, 2.0, &[9, 0, 3], &mut x);
    let wanted: Vec<f32> = [&emb[36..40], &emb[..4], &emb[12..16]].concat().iter().map(|x| x * 2.0).collect();
    assert_eq!(x, wanted);
}

#[test]
fn products_are_those_of_plain_loops() {
    for shape in shapes() {
        let (d, ff, eps) = (shape.d_model, shape.d_ff, shape.norm_eps);
        for rows in [1, 2, 5, 6, 7, 8, 9, 31, 32, 70] {
            let x = random(rows * d, 1);
            let normal = rms_norm(&wide(&x), &vec![1.0; d], eps);

            let weights = random(3 * d * d, 2);
            let mut out = vec![f32::NAN; rows * 3 * d];
            cpu::normed(&Matrix::new(&weights, d), eps, &x, &mut out);
            close(&out, &product(&normal, &wide(&weights), d), 1e-4);

            let weights = random(2 * ff * d, 3);
            let mut out = vec![f32::NAN; rows * ff];
            cpu::gated(&Matrix::gates(&weights, d), eps, &x, &mut out);
            close(&out, &gates(&product(&normal, &wide(&weights), d), ff), 1e-3);

            let (a, weights) = (random(rows * ff, 4), random(d * ff, 5));
            let mut out = x.clone();
            cpu::added(&Matrix::new(&weights, ff), &a, &mut out);
            let wanted: Vec<f64> =
                product(&wide(&a), &wide(&weights), ff).iter().zip(&x).map(|(sum, &x)| f64::from(x) + sum).collect();
            close(&out, &wanted, 1e-4);
        }
    }
}

#[test]
fn queries_and_keys_are_normed_and_turned_and_values_are_not() {
    for shape in shapes() {
        let head = shape.head_dim();
        let (q_norm, k_norm) = (random(head, 1), random(head, 2));
        for (length, batch) in [(1, 3), (7, 2), (130, 1)] {
            let qkv = random(batch * length * 3 * shape.d_model, 3);
            let mut wanted = wide(&qkv);
            rotated(&shape, &wide(&q_norm), &wide(&k_norm), length, &mut wanted);
            let rotations = shape.rotations(length);
            let mut found = qkv.clone();
            cpu::rotate(&shape, &q_norm, &k_norm, &rotations, 0, &mut found);
            close(&found, &wanted, 1e-5);
            // Some of the rows, from within a sequence on.
            let first = length / 2;
            let mut part = qkv[first * 3 * shape.d_model..].to_vec();
            cpu::rotate(&shape, &q_norm, &k_norm, &rotations, first, &mut part);
            assert_eq!(part, found[first * 3 * shape.d_model..]);
        }
    }
}

#[test]
fn attention_is_that_of_plain_loops() {
    for shape in shapes() {
        for causal in [false, true] {
            let shape = Shape { causal, ..shape };
            let d = shape.d_model;
            for (length, batch) in [(1, 3), (2, 2), (9, 3), (33, 2), (128, 1), (200, 1)] {
                let qkv: Vec<f32> = random(batch * length * 3 * d, 3).iter().map(|x| x * 1.5).collect();
                let wanted = attended(&shape, length, &wide(&qkv));
                let mut seen = vec![f32::NAN; batch * length * d];
                cpu::attend(&shape, length, &qkv, 0, &mut seen);
                close(&seen, &wanted, 2e-5);
                // Some of the rows, which begin and end within sequences.
                let rows = length / 2..batch * length - length / 3;
                let mut part = vec![f32::NAN; rows.len() * d];
                cpu::attend(&shape, length, &qkv, rows.start, &mut part);
                assert_eq!(part, seen[rows.start * d..rows.end * d]);
            }
        }
    }
}

#[test]
fn great_scores_are_no_danger() {
    let shape = shape(8, 2, 4);
    let qkv: Vec<f32> = random(5 * 24, 3).iter().map(|x| x * 100.0).collect();
    let mut seen = vec![f32::NAN; 5 * 8];
    cpu::attend(&shape, 5, &qkv, 0, &mut seen);
    close(&seen, &attended(&shape, 5, &wide(&qkv)), 0.1);
}

#[test]
fn a_whole_forward_is_that_of_plain_loops() {
    for shape in shapes() {
        for causal in [false, true] {
            let shape = Shape { causal, ..shape };
            let tensors = tensors(&shape);
            let forward = forward(&shape, &tensors);
            for (length, batch) in [(1, 1), (1, 3), (13, 2), (40, 3)] {
                let tokens = tokens(&shape, batch * length);
                let x = forward.hidden(&tokens, length);
                let logits = forward.logits(&x, &everywhere(&x, shape.d_model));
                let wanted = tokens.chunks(length).flat_map(|tokens| naive(&shape, &tensors, tokens, length));
                close(&logits, &wanted.collect::<Vec<_>>(), 1e-4);
            }
        }
    }
}

#[test]
fn long_sequences_are_those_of_plain_loops() {
    let shape = Shape { n_layer: 1, ..shape(16, 2, 24) };
    let tensors = tensors(&shape);
    let tokens = tokens(&shape, 1024);
    let forward = forward(&shape, &tensors);
    let x = forward.hidden(&tokens, 1024);
    close(&forward.logits(&x, &everywhere(&x, 16)), &naive(&shape, &tensors, &tokens, 1024), 1e-4);
}

#[test]
fn a_batch_is_each_alone_and_some_places_are_among_all_to_the_last_bit() {
    for shape in shapes() {
        let forward = forward(&shape, &tensors(&shape));
        let (length, d, vocab) = (21, shape.d_model, shape.vocab_size);
        let tokens = tokens(&shape, 7 * length);
        let x = forward.hidden(&tokens, length);
        let alone: Vec<f32> = tokens.chunks(length).flat_map(|tokens| forward.hidden(tokens, length)).collect();
        assert_eq!(x, alone);
        let logits = forward.logits(&x, &everywhere(&x, d));
        let places = [3, 140, 3, 77];
        let some = forward.logits(&x, &places);
        for (some, place) in some.chunks(vocab).zip(places) {
            assert_eq!(some, &logits[place as usize * vocab..][..vocab]);
        }
        assert!(forward.logits(&x, &[]).is_empty());
    }
}

#[test]
fn what_comes_later_does_not_matter_to_a_causal_net() {
    let shape = Shape { causal: true, ..shape(36, 6, 50) };
    let forward = forward(&shape, &tensors(&shape));
    let tokens = tokens(&shape, 50);
    let whole = forward.hidden(&tokens, 50);
    for length in [1, 7, 33] {
        assert_eq!(forward.hidden(&tokens[..length], length), whole[..length * 36]);
    }
}

/// Tensors of a safetensors file of 32-bit numbers, by their bits.
fn safetensors(bytes: &[u8]) -> HashMap<String, Vec<u32>> {
    let size = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header: HashMap<String, serde_json::Value> = serde_json::from_slice(&bytes[8..8 + size]).unwrap();
    let tensor = |(name, entry): (String, serde_json::Value)| {
        let end = |index: usize| 8 + size + entry["data_offsets"][index].as_u64().unwrap() as usize;
        let words = bytes[end(0)..end(1)].chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
        (name, words.collect())
    };
    header.into_iter().filter(|(name, _)| name != "__metadata__").map(tensor).collect()
}

#[test]
fn logits_of_the_reference_checkpoint_are_golden() {
    let stored: serde_json::Value =
        serde_json::from_slice(include_bytes!("../../tests/reference/config.json")).unwrap();
    let whole = |key: &str| stored[key].as_u64().unwrap() as usize;
    let shape = Shape {
        vocab_size: whole("vocab_size"),
        d_model: whole("d_model"),
        n_layer: whole("n_layer"),
        n_head: whole("n_head"),
        d_ff: whole("d_ff"),
        emb_scale: stored["emb_scale"].as_f64().unwrap() as f32,
        rope_base: stored["rope_base"].as_f64().unwrap(),
        norm_eps: stored["norm_eps"].as_f64().unwrap() as f32,
        causal: false,
    };
    let floats = |words: &[u32]| words.iter().map(|&word| f32::from_bits(word)).collect::<Vec<f32>>();
    let weights = safetensors(include_bytes!("../../tests/reference/model.safetensors"));
    let forward = forward(&shape, &weights.iter().map(|(name, words)| (name.clone(), floats(words))).collect());
    let golden = safetensors(include_bytes!("../../tests/reference/golden.safetensors"));
    let short: Vec<u32> = (0..32).step_by(4).collect();
    let mut distance = 0f32;
    for (tokens, length, positions, wanted) in [
        (&golden["tokens"], 128, &golden["positions"], &golden["logits"]),
        (&golden["short_tokens"], 32, &short, &golden["short_logits"]),
    ] {
        let x = forward.hidden(tokens, length);
        let sequences = 0..(tokens.len() / length) as u32;
        let places: Vec<u32> =
            sequences.flat_map(|index| positions.iter().map(move |at| index * length as u32 + at)).collect();
        let logits = forward.logits(&x, &places);
        assert_eq!(logits.len(), wanted.len());
        distance = logits.iter().zip(floats(wanted)).map(|(a, b)| (a - b).abs()).fold(distance, f32::max);
    }
    println!("largest distance of a logit: {distance:e}");
    assert!(distance < 1e-4, "{distance}");
}
