//! Sweeps over exact laws, whole and in shards.

use super::*;
use crate::{
    judge::LeftToRight,
    law::{LawDenoiser, parse},
    order::{Order, Rule},
    quality::Grams,
    schedule::Schedule,
};

const LENGTH: usize = 8;

fn sweep() -> Sweep {
    let strategies = [
        Strategy::scheduled(Schedule::Uniform, Order::Random),
        Strategy::Rule { rule: Rule::Threshold { tau: 0.9 }, block_length: None },
        Strategy::scheduled("adaptive-min".parse().unwrap(), Order::MostConfident),
    ];
    Sweep {
        model: "m".into(),
        tokenizer: "t".into(),
        judge: Some("j".into()),
        training_text: Some("x".into()),
        held_out: None,
        windows: 0,
        points: 16,
        strategies: strategies.map(Strategy::words).to_vec(),
        steps: vec![2, 8],
        runs: 3,
        prompt: String::new(),
        length: LENGTH,
        masked: LENGTH,
        temperature: 1.0,
        seed: 4,
        cache: None,
    }
}

fn law() -> LawDenoiser {
    LawDenoiser::new(parse("markov:flip=0.2", LENGTH).unwrap())
}

/// One part, made by an exact law and judged by it.
fn shard(sweep: &Sweep, index: usize, of: usize) -> (String, Shard) {
    let (mut denoiser, mut judge, grams) = (law(), LeftToRight(law()), Grams::new(&[vec![0; 9]], 8));
    let mut ruler = Ruler { judge: Some(&mut judge), grams: Some(&grams), end: 9 };
    let (start, fresh): (Vec<u32>, Vec<usize>) = (vec![2; LENGTH], (0..LENGTH).collect());
    let share = Share { index, of };
    let run = |number| {
        let (calls, tokens) = pollster::block_on(sweep.run(number, &mut denoiser, &start, None)).unwrap();
        sweep.record(number, calls, pollster::block_on(ruler.measure(&tokens, &fresh)).unwrap())
    };
    let runs = share.numbers(sweep.size()).map(run).collect();
    let (sweep, device) = (sweep.clone(), "cpu".into());
    (format!("{index}.json"), Shard { version: VERSION, share, sweep, device, held_out: None, runs })
}

fn told(shards: Vec<(String, Shard)>) -> String {
    merge(shards).unwrap_err().to_string()
}

#[test]
fn cells_with_the_same_calls_stand_together_and_rules_come_last() {
    let cells: Vec<_> = sweep().cells().iter().map(|cell| (cell.strategy, cell.steps, cell.open)).collect();
    assert_eq!(cells, [(0, 2, false), (2, 2, false), (0, 8, false), (2, 8, false), (1, 8, true)]);
    assert_eq!(sweep().size(), 15);
}

#[test]
fn shards_come_together_to_the_whole_in_any_order_and_through_files() {
    let sweep = sweep();
    let whole = merge(vec![shard(&sweep, 1, 1)]).unwrap();
    let mut shards: Vec<_> = (1..=4).map(|index| shard(&sweep, index, 4)).collect();
    shards.reverse();
    for (_, shard) in &mut shards {
        *shard = serde_json::from_str(&serde_json::to_string(shard).unwrap()).unwrap();
    }
    let merged = merge(shards).unwrap();
    assert_eq!(merged, whole);
    let summary = Summary::new(merged);
    assert_eq!(summary, Summary::new(whole));
    let steps: Vec<_> = summary.rows.iter().map(|row| (row.strategy.as_str(), row.steps)).collect();
    assert_eq!(steps[0], ("uniform, random", Some(2)));
    assert_eq!(steps[4], ("threshold:tau=0.9", None));
    assert_eq!(summary.rows[2].calls, Interval { mean: 8.0, within: 0.0 });
    assert!(summary.rows.iter().all(|row| row.values.perplexity.is_some() && row.values.copied.is_some()));
}

#[test]
fn one_token_a_call_is_as_likely_as_the_law_has_it() {
    let strategies = vec![Strategy::scheduled(Schedule::Uniform, Order::Random).words()];
    let sweep = Sweep { strategies, steps: vec![1, LENGTH], runs: 300, ..sweep() };
    let rows = Summary::new(merge(vec![shard(&sweep, 1, 1)]).unwrap()).rows;
    let entropy = law().law().profile().entropy() / LENGTH as f64;
    let slow = rows[1].values.nats_per_token.unwrap();
    assert!((slow.mean - entropy).abs() < 2.0 * slow.within && slow.within < 0.05, "{slow:?} for {entropy}");
    // All at once the tokens are coins: flips cost -ln 0.2 and -ln 0.8 by turns.
    let coins = (2f64.ln() - 3.5 * (0.2f64.ln() + 0.8f64.ln())) / 8.0;
    let fast = rows[0].values.nats_per_token.unwrap();
    assert!((fast.mean - coins).abs() < 2.0 * fast.within, "{fast:?} for {coins}");
}

#[test]
fn parts_that_do_not_belong_are_named() {
    let sweep = sweep();
    let all = || (1..=4).map(|index| shard(&sweep, index, 4)).collect::<Vec<_>>();
    let without = |lost: &[usize]| all().into_iter().filter(|(_, one)| !lost.contains(&one.share.index)).collect();
    assert_eq!(told(vec![]), "there are no shards to merge");
    assert_eq!(told(without(&[3])), "shard 3 of 4 is missing");
    assert_eq!(told(without(&[1, 4])), "shard 1 of 4, shard 4 of 4 are missing");
    let twice = [all(), vec![("again.json".into(), all()[1].1.clone())]].concat();
    assert_eq!(told(twice), "shard 2 of 4 is given twice: 2.json and again.json");
    let changed = |change: &dyn Fn(&mut Shard)| {
        let mut shards = all();
        change(&mut shards[1].1);
        told(shards)
    };
    assert_eq!(changed(&|shard| shard.sweep.seed = 7), "2.json is of another sweep than 1.json: its seed is 7, not 4");
    assert!(changed(&|shard| shard.sweep.judge = None).contains("its judge is null, not \"j\""));
    assert!(changed(&|shard| shard.share.of = 5).contains("its number of shards is 5, not 4"));
    assert!(changed(&|shard| shard.share.index = 9).contains("2.json is shard 9 of 4"));
    assert!(changed(&|shard| shard.version = 2).contains("2.json: shard version 2; this program reads version 1"));
    for change in [
        &(|shard: &mut Shard| shard.runs.truncate(2)) as &dyn Fn(&mut Shard),
        &|shard| shard.runs[0].seed += 1,
        &|shard| shard.held_out = Some(HeldOut { predicted: vec![], windows: vec![] }),
    ] {
        assert!(changed(change).starts_with("2.json: its runs are not those of shard 2 of 4"));
    }
    assert!(changed(&|shard| shard.runs[1].quality.tokens = 0).starts_with("2.json: its runs are not those"));
    assert_eq!(
        changed(&|shard| shard.runs[1].quality.nats = None),
        "2.json: run 5 has no value for `nats`, and the sweep has a judge"
    );
    assert_eq!(
        changed(&|shard| shard.runs[1].quality.copied = None),
        "2.json: run 5 has no value for `copied`, and the sweep has a training text"
    );
    let all_changed = |change: &dyn Fn(&mut Shard)| {
        let mut shards = all();
        shards.iter_mut().for_each(|(_, shard)| change(shard));
        told(shards)
    };
    assert_eq!(
        all_changed(&|shard| shard.sweep.judge = None),
        "1.json: run 0 has a value for `nats`, and the sweep has no judge"
    );
}

#[test]
fn parts_of_a_sweep_that_cannot_be_made_are_refused_whatever_they_hold() {
    let told = |change: &dyn Fn(&mut Sweep)| {
        let (name, mut one) = shard(&sweep(), 1, 1);
        change(&mut one.sweep);
        one.runs.clear();
        let error = merge(vec![(name, one)]).unwrap_err();
        let source = std::error::Error::source(&error).map(ToString::to_string);
        assert_eq!(error.to_string(), "1.json is of a sweep that cannot be made");
        source.unwrap()
    };
    assert_eq!(told(&|sweep| sweep.runs = 0), "runs is 0; it must be between 2 and 1000000");
    assert_eq!(
        told(&|sweep| sweep.runs = usize::MAX),
        format!("runs is {}; it must be between 2 and 1000000", usize::MAX)
    );
    assert!(told(&|sweep| sweep.seed = u64::MAX).starts_with("seed is 18446744073709551615; with 3 runs"));
    assert!(told(&|sweep| sweep.steps = vec![9]).starts_with("steps is 9; it must be between 1 and"));
    assert!(told(&|sweep| sweep.length = usize::MAX).starts_with("length is 18446744073709551615"));
    assert!(told(&|sweep| sweep.masked = 0).starts_with("0 of 8 tokens are masked"));
    assert!(told(&|sweep| sweep.temperature = -1.0).contains("temperature"));
    assert!(told(&|sweep| sweep.strategies[0].schedule = Some("fast".into())).contains("unknown schedule `fast`"));
}

#[test]
fn what_cannot_be_run_is_refused_first() {
    let refused = |change: &dyn Fn(&mut Sweep)| {
        let mut sweep = sweep();
        change(&mut sweep);
        sweep.check(&[2; LENGTH], 2, None).unwrap_err().to_string()
    };
    sweep().check(&[2; LENGTH], 2, None).unwrap();
    assert_eq!(refused(&|sweep| sweep.runs = 1), "runs is 1; it must be between 2 and 1000000");
    assert!(refused(&|sweep| sweep.runs = usize::MAX).contains("between 2 and 1000000"));
    assert!(refused(&|sweep| sweep.length = 1 << 40).starts_with("length is 1099511627776; it must be between 1 and"));
    assert!(refused(&|sweep| sweep.masked = 9).starts_with("9 of 8 tokens are masked"));
    assert_eq!(
        refused(&|sweep| sweep.steps = vec![9]),
        "steps is 9; it must be between 1 and the number of masked tokens, 8"
    );
    assert!(refused(&|sweep| sweep.seed = MAX_SEED).contains("with 3 runs it must be between 0 and 9007199254740989"));
    let words =
        |schedule: &str| Words { schedule: Some(schedule.into()), order: Some("random".into()), ..Words::default() };
    assert!(refused(&|sweep| sweep.strategies = vec![words("fast")]).contains("unknown schedule `fast`"));
    assert!(
        refused(&|sweep| sweep.strategies = vec![words("profile-optimal")]).contains("needs an information profile")
    );
}
