//! The names of schedules, with their parameters, and a line on each.

use std::{fmt, str::FromStr};

use super::{Draw, Estimate, Schedule, ScheduleError, Times, Weights};
use crate::spec::{Spec, SpecError};

use Draw::Systematic;

impl Schedule {
    /// Every schedule that needs no profile and keeps to any number of calls, in the order in which lists show them.
    pub const ALL: [Self; 19] = [
        Self::Adaptive(Weights::Min, Systematic),
        Self::Adaptive(Weights::Tc, Systematic),
        Self::Adaptive(Weights::Dtc, Systematic),
        Self::Adaptive(Weights::Uniform, Systematic),
        Self::Minimax(Weights::Min, Systematic),
        Self::Minimax(Weights::Tc, Systematic),
        Self::Minimax(Weights::Dtc, Systematic),
        Self::Minimax(Weights::Uniform, Systematic),
        Self::Uniform,
        Self::Cosine,
        Self::Power(2.0),
        Self::Ancestral(Times::Linear),
        Self::Ancestral(Times::Dtc),
        Self::Ancestral(Times::Min),
        Self::ChenCongLi { dual: false, estimate: None },
        Self::ChenCongLi { dual: true, estimate: None },
        Self::BestFixed(Weights::Tc),
        Self::BestFixed(Weights::Dtc),
        Self::BestFixed(Weights::Min),
    ];

    /// The others: one fixes its number of calls, two are made for a profile.
    pub const OTHERS: [Self; 3] = [Self::OneAtATime, Self::ProfileOptimal, Self::ProfileAware(Systematic)];

    /// The name without parameters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Cosine => "cosine",
            Self::Power(_) => "power",
            Self::OneAtATime => "one-at-a-time",
            Self::Ancestral(Times::Linear) => "ancestral",
            Self::Ancestral(Times::Dtc) => "dmitriev-dtc",
            Self::Ancestral(Times::Min) => "dmitriev-min",
            Self::ChenCongLi { dual: false, .. } => "chen-cong-li-tc",
            Self::ChenCongLi { dual: true, .. } => "chen-cong-li-dtc",
            Self::BestFixed(Weights::Tc) => "best-fixed-tc",
            Self::BestFixed(Weights::Dtc) => "best-fixed-dtc",
            Self::BestFixed(Weights::Min) => "best-fixed-min",
            Self::BestFixed(Weights::Uniform) => "best-fixed-uniform",
            Self::Adaptive(Weights::Tc, _) => "adaptive-tc",
            Self::Adaptive(Weights::Dtc, _) => "adaptive-dtc",
            Self::Adaptive(Weights::Min, _) => "adaptive-min",
            Self::Adaptive(Weights::Uniform, _) => "adaptive-uniform",
            Self::Minimax(Weights::Tc, _) => "minimax-tc",
            Self::Minimax(Weights::Dtc, _) => "minimax-dtc",
            Self::Minimax(Weights::Min, _) => "minimax-min",
            Self::Minimax(Weights::Uniform, _) => "minimax-uniform",
            Self::ProfileAware(_) => "profile-aware",
            Self::ProfileOptimal => "profile-optimal",
        }
    }

    /// One line for a person who chooses.
    pub fn about(self) -> &'static str {
        match self {
            Self::Uniform => "The same number of tokens in every call.",
            Self::Cosine => "Few tokens in the first calls, many in the last.",
            Self::Power(_) => "Few tokens in the first calls, by the power p of the calls done; even for p = 1.",
            Self::OneAtATime => "One token a call: nothing is lost, and nothing saved.",
            Self::Ancestral(Times::Linear) => {
                "Every masked token has the same chance in a call: binomial sizes (MDLM)."
            }
            Self::Ancestral(Times::Dtc) => {
                "Binomial sizes, small ones first (Dmitriev et al. 2026; our discretisation)."
            }
            Self::Ancestral(Times::Min) => {
                "Binomial sizes, small ones first and last (Dmitriev et al. 2026; our discretisation)."
            }
            Self::ChenCongLi { dual: false, .. } => "Fixed sizes, large ones first (Chen, Cong & Li 2025).",
            Self::ChenCongLi { dual: true, .. } => "Fixed sizes, large ones last (Chen, Cong & Li 2025).",
            Self::BestFixed(Weights::Tc) => "The fixed sizes with the smallest worst-case error relative to TC.",
            Self::BestFixed(Weights::Dtc) => "The fixed sizes with the smallest worst-case error relative to DTC.",
            Self::BestFixed(_) => "The fixed sizes with the smallest worst-case error relative to a mix of TC and DTC.",
            Self::Adaptive(Weights::Tc, _) => {
                "Random sizes, large ones first: error within a log factor of TC/K. After Zhao & Cai 2026; our derivation."
            }
            Self::Adaptive(Weights::Dtc, _) => {
                "Random sizes, large ones last: error within a log factor of DTC/K, once K exceeds about log L. After Zhao & Cai 2026; our derivation."
            }
            Self::Adaptive(Weights::Min, _) => {
                "Random sizes, large ones in the middle: both guarantees at once, for about twice the calls. Ours: adaptive-tc and adaptive-dtc in one."
            }
            Self::Adaptive(Weights::Uniform, _) => {
                "Equal sizes with a random beginning: error within TC + DTC over K. As analysed by Li & Cai 2025; our derivation."
            }
            Self::Minimax(Weights::Tc, _) => {
                "Random sizes with the smallest worst-case error relative to TC; our derivation."
            }
            Self::Minimax(Weights::Dtc, _) => {
                "Random sizes with the smallest worst-case error relative to DTC; our derivation."
            }
            Self::Minimax(Weights::Min, _) => {
                "Random sizes with the smallest worst-case error relative to a mix of TC and DTC that is at most the smaller one; our derivation."
            }
            Self::Minimax(Weights::Uniform, _) => {
                "Random sizes with the smallest worst-case error relative to TC + DTC; our derivation."
            }
            Self::ProfileAware(_) => "Random sizes, with calls where the law's information profile falls.",
            Self::ProfileOptimal => "The best sizes for a law whose information profile is known.",
        }
    }

    /// The draw of its points, where there is one.
    fn draw_mut(&mut self) -> Option<&mut Draw> {
        match self {
            Self::Adaptive(_, draw) | Self::Minimax(_, draw) | Self::ProfileAware(draw) => Some(draw),
            _ => None,
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match *self {
            Self::Power(exponent) if exponent != 2.0 => write!(f, ":p={exponent}"),
            Self::ChenCongLi { estimate: Some(Estimate { nats, error }), .. } => {
                write!(f, ":nats={nats},error={error}")
            }
            mut schedule => match schedule.draw_mut() {
                Some(draw) if *draw != Systematic => write!(f, ":draw={}", draw.name()),
                _ => Ok(()),
            },
        }
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    /// `name`, `power:p=3`, `chen-cong-li-tc:nats=12,error=0.5`, `adaptive-min:draw=stratified`.
    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let spec = Spec::parse(text)?;
        let unlisted = [Self::BestFixed(Weights::Uniform)];
        let known = || Self::ALL.into_iter().chain(Self::OTHERS);
        let found = known().chain(unlisted).find(|schedule| schedule.name() == spec.name);
        let mut schedule = found.ok_or_else(|| SpecError::UnknownName {
            what: "schedule",
            name: spec.name.to_owned(),
            known: known().map(Self::name).collect::<Vec<_>>().join(", "),
        })?;
        match &mut schedule {
            Self::Power(exponent) => {
                spec.only(&["p"])?;
                let accepted = |p: &f64| *p > 0.0 && *p <= 100.0;
                *exponent = spec.number("p", "a number above 0, at most 100", accepted)?.unwrap_or(*exponent);
            }
            Self::ChenCongLi { estimate, .. } => {
                spec.only(&["nats", "error"])?;
                if spec.rest.is_some() {
                    let nats =
                        spec.needed("nats", "12", "a number of at least 0", |n: &f64| n.is_finite() && *n >= 0.0)?;
                    let error = spec.needed("error", "0.5", "a number above 0", |e: &f64| e.is_finite() && *e > 0.0)?;
                    *estimate = Some(Estimate { nats, error });
                }
            }
            other => match other.draw_mut() {
                None => spec.only(&[])?,
                Some(draw) => {
                    spec.only(&["draw"])?;
                    if let Some(name) = spec.text("draw") {
                        let names = Draw::ALL.map(Draw::name).join(", ");
                        let found = Draw::ALL.into_iter().find(|draw| draw.name() == name);
                        *draw = found.ok_or_else(|| spec.refused("draw", name, format!("one of {names}")))?;
                    }
                }
            },
        }
        Ok(schedule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        let spelled = ["power:p=3", "chen-cong-li-dtc:nats=12,error=0.5", "adaptive-tc:draw=iid", "best-fixed-uniform"];
        for text in spelled {
            assert_eq!(text.parse::<Schedule>().unwrap().to_string(), text);
        }
        for schedule in Schedule::ALL.into_iter().chain(Schedule::OTHERS) {
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
        assert_eq!("power:p=2".parse::<Schedule>().unwrap().to_string(), "power");
    }

    #[test]
    fn what_is_not_a_schedule_is_told_with_what_is() {
        let told = |text: &str| text.parse::<Schedule>().unwrap_err().to_string();
        let unknown = told("greedy");
        assert!(
            unknown.contains("unknown schedule `greedy`; the schedules are adaptive-min, adaptive-tc"),
            "{unknown}"
        );
        assert!(unknown.ends_with("one-at-a-time, profile-optimal, profile-aware"), "{unknown}");
        assert_eq!(told("power:p=0"), "p of `power` is `0`; it must be a number above 0, at most 100");
        assert_eq!(told("power:p=NaN"), "p of `power` is `NaN`; it must be a number above 0, at most 100");
        assert_eq!(told("uniform:p=2"), "`uniform` has no parameter `p`; it has none");
        assert_eq!(
            told("adaptive-tc:draw=lucky"),
            "draw of `adaptive-tc` is `lucky`; it must be one of systematic, stratified, iid, deterministic"
        );
        assert!(told("chen-cong-li-tc:nats=3").contains("needs error"));
        assert!(told("chen-cong-li-tc:nats=3,error=-1").contains("must be a number above 0"));
    }
}
