//! Schedules by name: grids, exact costs, bounds.

use super::*;
use crate::random::{Purpose, Stream};
use proptest::prelude::*;

fn rng(seed: u64) -> Stream {
    Stream::new(seed, Purpose::Sizes, 0)
}

#[test]
fn bad_input_is_told_with_what_would_do() {
    let told = |schedule: &str, masked, steps, profile| {
        let schedule: Schedule = schedule.parse().unwrap();
        schedule.plan(masked, steps, profile).unwrap_err().to_string()
    };
    assert_eq!(told("uniform", 4, 0, None), "steps is 0; it must be at least 1");
    assert_eq!(
        told("one-at-a-time", 9, 4, None),
        "one-at-a-time needs 9 calls for 9 masked tokens; steps is 4, and must be at least 9"
    );
    let estimate = told("chen-cong-li-tc:nats=8,error=1", 20, 4, None);
    assert!(estimate.starts_with("chen-cong-li-tc:nats=8,error=1 needs 1"), "{estimate}");
    assert!(told("profile-optimal", 4, 2, None).contains("needs an information profile, one number for each of 4"));
    assert!(told("profile-aware", 4, 2, Some(&[1.0; 3])).contains("has 3 numbers; it must be 4 numbers"));
    assert!(told("profile-aware", 2, 2, Some(&[1.0, f64::NAN])).contains("is NaN at 1"));
    assert!(told("profile-optimal", 2, 2, Some(&[1.0, 2.0])).contains("rises from 1 to 2 at 1"));
}

#[test]
fn minimax_of_a_long_sequence_is_quick() {
    let begun = std::time::Instant::now();
    Schedule::Minimax(Weights::Min, Draw::Systematic).plan(4096, 256, None).unwrap();
    // The goal holds for optimized code; without optimization it is some twenty times slower.
    let most = if cfg!(debug_assertions) { 20.0 } else { 1.0 };
    assert!(begun.elapsed().as_secs_f64() < most, "{:?}", begun.elapsed());
}

#[test]
fn a_batch_draws_each_row_as_always_and_together_varies_less() {
    let plan = Schedule::Adaptive(Weights::Min, Draw::Systematic).plan(32, 6, None).unwrap();
    let (rows, batches) = (8, 2000);
    // The mean first size of a batch, and of its first row alone.
    let (mut row, mut batch) = (vec![], vec![]);
    for seed in 0..batches {
        let firsts: Vec<f64> = plan.draw_batch(rows, &mut rng(seed)).iter().map(|g| g.points()[0] as f64).collect();
        row.push(firsts[0]);
        batch.push(firsts.iter().sum::<f64>() / rows as f64);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let variance = |values: &[f64]| values.iter().map(|v| (v - mean(values)).powi(2)).sum::<f64>() / batches as f64;
    let error = (variance(&row) / batches as f64).sqrt();
    assert!((mean(&row) - mean(&batch)).abs() < 5.0 * error, "{} {}", mean(&row), mean(&batch));
    assert!(variance(&batch) * 4.0 < variance(&row) / rows as f64, "{} {}", variance(&batch), variance(&row));
}

fn any_schedule() -> impl Strategy<Value = Schedule> {
    (0..Schedule::ALL.len() + 3).prop_map(|which| match which.checked_sub(Schedule::ALL.len()) {
        None => Schedule::ALL[which],
        Some(0) => Schedule::Adaptive(Weights::Tc, Draw::Stratified),
        Some(1) => Schedule::Adaptive(Weights::Dtc, Draw::Iid),
        Some(_) => Schedule::Minimax(Weights::Min, Draw::Deterministic),
    })
}

/// Schedules whose points can meet, or that have no use for some calls.
fn may_make_fewer(schedule: Schedule) -> bool {
    use Schedule::{Adaptive, Ancestral, BestFixed, ChenCongLi};
    matches!(
        schedule,
        Ancestral(_) | ChenCongLi { .. } | BestFixed(_) | Adaptive(_, Draw::Stratified) | Adaptive(_, Draw::Iid)
    )
}

proptest! {
    #[test]
    fn every_grid_increases_and_ends_at_the_masked_count(
        schedule in any_schedule(), masked in 0usize..200, steps in 1usize..220, seed in 0u64..1000
    ) {
        let grid = schedule.grid(masked, steps, &mut rng(seed)).unwrap();
        prop_assert!(grid.points().is_sorted_by(|a, b| a < b));
        prop_assert_eq!(grid.sizes().iter().sum::<usize>(), masked);
        prop_assert!(grid.calls() <= steps);
        if !may_make_fewer(schedule) {
            prop_assert_eq!(grid.calls(), steps.min(masked));
        }
    }

    #[test]
    fn one_token_a_call_costs_nothing(schedule in any_schedule(), masked in 1usize..80, more in 0usize..5) {
        let fixed = !matches!(schedule, Schedule::Ancestral(_) | Schedule::Adaptive(_, Draw::Iid));
        let cost = schedule.plan(masked, masked + more, None).unwrap().expected_cost();
        prop_assert!(!fixed || cost.iter().all(|&cost| cost.abs() < 1e-9), "{:?}", cost);
    }

    #[test]
    fn what_is_exact_of_a_plan_is_the_mean_over_its_draws(
        schedule in any_schedule(), masked in 2usize..40, steps in 1usize..40
    ) {
        let plan = schedule.plan(masked, steps, None).unwrap();
        let draws = 4000;
        let (mut cost, mut power) = (vec![0.0; masked - 1], vec![0.0; masked - 1]);
        let mut presence = vec![0.0; masked - 1];
        for seed in 0..draws {
            let grid = plan.draw(&mut rng(seed));
            for &point in grid.points().iter().filter(|&&point| point < masked) {
                presence[point - 1] += 1.0 / draws as f64;
            }
            for (j, one) in grid.cost().into_iter().enumerate() {
                cost[j] += one / draws as f64;
                power[j] += 0.5f64.powf(one) / draws as f64;
            }
        }
        // A cost lies in [0, masked], a power and a presence in [0, 1]: six standard errors of the widest law on that range.
        let width = 3.0 / (draws as f64).sqrt();
        for (j, exact) in plan.expected_cost().into_iter().enumerate() {
            prop_assert!((cost[j] - exact).abs() < width * masked as f64, "j = {}: {} for {exact}", j + 1, cost[j]);
            let exact = plan.ln_expected_power(j + 1, 0.5f64.ln()).exp();
            prop_assert!((power[j] - exact).abs() < width, "j = {}: {} for {exact}", j + 1, power[j]);
            let exact = plan.presence()[j];
            prop_assert!((presence[j] - exact).abs() < width, "j = {}: {} for {exact}", j + 1, presence[j]);
        }
    }

    #[test]
    fn nothing_beats_minimax_in_its_worst_case_nor_the_optimum_for_a_profile(
        schedule in any_schedule(), which in 0usize..4, masked in 2usize..60, steps in 1usize..60,
        drops in prop::collection::vec(0.0..1.0f64, 59)
    ) {
        let (weights, steps) = (Weights::ALL[which], steps.min(masked));
        let cost = schedule.plan(masked, steps, None).unwrap().expected_cost();
        prop_assert!(worst_ratio(weights, &cost) >= minimax_ratio(weights, masked, steps) - 1e-9);
        let mut h: Vec<f64> = drops[..masked - 1].iter().rev().scan(0.0, |h, drop| { *h += drop; Some(*h) }).collect();
        h.reverse();
        h.push(0.0);
        let error = |cost: Vec<f64>| cost.iter().zip(&drops).map(|(cost, drop)| cost * drop).sum::<f64>();
        let optimum = Schedule::ProfileOptimal.plan(masked, steps, Some(&h)).unwrap().expected_cost();
        prop_assert!(error(cost) >= error(optimum) - 1e-9);
    }
}
