//! How a run chooses what each call reveals, as one value and as words.

use std::{fmt::Display, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    denoiser::Extent,
    order::{Order, Remasking, Rule},
    schedule::Schedule,
    spec::SpecError,
};

/// How a run chooses what each call reveals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strategy {
    /// A schedule says how many, before the first call; an order says which.
    Scheduled {
        /// How many.
        schedule: Schedule,
        /// Which.
        order: Order,
        /// LLaDA's semi-autoregressive blocks (arXiv 2502.09992): the masked positions in order, cut into blocks of so
        /// many; one is finished before the next, and the calls are shared evenly among them. At least 1.
        block_length: Option<usize>,
        /// Reveals all that is left at once when even the least confident masked position has at least this
        /// probability, which is above 0 and at most 1. After the idea of Prophet (arXiv 2508.19982), which looks at
        /// margins.
        early_stop: Option<f32>,
    },
    /// A rule says both, call by call.
    Rule {
        /// Which.
        rule: Rule,
        /// As above; each block gets its share of the calls at most, and the last of them reveals what is left of it.
        block_length: Option<usize>,
    },
    /// Tokens may be masked again.
    Remasking(Remasking),
}

impl Strategy {
    /// A schedule and an order, and no more.
    pub fn scheduled(schedule: Schedule, order: Order) -> Self {
        Self::Scheduled { schedule, order, block_length: None, early_stop: None }
    }

    /// What a call must say for it.
    pub fn extent(self) -> Extent {
        let everywhere = matches!(self, Self::Remasking(Remasking::P2 { .. }));
        Extent { everywhere, distributions: matches!(self, Self::Rule { rule: Rule::Klass { .. }, .. }) }
    }

    /// The name of the rule or the remasking that remembers earlier calls, so that a frame alone does not tell how the
    /// run goes on; `None` where it does.
    pub fn remembers(self) -> Option<&'static str> {
        match self {
            Self::Rule { rule, .. } if rule.remembers() => Some(rule.name()),
            Self::Remasking(remasking) if remasking.remembers() => Some(remasking.name()),
            _ => None,
        }
    }

    /// Refuses parameters that could not have been spelled.
    ///
    /// # Errors
    /// [`SpecError::Value`].
    pub fn check(self) -> Result<(), SpecError> {
        match self {
            Self::Scheduled { order, .. } => reads_back(order),
            Self::Rule { rule, .. } => reads_back(rule),
            Self::Remasking(remasking) => reads_back(remasking),
        }
    }

    /// The words it is spelled with.
    pub fn words(self) -> Words {
        let text = |part: &dyn Display| Some(part.to_string());
        match self {
            Self::Scheduled { schedule, order, block_length, early_stop } => {
                Words { schedule: text(&schedule), order: text(&order), block_length, early_stop, ..Words::default() }
            }
            Self::Rule { rule, block_length } => Words { rule: text(&rule), block_length, ..Words::default() },
            Self::Remasking(remasking) => Words { remasking: text(&remasking), ..Words::default() },
        }
    }
}

fn reads_back<T: Display + FromStr>(part: T) -> Result<(), T::Err> {
    part.to_string().parse::<T>().map(drop)
}

/// A strategy as words, each of them optional.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// A [`Schedule`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// An [`Order`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// A [`Rule`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// A [`Remasking`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remasking: Option<String>,
    /// Of a scheduled run or a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_length: Option<usize>,
    /// Of a scheduled run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<f32>,
}

/// Why words make no strategy.
#[derive(Debug, thiserror::Error)]
pub enum WordsError {
    /// An order, a rule or a remasking that there is not.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A schedule that there is not.
    #[error("{0}")]
    Schedule(String),
    /// Too few words.
    #[error("a run needs a schedule and an order, or a rule, or a remasking")]
    Missing,
    /// Too many words.
    #[error("a {0} goes without {1}")]
    Both(&'static str, &'static str),
}

impl Words {
    /// For people: each word, and what the numbers are.
    pub fn told(&self) -> Vec<String> {
        let words = [&self.schedule, &self.order, &self.rule, &self.remasking].into_iter().flatten().cloned();
        let blocks = self.block_length.map(|length| format!("blocks of {length}"));
        words.chain(blocks).chain(self.early_stop.map(|enough| format!("early stop at {enough}"))).collect()
    }

    /// The strategy that they spell.
    ///
    /// # Errors
    /// [`WordsError`] names what is missing, unknown or too much.
    pub fn strategy(&self) -> Result<Strategy, WordsError> {
        let Self { schedule, order, rule, remasking, block_length, early_stop } = self;
        let alone = |name: &'static str, others: &[(&'static str, bool)]| {
            let other = others.iter().find(|(_, given)| *given);
            other.map_or(Ok(()), |(other, _)| Err(WordsError::Both(name, other)))
        };
        let scheduled =
            [("schedule", schedule.is_some()), ("order", order.is_some()), ("early_stop", early_stop.is_some())];
        if let Some(remasking) = remasking {
            alone("remasking", &scheduled)?;
            alone("remasking", &[("rule", rule.is_some()), ("block_length", block_length.is_some())])?;
            return Ok(Strategy::Remasking(remasking.parse()?));
        }
        if let Some(rule) = rule {
            alone("rule", &scheduled)?;
            return Ok(Strategy::Rule { rule: rule.parse()?, block_length: *block_length });
        }
        let (Some(schedule), Some(order)) = (schedule, order) else { return Err(WordsError::Missing) };
        Ok(Strategy::Scheduled {
            schedule: schedule.parse::<Schedule>().map_err(|error| WordsError::Schedule(error.to_string()))?,
            order: order.parse()?,
            block_length: *block_length,
            early_stop: *early_stop,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_make_the_strategy_that_made_them() {
        let scheduled = Strategy::scheduled(Schedule::Uniform, Order::LowestEntropy);
        let cut = Strategy::Scheduled {
            schedule: Schedule::Cosine,
            order: Order::Random,
            block_length: Some(8),
            early_stop: Some(0.9),
        };
        let rules = Rule::ALL.map(|rule| Strategy::Rule { rule, block_length: Some(4) });
        let all = [scheduled, cut].into_iter().chain(rules).chain(Remasking::ALL.map(Strategy::Remasking));
        for strategy in all {
            assert_eq!(strategy.words().strategy().unwrap(), strategy);
        }
        assert_eq!(cut.words().told().join(", "), "cosine, random, blocks of 8, early stop at 0.9");
    }

    #[test]
    fn words_that_do_not_go_together_are_refused() {
        let told = |words: Words| words.strategy().unwrap_err().to_string();
        let some = |text: &str| Some(text.to_owned());
        let (rule, order) = (some("threshold"), some("random"));
        assert!(told(Words::default()).starts_with("a run needs a schedule and an order"));
        assert!(told(Words { order: order.clone(), ..Words::default() }).starts_with("a run needs"));
        assert_eq!(told(Words { rule, order: order.clone(), ..Words::default() }), "a rule goes without order");
        let both = Words { remasking: some("p2"), block_length: Some(3), ..Words::default() };
        assert_eq!(told(both), "a remasking goes without block_length");
        let unknown = Words { schedule: some("fast"), order, ..Words::default() };
        assert!(told(unknown).contains("`fast`"));
    }

    #[test]
    fn parameters_out_of_range_are_refused_by_name() {
        let rule = Rule::Dilated { base: 1, skip: 0.0 };
        let error = Strategy::Rule { rule, block_length: None }.check().unwrap_err().to_string();
        assert!(error.starts_with("base of `dilated` is `1`"), "{error}");
        assert!(Strategy::Remasking(Remasking::Cap { eta: f64::NAN }).check().is_err());
    }
}
