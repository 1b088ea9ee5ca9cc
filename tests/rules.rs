//! Sizes of the calls that rules and blocks make, worked out by hand.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use unmask::{
    denoiser::{Ask, Denoiser, DenoiserError, Prediction},
    order::Order,
    sampler::{Sampler, Settings},
    schedule::Schedule,
    strategy::Strategy,
};

const MASK: u32 = 2;

/// Says the same of every mask: a token with this log-probability, no entropy.
struct Same(f32);

impl Denoiser for Same {
    fn mask_id(&self) -> u32 {
        MASK
    }

    async fn predict(&mut self, tokens: &[u32], _: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
        let masked = (0u32..).zip(tokens).filter(|&(_, &token)| token == MASK);
        let predict = |(position, _)| Prediction { position, token: 3, log_prob: self.0, ..Prediction::default() };
        Ok(masked.map(predict).collect())
    }
}

/// How many tokens each call reveals of 12 masks.
fn sizes(strategy: Strategy, steps: usize, log_prob: f32) -> Vec<usize> {
    let settings = Settings { strategy, steps, temperature: 1.0, seed: 1 };
    let mut sampler = Sampler::new(vec![MASK; 12], MASK, settings).unwrap();
    let mut denoiser = Same(log_prob);
    let next = || pollster::block_on(sampler.next(&mut denoiser)).unwrap();
    std::iter::from_fn(next).skip(1).map(|frame| frame.revealed.len()).collect()
}

fn rule(text: &str, block_length: Option<usize>) -> Strategy {
    Strategy::Rule { rule: text.parse().unwrap(), block_length }
}

fn uniform(block_length: Option<usize>, early_stop: Option<f32>) -> Strategy {
    Strategy::Scheduled { schedule: Schedule::Uniform, order: Order::Random, block_length, early_stop }
}

#[test]
fn a_rule_makes_as_many_calls_as_it_needs() {
    assert_eq!(sizes(rule("threshold", None), 12, 0.0), [12]);
    assert_eq!(sizes(rule("factor", Some(5)), 12, 0.0), [5, 5, 2]);
    assert_eq!(sizes(rule("entropy-bound", None), 12, 0.0), [12]);
    // 6 apart, 3 apart, all: a fourth group would be empty.
    assert_eq!(sizes(rule("dilated", None), 12, 0.0), [2, 2, 8]);
    assert_eq!(sizes(rule("threshold", None), 12, -1.0), [1; 12]);
}

#[test]
fn a_rule_out_of_calls_reveals_the_rest_of_its_block() {
    // One token a call: of 5 calls the first block has 2, the others have 2 and 1.
    assert_eq!(sizes(rule("threshold", Some(4)), 5, -1.0), [1, 3, 1, 3, 4]);
    assert_eq!(sizes(rule("threshold", None), 5, -1.0), [1, 1, 1, 1, 8]);
}

#[test]
fn blocks_share_the_calls_of_a_schedule() {
    assert_eq!(sizes(uniform(None, None), 5, -1.0), [3, 3, 2, 2, 2]);
    assert_eq!(sizes(uniform(Some(4), None), 5, -1.0), [2, 2, 2, 2, 4]);
    assert_eq!(sizes(uniform(Some(7), None), 5, -1.0), [3, 2, 2, 3, 2]);
}

#[test]
fn an_early_stop_reveals_all_that_is_left() {
    assert_eq!(sizes(uniform(None, Some(1.0)), 5, 0.0), [12]);
    assert_eq!(sizes(uniform(Some(4), Some(0.3)), 5, -1.0), [12]);
    assert_eq!(sizes(uniform(None, Some(0.4)), 5, -1.0), [3, 3, 2, 2, 2]);
}
