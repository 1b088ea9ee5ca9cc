//! The WGSL kernel against its Rust twin, on wgpu (a software Vulkan will do).

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use burn::{prelude::*, tensor::TensorData};
use unmask::{
    denoiser::twin::{self, Draw, STATS},
    kernel,
    model::gpu,
    random::{Purpose, Stream, pcg4d},
};

/// Logits `[rows, vocab]` with the shapes that break kernels: flat rows, sharp rows, ties, great offsets.
fn logits(rows: usize, vocab: usize, salt: u32) -> Vec<f32> {
    let value = |row: usize, token: usize| {
        let [a, b, ..] = pcg4d([row as u32, token as u32, salt, vocab as u32]);
        let unit = (a >> 8) as f32 / 16_777_216.0;
        match row % 6 {
            0 => unit * 4.0,
            1 => (unit - 0.5) * 40.0,
            2 => 0.0,                                                      // every token equal
            3 => (b % 3) as f32,                                           // many ties for the lead
            4 => 5000.0 + unit * 10.0,                                     // a great offset
            _ => -300.0 + 300.0 * f32::from(u8::from(token == vocab / 2)), // one token has it all
        }
    };
    (0..rows).flat_map(|row| (0..vocab).map(move |token| value(row, token))).collect()
}

fn compare(rows: usize, vocab: usize, temperature: f32, salt: u32) {
    let device = pollster::block_on(gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one").device;
    let draw = Draw { temperature, mask_id: 2, pad_id: 1 };
    let stream = Stream::new(u64::from(salt), Purpose::Tokens, 3);
    let keys: Vec<[u32; 3]> = (0..rows as u32).map(|row| stream.key(row)).collect();
    let values = logits(rows, vocab, salt);

    let wanted = twin::predict(&values, vocab, keys.iter().copied(), draw);
    let tensor = Tensor::<2>::from_data(TensorData::new(values, [rows, vocab]), &device);
    let found = kernel::predict(tensor, &keys, draw).into_data().try_into_vec::<f32>().unwrap();

    assert_eq!(found.len(), wanted.len());
    for (row, (found, wanted)) in found.chunks(STATS).zip(wanted.chunks(STATS)).enumerate() {
        for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
            let exact = index == 4 || (6..11).contains(&index); // token ids
            // f32 holds seven digits: near 5000 a log-sum-exp is known to 5e-4.
            let tolerance = if exact { 0.0 } else { 1e-5 * wanted.abs().max(1.0) };
            let offset = if row % 6 == 4 && !exact { 1e-3 } else { 0.0 };
            assert!(
                (found - wanted).abs() <= tolerance + offset,
                "vocab {vocab}, temperature {temperature}, row {row}, statistic {index}: {found} instead of {wanted}"
            );
        }
    }
}

#[test]
fn kernel_and_twin_agree_and_draw_the_same_tokens() {
    for salt in 0..4 {
        for temperature in [0.0, 0.7, 1.0, 3.0] {
            compare(96, 2048, temperature, salt);
        }
    }
}

#[test]
fn vocabularies_of_any_size_agree() {
    // Fewer tokens than the kernel lists, than it has lanes, and numbers that no power of two divides.
    for vocab in [4, 6, 100, 129, 5003] {
        compare(12, vocab, 1.0, 9);
    }
}
