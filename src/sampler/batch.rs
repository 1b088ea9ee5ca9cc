//! Several runs in one call of the model.

use super::{Frame, Sampler, SamplerError};
use crate::denoiser::Denoiser;

/// The next frame of each run, `None` of those that are done: what [`Sampler::next`] gives of each alone, in one call for
/// all. Runs that have not begun give frame 0, which needs none.
///
/// # Errors
/// As [`Sampler::next`]: where the call fails, all runs stand where they were.
pub async fn next_of_each(
    runs: &mut [Sampler],
    denoiser: &mut impl Denoiser,
) -> Result<Vec<Option<Frame>>, SamplerError> {
    let asks: Vec<_> = runs.iter().map(|run| if run.given == 0 { None } else { run.ask() }).collect();
    let batch: Vec<_> = runs.iter().zip(&asks).filter_map(|(run, ask)| Some((&run.tokens[..], (*ask)?))).collect();
    let mut told = if batch.is_empty() { vec![] } else { denoiser.predict_batch(&batch).await? }.into_iter();
    let frames = runs.iter_mut().zip(asks).map(|(run, ask)| match ask {
        None if run.given == 0 => Ok(Some(run.begin())),
        None => Ok(None),
        Some(ask) => {
            let predictions = told.next().ok_or(SamplerError::Predictions { step: ask.step })?;
            run.hear(predictions, &ask).map(Some)
        }
    });
    frames.collect()
}
