//! Keys and values that are kept from one call of a run to the next, where somebody asked for it.

use super::{
    Model, ModelError,
    network::{Asked, Network},
};
use crate::{denoiser::Ask, forward::cpu};

/// So many runs may take turns; those of a batch all may.
const RUNS: usize = 8;

impl Model {
    /// From now on keys and values are kept from one call of a run to the next (after dKV-Cache, arXiv 2505.15781, and
    /// Fast-dLLM, arXiv 2505.22618): a call computes the positions that it predicts, and those that have changed since the
    /// run's last call, and every `refresh` calls all of them. This is an approximation; with 1 it is exact, as without.
    ///
    /// Predictions alone are made so, [`crate::denoiser::Denoiser::log_probs`] never. A call is known as the next one of a
    /// run by its seed, its number and its tokens; where it is of none that is known, all is computed.
    ///
    /// # Errors
    /// [`ModelError::Refresh`] for 0, [`ModelError::Cache`] unless the CPU's own forward runs the model.
    pub fn keep(&mut self, refresh: usize) -> Result<(), ModelError> {
        if refresh == 0 {
            return Err(ModelError::Refresh);
        }
        if !matches!(self.net, Network::Cpu(_)) {
            return Err(ModelError::Cache { arch: self.config.arch.clone(), device: self.place.name.clone() });
        }
        self.kept = (refresh > 1).then(|| Kept { refresh, mask_id: self.config.mask_id, runs: vec![] });
        Ok(())
    }

    /// In how many calls all is computed once, where keys and values are kept between calls; `None` where each is exact.
    pub fn refresh(&self) -> Option<usize> {
        self.kept.as_ref().map(|kept| kept.refresh)
    }
}

/// The runs that are going on, the one that called last at the end.
pub struct Kept {
    /// At least 2.
    refresh: usize,
    mask_id: u32,
    runs: Vec<Run>,
}

/// A run as its last call has left it.
struct Run {
    seed: u64,
    /// The number of the call.
    step: u32,
    /// What it read `[length]`.
    tokens: Vec<u32>,
    /// Calls since all was computed, with that one.
    calls: usize,
    cache: cpu::Cache,
}

impl Kept {
    /// The residual stream where something is asked `[places, d]`; `asks` are those of the sequences.
    pub fn hidden(&mut self, forward: &cpu::Forward, asked: Asked<'_>, asks: &[Ask]) -> Vec<f32> {
        let Asked { tokens, length, places } = asked;
        let sequence = |place: u32| place as usize / length;
        let mut calls = vec![];
        for places in places.chunk_by(|&one, &next| sequence(one) == sequence(next)) {
            let index = sequence(places[0]);
            let tokens = &tokens[index * length..][..length];
            let positions: Vec<u32> = places.iter().map(|place| place % length as u32).collect();
            calls.push((self.take(tokens, &asks[index]), positions, vec![]));
        }
        ::forward::each(calls.iter_mut().collect(), |(run, positions, x): &mut (Run, Vec<u32>, Vec<f32>)| {
            if run.calls == self.refresh {
                run.cache.forget();
            }
            let all = run.calls == self.refresh || positions.len() == length;
            run.calls = if all { 1 } else { run.calls + 1 };
            *x = forward.hidden_cached(&mut run.cache, &run.tokens, positions);
        });
        let most = RUNS.max(asks.len());
        let mut hidden = vec![];
        for (run, _, x) in calls {
            self.runs.push(run);
            hidden.extend(x);
        }
        self.runs.drain(..self.runs.len().saturating_sub(most));
        hidden
    }

    /// The run whose next call this is, or else a new one.
    fn take(&mut self, tokens: &[u32], ask: &Ask) -> Run {
        let known = self.runs.iter().enumerate();
        let known = known.filter_map(|(index, run)| Some((run.changes(tokens, ask, self.mask_id)?, index)));
        // Runs of one seed may be like each other for a while: the nearest is its own.
        let mut run = match known.min() {
            Some((_, index)) => self.runs.remove(index),
            None => Run { seed: ask.seed, step: 0, tokens: vec![], calls: 0, cache: cpu::Cache::default() },
        };
        run.step = ask.step;
        run.tokens = tokens.to_vec();
        run
    }
}

impl Run {
    /// At how many positions a call reads something else than this run's last one; `None` if it cannot be its next: masks
    /// become tokens, and in some runs tokens become masks, but no token becomes another.
    fn changes(&self, tokens: &[u32], ask: &Ask, mask_id: u32) -> Option<usize> {
        if self.seed != ask.seed || self.step.checked_add(1) != Some(ask.step) || self.tokens.len() != tokens.len() {
            return None;
        }
        let changed = self.tokens.iter().zip(tokens).filter(|(before, after)| before != after);
        let mut count = 0;
        for (&before, &after) in changed {
            if before != mask_id && after != mask_id {
                return None;
            }
            count += 1;
        }
        Some(count)
    }
}
