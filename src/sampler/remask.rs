//! One call of a remasking run: which masks it lifts and which tokens it masks again.

use crate::{
    denoiser::Prediction,
    order::Remasking,
    random::{Purpose, Stream},
};

/// What a remasking call starts from.
pub(super) struct Before<'a> {
    /// The positions that are no pins, in order.
    pub free: &'a [u32],
    /// `[length]`.
    pub tokens: &'a [u32],
    pub mask_id: u32,
    /// `[length]`, the probability each revealed token had when it was revealed.
    pub confidence: &'a [f32],
    pub step: u32,
    pub steps: usize,
    pub seed: u64,
}

/// What the call changes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Change {
    /// Indices into the predictions, best first.
    pub reveal: Vec<usize>,
    /// Positions, in order.
    pub remask: Vec<u32>,
}

impl Before<'_> {
    fn masked(&self, position: u32) -> bool {
        self.tokens[position as usize] == self.mask_id
    }

    /// `predictions` are those of the masked positions, or under P2 of all.
    pub fn change(&self, remasking: Remasking, predictions: &[Prediction]) -> Change {
        let mut change = match remasking {
            Remasking::P2 { eta } => self.plan_a_path(eta, remasking, predictions),
            _ => self.toss_coins(remasking, predictions),
        };
        change.reveal.sort_by(|&a, &b| predictions[b].log_prob.total_cmp(&predictions[a].log_prob).then(a.cmp(&b)));
        change.remask.sort_unstable();
        change
    }

    fn plan_a_path(&self, eta: f64, remasking: Remasking, predictions: &[Prediction]) -> Change {
        let ties = Stream::new(self.seed, Purpose::Order, self.step);
        let mut scored: Vec<(f64, f64, usize)> = (predictions.iter().zip(0..))
            .filter(|(one, _)| self.free.binary_search(&one.position).is_ok())
            .map(|(one, index)| {
                let weight = if self.masked(one.position) { 1.0 } else { eta };
                (f64::from(one.log_prob) * weight, ties.uniform(one.position), index)
            })
            .collect();
        scored.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let lowest = remasking.masked_after(self.step as usize, self.steps, self.free.len()).unwrap_or(0);
        let mut change = Change::default();
        for (rank, (_, _, index)) in scored.into_iter().enumerate() {
            let position = predictions[index].position;
            match self.masked(position) {
                true if rank >= lowest => change.reveal.push(index),
                false if rank < lowest => change.remask.push(position),
                _ => {}
            }
        }
        change
    }

    fn toss_coins(&self, remasking: Remasking, predictions: &[Prediction]) -> Change {
        let Some(chances) = remasking.chances(self.step as usize, self.steps) else { return Change::default() };
        let coins = Stream::new(self.seed, Purpose::Remask, self.step);
        let revealed = || self.free.iter().copied().filter(|&position| !self.masked(position));
        let weight = |position: u32| (-f64::from(self.confidence[position as usize])).exp();
        let total: f64 = revealed().map(weight).sum();
        let sigma = |position: u32| match remasking {
            Remasking::Conf => chances.remask * weight(position) / total,
            _ => chances.remask,
        };
        let lifts = |&index: &usize| coins.uniform(predictions[index].position) < chances.reveal;
        Change {
            reveal: (0..predictions.len()).filter(lifts).collect(),
            remask: revealed().filter(|&position| coins.uniform(position) < sigma(position)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: u32 = 2;

    fn prediction(position: u32, log_prob: f32) -> Prediction {
        Prediction { position, token: 7, log_prob, ..Prediction::default() }
    }

    fn before<'a>(free: &'a [u32], tokens: &'a [u32], confidence: &'a [f32], step: u32, seed: u64) -> Before<'a> {
        Before { free, tokens, mask_id: MASK, confidence, step, steps: 4, seed }
    }

    #[test]
    fn p2_keeps_the_highest_scores_and_masks_the_others() {
        // Position 0 is a pin. After call 2 of 4 half of the four others are masked: of the scores -1, -4, -3, -2 at
        // eta 1 the two lowest, positions 2 and 3.
        let (free, tokens) = ([1, 2, 3, 4], [5, 6, 6, MASK, MASK]);
        let rows = [-9.0, -1.0, -4.0, -3.0, -2.0].map(f32::from);
        let rows: Vec<Prediction> =
            (0..).zip(rows).map(|(position, log_prob)| prediction(position, log_prob)).collect();
        let change = |eta| before(&free, &tokens, &[], 2, 1).change(Remasking::P2 { eta }, &rows);
        assert_eq!(change(1.0), Change { reveal: vec![4], remask: vec![2] });
        // eta 10: scores -10, -40, -3, -2. eta 0: 0, 0, -3, -2.
        assert_eq!(change(10.0), Change { reveal: vec![4, 3], remask: vec![1, 2] });
        assert_eq!(change(0.0), Change { reveal: vec![], remask: vec![] });
        let last = before(&free, &tokens, &[], 4, 1).change(Remasking::P2 { eta: 1.0 }, &rows);
        assert_eq!(last, Change { reveal: vec![4, 3], remask: vec![] });
    }

    #[test]
    fn a_step_of_remdm_keeps_the_marginal() {
        // From alpha 1/2 to 3/4: half of 400 positions are revealed before, three quarters after.
        let free: Vec<u32> = (0..400).collect();
        let tokens: Vec<u32> = free.iter().map(|position| if position % 2 == 0 { 6 } else { MASK }).collect();
        let rows: Vec<Prediction> = (0..200).map(|index| prediction(2 * index + 1, -1.0)).collect();
        let confidence = [1.0; 400];
        for remasking in [Remasking::Cap { eta: 0.3 }, Remasking::Rescale { eta: 0.7 }] {
            let (mut masked, mut again, runs) = (0, 0, 200);
            for seed in 0..runs {
                let change = before(&free, &tokens, &confidence, 3, seed).change(remasking, &rows);
                masked += 200 - change.reveal.len() + change.remask.len();
                again += change.remask.len();
            }
            let chances = remasking.chances(3, 4).unwrap();
            let near = |count: usize, p: f64, of: f64| {
                // A sum of coins varies at most like that many fair ones.
                assert!((count as f64 - p * of).abs() < 2.5 * of.sqrt(), "{remasking}: {count} of {of}");
            };
            near(masked, 0.25, 400.0 * runs as f64);
            near(again, chances.remask, 200.0 * runs as f64);
        }
    }

    #[test]
    fn confidences_share_the_remasking_out() {
        // Softmax of (-0.9, -0.2): 0.332, 0.668; sigma_max of call 3 of 4 is 1/2.
        let (free, tokens) = ([0, 1, 2], [6, 6, MASK]);
        let confidence = [0.9, 0.2, 0.0];
        let (mut counts, runs) = ([0u32; 2], 20_000);
        for seed in 0..runs {
            let change = before(&free, &tokens, &confidence, 3, seed).change(Remasking::Conf, &[prediction(2, -1.0)]);
            change.remask.iter().for_each(|&position| counts[position as usize] += 1);
        }
        let first = 1.0 / (1.0 + 0.7f64.exp());
        for (count, p) in counts.into_iter().zip([first / 2.0, (1.0 - first) / 2.0]) {
            let spread = 5.0 * (p * (1.0 - p) * runs as f64).sqrt();
            assert!((f64::from(count) - p * runs as f64).abs() < spread, "{counts:?}");
        }
    }
}
