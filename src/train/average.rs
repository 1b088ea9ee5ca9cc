//! The running mean of the weights, which is what is measured and kept.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    prelude::*,
};

use crate::model::Net;

/// How much of the mean stays at `step`: little at first, when there is not much worth to stay.
fn kept(decay: f64, step: u64) -> f64 {
    decay.min((1.0 + step as f64) / (10.0 + step as f64))
}

/// Moves `average` towards `net`, both without autodiff.
pub fn follow(average: Net, net: &Net, decay: f64, step: u64) -> Net {
    let mut weights = Weights(vec![]);
    net.visit(&mut weights);
    average.map(&mut Follow { weights: weights.0.into_iter(), kept: kept(decay, step) })
}

/// Every weight, one after the other.
struct Weights(Vec<Tensor<1>>);

impl ModuleVisitor for Weights {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push(param.val().flatten(0, D - 1));
    }
}

struct Follow {
    weights: std::vec::IntoIter<Tensor<1>>,
    kept: f64,
}

impl ModuleMapper for Follow {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(weights) = self.weights.next() else { return param };
        let kept = self.kept;
        param.map(|mean| {
            let weights = weights.reshape(mean.shape());
            mean * kept + weights * (1.0 - kept)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_young_at_first() {
        assert_eq!(kept(0.99, 0), 0.1);
        assert_eq!(kept(0.99, 90), 0.91);
        assert_eq!(kept(0.99, 5000), 0.99);
    }
}
