//! A GPU is ahead of the runs whose calls are known: what it says is what it would have said when asked.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use unmask::{
    denoiser::{Ask, Denoiser, Extent},
    model::{Model, ModelFiles, Place, gpu},
    order::Order,
    sampler::{Frame, Sampler, Settings},
    schedule::Schedule,
    strategy::Strategy,
};

const LENGTH: usize = 32;
/// Of a call of the test model: the embedding, six a block of two, the logits, what is said of them; and what is revealed.
const DISPATCHES: usize = 1 + 2 * 6 + 2;

fn model(place: Place) -> Model {
    Model::load(&ModelFiles::read("tests/model".as_ref()).unwrap(), place).unwrap()
}

fn on_gpu() -> Model {
    model(pollster::block_on(gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one"))
}

fn settings(schedule: &str, order: Order, seed: u64) -> Settings {
    let schedule: Schedule = schedule.parse().unwrap();
    let strategy = Strategy::Scheduled { schedule, order, block_length: None, early_stop: None };
    Settings { strategy, steps: 8, temperature: 1.0, seed }
}

fn begin(model: &Model, settings: Settings) -> Sampler {
    Sampler::new(model.start("Once", LENGTH).unwrap(), model.mask_id(), settings).unwrap()
}

fn frames(model: &mut Model, mut run: Sampler) -> Vec<Frame> {
    let mut frames = vec![];
    while let Some(frame) = pollster::block_on(run.next(model)).unwrap() {
        frames.push(frame);
    }
    frames
}

fn assert_alike(found: &[Frame], wanted: &[Frame]) {
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        assert_eq!((found.step, &found.tokens), (wanted.step, &wanted.tokens));
        let revealed = |frame: &Frame| frame.revealed.iter().map(|one| (one.position, one.token)).collect::<Vec<_>>();
        assert_eq!(revealed(found), revealed(wanted));
        assert_eq!(found.predictions.len(), wanted.predictions.len());
        for (found, wanted) in found.predictions.iter().zip(&wanted.predictions) {
            assert_eq!((found.position, found.token), (wanted.position, wanted.token));
            assert!((found.entropy - wanted.entropy).abs() < 1e-3, "{found:?} {wanted:?}");
        }
    }
}

#[test]
fn runs_are_those_of_the_cpu_and_no_call_is_made_twice() {
    let (mut gpu, mut cpu) = (on_gpu(), model(Place::cpu()));
    for (schedule, order) in
        [("adaptive-tc", Order::Random), ("uniform", Order::LeftToRight), ("cosine", Order::Random)]
    {
        for seed in 0..3 {
            let settings = settings(schedule, order, seed);
            let wanted = begin(&cpu, settings);
            let wanted = frames(&mut cpu, wanted);
            let before = gpu.dispatches().unwrap();
            let run = begin(&gpu, settings);
            assert_alike(&frames(&mut gpu, run), &wanted);
            let calls = wanted.len() - 1;
            assert_eq!(gpu.dispatches().unwrap() - before, calls * (DISPATCHES + 1), "{schedule} {seed}");
        }
    }
}

#[test]
fn the_next_calls_are_sent_before_they_are_asked_for() {
    let mut gpu = on_gpu();
    let mut run = begin(&gpu, settings("uniform", Order::Random, 5));
    let before = gpu.dispatches().unwrap();
    pollster::block_on(run.next(&mut gpu)).unwrap(); // frame 0 takes no call
    assert_eq!(gpu.dispatches().unwrap(), before);
    pollster::block_on(run.next(&mut gpu)).unwrap();
    let sent = (gpu.dispatches().unwrap() - before) / (DISPATCHES + 1);
    assert!((2..=5).contains(&sent), "{sent} calls after the first"); // so few, however many are to come
}

#[test]
fn an_order_that_goes_by_what_is_said_is_not_run_ahead_of() {
    let mut gpu = on_gpu();
    let mut run = begin(&gpu, settings("uniform", Order::MostConfident, 5));
    pollster::block_on(run.next(&mut gpu)).unwrap();
    let before = gpu.dispatches().unwrap();
    pollster::block_on(run.next(&mut gpu)).unwrap();
    assert_eq!(gpu.dispatches().unwrap() - before, DISPATCHES);
}

#[test]
fn runs_take_turns_are_given_up_and_gone_on_with() {
    let (mut gpu, mut cpu) = (on_gpu(), model(Place::cpu()));
    let wanted: Vec<Vec<Frame>> = (0..6)
        .map(|seed| {
            let run = begin(&cpu, settings("adaptive-dtc", Order::Random, seed));
            frames(&mut cpu, run)
        })
        .collect();
    // More of them in turns than the GPU goes ahead of.
    let mut runs: Vec<Sampler> =
        (0..6).map(|seed| begin(&gpu, settings("adaptive-dtc", Order::Random, seed))).collect();
    let mut found = vec![vec![]; runs.len()];
    for _ in 0..=8 {
        for (run, found) in runs.iter_mut().zip(&mut found) {
            found.extend(pollster::block_on(run.next(&mut gpu)).unwrap());
        }
    }
    for (found, wanted) in found.iter().zip(&wanted) {
        assert_alike(found, wanted);
    }
    // Given up after two frames, and gone on with from the frame before.
    let mut run = begin(&gpu, settings("adaptive-dtc", Order::Random, 1));
    for _ in 0..3 {
        pollster::block_on(run.next(&mut gpu)).unwrap();
    }
    let mut again = begin(&gpu, settings("adaptive-dtc", Order::Random, 1));
    again.resume(&wanted[1][1]).unwrap();
    assert_alike(&frames(&mut gpu, again), &wanted[1][2..]);
    // Another question from the same tokens is no call that was made ahead.
    let tokens = gpu.start("Once", LENGTH).unwrap();
    let ask = Ask { seed: 99, step: 1, temperature: 1.0, extent: Extent::USUAL };
    let (found, wanted) = (gpu.predict(&tokens, &ask), cpu.predict(&tokens, &ask));
    let drawn = |told: Vec<unmask::denoiser::Prediction>| told.iter().map(|one| one.token).collect::<Vec<_>>();
    assert_eq!(drawn(pollster::block_on(found).unwrap()), drawn(pollster::block_on(wanted).unwrap()));
}
