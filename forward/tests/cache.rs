//! Keys and values that are kept between calls: against plain loops in f64 under the same rule, and against a forward that
//! keeps nothing.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod plain;

use forward::{Shape, cpu::Cache};
use plain::*;

/// A run of `length` positions, all of them masks at first: the tokens before each call. Every call reveals some.
fn run(shape: &Shape, length: usize, calls: usize) -> Vec<Vec<u32>> {
    let revealed = |position: usize, call: usize| bits(position as u32, 7) as usize % calls < call;
    let token = |position: usize| 1 + bits(position as u32, 8) % (shape.vocab_size as u32 - 1);
    let of = |call| (0..length).map(|position| if revealed(position, call) { token(position) } else { 0 }).collect();
    (0..calls).map(of).collect()
}

fn masks(tokens: &[u32]) -> Vec<u32> {
    numbered(tokens.len()).into_iter().filter(|&position| tokens[position as usize] == 0).collect()
}

#[test]
fn with_every_position_asked_for_it_is_the_exact_forward_to_the_last_bit() {
    for shape in shapes() {
        for causal in [false, true] {
            let shape = Shape { causal, ..shape };
            let forward = forward(&shape, &tensors(&shape));
            let mut cache = Cache::default();
            // Sequences of another length as well: then nothing that is kept fits.
            for length in [1, 2, 13, 40, 130] {
                for salt in 0..3 {
                    let tokens: Vec<u32> = numbered(length).iter().map(|at| bits(*at, salt) % 10).collect();
                    let found = forward.hidden_cached(&mut cache, &tokens, &numbered(length));
                    assert_eq!(found, forward.hidden(&tokens, length));
                }
            }
        }
    }
}

#[test]
fn after_it_has_forgotten_it_is_exact_whatever_is_asked_for() {
    for shape in shapes() {
        let forward = forward(&shape, &tensors(&shape));
        let mut cache = Cache::default();
        for tokens in run(&shape, 37, 5) {
            let asked = masks(&tokens);
            cache.forget();
            let found = forward.hidden_cached(&mut cache, &tokens, &asked);
            assert_eq!(found, forward.hidden_at(&tokens, 37, &asked));
        }
    }
}

#[test]
fn what_is_neither_asked_for_nor_changed_stays_as_it_was() {
    for shape in shapes() {
        for causal in [false, true] {
            let shape = Shape { causal, n_layer: 3, ..shape };
            let (tensors, length) = (tensors(&shape), 29);
            let forward = forward(&shape, &tensors);
            let mut cache = Cache::default();
            let mut kept = vec![vec![0.0; length * 3 * shape.d_model]; shape.n_layer];
            let mut before = vec![u32::MAX; length];
            let mut distance = 0f64;
            for tokens in run(&shape, length, 6) {
                let asked = masks(&tokens);
                // The rule once more: what is masked, and what has changed since the last call.
                let rows: Vec<usize> = (0..length).filter(|&at| tokens[at] == 0 || tokens[at] != before[at]).collect();
                let logits = naive_rows(&shape, &tensors, &tokens, &rows, &mut kept);
                let of = |asked: &u32| rows.binary_search(&(*asked as usize)).unwrap() * shape.vocab_size;
                let wanted: Vec<f64> =
                    asked.iter().flat_map(|at| &logits[of(at)..][..shape.vocab_size]).copied().collect();
                let x = forward.hidden_cached(&mut cache, &tokens, &asked);
                assert_eq!(x.len(), asked.len() * shape.d_model);
                let found = forward.logits(&x, &everywhere(&x, shape.d_model));
                close(&found, &wanted, 1e-4);
                let exact = forward.logits(&forward.hidden(&tokens, length), &asked);
                let far = exact.iter().zip(&found).map(|(a, b)| f64::from((a - b).abs()));
                distance = far.fold(distance, f64::max);
                before = tokens;
            }
            assert!(distance > 1e-3, "nothing was kept: {distance}");
        }
    }
}
