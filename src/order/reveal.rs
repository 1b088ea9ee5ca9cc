//! What a [`Rule`] reveals in a call.

use std::mem;

use super::{Rule, Score, ranked};
use crate::denoiser::Prediction;

/// What a rule may look at.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Of the masked positions of the block, in order; not empty.
    pub predictions: &'a [Prediction],
    /// The positions of the block that were masked when the run began, in order.
    pub block: &'a [u32],
    /// How many calls the block may take.
    pub share: usize,
    /// The seed of the run.
    pub seed: u64,
    /// The number of the call in the run, from 1.
    pub step: u32,
}

/// What [`Rule::Klass`] remembers from call to call.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    block: usize,
    /// Calls in that block so far.
    calls: usize,
    /// The last distribution at each position `[length][vocab]`, empty before the first.
    last: Vec<Vec<f32>>,
    /// For how many successive calls, the latest among them, each position's distribution has hardly moved.
    still: Vec<u32>,
}

impl Memory {
    /// Hears a call that is in `block`: takes the distributions out of the predictions, and counts where they moved by
    /// less than `eps`.
    pub fn hear(&mut self, block: usize, predictions: &mut [Prediction], eps: f64) {
        self.calls = if self.block == block { self.calls + 1 } else { 1 };
        self.block = block;
        for prediction in predictions {
            let at = prediction.position as usize;
            if self.last.len() <= at {
                self.last.resize(at + 1, vec![]);
                self.still.resize(at + 1, 0);
            }
            let now = mem::take(&mut prediction.distribution);
            let before = mem::replace(&mut self.last[at], now);
            let stood = !before.is_empty() && divergence(&self.last[at], &before) < eps;
            self.still[at] = if stood { self.still[at] + 1 } else { 0 };
        }
    }
}

/// `KL(p || q)` in nats, of log-probabilities `[vocab]`.
fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let possible = p.iter().zip(q).filter(|(p, _)| p.is_finite());
    possible.map(|(&p, &q)| f64::from(p).exp() * (f64::from(p) - f64::from(q))).sum()
}

impl Rule {
    /// The positions to reveal, as indices into the predictions, best first; at least one. The memory is that of all
    /// calls up to this one, and is looked at only by a rule that [`Rule::remembers`].
    pub fn choose(self, call: &Call<'_>, memory: &Memory) -> Vec<usize> {
        let by = |score: Score| ranked(call.predictions, call.seed, call.step, |one| score.rank(one));
        let entropy = |index: usize| f64::from(call.predictions[index].entropy);
        let confidence = |index: usize| Score::Confidence.of(&call.predictions[index]);
        let mut chosen = by(match self {
            Self::EntropyBound { proxy, .. } => proxy,
            Self::EntropySum { .. } => Score::Entropy,
            _ => Score::Confidence,
        });
        let (mut sum, mut highest) = (0.0, 0.0f64);
        let count = match self {
            // Every condition here stays broken once it is: each next position is no better than the last.
            Self::EntropyBound { gamma, .. } => leading(&chosen, |_, index| {
                sum += entropy(index);
                highest = highest.max(entropy(index));
                sum - highest <= gamma
            }),
            Self::EntropySum { bound } => leading(&chosen, |_, index| {
                sum += entropy(index);
                sum <= bound
            }),
            Self::Threshold { tau } => leading(&chosen, |_, index| confidence(index) >= tau),
            Self::Factor { f } => leading(&chosen, |n, index| (n + 1) as f64 * (1.0 - confidence(index)) < f),
            Self::Klass { tau, n, .. } => {
                let trusted = |&index: &usize| {
                    let at = call.predictions[index].position as usize;
                    memory.calls >= n as usize
                        && confidence(index) > tau
                        && memory.still.get(at).is_some_and(|&still| still >= n)
                };
                if !chosen.iter().any(trusted) {
                    call.uniform(memory.calls)
                } else {
                    chosen.retain(trusted);
                    chosen.len()
                }
            }
            Self::Dilated { base, skip } => return call.dilated(&chosen, base as usize, skip),
        };
        chosen.truncate(count.max(1));
        chosen
    }
}

/// How many of the first keep the condition, which hears their rank from 1 and their index.
fn leading(ranked: &[usize], mut keeps: impl FnMut(usize, usize) -> bool) -> usize {
    (1..).zip(ranked).take_while(|&(rank, &index)| keeps(rank, index)).count()
}

impl Call<'_> {
    /// The size of the block's call number `number` under the uniform schedule.
    fn uniform(&self, number: usize) -> usize {
        let (masked, calls) = (self.block.len(), self.share.max(1));
        masked / calls + usize::from(number <= masked % calls)
    }

    /// Of `ranked`, those in the first group of which nothing is revealed yet, and what earlier groups have skipped.
    fn dilated(&self, ranked: &[usize], base: usize, skip: f64) -> Vec<usize> {
        let groups = dilated_groups(self.block.len(), base);
        let group = |index: usize| {
            let position = self.predictions[index].position;
            self.block.binary_search(&position).map_or(0, |place| groups[place])
        };
        let last = groups.iter().max().copied().unwrap_or(0);
        let untouched = |&wanted: &usize| {
            let masked = ranked.iter().filter(|&&index| group(index) == wanted).count();
            masked == groups.iter().filter(|&&group| group == wanted).count()
        };
        let now = (0..last).find(untouched).unwrap_or(last);
        let surest = ranked.iter().find(|&&index| group(index) == now);
        let reveals = |index: &usize| {
            let trusted = Score::Confidence.of(&self.predictions[*index]) >= skip;
            group(*index) <= now && (now == last || trusted || Some(index) == surest)
        };
        ranked.iter().copied().filter(reveals).collect()
    }
}

/// The group of each of `size` places, from 0: group `t` has the places that are multiples of `size / base^(t+1)` and
/// in no group before; the last one joins the one before it if it is smaller (arXiv 2506.19037).
fn dilated_groups(size: usize, base: usize) -> Vec<usize> {
    let mut groups = vec![usize::MAX; size];
    let (mut reach, mut group, mut before) = (1, 0, 0);
    while reach < size || group == 0 {
        reach *= base;
        let apart = (size / reach).max(1);
        let fresh: Vec<usize> = (0..size).step_by(apart).filter(|&place| groups[place] == usize::MAX).collect();
        let joins = reach >= size && group > 0 && fresh.len() < before;
        before = fresh.len();
        for place in fresh {
            groups[place] = if joins { group - 1 } else { group };
        }
        group += 1;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One prediction for each confidence and entropy, at positions 0, 1, ...
    fn rows(numbers: &[(f32, f32)]) -> Vec<Prediction> {
        let row = |(position, &(confidence, entropy)): (u32, &(f32, f32))| Prediction {
            position,
            log_prob: confidence.ln(),
            entropy,
            margin: confidence,
            ..Prediction::default()
        };
        (0..).zip(numbers).map(row).collect()
    }

    fn choose(rule: &str, rows: &[Prediction], block: &[u32], memory: &Memory) -> Vec<usize> {
        let rule: Rule = rule.parse().unwrap();
        rule.choose(&Call { predictions: rows, block, share: 3, seed: 1, step: 1 }, memory)
    }

    fn chosen(rule: &str, numbers: &[(f32, f32)]) -> Vec<usize> {
        let places: Vec<u32> = (0..numbers.len() as u32).collect();
        choose(rule, &rows(numbers), &places, &Memory::default())
    }

    #[test]
    fn an_entropy_bound_leaves_the_largest_entropy_out() {
        // Sorted: 0.02, 0.05, 0.06, 0.5. Sum less maximum: 0, 0.02, 0.07, 0.13.
        let numbers = [(0.5, 0.5), (0.9, 0.05), (0.8, 0.02), (0.7, 0.06)];
        assert_eq!(chosen("entropy-bound", &numbers), [2, 1, 3]);
        assert_eq!(chosen("entropy-bound:gamma=0.13001", &numbers), [2, 1, 3, 0]);
        assert_eq!(chosen("entropy-bound:gamma=0", &numbers), [2]);
        // By confidence 1, 2, 3, 0: 0, 0.02, 0.07.
        assert_eq!(chosen("entropy-bound:gamma=0.03,proxy=confidence", &numbers), [1, 2]);
        assert_eq!(chosen("entropy-bound:gamma=0.03,proxy=margin", &numbers), [1, 2]);
    }

    #[test]
    fn an_entropy_sum_counts_every_entropy() {
        let numbers = [(0.5, 0.5), (0.9, 0.05), (0.8, 0.02), (0.7, 0.06)];
        assert_eq!(chosen("entropy-sum:bound=0.08", &numbers), [2, 1]);
        assert_eq!(chosen("entropy-sum:bound=0", &numbers), [2]);
        assert_eq!(chosen("entropy-sum", &numbers), [2, 1, 3, 0]);
    }

    #[test]
    fn a_threshold_reveals_what_is_above_it_and_the_likeliest() {
        let numbers = [(0.5, 0.0), (0.95, 0.0), (0.89, 0.0), (0.91, 0.0)];
        assert_eq!(chosen("threshold", &numbers), [1, 3]);
        assert_eq!(chosen("threshold:tau=0.99", &numbers), [1]);
    }

    #[test]
    fn a_factor_is_the_papers_rule() {
        // (n+1)(1-c): 2 * 0.1 = 0.2, 3 * 0.2 = 0.6, 4 * 0.24 = 0.96, 5 * 0.3 = 1.5.
        let numbers = [(0.7, 0.0), (0.8, 0.0), (0.9, 0.0), (0.76, 0.0)];
        assert_eq!(chosen("factor", &numbers), [2, 1, 3]);
        assert_eq!(chosen("factor:f=0.5", &numbers), [2]);
        assert_eq!(chosen("factor:f=0.1", &numbers), [2]);
        // The code of Fast-dLLM would reveal the last one as well.
        assert_eq!(chosen("factor:f=1.4", &numbers), [2, 1, 3]);
    }

    #[test]
    fn klass_waits_until_distributions_stand_still() {
        let mut memory = Memory::default();
        let places: Vec<u32> = (0..5).collect();
        let mut call = |block: usize, p: [f32; 2]| {
            let mut rows = rows(&[(0.95, 0.0), (0.97, 0.0), (0.5, 0.0), (0.6, 0.0), (0.7, 0.0)]);
            for row in &mut rows {
                // Position 1 moves from call to call, position 0 and the unsure ones stand still.
                let p = if row.position == 1 { p } else { [0.9, 0.1] };
                row.distribution = p.map(f32::ln).to_vec();
            }
            memory.hear(block, &mut rows, 0.01);
            assert!(rows.iter().all(|row| row.distribution.is_empty()));
            choose("klass", &rows, &places, &memory)
        };
        // 5 positions in 3 calls: the uniform schedule's sizes are 2, 2, 1.
        assert_eq!(call(0, [0.9, 0.1]), [1, 0]);
        assert_eq!(call(0, [0.5, 0.5]), [1, 0]); // two calls, but only one comparison
        assert_eq!(call(0, [0.9, 0.1]), [0]);
        assert_eq!(call(0, [0.91, 0.09]), [0]);
        assert_eq!(call(0, [0.9, 0.1]), [1, 0]); // KL 0.0006: position 1 has stood still twice
        assert_eq!(call(1, [0.9, 0.1]), [1, 0]); // a new block: its first call falls back
    }

    #[test]
    fn divergence_worked_out_by_hand() {
        let ln = |p: [f32; 3]| p.map(f32::ln);
        // 0.5 ln(0.5/0.25) + 0.5 ln(0.5/0.5), and what cannot be adds nothing.
        let kl = divergence(&ln([0.5, 0.5, 0.0]), &ln([0.25, 0.5, 0.25]));
        assert!((kl - 0.5 * 2f64.ln()).abs() < 1e-7, "{kl}");
        assert_eq!(divergence(&ln([0.5, 0.5, 0.0]), &ln([1.0, 0.0, 0.0])), f64::INFINITY);
    }

    #[test]
    fn dilated_groups_worked_out_by_hand() {
        assert_eq!(dilated_groups(8, 2), [0, 2, 1, 2, 0, 2, 1, 2]);
        assert_eq!(dilated_groups(9, 3), [0, 1, 1, 0, 1, 1, 0, 1, 1]);
        // 6: 3 apart, 1 apart, and an empty last group.
        assert_eq!(dilated_groups(6, 2), [0, 1, 1, 0, 1, 1]);
        assert_eq!(dilated_groups(1, 2), [0]);
        for (size, base) in [(2, 2), (5, 2), (31, 2), (32, 2), (33, 3), (7, 9)] {
            let groups = dilated_groups(size, base);
            let last = groups.iter().max().unwrap();
            assert!((0..=*last).all(|group| groups.contains(&group)), "{groups:?}");
        }
    }

    #[test]
    fn dilated_reads_from_the_tokens_which_group_is_next() {
        let block = [3, 4, 5, 6, 7, 8, 9, 10]; // groups 0 2 1 2 0 2 1 2
        let left = |positions: &[u32]| -> Vec<Prediction> {
            let row =
                |&position: &u32| Prediction { position, log_prob: -(position as f32) / 10.0, ..Prediction::default() };
            positions.iter().map(row).collect()
        };
        let memory = Memory::default();
        assert_eq!(choose("dilated", &left(&block), &block, &memory), [0, 4]);
        assert_eq!(choose("dilated", &left(&[4, 5, 6, 8, 9, 10]), &block, &memory), [1, 4]);
        // exp(-0.5) = 0.61 is enough, exp(-0.7) = 0.50 is not: position 7 waits, then comes with its betters.
        let rule = "dilated:skip=0.6";
        assert_eq!(choose(rule, &left(&block), &block, &memory), [0]);
        assert_eq!(choose(rule, &left(&[4, 5, 6, 7, 8, 9, 10]), &block, &memory), [1]);
        assert_eq!(choose(rule, &left(&[4, 6, 7, 8, 9, 10]), &block, &memory), [0, 1, 2, 3, 4, 5]);
        // Of a group that is not sure at all, the surest is revealed.
        assert_eq!(choose("dilated:skip=1", &left(&block), &block, &memory), [0]);
    }
}
