//! What the runs of each cell say together, with 95 % intervals.

use serde::{Deserialize, Serialize};

use super::{Cell, Quality, Sweep, Whole, kept};
use crate::profile::Mean;

/// A mean, and how far from it the true one lies at most in 95 of 100 cases, by Student's distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// The best guess.
    pub mean: f64,
    /// Half the width of the interval.
    pub within: f64,
}

/// What texts are worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Values {
    /// Under the judge: `exp` of the nats per token, whose interval it takes over to first order.
    pub perplexity: Option<Interval>,
    /// Minus log-probability under the judge, in nats per token.
    pub nats_per_token: Option<Interval>,
    /// The entropy of the frequencies of a text's tokens, in nats.
    pub entropy: Interval,
    /// Distinct-1 of a text.
    pub distinct_1: Option<Interval>,
    /// Distinct-2.
    pub distinct_2: Option<Interval>,
    /// Distinct-3.
    pub distinct_3: Option<Interval>,
    /// The share of a text's 8-grams that stand in the training text.
    pub copied: Option<Interval>,
}

/// One strategy with one number of calls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// In words.
    pub strategy: String,
    /// The calls it may make; `None` where it decides itself.
    pub steps: Option<usize>,
    /// The calls that it made.
    pub calls: Interval,
    /// What its schedule loses according to the profile of the held-out text, in nats, if there is one, the order is
    /// random, the temperature 1 and nothing given.
    pub predicted: Option<Interval>,
    /// What its texts are worth.
    #[serde(flatten)]
    pub values: Values,
}

/// A sweep in the end.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// What was swept.
    pub sweep: Sweep,
    /// One a cell.
    pub rows: Vec<Row>,
    /// The same of windows of the held-out text.
    pub held_out: Option<Values>,
}

impl Summary {
    /// Sums up all runs.
    pub fn new(whole: Whole) -> Self {
        let Whole { sweep, runs, held_out } = whole;
        let predicted = |cell: usize| held_out.as_ref().and_then(|held_out| *held_out.predicted.get(cell)?);
        let row = |(index, (cell, runs)): (usize, (&Cell, &[super::Run]))| {
            Some(Row {
                strategy: sweep.strategies[cell.strategy].told().join(", "),
                steps: (!cell.open).then_some(cell.steps),
                calls: interval(runs.iter().map(|run| Some(run.calls as f64)))?,
                predicted: predicted(index),
                values: Values::of(runs.iter().map(|run| &run.quality))?,
            })
        };
        let rows = sweep.cells().iter().zip(runs.chunks(sweep.runs.max(1))).enumerate().filter_map(row).collect();
        let held_out = held_out.as_ref().and_then(|held_out| Values::of(held_out.windows.iter()));
        Self { rows, held_out, sweep }
    }
}

impl Interval {
    /// Of the mean of `count` values, at least 2, as a file keeps it.
    pub fn of(Mean { nats, se }: Mean, count: usize) -> Self {
        Self { mean: kept(nats), within: kept(student(count.saturating_sub(1)) * se) }
    }
}

impl Values {
    /// `None` for fewer than two texts.
    fn of<'a>(texts: impl Iterator<Item = &'a Quality> + Clone) -> Option<Self> {
        let nats_per_token = interval(texts.clone().map(|text| Some(text.nats? / text.tokens as f64)));
        let distinct = |n: usize| interval(texts.clone().map(|text| text.distinct[n]));
        Some(Self {
            perplexity: nats_per_token.map(|nats| {
                let mean = nats.mean.exp();
                Interval { mean, within: mean * nats.within }
            }),
            nats_per_token,
            entropy: interval(texts.clone().map(|text| Some(text.entropy)))?,
            distinct_1: distinct(0),
            distinct_2: distinct(1),
            distinct_3: distinct(2),
            copied: interval(texts.clone().map(|text| {
                let copied = text.copied?;
                (copied.of > 0).then(|| copied.found as f64 / copied.of as f64)
            })),
        })
    }
}

/// Of the values that there are; `None` for fewer than two.
fn interval(values: impl Iterator<Item = Option<f64>>) -> Option<Interval> {
    let values: Vec<f64> = values.flatten().collect();
    if values.len() < 2 {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    Some(Interval { mean, within: student(values.len() - 1) * (variance / count).sqrt() })
}

/// The two-sided 95 % quantile of Student's distribution, to 0.002: from a table for few degrees of freedom, then by
/// its series about the normal one (Abramowitz & Stegun, 26.7.5).
fn student(freedom: usize) -> f64 {
    const FEW: [f64; 5] = [12.706, 4.303, 3.182, 2.776, 2.571];
    if let Some(&quantile) = freedom.checked_sub(1).and_then(|index| FEW.get(index)) {
        return quantile;
    }
    let (z, v) = (1.959_963_985_f64, freedom as f64);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / v + second / v.powi(2) + third / v.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_printed_table() {
        for (freedom, wanted) in
            [(1, 12.706), (5, 2.571), (6, 2.447), (10, 2.228), (15, 2.131), (30, 2.042), (120, 1.980)]
        {
            assert!((student(freedom) - wanted).abs() < 2e-3, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn an_interval_worked_out_by_hand() {
        // Mean 2, variance 1, three values.
        let found = interval([Some(1.0), None, Some(2.0), Some(3.0)].into_iter()).unwrap();
        assert!((found.mean - 2.0).abs() < 1e-12 && (found.within - 4.303 / 3f64.sqrt()).abs() < 1e-9);
        assert_eq!(interval([Some(1.0), None].into_iter()), None);
    }

    #[test]
    fn perplexity_takes_over_the_interval_of_the_nats() {
        let text = |nats| Quality { tokens: 2, nats: Some(nats), entropy: 1.0, distinct: [None; 3], copied: None };
        let values = Values::of([text(2.0), text(4.0)].iter()).unwrap();
        let (nats, perplexity) = (values.nats_per_token.unwrap(), values.perplexity.unwrap());
        assert!((nats.mean - 1.5).abs() < 1e-12 && (perplexity.mean - 1.5f64.exp()).abs() < 1e-12);
        assert!((perplexity.within - perplexity.mean * nats.within).abs() < 1e-12);
        assert_eq!((values.distinct_1, values.copied, values.entropy.within), (None, None, 0.0));
    }
}
