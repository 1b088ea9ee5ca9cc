//! How far a training run is, and what it has measured on its way.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::profile::Mean;

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps made.
    pub step: u64,
    /// Tokens read.
    pub tokens: u64,
    /// Seconds spent on steps.
    pub seconds: f64,
    /// The sum of the losses since the last measurement.
    #[serde(with = "exact")]
    pub losses: f64,
    /// How many they are.
    pub counted: u64,
    /// The step and value of the best measurement.
    pub best: Option<(u64, Evaluation)>,
    /// All measurements.
    pub curve: Vec<Point>,
}

/// The NELBO of a denoiser, or the loss of a judge, on held-out text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Nats per token.
    #[serde(with = "exact")]
    pub nats: f64,
    /// Its standard error over the windows, as if they were drawn one by one.
    #[serde(with = "exact")]
    pub se: f64,
}

/// A measurement in the course of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// After which step.
    pub step: u64,
    /// After how many tokens.
    pub tokens: u64,
    /// After how many seconds of training.
    pub seconds: f64,
    /// The mean loss of the steps since the last measurement, in nats per token.
    #[serde(with = "exact")]
    pub loss: f64,
    /// On held-out text.
    pub held_out: Evaluation,
}

/// What a step tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Which.
    pub step: u64,
    /// Its loss, in nats per token.
    pub loss: f64,
    /// The rate.
    pub rate: f64,
    /// The length of the gradient, before it was shortened.
    pub gradient: f64,
}

impl Progress {
    /// The step of the last measurement.
    pub fn measured(&self) -> Option<u64> {
        self.curve.last().map(|point| point.step)
    }

    /// All measurements as a table with commas: step, tokens, seconds, loss of training, of held-out text, its standard error.
    pub fn csv(&self) -> String {
        let mut csv = "step,tokens,seconds,loss,held_out,se\n".to_owned();
        for Point { step, tokens, seconds, loss, held_out } in &self.curve {
            // A string takes all that is written.
            let _ = writeln!(csv, "{step},{tokens},{seconds:.2},{loss:.4},{:.4},{:.4}", held_out.nats, held_out.se);
        }
        csv
    }
}

impl Evaluation {
    /// The mean of `losses` `[windows]`.
    pub(super) fn of(losses: &[f64]) -> Self {
        let Mean { nats, se } = Mean::of(losses);
        Self { nats, se }
    }
}

/// Numbers as text: what reads JSON numbers may be off by the last bit, and a run that goes on is to be the same run.
mod exact {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_bit_for_bit() {
        for k in 1..2000 {
            let nats = (f64::from(k) * 0.7371).ln().sin() + 2.0;
            let before = Evaluation { nats, se: nats / 331.0 };
            let after: Evaluation = serde_json::from_str(&serde_json::to_string(&before).unwrap()).unwrap();
            assert_eq!(before, after);
        }
    }
}
