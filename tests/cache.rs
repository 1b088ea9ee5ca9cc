//! Runs that keep keys and values between calls, against exact ones.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::path::Path;

use unmask::{
    denoiser::{Ask, Beside, Denoiser, Extent, Masked},
    model::{Model, ModelFiles, Place, gpu},
    order::{Order, Remasking, Rule},
    sampler::{Frame, Sampler, Settings, next_of_each},
    schedule::Schedule,
    strategy::Strategy,
    trace::Header,
};

fn small() -> Model {
    Model::load(&ModelFiles::read(Path::new("tests/model")).unwrap(), Place::cpu()).unwrap()
}

fn keeping(mut model: Model, refresh: usize) -> Model {
    model.keep(refresh).unwrap();
    model
}

fn settings(strategy: Strategy, steps: usize, seed: u64) -> Settings {
    Settings { strategy, steps, temperature: 1.0, seed }
}

fn scheduled(order: Order) -> Strategy {
    Strategy::scheduled(Schedule::Uniform, order)
}

fn begin(model: &Model, length: usize, settings: Settings) -> Sampler {
    Sampler::new(model.start("Once", length).unwrap(), model.mask_id(), settings).unwrap()
}

fn frames(model: &mut Model, length: usize, settings: Settings) -> Vec<Frame> {
    let mut run = begin(model, length, settings);
    let mut frames = vec![];
    while let Some(frame) = pollster::block_on(run.next(model)).unwrap() {
        frames.push(frame);
    }
    frames
}

/// Every way in which calls can ask.
fn strategies() -> [Strategy; 5] {
    let all = |remasking: Remasking| Strategy::Remasking(remasking);
    [
        scheduled(Order::Random),
        scheduled(Order::MostConfident),
        Strategy::Rule { rule: "klass".parse::<Rule>().unwrap(), block_length: Some(8) },
        all("p2".parse().unwrap()),
        all("remdm-cap".parse().unwrap()),
    ]
}

#[test]
fn all_anew_at_every_call_is_exact_to_the_last_bit() {
    let (mut exact, mut model) = (small(), keeping(small(), 1));
    assert_eq!(model.refresh(), None);
    for strategy in strategies() {
        let settings = settings(strategy, 12, 3);
        assert_eq!(frames(&mut model, 30, settings), frames(&mut exact, 30, settings));
    }
}

#[test]
fn calls_that_compute_all_are_exact_to_the_last_bit_and_those_between_are_near() {
    let (mut exact, mut model) = (small(), keeping(small(), 4));
    let (length, run) = (30, settings(scheduled(Order::Random), 12, 3));
    let made = frames(&mut model, length, run);
    let mut approximate = 0;
    for (before, after) in made.iter().zip(&made[1..]) {
        let ask = Ask { seed: 3, step: after.step, temperature: 1.0, extent: Extent::USUAL };
        let wanted = pollster::block_on(exact.predict(&before.tokens, &ask)).unwrap();
        if after.step % 4 == 1 {
            assert_eq!(after.predictions, wanted, "call {}", after.step);
        } else {
            approximate += usize::from(after.predictions != wanted);
            for (told, wanted) in after.predictions.iter().zip(&wanted) {
                assert_eq!(told.position, wanted.position);
                assert!((told.entropy - wanted.entropy).abs() < 0.5, "{} {}", told.entropy, wanted.entropy);
            }
        }
    }
    assert_eq!(approximate, 9, "the others read what was kept");
}

#[test]
fn runs_that_take_turns_or_share_calls_are_each_as_alone() {
    let length = 32;
    // Of one seed and of others, more of them than are kept when each calls alone.
    let runs: Vec<Settings> = (0..12u64)
        .map(|run| {
            settings(if run % 3 == 0 { scheduled(Order::MostConfident) } else { scheduled(Order::Random) }, 8, run / 2)
        })
        .collect();
    let alone: Vec<Vec<Frame>> = runs.iter().map(|&run| frames(&mut keeping(small(), 4), length, run)).collect();
    // Runs that are done do not matter to those that come after them.
    let mut model = keeping(small(), 4);
    for (&run, alone) in runs.iter().zip(&alone) {
        assert_eq!(&frames(&mut model, length, run), alone);
    }
    let mut samplers: Vec<Sampler> = runs.iter().map(|&run| begin(&model, length, run)).collect();
    let mut together = vec![vec![]; runs.len()];
    loop {
        let told = pollster::block_on(next_of_each(&mut samplers, &mut model)).unwrap();
        if told.iter().all(Option::is_none) {
            break;
        }
        together.iter_mut().zip(told).for_each(|(frames, frame)| frames.extend(frame));
    }
    assert_eq!(together, alone);
    // In turns: 6 of them.
    let mut samplers: Vec<Sampler> = runs.iter().take(6).map(|&run| begin(&model, length, run)).collect();
    for step in 0..=8 {
        for (sampler, alone) in samplers.iter_mut().zip(&alone) {
            let frame = pollster::block_on(sampler.next(&mut model)).unwrap();
            assert_eq!(frame.as_ref(), Some(&alone[step]));
        }
    }
}

#[test]
fn a_call_that_follows_none_is_exact() {
    let (mut exact, mut model) = (small(), keeping(small(), 64));
    let mask_id = model.mask_id();
    let mut masks = vec![mask_id; 20];
    masks[0] = 50; // is kept
    let mut some = masks.clone();
    some[3] = 40;
    let mut other = some.clone();
    other[3] = 41;
    let ask = |seed, step| Ask { seed, step, temperature: 1.0, extent: Extent::USUAL };
    let mut told = |tokens: &[u32], ask: Ask| {
        let found = pollster::block_on(model.predict(tokens, &ask)).unwrap();
        found == pollster::block_on(exact.predict(tokens, &ask)).unwrap()
    };
    assert!(told(&masks, ask(1, 1)));
    assert!(!told(&some, ask(1, 2)), "the next call of that run");
    assert!(told(&some, ask(2, 2)), "another seed");
    assert!(told(&some, ask(1, 2)), "no next call");
    assert!(told(&other, ask(1, 3)), "another token");
    assert!(told(&some[..19], ask(1, 3)), "another length");
}

#[test]
fn what_asks_of_every_position_computes_every_position() {
    let (mut exact, mut model) = (small(), keeping(small(), 64));
    let run = settings("p2".parse().map(Strategy::Remasking).unwrap(), 12, 3);
    assert_eq!(frames(&mut model, 30, run), frames(&mut exact, 30, run));
}

#[test]
fn log_probabilities_stay_exact() {
    let (mut exact, mut model) = (small(), keeping(small(), 4));
    let run = frames(&mut model, 30, settings(scheduled(Order::Random), 12, 3));
    let tokens = run[6].tokens.clone();
    let masked = Masked { truth: vec![(run[7].revealed[0].position, 40)], tokens };
    let told = |model: &mut Model| pollster::block_on(model.log_probs(std::slice::from_ref(&masked))).unwrap();
    assert_eq!(told(&mut model), told(&mut exact));
}

#[test]
fn where_it_cannot_be_is_told_in_words() {
    let mut model = small();
    let told = |model: &mut Model, refresh| model.keep(refresh).unwrap_err().to_string();
    assert_eq!(
        told(&mut model, 0),
        "the calls after which all is computed anew are 0; they must be at least 1, which is exact"
    );
    let place = pollster::block_on(gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one");
    let name = place.name.clone();
    let mut model = Model::load(&ModelFiles::read(Path::new("tests/model")).unwrap(), place).unwrap();
    let error = told(&mut model, 4);
    assert!(error.starts_with("a cache between calls is for models of this program's own (mdlm-"), "{error}");
    assert!(error.contains("on the device cpu;") && error.ends_with(&format!("runs on {name}")), "{error}");
    assert_eq!(model.refresh(), None);
}

#[test]
fn a_header_says_so() {
    let mut model = small();
    let run = settings(scheduled(Order::Random), 12, 3);
    let header = |model: &Model| Header::new("Once", &[], 30, &run, model);
    assert_eq!(header(&model).cache, None);
    model.keep(8).unwrap();
    assert_eq!(header(&model).cache, Some(8));
    model.keep(1).unwrap();
    assert_eq!(header(&model).cache, None);
}

#[test]
fn predictions_of_the_default_model_are_near_the_exact_ones() {
    let load = || Model::load(&ModelFiles::embedded(), Place::cpu()).unwrap();
    let mut exact = load();
    let off = |refresh: usize, exact: &mut Model| {
        let mut model = keeping(load(), refresh);
        let mut run = begin(&model, 128, settings(scheduled(Order::Random), 32, 1));
        let mut beside = Beside::new(&mut model, exact);
        while pollster::block_on(run.next(&mut beside)).unwrap().is_some() {}
        let (nats, predictions) = beside.off();
        nats / predictions as f64
    };
    let [none, every_second, every_eighth, once] = [1, 2, 8, 1000].map(|refresh| off(refresh, &mut exact));
    println!("nats off a prediction: {none}, {every_second} of 2 calls, {every_eighth} of 8, {once} for all");
    assert!(none.abs() < 1e-9, "{none}");
    assert!(0.0 < every_second && every_second < every_eighth && every_eighth < once, "the less is anew, the further");
    assert!(every_second < 0.02 && every_eighth < 0.05 && once < 0.1);
}
