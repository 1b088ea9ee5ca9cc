//! The orders: signs, ties, draws and spellings.

use super::*;

fn prediction(position: u32, log_prob: f32) -> Prediction {
    Prediction { position, token: 0, log_prob, ..Prediction::default() }
}

fn soft(score: Score, softness: f64) -> Order {
    Order::Soft { score, softness }
}

#[test]
fn spellings_round_trip_and_an_unknown_name_lists_them() {
    let soft = Score::ALL.map(|score| soft(score, 0.2));
    for order in Order::ALL.into_iter().chain(soft) {
        assert_eq!(order.to_string().parse(), Ok(order));
    }
    assert_eq!(soft[0].to_string(), "most-confident:soft=0.2");
    let told = |text: &str| text.parse::<Order>().unwrap_err().to_string();
    let error = told("low-confidence");
    assert!(error.contains("unknown order `low-confidence`") && error.contains("random, left-to-right"), "{error}");
    assert_eq!(told("random:soft=1"), "`random` has no parameter `soft`; it has none");
    for wrong in ["0", "-1", "inf", "nan", "much"] {
        let error = told(&format!("largest-margin:soft={wrong}"));
        assert_eq!(
            error,
            format!("soft of `largest-margin` is `{wrong}`; it must be a number from 0.000001 to 1000000")
        );
    }
}

#[test]
fn a_certain_position_beats_an_uncertain_one() {
    // Row 1 is one-hot: its token has probability 1. Row 0 is uniform over 100 tokens.
    let nats = 100f32.ln();
    let uniform = Prediction { entropy: nats, margin: 0.0, ..prediction(4, -nats) };
    let rows = [uniform, Prediction { entropy: 0.0, margin: 1.0, ..prediction(9, 0.0) }];
    let soft = Score::ALL.map(|score| soft(score, 0.02));
    for order in Order::ALL.into_iter().skip(2).chain(soft) {
        for seed in 0..50 {
            assert_eq!(order.choose(&rows, 1, seed, 1), [1], "{order}");
        }
    }
}

#[test]
fn left_to_right_takes_the_lowest_positions() {
    let rows = [prediction(7, 0.0), prediction(2, -3.0), prediction(5, -1.0)];
    assert_eq!(Order::LeftToRight.choose(&rows, 2, 1, 1), [1, 2]);
}

#[test]
fn equal_scores_fall_uniformly() {
    let rows: Vec<Prediction> = (0..8).map(|position| prediction(position, -0.5)).collect();
    let soft = Score::ALL.map(|score| soft(score, 0.5));
    for order in Order::ALL.into_iter().filter(|&order| order != Order::LeftToRight).chain(soft) {
        let mut wins = [0u32; 8];
        for seed in 0..8000 {
            wins[order.choose(&rows, 1, seed, 3)[0]] += 1;
        }
        // Binomial(8000, 1/8): standard deviation 30; five of them.
        assert!(wins.iter().all(|wins| wins.abs_diff(1000) < 150), "{order}: {wins:?}");
    }
}

#[test]
fn a_soft_order_draws_without_replacement_from_the_softmax() {
    // Probabilities 0.8, 0.5, 0.1 at softness 0.5: weights e^1.6, e^1, e^0.2.
    let rows: Vec<Prediction> =
        (0..).zip([0.8f32, 0.5, 0.1]).map(|(position, p)| prediction(position, p.ln())).collect();
    let weights = [1.6f64.exp(), 1f64.exp(), 0.2f64.exp()];
    let total: f64 = weights.iter().sum();
    let (mut first, mut pair, runs) = ([0u32; 3], 0u32, 20_000);
    for seed in 0..runs {
        let chosen = soft(Score::Confidence, 0.5).choose(&rows, 2, seed, 1);
        first[chosen[0]] += 1;
        pair += u32::from(chosen == [1, 0]);
    }
    let near = |count: u32, p: f64| {
        let spread = 5.0 * (p * (1.0 - p) / runs as f64).sqrt();
        assert!((f64::from(count) / runs as f64 - p).abs() < spread, "{count} of {runs}, expected {p}");
    };
    for (count, weight) in first.into_iter().zip(weights) {
        near(count, weight / total);
    }
    near(pair, weights[1] / total * weights[0] / (total - weights[1]));
}

#[test]
fn ties_fall_anew_in_each_call() {
    let rows: Vec<Prediction> = (0..8).map(|position| prediction(position, -0.5)).collect();
    let winners: Vec<usize> = (1..40).map(|step| Order::MostConfident.choose(&rows, 1, 5, step)[0]).collect();
    assert!(winners.iter().any(|&winner| winner != winners[0]), "{winners:?}");
}

#[test]
fn random_is_one_permutation_a_run() {
    let rows: Vec<Prediction> = (0..10).map(|position| prediction(position, 0.0)).collect();
    let all = Order::Random.choose(&rows, 10, 3, 1);
    let later: Vec<Prediction> = all[4..].iter().map(|&index| rows[index].clone()).collect();
    let positions = |chosen: &[usize]| chosen.iter().map(|&i| later[i].position).collect::<Vec<_>>();
    assert_eq!(
        positions(&Order::Random.choose(&later, 6, 3, 2)),
        all[4..].iter().map(|&i| i as u32).collect::<Vec<_>>()
    );
}
