//! What a run will ask and reveal, where that does not depend on what it is told: then a GPU need not wait for us.

use super::{Sampler, masks};
use crate::{
    denoiser::{Foreseen, Prediction},
    order::Order,
    strategy::Strategy,
};

impl Sampler {
    /// The calls to come, if all of them are known: under a schedule that is not stopped early, in an order that goes by
    /// the positions alone.
    pub(super) fn foresight(&self) -> Option<Vec<Foreseen>> {
        let Strategy::Scheduled { order: order @ (Order::Random | Order::LeftToRight), early_stop: None, .. } =
            self.settings.strategy
        else {
            return None;
        };
        let mut run = self.clone();
        let mut calls = vec![];
        while let Some(ask) = run.ask() {
            let block = run.plan.block(&run.tokens, run.mask_id)?;
            let masked: Vec<u32> = masks(&run.tokens, run.mask_id).collect();
            let within: Vec<Prediction> = masked[..block.masked]
                .iter()
                .map(|&position| Prediction { position, ..Prediction::default() })
                .collect();
            let chosen = order.choose(&within, run.plan.size(masked.len()), ask.seed, ask.step);
            let reveal: Vec<u32> = chosen.into_iter().map(|index| within[index].position).collect();
            for &position in &reveal {
                run.tokens[position as usize] = !run.mask_id; // whatever it will be, no mask
            }
            run.given += 1;
            calls.push(Foreseen { ask, reveal });
        }
        Some(calls)
    }
}
