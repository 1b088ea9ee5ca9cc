//! How a run chooses what each call reveals: options of every command that makes one.

use anyhow::Context;
use clap::Args;
use unmask::{
    order::{Order, Remasking, Rule},
    random::MAX_SEED,
    sampler::Settings,
    schedule::Schedule,
    strategy::Strategy,
};

use super::{
    run::Wanted,
    values::{Spelled, at_least_one, early_stop, seed, temperature},
};

/// What orders, rules and remaskings there are, for `--help`.
pub const NAMES: &str = "What they are, with their parameters and defaults:
  orders      random, left-to-right, most-confident, largest-margin, lowest-entropy;
              the last three also as NAME:soft=X, drawn at random by softmax(score / X)
  rules       entropy-bound:gamma=0.1,proxy=entropy|confidence|margin   entropy-sum:bound=1
              threshold:tau=0.9   factor:f=1   klass:tau=0.9,eps=0.01,n=2
              dilated:base=2,skip=0 (in blocks of 32 unless --block-length says otherwise)
  remaskings  p2:eta=1   remdm-cap:eta=0.008   remdm-rescale:eta=0.015   remdm-conf
              remdm-loop:eta=0.02,on=0.55,off=0.05,alpha=0.9";

/// The settings of a run.
#[derive(Args, Clone, Debug)]
pub struct HowOptions {
    /// At most this many calls of the model, and but for --remasking at most one a masked token, which is the default
    /// with --rule and one-at-a-time; else the default is 32
    #[arg(long, value_name = "K", value_parser = at_least_one, allow_negative_numbers = true)]
    pub steps: Option<usize>,
    /// How many tokens each call reveals: adaptive-min|tc|dtc|uniform, minimax-min|tc|dtc|uniform, uniform, cosine, power,
    /// ancestral, dmitriev-dtc|min, chen-cong-li-tc|dtc, best-fixed-tc|dtc|min, one-at-a-time
    #[arg(long, value_name = "S", default_value = "adaptive-min", value_parser = schedules(), hide_possible_values = true)]
    schedule: Schedule,
    /// Which tokens each call reveals: random, left-to-right, most-confident, largest-margin, lowest-entropy
    #[arg(long, value_name = "O", default_value = "random", value_parser = orders(), hide_possible_values = true)]
    order: Order,
    /// Lets the predictions decide how many tokens as well: entropy-bound, entropy-sum, threshold, factor, klass,
    /// dilated
    #[arg(long, value_name = "R", value_parser = rules(), hide_possible_values = true, conflicts_with_all = ["schedule", "order", "remasking", "early_stop"])]
    rule: Option<Rule>,
    /// Lets tokens be masked again: p2, remdm-cap, remdm-rescale, remdm-conf, remdm-loop
    #[arg(long, value_name = "M", value_parser = remaskings(), hide_possible_values = true, conflicts_with_all = ["schedule", "order", "block_length", "early_stop"])]
    remasking: Option<Remasking>,
    /// Finishes the masks in blocks of this many, from the beginning to the end; the calls are shared among the blocks
    #[arg(long, value_name = "B", value_parser = at_least_one, allow_negative_numbers = true)]
    block_length: Option<usize>,
    /// Reveals all that is left once even the least confident token has this probability; above 0, up to 1
    #[arg(long, value_name = "P", value_parser = early_stop, allow_negative_numbers = true)]
    early_stop: Option<f32>,
    /// Seed of everything random, 0 to 9007199254740991; a new one each time if not given
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// 0 takes the likeliest token, 1, the default, samples the model's distribution; 0 to 10
    #[arg(long, value_name = "T", value_parser = temperature, allow_negative_numbers = true)]
    pub temperature: Option<f32>,
}

fn schedules() -> Spelled<Schedule> {
    // Without those that are made for a known profile, which a run has not.
    let all = Schedule::ALL.into_iter().chain(Schedule::OTHERS).filter(|schedule| !schedule.needs_profile());
    Spelled::new(all.map(Schedule::name))
}

fn orders() -> Spelled<Order> {
    Spelled::new(Order::ALL.into_iter().map(Order::name))
}

fn rules() -> Spelled<Rule> {
    Spelled::new(Rule::ALL.into_iter().map(Rule::name))
}

fn remaskings() -> Spelled<Remasking> {
    Spelled::new(Remasking::ALL.into_iter().map(Remasking::name))
}

/// Calls of a run that does not say how many, unless a rule decides.
const STEPS: usize = 32;

impl HowOptions {
    fn strategy(&self) -> Strategy {
        let Self { schedule, order, block_length, early_stop, .. } = *self;
        match (self.rule, self.remasking) {
            (Some(rule), _) => Strategy::Rule { rule, block_length },
            (None, Some(remasking)) => Strategy::Remasking(remasking),
            (None, None) => Strategy::Scheduled { schedule, order, block_length, early_stop },
        }
    }

    /// The run of a seed.
    pub fn wanted(&self, name: String, seed: u64) -> Wanted {
        // One token a call means as many calls as there are masks, as a rule may need them.
        let open = self.rule.is_some() || self.schedule == Schedule::OneAtATime;
        let most = match (self.steps, self.remasking) {
            (Some(_), _) | (None, Some(_)) => None,
            (None, None) if open => Some(usize::MAX),
            (None, None) => Some(STEPS),
        };
        let (strategy, steps) = (self.strategy(), self.steps.unwrap_or(STEPS));
        let settings = Settings { strategy, steps, temperature: self.temperature.unwrap_or(1.0), seed };
        Wanted { name, settings, most }
    }
}

/// The seed, or a new one.
///
/// # Errors
/// When the system has no random numbers.
pub fn seed_or_new(seed: Option<u64>) -> anyhow::Result<u64> {
    match seed {
        Some(seed) => Ok(seed),
        None => Ok(getrandom::u64().context("the system gave no random seed")? & MAX_SEED),
    }
}
