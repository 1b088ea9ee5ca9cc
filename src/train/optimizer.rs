//! Who moves which weights, and how far.

use burn::{
    module::{Module, ModuleMapper, Param, ParamGroup, ParamId},
    optim::{AdamWConfig, AdjustLrFn, ModuleOptimizer, MuonConfig, decay::WeightDecayConfig},
    prelude::*,
};

use super::{Settings, TrainError};
use crate::model::Net;

/// The matrices of the blocks; all else is embedding and norms.
const MATRICES: &str = r"blocks\..*\.?(qkv|proj|w13|w2)\.weight$";

/// Muon for the matrices of the blocks (Jordan et al. 2024), at steps of AdamW's size (Liu et al., arXiv 2502.16982), and
/// AdamW for embedding and norms, which nothing pulls to zero.
///
/// # Errors
/// [`TrainError::Optimizer`], which a sound pattern never gives.
pub fn optimizer(settings: &Settings) -> Result<ModuleOptimizer, TrainError> {
    let matrices = ParamGroup::from_regex(MATRICES).map_err(|error| TrainError::Optimizer(format!("{error:?}")))?;
    let muon = MuonConfig::new()
        .with_adjust_lr_fn(AdjustLrFn::MatchRmsAdamW)
        .with_weight_decay(Some(WeightDecayConfig::new(settings.weight_decay as f32)));
    let adam = AdamWConfig::new().with_beta_1(0.9).with_beta_2(0.98).with_weight_decay(0.0);
    Ok(adam.init().with_group(matrices, muon.build(), None))
}

/// The rate of `step`, counted from 1: it rises in a straight line, stays, and falls in a straight line to nothing.
pub fn rate(settings: &Settings, step: u64) -> f64 {
    let (step, steps) = (step as f64, settings.steps as f64);
    let rise = (step / settings.warm_up.max(1) as f64).min(1.0);
    let fall = ((steps - step + 1.0) / (settings.decay * steps).max(1.0)).min(1.0);
    settings.learning_rate * rise.min(fall)
}

/// Names the weights of a net by their place in it, so that a net read from a file is known to an optimizer that was too.
pub fn numbered(net: Net) -> Net {
    struct Number(u64);
    impl ModuleMapper for Number {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let (_, tensor, mapper) = param.consume();
            self.0 += 1;
            Param::from_mapped_value(ParamId::from(self.0), tensor, mapper)
        }
    }
    net.map(&mut Number(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_stays_and_falls() {
        let settings = Settings { steps: 100, warm_up: 10, decay: 0.4, learning_rate: 1.0, ..Settings::default() };
        let rates: Vec<f64> = (1..=100).map(|step| rate(&settings, step)).collect();
        assert_eq!((rates[0], rates[9], rates[59]), (0.1, 1.0, 1.0));
        assert!(rates[..10].is_sorted_by(|a, b| a < b) && rates[10..61].iter().all(|&rate| rate == 1.0));
        assert!(rates[61..].is_sorted_by(|a, b| a > b));
        assert!((rates[99] - 1.0 / 40.0).abs() < 1e-12);
    }
}
