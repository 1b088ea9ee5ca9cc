//! The lab: both errors against brute force, the bounds, and runs of the sampler that drives the model.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use proptest::prelude::*;
use unmask::{
    lab::{LAWS, Lab},
    law::{Law, Table, parse},
    schedule::{Draw, Grid, Plan, Schedule, Weights},
};

fn lab(spec: &str, length: usize) -> Lab {
    Lab::new(spec, parse(spec, length).unwrap())
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    (0..Schedule::ALL.len() + 2).prop_map(|which| {
        let profiled = [Schedule::ProfileOptimal, Schedule::ProfileAware(Draw::Systematic)];
        Schedule::ALL.into_iter().chain(profiled).nth(which).unwrap()
    })
}

/// Every order of `0..length`.
fn orders(length: usize) -> Vec<Vec<usize>> {
    if length == 0 {
        return vec![vec![]];
    }
    let insert = |order: Vec<usize>| (0..length).map(move |at| [&order[..at], &[length - 1], &order[at..]].concat());
    orders(length - 1).into_iter().flat_map(insert).collect()
}

/// `KL(p || q)` for one grid, averaged over all orders, from the definition: every sequence, every call.
fn brute_force(law: &dyn Law, grid: &Grid) -> f64 {
    let (length, symbols) = (law.length(), law.symbols());
    let orders = orders(length);
    let mut total = 0.0;
    for code in 0..symbols.pow(length as u32) {
        let sequence: Vec<u32> = (0..length).map(|i| (code / symbols.pow(i as u32) % symbols) as u32).collect();
        let log_prob = law.log_prob(&sequence);
        if !log_prob.is_finite() {
            continue;
        }
        for order in &orders {
            let mut tokens = vec![symbols as u32; length];
            let (mut drawn, mut seen) = (0.0, 0);
            for &point in grid.points() {
                let call = law.conditionals(&tokens);
                for &position in &order[seen..point] {
                    drawn += call[position].probability(sequence[position]).ln();
                    tokens[position] = sequence[position];
                }
                seen = point;
            }
            total += log_prob.exp() * (log_prob - drawn) / orders.len() as f64;
        }
    }
    total
}

#[test]
fn identity_i_holds_by_brute_force() {
    let table = r#"{"symbols": 2, "support": [{"tokens": [0,0,1,1], "probability": 0.5},
        {"tokens": [1,0,1,0], "probability": 0.3}, {"tokens": [1,1,1,1], "probability": 0.2}]}"#;
    let table: Box<dyn Law> = Box::new(Table::parse(table).unwrap());
    let spelled =
        ["reed-solomon:k=2,q=5", "parity:q=2", "markov:flip=0.2", "mixture:0.1,0.7", "hmm:states=3,symbols=2"];
    let laws = spelled.into_iter().map(|spec| parse(spec, if spec.contains("q=5") { 4 } else { 5 }).unwrap());
    for law in laws.chain([table]) {
        let name = law.to_string();
        let lab = Lab::new(&name, law);
        let length = lab.law().length();
        for schedule in
            [Schedule::Uniform, Schedule::Cosine, Schedule::BestFixed(Weights::Tc), Schedule::ProfileOptimal]
        {
            for steps in 1..=length {
                let plan = lab.plan(schedule, steps).unwrap();
                let Plan::Fixed(grid) = &plan else { unreachable!("{schedule}") };
                let (exact, brute) = (lab.kl_grid(&plan), brute_force(lab.law(), grid));
                assert!((exact - brute).abs() < 1e-9, "{name}, {schedule}, {steps} steps: {exact} for {brute}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_schedule_beats_the_oracle_and_the_law_really_sampled_is_never_worse(
        schedule in any_schedule(), which in 0..LAWS.len(), length in 1usize..40, steps in 1usize..40
    ) {
        let steps = steps.min(length);
        let spec = LAWS[which].0.replace("k=23", "k=5").replace("k=57", "k=7");
        let Ok(law) = parse(&spec, length) else { return Ok(()) }; // a code needs its dimension
        let lab = Lab::new(&spec, law);
        let report = lab.report(&[schedule], &[steps]).unwrap();
        let (row, bounds) = (&report.rows[0], &report.bounds[0]);
        prop_assert!(row.kl_grid >= bounds.oracle - 1e-9, "{row:?} {bounds:?}");
        let worst = &report.worst[0];
        prop_assert!(row.kl_grid <= worst.per_tc * report.tc + 1e-9, "{row:?}");
        prop_assert!(row.kl_grid <= worst.per_dtc * report.dtc + 1e-9, "{row:?}");
        if let Some(kl_law) = row.kl_law {
            prop_assert!((0.0..=row.kl_grid + 1e-9).contains(&kl_law), "{row:?}");
        }
        let one_at_a_time = lab.row(Schedule::OneAtATime, length).unwrap();
        prop_assert!(one_at_a_time.kl_grid == 0.0 && one_at_a_time.kl_law.is_none_or(|kl| kl == 0.0));
    }

    #[test]
    fn theorem_1_holds_on_every_law(
        which in 0..LAWS.len(), kind in 0usize..3, length in 2usize..60, steps in 1usize..60
    ) {
        let steps = steps.min(length);
        let spec = LAWS[which].0.replace("k=23", "k=5").replace("k=57", "k=7");
        let Ok(law) = parse(&spec, length) else { return Ok(()) };
        let lab = Lab::new(&spec, law);
        let weights = [Weights::Tc, Weights::Dtc, Weights::Min][kind];
        let plan = lab.plan(Schedule::Adaptive(weights, Draw::Systematic), steps).unwrap();
        let bound = lab.bound(weights, steps).unwrap();
        prop_assert!(lab.kl_grid(&plan) <= bound + 1e-9, "{} > {bound}", lab.kl_grid(&plan));
    }
}

#[test]
fn runs_of_the_sampler_have_the_exact_errors() {
    let laws = [
        ("reed-solomon:k=4,q=16", 12),
        ("repetition:q=3", 8),
        ("parity:q=2", 8),
        ("mixture:0.1,0.9", 10),
        ("markov:flip=0.1", 12),
        ("product:q=3", 6),
    ];
    let schedules = ["adaptive-min", "minimax-dtc", "uniform", "ancestral", "profile-aware"];
    let (mut held, mut told) = (vec![], 0);
    for (index, (spec, length)) in laws.into_iter().enumerate() {
        let lab = lab(spec, length);
        for schedule in schedules {
            let schedule: Schedule = schedule.parse().unwrap();
            let row = lab.row(schedule, 4).unwrap();
            let sampled = pollster::block_on(lab.sample(schedule, 4, 600, 1000 * index as u64)).unwrap();
            let near = |kl: f64, low: f64, high: f64| (low..=high).contains(&kl);
            held.push(near(row.kl_grid, sampled.kl_grid.low, sampled.kl_grid.high));
            assert_eq!(sampled.kl_law.is_some(), lab.law().mds().is_some(), "{spec}");
            if let (Some(kl_law), Some(sampled)) = (row.kl_law, sampled.kl_law) {
                held.push(near(kl_law, sampled.low, sampled.high));
                told += 1;
                let wide = sampled.high - sampled.low;
                assert!(wide.is_finite(), "{spec}, {schedule}: no run of 600 was a codeword");
                assert!(
                    near(kl_law, sampled.low - wide, sampled.high + wide),
                    "{spec}, {schedule}: {kl_law}, {sampled:?}"
                );
            }
            let wide = sampled.kl_grid.high - sampled.kl_grid.low;
            assert!(near(row.kl_grid, sampled.kl_grid.low - wide, sampled.kl_grid.high + wide), "{spec}, {schedule}");
        }
    }
    assert_eq!((held.len(), told), (45, 15));
    // Binomial(45, 0.95): fewer than 37 with a probability below 1e-3.
    assert!(held.iter().filter(|&&held| held).count() >= 37, "{held:?}");
}

#[test]
fn randomness_pays_in_the_law_really_sampled() {
    // L = q = 256, K = 16, mean over k <= L/8 (theory section 4): nats, and the share of codewords.
    let wanted = [
        ("adaptive-dtc", 1.55, 0.29),
        ("uniform", 41.6, 0.06),
        ("cosine", 20.8, f64::NAN),
        ("best-fixed-dtc", 13.3, f64::NAN),
        ("ancestral", 4.2, f64::NAN),
    ];
    for (schedule, nats, share) in wanted {
        let plan = schedule.parse::<Schedule>().unwrap().plan(256, 16, None).unwrap();
        let logs: Vec<f64> = (1..=32).map(|k| plan.ln_expected_power(k, -(256f64.ln()))).collect();
        let mean = |of: &dyn Fn(f64) -> f64| logs.iter().map(|&log| of(log)).sum::<f64>() / logs.len() as f64;
        let (found, codewords) = (mean(&|log| -log), mean(&f64::exp));
        assert!((found / nats - 1.0).abs() < 0.01, "{schedule}: {found}");
        assert!(share.is_nan() || (codewords - share).abs() < 0.005, "{schedule}: {codewords}");
    }
}

#[test]
fn what_loses_nothing_is_told_as_zero() {
    // A point on the last place, or a law without dependence however it is spelled: 0, and not 1e-15.
    for (spec, schedule, steps) in [
        ("parity:q=2", "adaptive-min", 16),
        ("parity:q=2", "adaptive-tc", 16),
        ("markov:flip=0.5", "uniform", 4),
        ("mixture:0.3", "ancestral", 4),
        ("mixture:0.5,0.5", "adaptive-dtc:draw=stratified", 8),
        ("markov:flip=0.1", "uniform", 32),
    ] {
        let row = lab(spec, 32).row(schedule.parse().unwrap(), steps).unwrap();
        assert_eq!((row.kl_grid, row.kl_law), (0.0, Some(0.0)), "{spec}, {schedule}");
    }
    assert!(lab("mixture:0.3", 1).profile().tc().is_sign_positive());
}

#[test]
fn bad_input_is_told_with_its_range() {
    let lab = lab("parity:q=2", 8);
    let told = |steps| lab.row(Schedule::Uniform, steps).unwrap_err().to_string();
    assert_eq!(told(9), "steps is 9; it must be between 1 and the length, 8");
    assert_eq!(told(0), "steps is 0; it must be between 1 and the length, 8");
    for steps in [0, 9] {
        assert!(
            lab.report(&[], &[steps]).unwrap_err().to_string().starts_with(&format!("steps is {steps}; it must be"))
        );
    }
    assert_eq!(lab.report(&[], &[]).unwrap().rows, []);
    let error = pollster::block_on(lab.sample(Schedule::Uniform, 4, 1, 1)).unwrap_err().to_string();
    assert_eq!(error, "runs is 1; it must be at least 30");
    assert!(lab.row(Schedule::OneAtATime, 4).unwrap_err().to_string().contains("needs 8 calls"));
}
