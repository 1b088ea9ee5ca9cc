//! The forward on the CPU: each operation and the whole against plain loops in f64, and against the golden logits of
//! the reference checkpoint.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod plain;

use std::collections::HashMap;

use forward::{
    Shape,
    cpu::{self, Matrix},
};
use plain::*;

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
            cpu::rotate(&shape, &q_norm, &k_norm, &rotations, &numbered(batch * length), &mut found);
            close(&found, &wanted, 1e-5);
            // Some of the rows, from within a sequence on.
            let some: Vec<u32> = numbered(batch * length).into_iter().skip(length / 2).step_by(3).collect();
            let mut part = rows_of(&qkv, &some, 3 * shape.d_model);
            cpu::rotate(&shape, &q_norm, &k_norm, &rotations, &some, &mut part);
            assert_eq!(part, rows_of(&found, &some, 3 * shape.d_model));
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
                cpu::attend(&shape, length, &qkv, &numbered(batch * length), &mut seen);
                close(&seen, &wanted, 2e-5);
                // Some of the rows, which begin and end within sequences, side by side and apart.
                for step in [1, 5] {
                    let rows = numbered(batch * length - length / 3).into_iter().skip(length / 2).step_by(step);
                    let rows: Vec<u32> = rows.collect();
                    let mut part = vec![f32::NAN; rows.len() * d];
                    cpu::attend(&shape, length, &qkv, &rows, &mut part);
                    assert_eq!(part, rows_of(&seen, &rows, d));
                }
            }
        }
    }
}

#[test]
fn great_scores_are_no_danger() {
    let shape = shape(8, 2, 4);
    let qkv: Vec<f32> = random(5 * 24, 3).iter().map(|x| x * 100.0).collect();
    let mut seen = vec![f32::NAN; 5 * 8];
    cpu::attend(&shape, 5, &qkv, &numbered(5), &mut seen);
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
        for asked in [vec![], vec![77], vec![0, 20, 21, 146], (5..130).step_by(4).collect(), numbered(7 * length)] {
            assert_eq!(forward.hidden_at(&tokens, length, &asked), rows_of(&x, &asked, d));
        }
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
