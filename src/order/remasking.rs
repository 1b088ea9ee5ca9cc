//! Ways to mask again what was revealed: what there is, how it is spelled, and with which probabilities.

use std::{fmt, str::FromStr};

use super::{named, rule::at_least_0};
use crate::spec::{Spec, SpecError};

/// A run that may mask revealed tokens again, never the prompt or a pin. It takes the calls it is given, also more than
/// there are masks (P2 stops at the first that leaves no mask), and the last leaves no mask.
///
/// ReMDM's time runs from `t = 1` to 0 in equal steps; `alpha` is the fraction revealed, `1 - t` but for the loop. From
/// `t` to `s`, a revealed token is masked with probability `sigma`, at most `sigma_max = min(1, (1 - alpha(s)) /
/// alpha(t))`, and a mask is lifted with the probability that leaves a fraction of `alpha(s)` revealed. The defaults
/// are those of the authors' scripts (kuleshov-group/remdm), which make 1024 calls for 1024 tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Remasking {
    /// Path planning with itself as the planner, P2 (Peng et al., arXiv 2502.03540; theory section 6.12): after call
    /// `i` of `K` the `floor(L (1 - i/K))` positions with the lowest scores are masked. The score is the
    /// log-probability of the token that the call draws there, for revealed positions times `eta`; untempered, where
    /// the authors' code tempers it too. `eta` 1 is that code's default.
    P2 {
        /// At least 0: 0 masks nothing again, above 1 masks more eagerly.
        eta: f64,
    },
    /// ReMDM-cap (Wang et al., arXiv 2503.00307; theory section 6.13): `sigma = min(eta, sigma_max)`.
    Cap {
        /// From 0 to 1.
        eta: f64,
    },
    /// ReMDM-rescale (arXiv 2503.00307): `sigma = eta sigma_max`.
    Rescale {
        /// From 0 to 1.
        eta: f64,
    },
    /// ReMDM-conf (arXiv 2503.00307): `sigma_max`, shared among the revealed positions by the softmax of minus the
    /// probability that their token had when it was revealed.
    Conf,
    /// ReMDM-loop (arXiv 2503.00307): without remasking until a fraction of `alpha` is revealed at time `on`; then
    /// masking and revealing in balance, `sigma = min(eta, sigma_max)`; from `off` without again.
    Loop {
        /// From 0 to 1.
        eta: f64,
        /// Between `off` and 1.
        on: f64,
        /// Above 0.
        off: f64,
        /// Between 0 and 1.
        alpha: f64,
    },
}

/// With which probabilities a step of ReMDM changes a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chances {
    /// That a mask is lifted.
    pub reveal: f64,
    /// That a revealed token is masked; under [`Remasking::Conf`], the sum of it over the revealed positions.
    pub remask: f64,
}

impl Remasking {
    /// Every remasking with its defaults, in the order in which lists show them.
    pub const ALL: [Self; 5] = [
        Self::P2 { eta: 1.0 },
        Self::Cap { eta: 0.008 },
        Self::Rescale { eta: 0.015 },
        Self::Conf,
        Self::Loop { eta: 0.02, on: 0.55, off: 0.05, alpha: 0.9 },
    ];

    /// The name, without parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::P2 { .. } => "p2",
            Self::Cap { .. } => "remdm-cap",
            Self::Rescale { .. } => "remdm-rescale",
            Self::Conf => "remdm-conf",
            Self::Loop { .. } => "remdm-loop",
        }
    }

    /// One line for a person who chooses.
    pub fn about(self) -> &'static str {
        match self {
            Self::P2 { .. } => "Keeps the surest tokens, new and old, and masks the others again (P2).",
            Self::Cap { .. } => "Masks a fixed part of the revealed tokens again in each call (ReMDM-cap).",
            Self::Rescale { .. } => "Masks as much again as can be made up for, times eta (ReMDM-rescale).",
            Self::Conf => "Masks again the tokens that were the least sure (ReMDM-conf).",
            Self::Loop { .. } => "Reveals most, then masks and reveals for a while, then finishes (ReMDM-loop).",
        }
    }

    /// Whether it remembers earlier calls, so that a frame alone does not tell how the run goes on.
    pub fn remembers(self) -> bool {
        self == Self::Conf
    }

    /// How many of `free` positions P2 leaves masked after call `step` of `steps`; `None` for those that toss coins.
    pub fn masked_after(self, step: usize, steps: usize, free: usize) -> Option<usize> {
        matches!(self, Self::P2 { .. }).then(|| free * steps.saturating_sub(step) / steps)
    }

    /// The probabilities of call `step` of `steps`; `None` for P2, which tosses no coins.
    pub fn chances(self, step: usize, steps: usize) -> Option<Chances> {
        let time = |calls: usize| calls as f64 / steps as f64;
        let (t, s) = (time(steps + 1 - step), time(steps - step));
        let (alpha_t, alpha_s) = (self.alpha(t), self.alpha(s));
        let most = if alpha_t > 0.0 { ((1.0 - alpha_s) / alpha_t).min(1.0) } else { 1.0 };
        let sigma = match self {
            Self::P2 { .. } => return None,
            Self::Cap { eta } => eta.min(most),
            Self::Rescale { eta } => eta * most,
            Self::Loop { eta, on, off, .. } if t > off && t <= on => eta.min(most),
            Self::Loop { .. } | Self::Conf => 0.0,
        };
        let reveal = (alpha_s - (1.0 - sigma) * alpha_t) / (1.0 - alpha_t);
        Some(Chances { reveal, remask: if self == Self::Conf { most } else { sigma } })
    }

    /// The fraction revealed at time `t`.
    fn alpha(self, t: f64) -> f64 {
        match self {
            Self::Loop { on, alpha, .. } if t > on => (1.0 - t) * alpha / (1.0 - on),
            Self::Loop { off, alpha, .. } if t <= off => 1.0 - t * (1.0 - alpha) / off,
            Self::Loop { alpha, .. } => alpha,
            _ => 1.0 - t,
        }
    }
}

impl fmt::Display for Remasking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Conf => Ok(()),
            Self::P2 { eta } | Self::Cap { eta } | Self::Rescale { eta } => write!(f, ":eta={eta}"),
            Self::Loop { eta, on, off, alpha } => write!(f, ":eta={eta},on={on},off={off},alpha={alpha}"),
        }
    }
}

impl FromStr for Remasking {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let spec = Spec::parse(text)?;
        let part = |x: &f64| (0.0..=1.0).contains(x);
        let rate = |eta: f64| Ok::<_, SpecError>(spec.number("eta", "a number from 0 to 1", part)?.unwrap_or(eta));
        let found = match named(&spec, "remasking", Self::ALL, Self::name)? {
            Self::P2 { eta } => Self::P2 { eta: at_least_0(&spec, "eta", eta)? },
            Self::Cap { eta } => Self::Cap { eta: rate(eta)? },
            Self::Rescale { eta } => Self::Rescale { eta: rate(eta)? },
            Self::Conf => Self::Conf,
            Self::Loop { eta, on, off, alpha } => {
                let inside = |x: &f64| 0.0 < *x && *x < 1.0;
                let between = "a number above 0 and below 1";
                let on = spec.number("on", between, inside)?.unwrap_or(on);
                let before = |off: &f64| 0.0 < *off && *off < on;
                let accepted = format!("a number above 0 and below on, {on}");
                let off = match spec.number("off", &accepted, before)? {
                    Some(off) => off,
                    None if off < on => off,
                    None => return Err(spec.refused("on", &on.to_string(), format!("a number above off, {off}"))),
                };
                Self::Loop { eta: rate(eta)?, on, off, alpha: spec.number("alpha", between, inside)?.unwrap_or(alpha) }
            }
        };
        let keys: &[&str] = match found {
            Self::Conf => &[],
            Self::Loop { .. } => &["eta", "on", "off", "alpha"],
            _ => &["eta"],
        };
        spec.only(keys).map(|()| found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_round_trip_and_what_is_refused_is_named() {
        for remasking in Remasking::ALL {
            assert_eq!(remasking.to_string().parse(), Ok(remasking));
        }
        for (text, words) in [
            ("remdm", "unknown remasking `remdm`; the remaskings are p2, remdm-cap, remdm-rescale"),
            ("remdm-cap:eta=1.5", "eta of `remdm-cap` is `1.5`; it must be a number from 0 to 1"),
            ("remdm-conf:eta=1", "`remdm-conf` has no parameter `eta`; it has none"),
            ("p2:eta=-1", "eta of `p2` is `-1`; it must be a finite number, at least 0"),
            (
                "remdm-loop:off=0.6,on=0.5",
                "off of `remdm-loop` is `0.6`; it must be a number above 0 and below on, 0.5",
            ),
        ] {
            let error = text.parse::<Remasking>().unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
        }
    }

    fn near(remasking: Remasking, step: usize, steps: usize, reveal: f64, remask: f64) {
        let chances = remasking.chances(step, steps).unwrap();
        let off = (chances.reveal - reveal).abs() + (chances.remask - remask).abs();
        assert!(off < 1e-12, "{remasking}, call {step} of {steps}: {chances:?}");
    }

    #[test]
    fn transition_probabilities_worked_out_by_hand() {
        // Call 2 of 4: alpha 1/4 -> 1/2, sigma_max = min(1, 2) = 1. Call 3: 1/2 -> 3/4, sigma_max = 1/2.
        near(Remasking::Cap { eta: 0.2 }, 2, 4, (0.5 - 0.8 * 0.25) / 0.75, 0.2);
        near(Remasking::Cap { eta: 0.9 }, 3, 4, (0.75 - 0.5 * 0.5) / 0.5, 0.5);
        near(Remasking::Rescale { eta: 0.2 }, 3, 4, (0.75 - 0.9 * 0.5) / 0.5, 0.1);
        near(Remasking::Conf, 3, 4, 0.5, 0.5);
        // The first call has nothing to mask, the last leaves nothing masked.
        for remasking in Remasking::ALL.into_iter().skip(1) {
            assert_eq!(remasking.chances(4, 4).unwrap(), Chances { reveal: 1.0, remask: 0.0 }, "{remasking}");
        }
        near(Remasking::Cap { eta: 0.2 }, 1, 4, 0.25, 0.2);
    }

    #[test]
    fn the_loop_rises_holds_and_rises() {
        let remasking = Remasking::Loop { eta: 0.05, on: 0.5, off: 0.25, alpha: 0.8 };
        // t 1, 7/8, ... : alpha 0, .2, .4, .6, .8 at t = 1/2, held until 1/4, then .9 and 1.
        near(remasking, 1, 8, 0.2, 0.0);
        near(remasking, 4, 8, 0.2 / 0.4, 0.0);
        near(remasking, 5, 8, 0.05 * 0.8 / 0.2, 0.05);
        near(remasking, 6, 8, 0.05 * 0.8 / 0.2, 0.05);
        near(remasking, 7, 8, 0.5, 0.0);
        near(remasking, 8, 8, 1.0, 0.0);
    }

    #[test]
    fn every_step_is_a_probability_and_keeps_the_marginal() {
        for remasking in Remasking::ALL.into_iter().filter(|&one| one != Remasking::Conf).skip(1) {
            for steps in 1..40 {
                for step in 1..=steps {
                    let Chances { reveal, remask } = remasking.chances(step, steps).unwrap();
                    assert!((-1e-12..=1.0 + 1e-12).contains(&reveal) && (0.0..=1.0).contains(&remask));
                    let alpha = |calls: usize| remasking.alpha(calls as f64 / steps as f64);
                    let (before, after) = (alpha(steps + 1 - step), alpha(steps - step));
                    let revealed = before * (1.0 - remask) + (1.0 - before) * reveal;
                    assert!((revealed - after).abs() < 1e-12, "{remasking}, call {step} of {steps}");
                }
            }
        }
    }

    #[test]
    fn p2_masks_as_many_as_the_paper_says() {
        let masked = |step| Remasking::P2 { eta: 1.0 }.masked_after(step, 3, 10);
        assert_eq!([0, 1, 2, 3].map(masked), [Some(10), Some(6), Some(3), Some(0)]);
        assert_eq!(Remasking::Conf.masked_after(1, 3, 10), None);
    }
}
