//! The promises of a run, whatever the denoiser says.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use proptest::prelude::*;
use unmask::{
    denoiser::{Ask, Denoiser, DenoiserError, Prediction, TOP},
    order::Order,
    random::{MAX_SEED, pcg4d},
    sampler::{Frame, Sampler, SamplerError, Settings},
    schedule::Schedule,
};

const MASK: u32 = 2;

/// Arbitrary but reproducible predictions, and a failure on demand.
struct Hashed {
    fail_at: Option<u32>,
}

impl Denoiser for Hashed {
    fn mask_id(&self) -> u32 {
        MASK
    }

    async fn predict(&mut self, tokens: &[u32], ask: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
        if self.fail_at == Some(ask.step) {
            self.fail_at = None;
            return Err(DenoiserError::Device("lost".into()));
        }
        let context = tokens.iter().fold(0, |hash, &token| pcg4d([hash, token, 0, 0])[0]);
        let masked = (0u32..).zip(tokens).filter(|&(_, &token)| token == MASK);
        let predict = |(position, _)| {
            let [a, b, ..] = pcg4d([context, position, ask.step, ask.seed as u32]);
            let log_prob = -((b % 1000) as f32) / 100.0;
            Prediction {
                position,
                token: 3 + a % 7,
                log_prob,
                entropy: 1.0,
                margin: 0.1,
                top: [(3, 0.1); TOP],
                ..Prediction::default()
            }
        };
        Ok(masked.map(predict).collect())
    }
}

fn run(tokens: &[u32], settings: Settings, mut denoiser: Hashed) -> Vec<Frame> {
    let mut sampler = Sampler::new(tokens.to_vec(), MASK, settings).unwrap();
    let mut frames = vec![];
    loop {
        match pollster::block_on(sampler.next(&mut denoiser)) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return frames,
            Err(error) => assert!(matches!(error, SamplerError::Denoiser(DenoiserError::Device(_)))),
        }
    }
}

fn any_run() -> impl Strategy<Value = (Vec<u32>, Settings)> {
    let token = prop_oneof![2 => Just(MASK), 1 => 3u32..10];
    let settings = (0..Schedule::ALL.len(), 0..Order::ALL.len(), 1usize..40, 0u64..=MAX_SEED);
    (prop::collection::vec(token, 0..60), settings).prop_map(|(tokens, (schedule, order, steps, seed))| {
        let (schedule, order) = (Schedule::ALL[schedule], Order::ALL[order]);
        (tokens, Settings { schedule, order, steps, temperature: 1.0, seed })
    })
}

proptest! {
    #[test]
    fn a_run_keeps_its_promises((tokens, settings) in any_run()) {
        let masked = tokens.iter().filter(|&&token| token == MASK).count();
        let frames = run(&tokens, settings, Hashed { fail_at: None });
        // Frame 0 is all masks but the prompt and the pins.
        prop_assert_eq!(&frames[0].tokens, &tokens);
        prop_assert!(frames[0].revealed.is_empty());
        // The sizes sum to the masked count, in no more calls than asked for; the last frame has no mask.
        prop_assert_eq!(frames.iter().map(|frame| frame.revealed.len()).sum::<usize>(), masked);
        prop_assert!(frames.len() - 1 <= settings.steps);
        prop_assert!(!frames[frames.len() - 1].tokens.contains(&MASK));
        for (step, pair) in frames.windows(2).enumerate() {
            let [before, after] = pair else { unreachable!() };
            prop_assert_eq!(after.step as usize, step + 1);
            prop_assert!(!after.revealed.is_empty());
            // Only what is told as revealed changes, and only where a mask was: pins are never touched.
            let mut expected = before.tokens.clone();
            for reveal in &after.revealed {
                prop_assert_eq!(expected[reveal.position as usize], MASK);
                expected[reveal.position as usize] = reveal.token;
            }
            prop_assert_eq!(&after.tokens, &expected);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_frames_and_a_failed_call_loses_nothing(
        (tokens, settings) in any_run(), fail_at in 1u32..20
    ) {
        let frames = run(&tokens, settings, Hashed { fail_at: None });
        prop_assert_eq!(&frames, &run(&tokens, settings, Hashed { fail_at: None }));
        prop_assert_eq!(&frames, &run(&tokens, settings, Hashed { fail_at: Some(fail_at) }));
    }

    #[test]
    fn a_run_goes_on_from_any_of_its_frames((tokens, settings) in any_run(), at in 0usize..40) {
        let frames = run(&tokens, settings, Hashed { fail_at: None });
        let at = at % frames.len();
        let mut sampler = Sampler::new(tokens, MASK, settings).unwrap();
        sampler.resume(&frames[at]).unwrap();
        for frame in &frames[at + 1..] {
            let given = pollster::block_on(sampler.next(&mut Hashed { fail_at: None })).unwrap();
            prop_assert_eq!(Some(frame), given.as_ref());
        }
        let end = pollster::block_on(sampler.next(&mut Hashed { fail_at: None })).unwrap();
        prop_assert_eq!(end, None);
    }

    #[test]
    fn cancelling_keeps_the_frames_so_far((tokens, settings) in any_run(), keep in 0usize..20) {
        let frames = run(&tokens, settings, Hashed { fail_at: None });
        let mut sampler = Sampler::new(tokens, MASK, settings).unwrap();
        let mut denoiser = Hashed { fail_at: None };
        for frame in frames.iter().take(keep) {
            let given = pollster::block_on(sampler.next(&mut denoiser)).unwrap();
            prop_assert_eq!(Some(frame), given.as_ref());
        }
    }
}

#[test]
fn a_run_does_not_go_on_from_what_is_not_its_frame() {
    let settings = Settings { schedule: Schedule::Uniform, order: Order::Random, steps: 3, temperature: 1.0, seed: 1 };
    let tokens = vec![7, MASK, MASK, MASK, MASK, MASK, MASK];
    let frames = run(&tokens, settings, Hashed { fail_at: None });
    let mut sampler = Sampler::new(tokens, MASK, settings).unwrap();
    let mut pin_changed = frames[2].clone();
    pin_changed.tokens[0] = 8;
    let short = Frame { tokens: vec![MASK; 6], ..frames[0].clone() };
    let wrong = [Frame { step: 1, ..frames[2].clone() }, Frame { step: 9, ..frames[3].clone() }, pin_changed, short];
    let refused = |sampler: &mut Sampler, frame: &Frame| match sampler.resume(frame) {
        Err(SamplerError::Resume { step }) => step == frame.step,
        _ => false,
    };
    for frame in &wrong {
        assert!(refused(&mut sampler, frame), "{frame:?}");
    }
    sampler.resume(&frames[2]).unwrap();
    assert!(refused(&mut sampler, &frames[1]), "a run never goes back");
}

#[test]
fn settings_out_of_range_are_refused_by_name_and_range() {
    let good = Settings { schedule: Schedule::Uniform, order: Order::Random, steps: 4, temperature: 1.0, seed: 1 };
    let message = |settings| Sampler::new(vec![MASK; 8], MASK, settings).unwrap_err().to_string();
    for temperature in [-0.5, f32::NAN, f32::INFINITY, 10.5] {
        assert!(message(Settings { temperature, ..good }).ends_with("it must be between 0 and 10"));
    }
    assert!(message(Settings { seed: MAX_SEED + 1, ..good }).contains("seed is 9007199254740992"));
    assert!(message(Settings { steps: 0, ..good }).contains("steps is 0"));
}

#[test]
fn predictions_of_other_positions_are_refused() {
    struct Short;
    impl Denoiser for Short {
        fn mask_id(&self) -> u32 {
            MASK
        }
        async fn predict(&mut self, _: &[u32], _: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
            Ok(vec![])
        }
    }
    let settings = Settings { schedule: Schedule::Uniform, order: Order::Random, steps: 1, temperature: 1.0, seed: 1 };
    let mut sampler = Sampler::new(vec![MASK; 4], MASK, settings).unwrap();
    pollster::block_on(sampler.next(&mut Short)).unwrap();
    let error = pollster::block_on(sampler.next(&mut Short)).unwrap_err();
    assert!(matches!(error, SamplerError::Predictions { step: 1 }));
}
