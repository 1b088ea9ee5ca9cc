//! The exact laws as denoisers: what they answer, and the sampler that is driven by them.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use unmask::{
    denoiser::{Ask, Denoiser, DenoiserError, Extent},
    law::{Forced, LawDenoiser, parse, sample},
    order::Order,
    sampler::{Frame, Sampler, Settings},
    schedule::Schedule,
    strategy::Strategy,
};

#[track_caller]
fn close(found: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((found - wanted).abs() <= tolerance, "{what}: {found} instead of {wanted}");
}

fn settings(schedule: Schedule, order: Order, steps: usize, seed: u64) -> Settings {
    Settings { strategy: Strategy::scheduled(schedule, order), steps, temperature: 1.0, seed }
}

fn run(denoiser: &mut impl Denoiser, length: usize, settings: Settings) -> Vec<Frame> {
    let mask_id = denoiser.mask_id();
    let mut sampler = Sampler::new(vec![mask_id; length], mask_id, settings).unwrap();
    let next = || pollster::block_on(sampler.next(denoiser)).unwrap();
    std::iter::from_fn(next).collect()
}

/// The sum of the log-probabilities of what a run revealed.
fn revealed(frames: &[Frame]) -> f64 {
    frames.iter().flat_map(|frame| &frame.revealed).map(|reveal| f64::from(reveal.log_prob)).sum()
}

#[test]
fn a_code_sampled_one_token_at_a_time_always_gives_a_codeword() {
    for spec in ["reed-solomon:k=7,q=32", "reed-solomon:k=30,q=37", "parity:q=5", "repetition:q=5"] {
        for order in Order::ALL {
            for seed in 0..20 {
                let law = parse(spec, 31).unwrap();
                let frames = run(&mut LawDenoiser::new(law), 31, settings(Schedule::Uniform, order, 31, seed));
                let law = parse(spec, 31).unwrap();
                let log_prob = law.log_prob(&frames.last().unwrap().tokens);
                close(revealed(&frames), log_prob, 1e-4, &format!("{spec}, {order}, seed {seed}"));
            }
        }
    }
}

#[test]
fn forced_one_token_at_a_time_every_law_gives_its_own_probability() {
    for (spec, _) in unmask::lab::LAWS {
        let law = parse(spec, 60).unwrap();
        let (tokens, name, length) = (sample(law.as_ref(), 5), law.to_string(), law.length());
        let log_prob = law.log_prob(&tokens);
        let mut forced = Forced::new(law, tokens.clone()).unwrap();
        let frames = run(&mut forced, length, settings(Schedule::Uniform, Order::Random, length, 2));
        assert_eq!(frames.last().unwrap().tokens, tokens);
        close(revealed(&frames), log_prob, 1e-4, &name);
    }
}

#[test]
fn a_forced_code_pays_for_every_symbol_drawn_before_its_dimension_was_reached() {
    for (schedule, steps) in [(Schedule::Uniform, 5), (Schedule::Cosine, 4), (Schedule::ALL[0], 6)] {
        let law = parse("reed-solomon:k=10,q=31", 30).unwrap();
        let tokens = sample(law.as_ref(), 8);
        let frames = run(&mut Forced::new(law, tokens).unwrap(), 30, settings(schedule, Order::Random, steps, 4));
        let seen = frames.iter().scan(0, |sum, frame| {
            *sum += frame.revealed.len();
            Some(*sum)
        });
        let reached = seen.into_iter().find(|&seen| seen >= 10).unwrap();
        close(revealed(&frames), -(reached as f64) * 31f64.ln(), 1e-4, &schedule.to_string());
    }
}

#[test]
fn the_error_of_forced_runs_is_the_one_the_profile_predicts() {
    // Identity (I): KL(p || q), averaged over sequences from p, grids and orders, is the drops times the expected cost.
    for spec in ["markov:flip=0.1", "mixture:0.1,0.9", "hmm:states=4,symbols=2,seed=5"] {
        let (length, steps, runs) = (12, 4, 5000);
        let law = parse(spec, length).unwrap();
        let cost = Schedule::Uniform.plan(length, steps, None).unwrap().expected_cost();
        let predicted: f64 = law.profile().drops().iter().zip(&cost).map(|(drop, cost)| drop * cost).sum();
        let errors: Vec<f64> = (0..runs)
            .map(|seed| {
                let law = parse(spec, length).unwrap();
                let tokens = sample(law.as_ref(), seed);
                let log_prob = law.log_prob(&tokens);
                let settings = settings(Schedule::Uniform, Order::Random, steps, seed);
                log_prob - revealed(&run(&mut Forced::new(law, tokens).unwrap(), length, settings))
            })
            .collect();
        let mean = errors.iter().sum::<f64>() / runs as f64;
        let variance = errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / runs as f64;
        let tolerance = 4.0 * (variance / runs as f64).sqrt();
        assert!(tolerance < 0.3 * predicted, "{spec}: {predicted} is lost in {tolerance}");
        close(mean, predicted, tolerance, spec);
    }
}

#[test]
fn a_denoiser_says_what_it_is_asked_for() {
    let mut denoiser = LawDenoiser::new(parse("mixture:0.1,0.9", 3).unwrap());
    let ask = Ask { seed: 1, step: 1, temperature: 0.0, extent: Extent::USUAL };
    let masked = pollster::block_on(denoiser.predict(&[2, 1, 2], &ask)).unwrap();
    assert_eq!(masked.iter().map(|prediction| prediction.position).collect::<Vec<_>>(), [0, 2]);
    close(f64::from(masked[0].log_prob), 0.82f64.ln(), 1e-6, "0.1 * 0.1 + 0.9 * 0.9");
    assert_eq!((masked[0].token, masked[0].distribution.len()), (1, 0));
    let ask = Ask { extent: Extent { everywhere: true, distributions: true }, ..ask };
    let all = pollster::block_on(denoiser.predict(&[2, 1, 2], &ask)).unwrap();
    assert_eq!(all.len(), 3);
    assert_eq!((all[1].token, all[1].log_prob), (1, 0.0));
    assert_eq!(all[1].distribution, [f32::NEG_INFINITY, 0.0, f32::NEG_INFINITY]);
    close(f64::from(all[2].distribution[0]), 0.18f64.ln(), 1e-6, "the other one");
    for (tokens, told) in [(vec![2, 2], "2 tokens"), (vec![2, 3, 2], "token 3")] {
        match pollster::block_on(denoiser.predict(&tokens, &ask)) {
            Err(DenoiserError::Input(words)) => assert!(words.starts_with(told), "{words}"),
            other => panic!("{other:?}"),
        }
    }
    for tokens in [vec![0, 1], vec![0, 1, 2]] {
        let error = Forced::new(parse("mixture:0.1,0.9", 3).unwrap(), tokens).unwrap_err().to_string();
        assert_eq!(error, "the sequence must have 3 tokens below 2, as `mixture:0.1,0.9` has");
    }
}
