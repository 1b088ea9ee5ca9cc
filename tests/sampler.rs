//! The promises of a run, whatever the denoiser says.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use proptest::prelude::*;
use unmask::{
    denoiser::{Ask, Denoiser, DenoiserError, Prediction, TOP},
    order::{Order, Remasking, Rule, Score},
    random::{MAX_SEED, pcg4d},
    sampler::{Frame, Sampler, SamplerError, Settings, next_of_each},
    schedule::Schedule,
    strategy::Strategy as Way,
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
        let asked = |&(_, &token): &(u32, &u32)| ask.extent.everywhere || token == MASK;
        let predict = |(position, _)| {
            let [a, b, c, d] = pcg4d([context, position, ask.step, ask.seed as u32]);
            let log_prob = -((b % 1000) as f32) / 1000.0;
            // Two tokens, of which the likelier one hardly moves from call to call at every third position.
            let p = if position % 3 == 0 { 0.9 } else { 0.5 + (c % 400) as f32 / 1000.0 };
            let distribution = if ask.extent.distributions { vec![p.ln(), (1.0 - p).ln()] } else { vec![] };
            let (entropy, margin) = ((c % 500) as f32 / 1000.0, (d % 1000) as f32 / 1000.0);
            Prediction { position, token: 3 + a % 7, log_prob, entropy, margin, top: [(3, 0.1); TOP], distribution }
        };
        Ok((0u32..).zip(tokens).filter(asked).map(predict).collect())
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

/// The frames of each run, made together.
fn together(runs: &[(Vec<u32>, Settings)], mut denoiser: Hashed) -> Vec<Vec<Frame>> {
    let sampler = |(tokens, settings): &(Vec<u32>, Settings)| Sampler::new(tokens.clone(), MASK, *settings).unwrap();
    let mut samplers: Vec<Sampler> = runs.iter().map(sampler).collect();
    let mut frames = vec![vec![]; runs.len()];
    loop {
        match pollster::block_on(next_of_each(&mut samplers, &mut denoiser)) {
            Ok(told) if told.iter().all(Option::is_none) => return frames,
            Ok(told) => frames.iter_mut().zip(told).for_each(|(frames, frame)| frames.extend(frame)),
            Err(error) => assert!(matches!(error, SamplerError::Denoiser(DenoiserError::Device(_)))),
        }
    }
}

fn any_order() -> impl Strategy<Value = Order> {
    let soft = (0..Score::ALL.len(), 0.01f64..5.0);
    prop_oneof![
        4 => (0..Order::ALL.len()).prop_map(|index| Order::ALL[index]),
        1 => soft.prop_map(|(index, softness)| Order::Soft { score: Score::ALL[index], softness }),
    ]
}

fn any_way() -> impl Strategy<Value = Way> {
    let block_length = || proptest::option::of(1usize..30);
    let early_stop = proptest::option::of(0.3f32..=1.0);
    let scheduled = (0..Schedule::ALL.len(), any_order(), block_length(), early_stop);
    let skipping = [0.0, 0.7].map(|skip| Rule::Dilated { base: 3, skip });
    let rules: Vec<Rule> = Rule::ALL.into_iter().chain(skipping).collect();
    let remaskings = [Remasking::P2 { eta: 3.0 }, Remasking::Cap { eta: 0.5 }];
    let remaskings: Vec<Remasking> = Remasking::ALL.into_iter().chain(remaskings).collect();
    prop_oneof![
        scheduled.prop_map(|(index, order, block_length, early_stop)| {
            Way::Scheduled { schedule: Schedule::ALL[index], order, block_length, early_stop }
        }),
        (prop::sample::select(rules), block_length()).prop_map(|(rule, block_length)| Way::Rule { rule, block_length }),
        prop::sample::select(remaskings).prop_map(Way::Remasking),
    ]
}

/// Tokens with masks and pins, and settings that suit them.
fn any_run() -> impl Strategy<Value = (Vec<u32>, Settings)> {
    let token = prop_oneof![2 => Just(MASK), 1 => 3u32..10];
    let run = (prop::collection::vec(token, 0..60), any_way(), 1usize..80, 0u64..=MAX_SEED);
    run.prop_filter_map("too few calls for the blocks", |(tokens, strategy, steps, seed)| {
        let settings = Settings { strategy, steps, temperature: 1.0, seed };
        match Sampler::new(tokens.clone(), MASK, settings) {
            Err(SamplerError::Blocks { .. }) => None,
            _ => Some((tokens, settings)),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn a_run_is_the_same_alone_and_among_others(
        runs in prop::collection::vec(any_run(), 1..4),
        fail_at in prop::option::of(1u32..6),
    ) {
        let alone: Vec<_> = runs.iter().map(|(tokens, settings)| run(tokens, *settings, Hashed { fail_at: None })).collect();
        prop_assert_eq!(together(&runs, Hashed { fail_at }), alone);
    }

    #[test]
    fn a_run_keeps_its_promises((tokens, settings) in any_run()) {
        let masked = tokens.iter().filter(|&&token| token == MASK).count();
        let frames = run(&tokens, settings, Hashed { fail_at: None });
        let remasks = matches!(settings.strategy, Way::Remasking(_));
        // Frame 0 is all masks but the prompt and the pins.
        prop_assert_eq!(&frames[0].tokens, &tokens);
        prop_assert!(frames[0].revealed.is_empty());
        // No more calls than asked for and planned; the last frame has no mask.
        let calls = Sampler::new(tokens.clone(), MASK, settings).unwrap().calls();
        prop_assert!(frames.len() - 1 <= calls && calls <= settings.steps);
        prop_assert!(!frames[frames.len() - 1].tokens.contains(&MASK));
        match settings.strategy {
            Way::Scheduled { early_stop: None, .. } | Way::Remasking(_) => prop_assert_eq!(frames.len() - 1, calls),
            _ => {}
        }
        let changes = |frame: &Frame| frame.revealed.len() as isize - frame.remasked.len() as isize;
        prop_assert_eq!(frames.iter().map(changes).sum::<isize>(), masked as isize);
        for (step, pair) in frames.windows(2).enumerate() {
            let [before, after] = pair else { unreachable!() };
            prop_assert_eq!(after.step as usize, step + 1);
            prop_assert!(remasks || (!after.revealed.is_empty() && after.remasked.is_empty()));
            // Only what is told changes: masks become tokens, and tokens masks only under a remasking and where no pin
            // is.
            let mut expected = before.tokens.clone();
            for &position in &after.remasked {
                prop_assert_ne!(expected[position as usize], MASK);
                prop_assert_eq!(tokens[position as usize], MASK);
                expected[position as usize] = MASK;
            }
            for reveal in &after.revealed {
                prop_assert_eq!(before.tokens[reveal.position as usize], MASK);
                expected[reveal.position as usize] = reveal.token;
            }
            prop_assert_eq!(&after.tokens, &expected);
            // The predictions are those of the masks before the call, without their distributions.
            let asked = (0u32..).zip(&before.tokens).filter(|&(_, &token)| token == MASK).map(|(at, _)| at);
            prop_assert!(asked.eq(after.predictions.iter().map(|one| one.position)));
            prop_assert!(after.predictions.iter().all(|one| one.distribution.is_empty()));
        }
    }

    #[test]
    fn a_block_is_finished_before_the_next((tokens, settings) in any_run()) {
        let (Way::Scheduled { block_length, .. } | Way::Rule { block_length, .. }) = settings.strategy else {
            return Ok(());
        };
        let early = matches!(settings.strategy, Way::Scheduled { early_stop: Some(_), .. });
        let length = block_length.unwrap_or(usize::MAX);
        let free: Vec<u32> = (0u32..).zip(&tokens).filter(|&(_, &token)| token == MASK).map(|(at, _)| at).collect();
        let frames = run(&tokens, settings, Hashed { fail_at: None });
        for frame in &frames[1..] {
            let block = |position: u32| free.binary_search(&position).unwrap() / length;
            let blocks: Vec<usize> = frame.revealed.iter().map(|reveal| block(reveal.position)).collect();
            let last = frame.tokens.iter().all(|&token| token != MASK);
            // An early stop reveals all that is left, of every block.
            prop_assert!((early && last) || blocks.iter().all(|&block| block == blocks[0]));
            let unfinished = free.iter().find(|&&position| frame.tokens[position as usize] == MASK);
            prop_assert!(unfinished.is_none_or(|&position| block(position) >= blocks[0]));
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
        let resumed = sampler.resume(&frames[at]);
        if at > 0 && settings.strategy.remembers().is_some() {
            let refused = matches!(resumed, Err(SamplerError::Remembers { step, .. }) if step as usize == at);
            prop_assert!(refused);
            prop_assert!(sampler.resume(&frames[0]).is_ok());
            return Ok(());
        }
        prop_assert!(resumed.is_ok(), "{:?}", resumed);
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

fn uniform(steps: usize) -> Settings {
    let strategy = Way::scheduled(Schedule::Uniform, Order::Random);
    Settings { strategy, steps, temperature: 1.0, seed: 1 }
}

#[test]
fn a_run_does_not_go_on_from_what_is_not_its_frame() {
    let settings = uniform(3);
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
    let good = uniform(4);
    let message = |settings| Sampler::new(vec![MASK; 8], MASK, settings).unwrap_err().to_string();
    for temperature in [-0.5, f32::NAN, f32::INFINITY, 10.5] {
        assert!(message(Settings { temperature, ..good }).ends_with("it must be between 0 and 10"));
    }
    assert!(message(Settings { seed: MAX_SEED + 1, ..good }).contains("seed is 9007199254740992"));
    assert!(message(Settings { steps: 0, ..good }).contains("steps is 0"));
    let (schedule, order) = (Schedule::Uniform, Order::Random);
    let cut = |block_length, early_stop| {
        let strategy = Way::Scheduled { schedule, order, block_length, early_stop };
        message(Settings { strategy, ..good })
    };
    assert!(cut(Some(0), None).contains("block_length is 0"));
    assert!(cut(Some(1), None).contains("steps is 4, but there are 8 blocks"));
    for early_stop in [0.0, -1.0, 1.5, f32::NAN] {
        assert!(cut(None, Some(early_stop)).ends_with("it must be above 0 and at most 1"));
    }
    let strategy = Way::Rule { rule: Rule::Threshold { tau: 2.0 }, block_length: None };
    assert!(message(Settings { strategy, ..good }).contains("tau of `threshold` is `2`"));
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
    let settings = uniform(1);
    let mut sampler = Sampler::new(vec![MASK; 4], MASK, settings).unwrap();
    pollster::block_on(sampler.next(&mut Short)).unwrap();
    let error = pollster::block_on(sampler.next(&mut Short)).unwrap_err();
    assert!(matches!(error, SamplerError::Predictions { step: 1 }));
}
