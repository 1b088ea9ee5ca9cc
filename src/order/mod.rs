//! WHICH masked positions a call reveals.
//!
//! An [`Order`] ranks the masked positions, higher first. Rules are named by what they reveal. Scores come from the
//! untempered distribution in log space, so that a low temperature does not make them equal; ties fall by the seed.

use std::{cmp::Ordering, fmt, str::FromStr};

use crate::{
    denoiser::Prediction,
    random::{Purpose, Stream},
};

/// No order has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown order `{name}`; the orders are {}", Order::ALL.map(Order::name).join(", "))]
pub struct UnknownOrder {
    /// The name that was asked for.
    pub name: String,
}

/// A rule for which masked positions are revealed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// One random permutation a run. The guarantees of the schedules are for this order.
    Random,
    /// The lowest position first.
    LeftToRight,
    /// The position whose drawn token has the highest probability first (LLaDA, arXiv 2502.09992; MaskGIT).
    MostConfident,
}

impl Order {
    /// Every order, in the order in which lists show them.
    pub const ALL: [Self; 3] = [Self::Random, Self::LeftToRight, Self::MostConfident];

    /// The name that [`FromStr`] reads back.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::LeftToRight => "left-to-right",
            Self::MostConfident => "most-confident",
        }
    }

    /// One line for a person who chooses.
    pub fn about(self) -> &'static str {
        match self {
            Self::Random => "Positions at random; the schedules' guarantees hold for this order, at temperature 1.",
            Self::LeftToRight => "From the beginning to the end, as an autoregressive model does.",
            Self::MostConfident => "The positions whose drawn token is likeliest; no guarantee, often used.",
        }
    }

    /// The `count` positions to reveal, as indices into `predictions`, best first.
    ///
    /// `step` is the number of the call; it only decides how ties fall.
    pub fn choose(self, predictions: &[Prediction], count: usize, seed: u64, step: u32) -> Vec<usize> {
        let permutation = Stream::new(seed, Purpose::Order, 0);
        let ties = Stream::new(seed, Purpose::Order, step);
        let mut ranked: Vec<(f64, f64, usize)> = predictions
            .iter()
            .enumerate()
            .map(|(index, prediction)| {
                let score = match self {
                    Self::Random => permutation.uniform(prediction.position),
                    Self::LeftToRight => -f64::from(prediction.position),
                    Self::MostConfident => f64::from(prediction.log_prob),
                };
                (score, ties.uniform(prediction.position), index)
            })
            .collect();
        ranked.sort_by(higher_first);
        ranked.into_iter().take(count).map(|(_, _, index)| index).collect()
    }
}

fn higher_first(a: &(f64, f64, usize), b: &(f64, f64, usize)) -> Ordering {
    b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2))
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Order {
    type Err = UnknownOrder;

    fn from_str(name: &str) -> Result<Self, UnknownOrder> {
        let found = Self::ALL.into_iter().find(|order| order.name() == name);
        found.ok_or_else(|| UnknownOrder { name: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(position: u32, log_prob: f32) -> Prediction {
        Prediction { position, token: 0, log_prob, ..Prediction::default() }
    }

    #[test]
    fn names_round_trip_and_an_unknown_one_lists_them() {
        for order in Order::ALL {
            assert_eq!(order.to_string().parse(), Ok(order));
        }
        let error = "low-confidence".parse::<Order>().unwrap_err().to_string();
        assert!(error.contains("`low-confidence`") && error.contains("random, left-to-right"), "{error}");
    }

    #[test]
    fn a_certain_position_beats_an_uncertain_one() {
        // Row 1 is one-hot: its token has probability 1. Row 0 is uniform over 100 tokens.
        let rows = [prediction(4, -(100f32.ln())), prediction(9, 0.0)];
        for seed in 0..50 {
            assert_eq!(Order::MostConfident.choose(&rows, 1, seed, 1), [1]);
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
        for order in [Order::MostConfident, Order::Random] {
            let mut wins = [0u32; 8];
            for seed in 0..8000 {
                wins[order.choose(&rows, 1, seed, 3)[0]] += 1;
            }
            // Binomial(8000, 1/8): standard deviation 30; five of them.
            assert!(wins.iter().all(|wins| wins.abs_diff(1000) < 150), "{order}: {wins:?}");
        }
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
}
