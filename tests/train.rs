//! Training, end to end: gradients reach every weight, a net learns, and a run that was stopped goes on as if it had not been.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::collections::HashMap;

use unmask::{
    corpus::Corpus,
    denoiser::{Ask, Denoiser, Extent},
    judge::Judge,
    law::{self, Law, LawDenoiser},
    model::{Model, ModelFiles, Place, gpu},
    random::{Purpose, Stream},
    text::Text,
    train::{Checkpoint, Example, Objective, Settings, Texts, TrainError, Trainer, masked, tokenizer},
};

/// Stories that count on from somewhere: hard to guess a word at a time, easy from its neighbours.
fn stories(from: usize, to: usize) -> String {
    const WORDS: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let word = |k: usize| WORDS[k % WORDS.len()];
    let story = |start: usize| (0..12).map(|k| word(start + k)).collect::<Vec<_>>().join(" ");
    (from..to).map(|start| format!("{}.\n<|endoftext|>\n", story(start))).collect()
}

fn settings() -> Settings {
    Settings {
        vocab: 275,
        length: 16,
        d_model: 32,
        n_layer: 2,
        n_head: 2,
        d_ff: 64,
        batch: 16,
        steps: 300,
        warm_up: 20,
        learning_rate: 1e-2,
        ema: 0.9,
        held_out: 48,
        every: 100,
        ..Settings::default()
    }
}

fn trainer(settings: Settings, place: Place) -> Trainer {
    let text = stories(0, 480);
    let tokenizer = tokenizer::train(&text, settings.vocab).unwrap();
    Trainer::new(settings, Texts { text: &text, held_out: &stories(5, 53), tokenizer }, place).unwrap()
}

/// The entropy of a token on its own, in nats.
fn unigram_entropy(settings: &Settings) -> f64 {
    let text = stories(0, 480);
    let cut = Text::from_bytes(&tokenizer::train(&text, settings.vocab).unwrap()).unwrap();
    let mut counts = HashMap::new();
    let corpus = Corpus::new(&text, &cut, settings.length).unwrap();
    let tokens: Vec<u32> = corpus.apart(usize::MAX).concat();
    for &token in &tokens {
        *counts.entry(token).or_insert(0.0) += 1.0 / tokens.len() as f64;
    }
    -counts.values().map(|share: &f64| share * share.ln()).sum::<f64>()
}

fn learns(place: Place, settings: Settings) {
    let (entropy, steps) = (unigram_entropy(&settings), settings.steps);
    let mut trainer = trainer(settings, place);
    let first = trainer.step().unwrap();
    assert!(first.loss > entropy, "{first:?}");
    while trainer.progress().step < steps {
        trainer.step().unwrap();
    }
    let (point, best) = trainer.evaluate().unwrap();
    // From its neighbours nearly every word is known.
    assert!(best && point.held_out.nats < 0.7 * entropy, "{point:?}, entropy {entropy}");
    assert!(point.held_out.se < 0.2, "{point:?}");
}

#[test]
fn a_denoiser_learns_on_the_cpu() {
    learns(Place::cpu(), settings());
}

#[test]
fn a_judge_learns_on_the_cpu() {
    learns(Place::cpu(), Settings { objective: Objective::Autoregressive, ..settings() });
}

#[test]
fn a_judge_judges_as_it_was_measured_and_is_no_denoiser() {
    let mut trainer = trainer(Settings { objective: Objective::Autoregressive, steps: 40, ..settings() }, Place::cpu());
    while !trainer.done() {
        trainer.step().unwrap();
    }
    let (point, _) = trainer.evaluate().unwrap();
    let folder = std::env::temp_dir().join(format!("unmask-judge-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    trainer.keep(&folder).unwrap();
    let files = ModelFiles::read(&folder).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    let mut judge = Model::load_judge(&files, Place::cpu()).unwrap();
    let windows = Corpus::new(&stories(5, 53), judge.text(), 16).unwrap().apart(48);
    let log_probs = |window| pollster::block_on(Judge::log_probs(&mut judge, window)).unwrap();
    let nats: f64 = windows.iter().map(Vec::as_slice).flat_map(log_probs).sum::<f64>() / -(48.0 * 16.0);
    // The weights were rounded to f16.
    assert!((nats - point.held_out.nats).abs() < 2e-3, "{nats}, {point:?}");
    let refused = Model::load(&files, Place::cpu()).map(drop).unwrap_err().to_string();
    assert!(refused.contains("`arch` in config.json is ar-rope-swiglu-qknorm"), "{refused}");
}

#[test]
fn a_denoiser_learns_on_wgpu() {
    let place = pollster::block_on(gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one");
    learns(place, Settings { threads: 1, n_layer: 1, steps: 200, ..settings() });
}

#[test]
fn every_step_moves_every_weight() {
    let mut trainer = trainer(settings(), Place::cpu());
    let before = trainer.checkpoint().unwrap().weights;
    trainer.step().unwrap();
    let after = trainer.checkpoint().unwrap().weights;
    let (before, after) = (
        safetensors::SafeTensors::deserialize(&before).unwrap(),
        safetensors::SafeTensors::deserialize(&after).unwrap(),
    );
    for name in before.names() {
        assert_ne!(before.tensor(name).unwrap().data(), after.tensor(name).unwrap().data(), "{name}");
    }
    assert_eq!(before.names().len(), 2 + 2 * 8);

    // Muon remembers the four matrices of each block, AdamW all else.
    let optimizer = trainer.checkpoint().unwrap().optimizer;
    let remembered = |name: &str| optimizer.windows(name.len()).filter(|part| *part == name.as_bytes()).count();
    assert_eq!((remembered(".velocity"), remembered(".moment_1")), (2 * 4, 2 + 2 * 4));
}

/// The weights of a run of six steps that is stopped after `stop` and goes on from the disk.
fn six_steps(stop: Option<u64>, settings: Settings) -> [Vec<u8>; 3] {
    let mut run = trainer(Settings { steps: 6, ..settings }, Place::cpu());
    for step in 1..=6 {
        run.step().unwrap();
        if step == 4 {
            run.evaluate().unwrap();
        }
        if stop == Some(step) {
            let folder = std::env::temp_dir().join(format!("unmask-resume-{}-{step}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            run.checkpoint().unwrap().write(&folder).unwrap();
            let text = stories(0, 480);
            let tokenizer = tokenizer::train(&text, 275).unwrap();
            let checkpoint = Checkpoint::read(&folder).unwrap();
            run =
                Trainer::resume(checkpoint, Texts { text: &text, held_out: &stories(5, 53), tokenizer }, Place::cpu())
                    .unwrap();
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
    let Checkpoint { about, weights, average, .. } = run.checkpoint().unwrap();
    let losses = [about.progress.losses, about.progress.curve[0].loss, about.progress.curve[0].held_out.nats];
    [weights, average, losses.iter().flat_map(|loss| loss.to_le_bytes()).collect()]
}

#[test]
fn a_resumed_run_is_the_same_run_bit_for_bit() {
    for settings in [settings(), Settings { dropout: 0.2, threads: 1, ..settings() }] {
        let whole = six_steps(None, settings.clone());
        for stop in [1, 3, 5] {
            assert!(six_steps(Some(stop), settings.clone()) == whole, "stopped after {stop}, {settings:?}");
        }
    }
}

#[test]
fn a_run_does_not_go_on_with_another_text() {
    let run = trainer(settings(), Place::cpu());
    let (text, other) = (stories(0, 480), stories(0, 479));
    let tokenizer = tokenizer::train(&text, 275).unwrap();
    let resume = |text: &str, held_out: &str| {
        let texts = Texts { text, held_out, tokenizer: tokenizer.clone() };
        Trainer::resume(run.checkpoint().unwrap(), texts, Place::cpu()).map(drop)
    };
    resume(&text, &stories(5, 53)).unwrap();
    assert!(matches!(resume(&other, &stories(5, 53)), Err(TrainError::Other { what: "text" })));
    assert!(matches!(resume(&text, &stories(5, 54)), Err(TrainError::Other { what: "held-out text" })));
}

/// The mean loss of the exact denoiser of `law` over all its sequences and all sets of masks, each number of masks being
/// equally likely, in nats per token.
fn exact_loss(law: &dyn Law, spec: &str, symbols: u32) -> f64 {
    let length = law.length();
    let mut denoiser = LawDenoiser::new(law::parse(spec, length).unwrap());
    let mask_id = denoiser.mask_id();
    let sets: Vec<Vec<u32>> =
        (1u32..1 << length).map(|set| (0..length as u32).filter(|at| set >> at & 1 == 1).collect()).collect();
    let mut mean = 0.0;
    for number in 0..symbols.pow(length as u32) {
        let window: Vec<u32> = (0..length as u32).map(|at| number / symbols.pow(at) % symbols).collect();
        let probability = sequence_probability(&mut denoiser, &window);
        for places in sets.iter().filter(|_| probability > 0.0) {
            let example = Example::new(&window, places.clone(), mask_id);
            let of_its_size = sets.iter().filter(|set| set.len() == places.len()).count() as f64;
            mean += probability * loss(&mut denoiser, &example) / (of_its_size * length as f64);
        }
    }
    mean
}

fn loss(denoiser: &mut LawDenoiser, example: &Example) -> f64 {
    let extent = Extent { everywhere: false, distributions: true };
    let ask = Ask { seed: 0, step: 1, temperature: 0.0, extent };
    let predictions = pollster::block_on(denoiser.predict(&example.input, &ask)).unwrap();
    let log_probs: Vec<f32> =
        predictions.iter().zip(&example.targets).map(|(one, &token)| one.distribution[token as usize]).collect();
    example.loss(&log_probs)
}

/// One token after the other, from the left.
fn sequence_probability(denoiser: &mut LawDenoiser, window: &[u32]) -> f64 {
    let mask_id = denoiser.mask_id();
    let mut log_prob = 0.0;
    for at in 0..window.len() {
        let mut shown = window.to_vec();
        shown[at..].fill(mask_id);
        let example = Example { input: shown, places: vec![at as u32], targets: vec![window[at]] };
        let next = -loss(denoiser, &example);
        if next == f64::NEG_INFINITY {
            return 0.0;
        }
        log_prob += next;
    }
    log_prob.exp()
}

#[test]
fn the_objective_is_the_exact_nelbo_of_an_exact_law() {
    for (spec, symbols) in [("markov:flip=0.2", 2), ("mixture:0.1,0.7", 2), ("hmm:states=2,symbols=3,seed=4", 3)] {
        let law = law::parse(spec, 4).unwrap();
        let exact = law.profile().entropy() / 4.0;
        let found = exact_loss(law.as_ref(), spec, symbols);
        assert!((found - exact).abs() < 1e-6, "{spec}: {found}, exact {exact}");

        // And its mean over drawn sequences and masks.
        let windows: Vec<Vec<u32>> = (0..4000).map(|seed| law::sample(law.as_ref(), seed)).collect();
        let mut denoiser = LawDenoiser::new(law::parse(spec, 4).unwrap());
        let mut rng = Stream::new(1, Purpose::Training, 1);
        let losses: Vec<f64> =
            masked(&windows, denoiser.mask_id(), &mut rng).iter().map(|example| loss(&mut denoiser, example)).collect();
        let mean = losses.iter().sum::<f64>() / 4000.0;
        let se = (losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / 4000.0 / 3999.0).sqrt();
        assert!((mean - exact).abs() < 4.0 * se && se < 0.02, "{spec}: {mean} ± {se}, exact {exact}");
    }
}

#[test]
fn a_tokenizer_cuts_any_text_and_is_the_same_again() {
    let text = stories(0, 480);
    let bytes = tokenizer::train(&text, 275).unwrap();
    assert_eq!(bytes, tokenizer::train(&text, 275).unwrap());
    let cut = Text::from_bytes(&bytes).unwrap();
    assert_eq!(cut.vocab_size(), 275);
    for (id, name) in (0..).zip(tokenizer::SPECIAL) {
        assert_eq!((cut.id(name), cut.bytes(id)), (Some(id), 0));
    }
    for text in ["three four", "naïve ✓ 日本", "\u{0}\t\r\n"] {
        let tokens = cut.encode(text).unwrap();
        assert_eq!(cut.decode(&tokens, 2).unwrap(), text);
        assert_eq!(tokens.iter().map(|&token| cut.bytes(token)).sum::<usize>(), text.len());
    }
    assert!(cut.encode("three four").unwrap().len() < 10);
    assert!(matches!(tokenizer::train(&text, 5000), Err(TrainError::Vocabulary { asked: 5000, .. })));
}

#[test]
fn settings_that_no_run_can_have_are_named() {
    let told = |settings: Settings| settings.check().unwrap_err().to_string();
    assert_eq!(told(Settings { vocab: 100, ..settings() }), "vocab is 100; it must be at least 259");
    assert_eq!(
        told(Settings { learning_rate: f64::NAN, ..settings() }),
        "learning rate is NaN; it must be above 0 and at most 1"
    );
    assert_eq!(told(Settings { dropout: 0.1, ..settings() }), "threads is 2; it must be 1 with dropout");
    assert!(told(Settings { n_head: 3, ..settings() }).starts_with("n_head is 3; it must be a number that cuts"));
}
