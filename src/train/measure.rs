//! A run measured on held-out text.

use burn::prelude::*;

use super::{Evaluation, Point, Progress, TrainError, Trainer, objective::Asked};

/// Windows a forward.
const ROWS: usize = 16;

impl Trainer {
    /// Measures the mean of the weights on held-out text, and says whether it is the best so far.
    ///
    /// # Errors
    /// [`TrainError::Device`], [`TrainError::Thread`].
    pub fn evaluate(&mut self) -> Result<(Point, bool), TrainError> {
        let parts = self.shared(&self.held_out, |part| -> Result<Vec<f64>, TrainError> {
            let mut losses = vec![];
            for examples in part.chunks(ROWS) {
                let log_probs = Asked::new(examples, &self.place.device).log_probs(&self.average, &self.never, 0.0);
                let mut rest = &*numbers(log_probs)?;
                for example in examples {
                    let (own, others) = rest.split_at(example.places.len());
                    losses.push(example.loss(own));
                    rest = others;
                }
            }
            Ok(losses)
        })?;
        let losses: Vec<f64> = parts.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
        let held_out = Evaluation::of(&losses);
        if !held_out.nats.is_finite() {
            return Err(TrainError::Measured { step: self.progress.step, nats: held_out.nats });
        }
        let Progress { step, tokens, seconds, losses, counted, .. } = self.progress;
        let point = Point { step, tokens, seconds, loss: losses / counted.max(1) as f64, held_out };
        let best = self.progress.best.is_none_or(|(_, best)| held_out.nats < best.nats);
        if best {
            self.progress.best = Some((step, held_out));
        }
        (self.progress.losses, self.progress.counted) = (0.0, 0);
        self.progress.curve.push(point);
        Ok((point, best))
    }
}

/// The numbers of a tensor, read back.
pub fn numbers(tensor: Tensor<1>) -> Result<Vec<f32>, TrainError> {
    let data = pollster::block_on(tensor.into_data_async()).map_err(|error| TrainError::Device(Box::new(error)))?;
    data.try_into_vec::<f32>().map_err(|error| TrainError::Device(format!("{error:?}").into()))
}

/// Its only number, read back.
pub fn number(tensor: Tensor<1>) -> Result<f64, TrainError> {
    Ok(numbers(tensor)?.first().copied().map_or(f64::NAN, f64::from))
}
