//! The rules that decide how many as well as which: what there is and how it is spelled.

use std::{fmt, str::FromStr};

use super::{Score, named};
use crate::spec::{Spec, SpecError};

/// Positions in a block of [`Rule::Dilated`] when nobody says otherwise; the number is ours.
pub const DILATED_BLOCK: usize = 32;

/// A rule that looks at the predictions of a call and reveals as many positions as it trusts, always at least one. How
/// many calls a run takes is known only in the end; the last call that it may make reveals all that is left.
///
/// `c` is the untempered probability of the drawn token, `H` the entropy in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// EB-Sampler (Ben-Hamu et al., arXiv 2505.24857; theory section 6.7): positions sorted by `proxy`, surest first;
    /// the longest prefix whose entropies have a sum less their maximum of at most `gamma`, a bound on the dependence
    /// among them. `gamma` 0.1 is the `entropy_bound` of the EntropyBoundScheduler in diffusers.
    EntropyBound {
        /// In nats, at least 0.
        gamma: f64,
        /// What the positions are sorted by.
        proxy: Score,
    },
    /// Entropy sum (Cai & Li, arXiv 2603.22248; theory section 6.8): tokens are added while their entropies sum to at
    /// most `bound`. That the lowest entropies come first, and the default of 1 nat, are ours.
    EntropySum {
        /// In nats, at least 0.
        bound: f64,
    },
    /// Fast-dLLM (Wu et al., arXiv 2505.22618; theory section 6.9), threshold: all with `c >= tau`, and the likeliest.
    /// `tau` 0.9 as there.
    Threshold {
        /// Between 0 and 1.
        tau: f64,
    },
    /// Fast-dLLM (arXiv 2505.22618; theory section 6.9), factor: with `c_(1) >= c_(2) >= ...` the largest `n` with
    /// `(n+1)(1 - c_(n)) < f`. The paper's rule; the code also reveals the last candidate when that is the first to
    /// fail, which we leave out. `f` 1 is the code's default.
    Factor {
        /// Above 0.
        f: f64,
    },
    /// KLASS (arXiv 2511.05664; theory section 6.10): all with `c > tau` whose distribution moved by a KL below `eps`
    /// in each of the last `n` calls, not before call `n` of a block; if there is none, the most confident, as many as
    /// the uniform schedule would reveal. Defaults of its repository (shkim0116/KLASS).
    Klass {
        /// Between 0 and 1.
        tau: f64,
        /// In nats, above 0.
        eps: f64,
        /// At least 1.
        n: u32,
    },
    /// Dilated unmasking, DUS (Luxembourg et al., arXiv 2506.19037; theory section 6.11): within a block of `B` first
    /// the positions `B/base` apart, then those between them, ever closer; about `log B` calls. Base 2 as there.
    ///
    /// With `skip`, positions with `c < skip` wait for the next group. At least one of each group is revealed, so that
    /// the tokens alone tell how far a block is; the last group reveals all.
    Dilated {
        /// At least 2.
        base: u32,
        /// Between 0 and 1; 0 skips nothing.
        skip: f64,
    },
}

impl Rule {
    /// Every rule with its defaults, in the order in which lists show them.
    pub const ALL: [Self; 6] = [
        Self::EntropyBound { gamma: 0.1, proxy: Score::Entropy },
        Self::EntropySum { bound: 1.0 },
        Self::Threshold { tau: 0.9 },
        Self::Factor { f: 1.0 },
        Self::Klass { tau: 0.9, eps: 0.01, n: 2 },
        Self::Dilated { base: 2, skip: 0.0 },
    ];

    /// The name, without parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::EntropyBound { .. } => "entropy-bound",
            Self::EntropySum { .. } => "entropy-sum",
            Self::Threshold { .. } => "threshold",
            Self::Factor { .. } => "factor",
            Self::Klass { .. } => "klass",
            Self::Dilated { .. } => "dilated",
        }
    }

    /// One line for a person who chooses.
    pub fn about(self) -> &'static str {
        match self {
            Self::EntropyBound { .. } => "As many as have little entropy together, the largest left out (EB-Sampler).",
            Self::EntropySum { .. } => "As many as have little entropy in sum.",
            Self::Threshold { .. } => "All tokens that are likely enough, and the likeliest (Fast-dLLM).",
            Self::Factor { .. } => "More tokens at once the likelier they are (Fast-dLLM).",
            Self::Klass { .. } => "All tokens that are likely and no longer change from call to call (KLASS).",
            Self::Dilated { .. } => "Positions far apart first, then those between them, whatever they are (DUS).",
        }
    }

    /// Whether it remembers earlier calls, so that a frame alone does not tell how the run goes on.
    pub fn remembers(self) -> bool {
        matches!(self, Self::Klass { .. })
    }

    /// The block length of a run that gives none; `None` is one block for all.
    pub fn block_length(self) -> Option<usize> {
        matches!(self, Self::Dilated { .. }).then_some(DILATED_BLOCK)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::EntropyBound { gamma, proxy } => write!(f, ":gamma={gamma},proxy={}", proxy.name()),
            Self::EntropySum { bound } => write!(f, ":bound={bound}"),
            Self::Threshold { tau } => write!(f, ":tau={tau}"),
            Self::Factor { f: factor } => write!(f, ":f={factor}"),
            Self::Klass { tau, eps, n } => write!(f, ":tau={tau},eps={eps},n={n}"),
            Self::Dilated { base, skip } => write!(f, ":base={base},skip={skip}"),
        }
    }
}

const AT_LEAST_0: &str = "a finite number, at least 0";
const ABOVE_0: &str = "a finite number above 0";

/// The parameter `key` of `spec`, or `default`.
pub(super) fn at_least_0(spec: &Spec<'_>, key: &str, default: f64) -> Result<f64, SpecError> {
    let given = spec.number(key, AT_LEAST_0, |x: &f64| *x >= 0.0 && x.is_finite())?;
    Ok(given.unwrap_or(default))
}

fn above_0(spec: &Spec<'_>, key: &str, default: f64) -> Result<f64, SpecError> {
    Ok(spec.number(key, ABOVE_0, |x: &f64| *x > 0.0 && x.is_finite())?.unwrap_or(default))
}

fn probability(spec: &Spec<'_>, key: &str, default: f64) -> Result<f64, SpecError> {
    Ok(spec.number(key, "a number from 0 to 1", |x: &f64| (0.0..=1.0).contains(x))?.unwrap_or(default))
}

fn at_least(spec: &Spec<'_>, key: &str, least: u32, default: u32) -> Result<u32, SpecError> {
    let accepted = format!("a whole number from {least} to {}", u32::MAX);
    Ok(spec.number(key, accepted, |n: &u32| *n >= least)?.unwrap_or(default))
}

impl FromStr for Rule {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let spec = Spec::parse(text)?;
        let keys: &[&str];
        let rule = match named(&spec, "rule", Self::ALL, Self::name)? {
            Self::EntropyBound { gamma, proxy } => {
                keys = &["gamma", "proxy"];
                let given = spec.number("proxy", "entropy, confidence or margin", |_: &Score| true)?;
                Self::EntropyBound { gamma: at_least_0(&spec, "gamma", gamma)?, proxy: given.unwrap_or(proxy) }
            }
            Self::EntropySum { bound } => {
                keys = &["bound"];
                Self::EntropySum { bound: at_least_0(&spec, "bound", bound)? }
            }
            Self::Threshold { tau } => {
                keys = &["tau"];
                Self::Threshold { tau: probability(&spec, "tau", tau)? }
            }
            Self::Factor { f } => {
                keys = &["f"];
                Self::Factor { f: above_0(&spec, "f", f)? }
            }
            Self::Klass { tau, eps, n } => {
                keys = &["tau", "eps", "n"];
                let (tau, eps) = (probability(&spec, "tau", tau)?, above_0(&spec, "eps", eps)?);
                Self::Klass { tau, eps, n: at_least(&spec, "n", 1, n)? }
            }
            Self::Dilated { base, skip } => {
                keys = &["base", "skip"];
                Self::Dilated { base: at_least(&spec, "base", 2, base)?, skip: probability(&spec, "skip", skip)? }
            }
        };
        spec.only(keys).map(|()| rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_round_trip_and_a_name_alone_is_the_defaults() {
        for rule in Rule::ALL {
            assert_eq!(rule.to_string().parse(), Ok(rule));
            assert_eq!(rule.name().parse(), Ok(rule));
        }
        assert_eq!("klass:n=3".parse(), Ok(Rule::Klass { tau: 0.9, eps: 0.01, n: 3 }));
        let proxy = Score::Margin;
        assert_eq!("entropy-bound:proxy=margin".parse(), Ok(Rule::EntropyBound { gamma: 0.1, proxy }));
    }

    #[test]
    fn what_is_refused_is_named_with_what_would_be_accepted() {
        for (text, words) in [
            ("best", "unknown rule `best`; the rules are entropy-bound, entropy-sum, threshold, factor"),
            ("threshold:t=1", "`threshold` has no parameter `t`; it has tau"),
            ("threshold:tau=1.5", "tau of `threshold` is `1.5`; it must be a number from 0 to 1"),
            ("threshold:0.9", "`threshold` has no parameter `0.9`; it has tau"),
            ("factor:f=0", "f of `factor` is `0`; it must be a finite number above 0"),
            ("entropy-bound:gamma=nan", "gamma of `entropy-bound` is `nan`; it must be a finite number, at least 0"),
            ("entropy-bound:proxy=kl", "proxy of `entropy-bound` is `kl`; it must be entropy, confidence or margin"),
            ("dilated:base=1", "base of `dilated` is `1`; it must be a whole number from 2 to 4294967295"),
        ] {
            let error = text.parse::<Rule>().unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
        }
    }
}
