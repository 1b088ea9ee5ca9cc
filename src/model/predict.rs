//! The denoiser: sequences that ask alike go through the net together, and one small read-back tells of all of them.

use super::{
    Model,
    ahead::Ahead,
    network::{Asked, Network, lost},
};
use crate::{
    denoiser::{
        Ask, Denoiser, DenoiserError, Extent, Foreseen, Masked, Prediction,
        twin::{self, Draw, STATS},
    },
    forward::gpu,
    random::{Purpose, Stream},
};

/// Runs that a GPU is ahead of at a time.
const MOST_AHEAD: usize = 4;

/// A sequence `[length]` and what is asked of it.
type Question<'a> = (&'a [u32], Ask);

/// What a net says of the places that are asked for.
pub struct Told {
    /// `[places, STATS]`, see [`twin`].
    pub stats: Vec<f32>,
    /// `[places, vocab]`, or empty.
    pub logits: Vec<f32>,
}

impl From<gpu::Told> for Told {
    fn from(gpu::Told { numbers, logits }: gpu::Told) -> Self {
        Self { stats: numbers, logits }
    }
}

impl Denoiser for Model {
    fn mask_id(&self) -> u32 {
        self.config.mask_id
    }

    async fn predict(&mut self, tokens: &[u32], ask: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
        if let Some(predictions) = self.made_ahead(tokens, ask).await {
            return predictions;
        }
        Ok(self.predict_alike(&[(tokens, *ask)]).await?.pop().unwrap_or_default())
    }

    fn foresee(&mut self, tokens: &[u32], calls: Vec<Foreseen>) {
        let usual = calls.iter().all(|call| call.ask.extent == Extent::USUAL);
        if let (Network::Gpu(forward), true, Ok(())) = (&self.net, usual, self.check(tokens)) {
            self.ahead.push(Ahead::new(forward, tokens, calls, self.config.mask_id, self.config.pad_id));
            if self.ahead.len() > MOST_AHEAD {
                self.ahead.remove(0); // a run that nobody goes on with
            }
        }
    }

    async fn predict_batch(&mut self, batch: &[Question<'_>]) -> Result<Vec<Vec<Prediction>>, DenoiserError> {
        let mut told = vec![vec![]; batch.len()];
        let mut left: Vec<usize> = (0..batch.len()).collect();
        while let Some(&first) = left.first() {
            let alike: Vec<usize> =
                left.iter().copied().filter(|&other| kind(&batch[other]) == kind(&batch[first])).collect();
            left.retain(|other| !alike.contains(other));
            let together: Vec<Question<'_>> = alike.iter().map(|&index| batch[index]).collect();
            for (index, predictions) in alike.into_iter().zip(self.predict_alike(&together).await?) {
                told[index] = predictions;
            }
        }
        Ok(told)
    }

    async fn log_probs(&mut self, batch: &[Masked]) -> Result<Vec<Vec<f32>>, DenoiserError> {
        self.score(batch).await
    }
}

/// What sequences must have in common to be predicted together.
fn kind((tokens, ask): &Question<'_>) -> (usize, f32, Extent) {
    (tokens.len(), ask.temperature, ask.extent)
}

impl Model {
    /// The answer of a call that was made before it was asked for, if there is one.
    async fn made_ahead(&mut self, tokens: &[u32], ask: &Ask) -> Option<Result<Vec<Prediction>, DenoiserError>> {
        let Network::Gpu(forward) = &self.net else { return None };
        let answers = self.ahead.iter_mut().enumerate();
        let (run, sent) = answers.filter_map(|(run, ahead)| Some((run, ahead.answer(forward, tokens, ask)?))).next()?;
        let reveal = sent.reveal().to_vec();
        let told = sent.pending.read().await.map(Told::from).map_err(lost);
        let told = told.and_then(|told| self.predictions(&sent.places, tokens.len(), &told));
        match &told {
            Ok(predictions) => self.ahead[run].hear(&reveal, predictions),
            Err(_) => self.ahead.clear(), // what hangs on a device that failed
        }
        self.ahead.retain(|ahead| !ahead.is_done());
        Some(told)
    }

    /// Predictions of sequences of one [`kind`].
    async fn predict_alike(&mut self, batch: &[Question<'_>]) -> Result<Vec<Vec<Prediction>>, DenoiserError> {
        let Some(&(first, Ask { temperature, extent, .. })) = batch.first() else { return Ok(vec![]) };
        let Extent { everywhere, distributions } = extent;
        let (mask_id, pad_id) = (self.config.mask_id, self.config.pad_id);
        // Where something is asked, sequence by sequence, and how the noise there begins.
        let (mut all, mut places, mut keys, mut counts) = (vec![], vec![], vec![], vec![]);
        for (row, (tokens, ask)) in batch.iter().enumerate() {
            self.check(tokens)?;
            all.extend_from_slice(tokens);
            let stream = Stream::new(ask.seed, Purpose::Tokens, ask.step);
            let asked = (0u32..).zip(*tokens).filter(|&(_, &token)| everywhere || token == mask_id);
            let before = places.len();
            for (position, _) in asked {
                places.push((row * first.len()) as u32 + position);
                keys.push(stream.key(position));
            }
            counts.push(places.len() - before);
        }
        if places.is_empty() {
            return Ok(vec![vec![]; batch.len()]);
        }
        let asked = Asked { tokens: &all, length: first.len(), places: &places };
        let draw = Draw { temperature, mask_id, pad_id };
        let asks: Vec<Ask> = batch.iter().map(|(_, ask)| *ask).collect();
        let kept = self.kept.as_mut().map(|kept| (kept, &asks[..]));
        let told = self.net.predict(asked, &keys, draw, distributions, kept).await?;
        let mut told = self.predictions(&places, first.len(), &told)?.into_iter();
        Ok(counts.into_iter().map(|count| told.by_ref().take(count).collect()).collect())
    }

    /// What was told of `places`, rows of `[batch * length]`.
    fn predictions(&self, places: &[u32], length: usize, told: &Told) -> Result<Vec<Prediction>, DenoiserError> {
        let Told { stats, logits } = told;
        if stats.len() != places.len() * STATS || stats.iter().any(|value| !value.is_finite()) {
            return Err(DenoiserError::Device("the predictions are not numbers".into()));
        }
        let mut logits = logits.chunks_exact(self.config.vocab_size);
        let told = places.iter().zip(stats.chunks_exact(STATS)).map(|(&place, stats)| {
            let mut prediction = twin::prediction(place % length as u32, stats);
            if let Some(row) = logits.next() {
                prediction.distribution = row.iter().map(|logit| logit - stats[0]).collect();
                for &never in [self.config.mask_id, self.config.pad_id].iter().chain(&self.config.never) {
                    prediction.distribution[never as usize] = f32::NEG_INFINITY;
                }
            }
            prediction
        });
        Ok(told.collect())
    }
}
