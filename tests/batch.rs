//! Sequences in one forward against the same sequences alone.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::path::Path;

use unmask::{
    denoiser::{Ask, Denoiser, DenoiserError, Extent, Prediction},
    model::{Model, ModelFiles, Place, gpu},
    random::pcg4d,
};

fn model(place: Place) -> Model {
    Model::load(&ModelFiles::read(Path::new("tests/model")).unwrap(), place).unwrap()
}

/// Sequences of `length` tokens, two of three masked.
fn sequence(number: u32, length: u32, mask_id: u32) -> Vec<u32> {
    let token = |position: u32| match pcg4d([number, position, 0, 0]) {
        [a, b, ..] if a.is_multiple_of(3) => 3 + b % 500,
        _ => mask_id,
    };
    (0..length).map(token).collect()
}

fn ask(number: u32) -> Ask {
    Ask { seed: u64::from(number), step: 1 + number % 3, temperature: 1.0, extent: Extent::USUAL }
}

/// Sequences of two lengths, asked in three ways.
fn mixed(mask_id: u32) -> Vec<(Vec<u32>, Ask)> {
    let one = |number: u32| {
        let length = if number.is_multiple_of(2) { 32 } else { 20 };
        let temperature = if number.is_multiple_of(5) { 0.5 } else { 1.0 };
        let extent = Extent { everywhere: number.is_multiple_of(3), distributions: number.is_multiple_of(4) };
        (sequence(number, length, mask_id), Ask { temperature, extent, ..ask(number) })
    };
    let mut all: Vec<_> = (0..24).map(one).collect();
    all[7].0.fill(9); // nothing is asked of it
    all
}

fn together(model: &mut Model, batch: &[(Vec<u32>, Ask)]) -> Vec<Vec<Prediction>> {
    let batch: Vec<_> = batch.iter().map(|(tokens, ask)| (&tokens[..], *ask)).collect();
    pollster::block_on(model.predict_batch(&batch)).unwrap()
}

/// The same tokens are drawn, and the numbers differ by rounding alone.
fn agree(one: &[Prediction], other: &[Prediction]) {
    assert_eq!(one.len(), other.len());
    for (one, other) in one.iter().zip(other) {
        assert_eq!((one.position, one.token), (other.position, other.token));
        let near = |a: f32, b: f32| (a - b).abs() < 1e-3 || a == b;
        assert!(near(one.log_prob, other.log_prob) && near(one.entropy, other.entropy), "{one:?} {other:?}");
        assert_eq!(one.distribution.len(), other.distribution.len());
        assert!(one.distribution.iter().zip(&other.distribution).all(|(&a, &b)| near(a, b)));
    }
}

#[test]
fn a_sequence_is_predicted_as_alone_in_any_batch() {
    let mut cpu = model(Place::cpu());
    let batch = mixed(cpu.mask_id());
    let told = together(&mut cpu, &batch);
    assert!(told[7].is_empty() && told[12].iter().all(|one| one.distribution.len() == 512));
    let alone = |(tokens, ask): &(Vec<u32>, Ask)| pollster::block_on(cpu.predict(tokens, ask)).unwrap();
    let alone: Vec<_> = batch.iter().map(alone).collect();
    let place = pollster::block_on(gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one");
    let on_gpu = together(&mut model(place), &batch);
    for ((together, alone), on_gpu) in told.iter().zip(&alone).zip(&on_gpu) {
        agree(together, alone);
        agree(on_gpu, alone);
    }
}

#[test]
fn a_batch_may_have_more_rows_than_a_launch() {
    let mut cpu = model(Place::cpu());
    let mask_id = cpu.mask_id();
    let batch: Vec<_> = (0..2100).map(|number| (vec![mask_id; 32], ask(number))).collect();
    let told = together(&mut cpu, &batch); // 67 200 rows
    for number in [0, 2047, 2048, 2099] {
        agree(&told[number], &pollster::block_on(cpu.predict(&batch[number].0, &batch[number].1)).unwrap());
    }
}

#[test]
fn one_bad_sequence_refuses_its_batch() {
    let mut cpu = model(Place::cpu());
    let (good, bad) = (vec![cpu.mask_id(); 4], vec![cpu.mask_id(), 9, 512, 9]);
    let refused = pollster::block_on(cpu.predict_batch(&[(&good, ask(1)), (&bad, ask(1))]));
    assert!(matches!(refused, Err(DenoiserError::Input(what)) if what == "token 512; the vocabulary has 512"));
    assert_eq!(pollster::block_on(cpu.predict_batch(&[])).unwrap(), Vec::<Vec<_>>::new());
}
