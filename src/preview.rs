//! What a call would have revealed under another strategy: the choice is made anew among predictions that are kept.

use crate::{
    denoiser::{Ask, Denoiser, DenoiserError, Prediction},
    sampler::{Reveal, Sampler, SamplerError, Settings},
};

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// The strategy needs more than a frame keeps.
    #[error("{0} looks at more than a frame keeps: it must be run")]
    Needs(String),
    /// The settings or the predictions do not fit.
    #[error(transparent)]
    Sampler(#[from] SamplerError),
}

/// What the first call of a run from `tokens` `[length]` reveals if the model says `predictions` `[masks]`. `settings.steps`
/// are the calls for what is masked there; the tokens are those that were drawn, whatever the temperature.
///
/// # Errors
/// [`PreviewError`]; the predictions are of the masked positions, in order.
pub async fn would_reveal(
    tokens: Vec<u32>,
    mask_id: u32,
    predictions: Vec<Prediction>,
    settings: Settings,
) -> Result<Vec<Reveal>, PreviewError> {
    let extent = settings.strategy.extent();
    if extent.everywhere || extent.distributions {
        let words = settings.strategy.words();
        return Err(PreviewError::Needs(words.rule.or(words.remasking).unwrap_or_default()));
    }
    let mut sampler = Sampler::new(tokens, mask_id, settings)?;
    let mut kept = Kept { mask_id, predictions };
    sampler.next(&mut kept).await?; // frame 0
    Ok(sampler.next(&mut kept).await?.map(|frame| frame.revealed).unwrap_or_default())
}

/// A denoiser that says what one has said before.
struct Kept {
    mask_id: u32,
    predictions: Vec<Prediction>,
}

impl Denoiser for Kept {
    fn mask_id(&self) -> u32 {
        self.mask_id
    }

    async fn predict(&mut self, _: &[u32], _: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
        Ok(self.predictions.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        law::{LawDenoiser, parse},
        order::{Order, Rule},
        sampler::Frame,
        schedule::Schedule,
        strategy::Strategy,
    };

    fn run(strategy: Strategy, steps: usize) -> (Vec<Frame>, u32, Settings) {
        let mut denoiser = LawDenoiser::new(parse("hmm:states=3,symbols=4,seed=2", 12).unwrap());
        let mask_id = denoiser.mask_id();
        let settings = Settings { strategy, steps, temperature: 1.0, seed: 5 };
        let mut sampler = Sampler::new(vec![mask_id; 12], mask_id, settings).unwrap();
        let mut frames = vec![];
        while let Some(frame) = pollster::block_on(sampler.next(&mut denoiser)).unwrap() {
            frames.push(frame);
        }
        (frames, mask_id, settings)
    }

    #[test]
    fn under_its_own_strategy_a_frame_reveals_what_the_run_revealed() {
        for order in [Order::Random, Order::LeftToRight, Order::MostConfident, Order::LowestEntropy] {
            let (frames, mask_id, settings) = run(Strategy::scheduled(Schedule::Uniform, order), 4);
            let told = |k: usize, steps| {
                let (before, after) = (&frames[k], &frames[k + 1]);
                let settings = Settings { steps, ..settings };
                let would = would_reveal(before.tokens.clone(), mask_id, after.predictions.clone(), settings);
                (pollster::block_on(would).unwrap(), after.revealed.clone())
            };
            for k in 0..4 {
                let (found, wanted) = told(k, 4 - k);
                assert_eq!(found, wanted, "{order:?}, call {}", k + 1);
            }
            assert_eq!(told(0, 12).0.len(), 1, "more calls, fewer tokens each");
        }
    }

    #[test]
    fn another_rule_chooses_among_the_same_predictions() {
        let (frames, mask_id, settings) = run(Strategy::scheduled(Schedule::Uniform, Order::Random), 3);
        let rule: Rule = "threshold:tau=0.01".parse().unwrap();
        let strategy = Strategy::Rule { rule, block_length: None };
        let ask = |strategy| {
            let settings = Settings { strategy, ..settings };
            let (tokens, predictions) = (frames[0].tokens.clone(), frames[1].predictions.clone());
            pollster::block_on(would_reveal(tokens, mask_id, predictions, settings))
        };
        assert_eq!(ask(strategy).unwrap().len(), 12, "all are that likely");
        let klass = Strategy::Rule { rule: "klass".parse().unwrap(), block_length: None };
        assert!(ask(klass).unwrap_err().to_string().starts_with("klass:tau=0.9,eps=0.01,n=2 looks at more"));
    }

    #[test]
    fn predictions_of_other_positions_are_refused() {
        let (frames, mask_id, settings) = run(Strategy::scheduled(Schedule::Uniform, Order::Random), 3);
        let wrong = would_reveal(frames[1].tokens.clone(), mask_id, frames[1].predictions.clone(), settings);
        assert!(matches!(pollster::block_on(wrong), Err(PreviewError::Sampler(SamplerError::Predictions { .. }))));
    }
}
