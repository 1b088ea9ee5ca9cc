//! The NELBO of the net against an independent implementation of it, on the same text under the same masks.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod reference;

use serde::Deserialize;
use unmask::{
    denoiser::{Denoiser, Masked},
    model::{Model, Place, gpu},
};

/// What `benches/peers/reference_nelbo.py` wrote; losses in nats.
#[derive(Deserialize)]
struct Golden {
    windows: Vec<Vec<u32>>,
    /// `[windows * masks of a window]`, `1` is shown.
    masks: Vec<String>,
    losses: Vec<f64>,
    nelbo: f64,
}

#[test]
fn the_nelbo_is_that_of_the_reference() {
    let golden: Golden = serde_json::from_slice(include_bytes!("golden/nelbo.json")).unwrap();
    for place in [Place::cpu(), pollster::block_on(gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one")] {
        let mut model = Model::load(&reference::files(), place).unwrap();
        let mask_id = model.mask_id();
        let each = golden.masks.len() / golden.windows.len();
        let hide = |(mask, window): (&String, &Vec<u32>)| {
            let shown: Vec<bool> = mask.chars().map(|sign| sign == '1').collect();
            let tokens = window.iter().zip(&shown).map(|(&token, &shown)| if shown { token } else { mask_id });
            let all = (0u32..).zip(window).zip(&shown).filter(|(_, shown)| !**shown);
            Masked { tokens: tokens.collect(), truth: all.map(|((position, &token), _)| (position, token)).collect() }
        };
        let windows = golden.windows.iter().flat_map(|window| std::iter::repeat_n(window, each));
        let batch: Vec<Masked> = golden.masks.iter().zip(windows).map(hide).collect();
        let rows = pollster::block_on(model.log_probs(&batch)).unwrap();
        let mean = |row: &Vec<f32>| -row.iter().map(|&one| f64::from(one)).sum::<f64>() / row.len() as f64;
        let losses: Vec<f64> = rows.iter().map(mean).collect();
        let nelbo = losses.iter().sum::<f64>() / losses.len() as f64;
        println!("{}: NELBO {nelbo:.6}, reference {:.6}", model.place(), golden.nelbo);
        assert!((nelbo - golden.nelbo).abs() < 1e-3, "{nelbo} instead of {}", golden.nelbo);
        for (found, wanted) in losses.iter().zip(&golden.losses) {
            assert!((found - wanted).abs() < 1e-3, "{found} instead of {wanted}");
        }
    }
}
