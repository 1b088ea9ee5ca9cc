//! What is known of a run before its first call: its blocks, their calls, and, under a schedule, their sizes.

use std::ops::Range;

use super::{SamplerError, Settings};
use crate::{
    order::Remasking,
    random::{Purpose, Stream},
    strategy::Strategy,
};

/// The plan of a run. What is done of it can be read from the tokens.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The positions that were masked in the beginning, in order.
    pub free: Vec<u32>,
    /// The most calls that the run makes.
    pub calls: usize,
    block_length: usize,
    /// How many calls each block may take.
    shares: Vec<usize>,
    /// How many positions each call reveals; empty if there is no schedule.
    pub sizes: Vec<usize>,
}

/// A block that is not finished.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'a> {
    pub number: usize,
    /// Its positions.
    pub free: &'a [u32],
    /// How many of them are masked.
    pub masked: usize,
    /// How many calls it may take.
    pub share: usize,
    /// The number of the call that must finish it.
    pub deadline: usize,
}

impl Plan {
    pub fn new(free: Vec<u32>, settings: &Settings, profile: Option<&[f64]>) -> Result<Self, SamplerError> {
        let masked = free.len();
        let steps = settings.steps;
        if steps == 0 {
            return Err(SamplerError::NoSteps);
        }
        if let Strategy::Remasking(remasking) = settings.strategy {
            let calls = remasking_calls(remasking, masked, steps);
            return Ok(Self { free, calls, block_length: masked.max(1), shares: vec![calls], sizes: vec![] });
        }
        let wanted = match settings.strategy {
            Strategy::Rule { rule, block_length } => block_length.or(rule.block_length()),
            Strategy::Scheduled { block_length, .. } => block_length,
            Strategy::Remasking(_) => None,
        };
        if wanted == Some(0) {
            return Err(SamplerError::BlockLength);
        }
        let block_length = wanted.unwrap_or(masked).max(1);
        let blocks = masked.div_ceil(block_length);
        if steps < blocks {
            return Err(SamplerError::Blocks { steps, blocks });
        }
        let lengths: Vec<usize> = (0..blocks).map(|number| block(number, block_length, masked).len()).collect();
        let shares = shares(&lengths, steps);
        let mut sizes = vec![];
        if let Strategy::Scheduled { schedule, .. } = settings.strategy {
            let mut rng = Stream::new(settings.seed, Purpose::Sizes, 0);
            for (&length, &share) in lengths.iter().zip(&shares) {
                sizes.extend(schedule.plan(length, share, profile)?.draw(&mut rng).sizes());
            }
        }
        let calls = if sizes.is_empty() { shares.iter().sum() } else { sizes.len() };
        Ok(Self { free, calls, block_length, shares, sizes })
    }

    /// The first block with a mask in `tokens`, if there is any.
    pub fn block(&self, tokens: &[u32], mask_id: u32) -> Option<Block<'_>> {
        let masked = |&position: &u32| tokens[position as usize] == mask_id;
        let number = self.free.iter().position(masked)? / self.block_length;
        let free = &self.free[block(number, self.block_length, self.free.len())];
        Some(Block {
            number,
            free,
            masked: free.iter().copied().filter(masked).count(),
            share: self.shares[number],
            deadline: self.shares[..=number].iter().sum(),
        })
    }

    /// How many of `masked` positions the schedule's next call reveals: the call before which so many are left.
    pub fn size(&self, masked: usize) -> usize {
        let mut left = self.free.len();
        let next = self.sizes.iter().find(|&&size| {
            let found = left <= masked;
            left -= size;
            found
        });
        next.copied().unwrap_or(masked)
    }

    /// Whether `masked` positions may be left after call `step`.
    pub fn can_leave(&self, masked: usize, step: usize, settings: &Settings) -> bool {
        let all = self.free.len();
        let number = match settings.strategy {
            Strategy::Scheduled { early_stop, .. } => {
                let planned: usize = self.sizes.iter().skip(step).sum();
                masked == planned || (masked == 0 && step > 0 && early_stop.is_some())
            }
            // Every call of a rule reveals something.
            Strategy::Rule { .. } => masked + step <= all && (step > 0 || masked == all),
            Strategy::Remasking(remasking) => match remasking.masked_after(step, settings.steps, all) {
                Some(planned) => masked == planned,
                None => step > 0 || masked == all,
            },
        };
        number && step <= self.calls && (masked == 0 || step < self.calls)
    }
}

fn block(number: usize, length: usize, masked: usize) -> Range<usize> {
    number * length..masked.min((number + 1) * length)
}

/// `steps` calls shared evenly among blocks, the remainder to the first; a block never gets more calls than it has
/// positions, and only the last may be shorter than others: what it does not need goes to them.
fn shares(lengths: &[usize], steps: usize) -> Vec<usize> {
    let mut left = steps;
    let mut shares: Vec<usize> = (1..=lengths.len())
        .rev()
        .map(|blocks| {
            let share = lengths[blocks - 1].min(left / blocks);
            left -= share;
            share
        })
        .collect();
    shares.reverse();
    shares
}

/// All that were asked for, but P2 ends with the first call that leaves no mask: those after it would change nothing.
fn remasking_calls(remasking: Remasking, masked: usize, steps: usize) -> usize {
    match remasking {
        _ if masked == 0 => 0,
        Remasking::P2 { .. } => steps - (steps - 1) / masked,
        _ => steps,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        order::{Order, Rule},
        schedule::Schedule,
    };

    const MASK: u32 = 9;

    fn plan(masked: u32, steps: usize, strategy: Strategy) -> Result<Plan, SamplerError> {
        Plan::new((0..masked).collect(), &Settings { strategy, steps, temperature: 1.0, seed: 1 }, None)
    }

    fn blocks(length: usize) -> Strategy {
        let (schedule, order) = (Schedule::Uniform, Order::Random);
        Strategy::Scheduled { schedule, order, block_length: Some(length), early_stop: None }
    }

    #[test]
    fn calls_are_shared_evenly_and_the_first_blocks_get_the_remainder() {
        assert_eq!(shares(&[4, 4, 4], 7), [3, 2, 2]);
        assert_eq!(shares(&[4, 4, 4], 8), [3, 3, 2]);
        assert_eq!(shares(&[4, 4, 1], 9), [4, 4, 1]);
        assert_eq!(shares(&[4, 4, 1], 6), [3, 2, 1]);
        assert_eq!(shares(&[4, 4, 1], 50), [4, 4, 1]);
        assert!(shares(&[], 3).is_empty());
    }

    #[test]
    fn a_block_is_found_by_its_masks() {
        let plan = plan(10, 7, blocks(4)).unwrap();
        assert_eq!((&plan.sizes[..], plan.calls), (&[2, 1, 1, 2, 2, 1, 1][..], 7));
        let mut tokens = vec![MASK; 10];
        let found = |tokens: &[u32]| plan.block(tokens, MASK).map(|one| (one.number, one.masked, one.deadline));
        assert_eq!((found(&tokens), plan.size(10)), (Some((0, 4, 3)), 2));
        tokens[..4].fill(1);
        tokens[5] = 1;
        assert_eq!((found(&tokens), plan.size(6)), (Some((1, 3, 5)), 2));
        tokens[..9].fill(1);
        assert_eq!((found(&tokens), plan.size(1)), (Some((2, 1, 7)), 1));
        tokens.fill(1);
        assert_eq!(found(&tokens), None);
    }

    #[test]
    fn a_rule_may_make_one_call_a_mask_and_has_its_own_blocks() {
        let dilated = Strategy::Rule { rule: Rule::Dilated { base: 2, skip: 0.0 }, block_length: None };
        let plan = plan(70, 1000, dilated).unwrap();
        assert_eq!((plan.calls, &plan.shares[..]), (70, &[32, 32, 6][..]));
    }

    #[test]
    fn p2_ends_when_no_mask_is_left() {
        for masked in 1..20 {
            for steps in 1..60 {
                let p2 = Remasking::P2 { eta: 1.0 };
                let calls = remasking_calls(p2, masked, steps);
                assert_eq!(p2.masked_after(calls, steps, masked), Some(0));
                assert!(calls == 1 || p2.masked_after(calls - 1, steps, masked) > Some(0));
            }
        }
    }

    #[test]
    fn blocks_that_cannot_be_are_refused_with_both_numbers() {
        let told = |result: Result<Plan, SamplerError>| result.unwrap_err().to_string();
        assert_eq!(told(plan(10, 4, blocks(0))), "block_length is 0; it must be at least 1");
        let wanted = "steps is 2, but there are 3 blocks, each of which takes a call; steps must be at least 3";
        assert_eq!(told(plan(10, 2, blocks(4))), wanted);
    }
}
