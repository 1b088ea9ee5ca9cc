//! The gradients of the parts of a batch, as one, and not too long.

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    prelude::*,
};

use crate::model::Net;

/// Adds up the gradients of `parts`, in their order, and shortens the sum to a length of at most `most` over all weights.
/// Also returns the length before that `[1]`.
pub fn gather(net: &Net, parts: Vec<GradientsParams>, most: f64, device: &Device) -> (GradientsParams, Tensor<1>) {
    let mut sum = Sum { parts, sum: GradientsParams::new(), squares: Tensor::zeros([1], device) };
    net.visit(&mut sum);
    let length = sum.squares.sqrt();
    let factor = (length.clone() + 1e-12).recip().mul_scalar(most).clamp_max(1.0);
    let mut scale = Scale { from: sum.sum, to: GradientsParams::new(), factor };
    net.visit(&mut scale);
    (scale.to, length)
}

struct Sum {
    parts: Vec<GradientsParams>,
    sum: GradientsParams,
    squares: Tensor<1>,
}

impl ModuleVisitor for Sum {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let parts = self.parts.iter_mut().filter_map(|part| part.remove::<D>(param.id));
        if let Some(sum) = parts.reduce(|sum, part| sum + part) {
            self.squares = self.squares.clone() + (sum.clone() * sum.clone()).sum();
            self.sum.register(param.id, sum);
        }
    }
}

struct Scale {
    from: GradientsParams,
    to: GradientsParams,
    factor: Tensor<1>,
}

impl ModuleVisitor for Scale {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.from.remove::<D>(param.id) {
            self.to.register(param.id, gradient * self.factor.clone().unsqueeze());
        }
    }
}
