//! The schedules against `golden/theory.json`: exact expected errors (nats) and worst-case ratios.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use serde_json::Value;
use unmask::schedule::{
    Draw::{Iid, Stratified, Systematic},
    Intensity, Plan, Schedule, Times, Weights, minimax_ratio, worst_ratio,
};

fn golden() -> Value {
    // A ratio that does not exist is written NaN there, which JSON has no word for.
    serde_json::from_str(&include_str!("golden/theory.json").replace("NaN", "null")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// `tc L64 K8` -> weights, masked, steps.
fn key(key: &str) -> (Weights, usize, usize) {
    let parts: Vec<&str> = key.split(' ').collect();
    let weights = match parts[0] {
        "tc" => Weights::Tc,
        "dtc" => Weights::Dtc,
        "min" => Weights::Min,
        other => panic!("weights {other}"),
    };
    (weights, parts[1][1..].parse().unwrap(), parts[2][1..].parse().unwrap())
}

#[track_caller]
fn close(found: f64, wanted: f64, tolerance: f64, what: &str) {
    assert!((found - wanted).abs() <= tolerance * wanted.abs().max(1.0), "{what}: {found} instead of {wanted}");
}

#[test]
fn intensities_are_golden() {
    for (name, values) in golden()["small"].as_object().unwrap() {
        let (weights, masked, steps) = key(name);
        let harmonic = Intensity::harmonic(weights, masked, steps);
        let minimax = Intensity::minimax(weights, masked, steps);
        for (intensity, field) in [(harmonic, "g_harmonic"), (minimax, "g_minimax")] {
            for (found, wanted) in intensity.values().iter().zip(numbers(&values[field])) {
                close(*found, wanted, 1e-8, &format!("{name} {field}"));
            }
        }
        close(minimax_ratio(weights, masked, steps), values["rho"].as_f64().unwrap(), 1e-8, name);
        let c = unmask::schedule::harmonic_scale(weights, masked, steps);
        close(c, values["c"].as_f64().unwrap(), 1e-9, name);
    }
}

#[test]
fn grids_are_golden() {
    for (name, values) in golden()["small"].as_object().unwrap() {
        let (weights, masked, steps) = key(name);
        for (u, grids) in values["grids_u"].as_object().unwrap() {
            let intensities = [Intensity::harmonic(weights, masked, steps), Intensity::minimax(weights, masked, steps)];
            for (intensity, wanted) in intensities.iter().zip(grids.as_array().unwrap()) {
                let grid = intensity.draw_systematic(u.parse().unwrap());
                assert_eq!(serde_json::json!(grid.points()), *wanted, "{name}, u = {u}");
            }
        }
    }
}

#[test]
fn worst_case_ratios_are_golden() {
    for (name, values) in golden()["ratios"].as_object().unwrap() {
        let (weights, masked, steps) = key(name);
        let schedules = [
            (Schedule::Uniform, "uniform"),
            (Schedule::BestFixed(weights), "det"),
            (Schedule::Adaptive(weights, Iid), "iid"),
            (Schedule::Adaptive(weights, Stratified), "jit"),
            (Schedule::Adaptive(weights, Systematic), "harmonic"),
            (Schedule::Minimax(weights, Systematic), "minimax"),
        ];
        for (schedule, field) in schedules {
            // The golden file has no best fixed grid for the weights `min`.
            let Some(wanted) = values[field].as_f64() else {
                assert_eq!((weights, field), (Weights::Min, "det"));
                continue;
            };
            let cost = schedule.plan(masked, steps, None).unwrap().expected_cost();
            close(worst_ratio(weights, &cost), wanted, 1e-6, &format!("{name} {field}"));
        }
        let c = unmask::schedule::harmonic_scale(weights, masked, steps);
        close(c, values["c"].as_f64().unwrap(), 1e-9, name);
    }
}

/// The law that the golden file calls so.
fn spelled(law: &str) -> &str {
    match law {
        "RS(k=5,q=64)" => "reed-solomon:k=5,q=64",
        "RS(k=23,q=64)" => "reed-solomon:k=23,q=64",
        "RS(k=59,q=64)" => "reed-solomon:k=59,q=64",
        "repetition(q=2)" => "repetition:q=2",
        "parity(q=2)" => "parity:q=2",
        "mixture(.1,.9)" => "mixture:0.1,0.9",
        "markov(flip=0.1)" => "markov:flip=0.1",
        other => panic!("law {other}"),
    }
}

#[test]
fn expected_errors_are_golden() {
    for (name, values) in golden()["kl"].as_object().unwrap() {
        let (length, law) = name.split_once(' ').unwrap();
        let masked: usize = length[1..].parse().unwrap();
        let h: Vec<f64> = match law {
            "power(1+(1+j)^-.5)" => (0..masked).map(|j| 1.0 + (1.0 + j as f64).powf(-0.5)).collect(),
            law => unmask::law::parse(spelled(law), masked).unwrap().profile().h().to_vec(),
        };
        let drops: Vec<f64> = h.windows(2).map(|pair| pair[0] - pair[1]).collect();
        let dot = |weights: &dyn Fn(usize) -> f64| -> f64 {
            drops.iter().enumerate().map(|(index, drop)| drop * weights(index + 1)).sum()
        };
        for (weights, field) in [(Weights::Tc, "TC"), (Weights::Dtc, "DTC"), (Weights::Min, "MIN")] {
            close(dot(&|j| weights.at(j, masked)), values["summ"][field].as_f64().unwrap(), 1e-6, name);
        }
        for (steps, row) in values["K"].as_object().unwrap() {
            let fields = row.as_object().unwrap();
            assert_eq!(fields.len(), SCHEDULES.len(), "{:?}", fields.keys());
            for (field, schedule) in SCHEDULES {
                let plan = schedule.plan(masked, steps.parse().unwrap(), Some(&h)).unwrap();
                let cost = plan.expected_cost();
                let what = format!("{name}, {steps} steps, {field}");
                close(dot(&|j| cost[j - 1]), row[field].as_f64().unwrap(), 1e-6, &what);
            }
        }
    }
}

const SCHEDULES: [(&str, Schedule); 19] = [
    ("uniform", Schedule::Uniform),
    ("cosine", Schedule::Cosine),
    ("ancestral", Schedule::Ancestral(Times::Linear)),
    ("anc_dtc", Schedule::Ancestral(Times::Dtc)),
    ("anc_min", Schedule::Ancestral(Times::Min)),
    ("ccl_tc", Schedule::ChenCongLi { dual: false, estimate: None }),
    ("ccl_dtc", Schedule::ChenCongLi { dual: true, estimate: None }),
    ("det_tc", Schedule::BestFixed(Weights::Tc)),
    ("det_dtc", Schedule::BestFixed(Weights::Dtc)),
    ("har_tc", Schedule::Adaptive(Weights::Tc, Systematic)),
    ("har_dtc", Schedule::Adaptive(Weights::Dtc, Systematic)),
    ("har_min", Schedule::Adaptive(Weights::Min, Systematic)),
    ("opt_tc", Schedule::Minimax(Weights::Tc, Systematic)),
    ("opt_dtc", Schedule::Minimax(Weights::Dtc, Systematic)),
    ("opt_min", Schedule::Minimax(Weights::Min, Systematic)),
    ("rnd_unif", Schedule::Minimax(Weights::Uniform, Systematic)),
    ("iid_tc", Schedule::Adaptive(Weights::Tc, Iid)),
    ("iid_dtc", Schedule::Adaptive(Weights::Dtc, Iid)),
    ("oracle", Schedule::ProfileOptimal),
];

#[test]
fn errors_of_the_law_really_sampled_are_golden() {
    for (name, values) in golden()["mixture"].as_object().unwrap() {
        let (masked, steps) = (64, name.split(' ').nth(1).unwrap()[1..].parse().unwrap());
        let dimensions: Vec<usize> = match name.splitn(3, ' ').nth(2).unwrap() {
            "low rate k<=L/8" => (1..=masked / 8).collect(),
            "mid 3L/8..5L/8" => (3 * masked / 8..=5 * masked / 8).collect(),
            "high rate k>=7L/8" => (7 * masked / 8..masked).collect(),
            "all k" => (1..masked).collect(),
            other => panic!("range {other}"),
        };
        let plan = |schedule: Schedule| schedule.plan(masked, steps, None).unwrap();
        for (field, wanted) in values.as_object().unwrap() {
            let plan: Plan = match field.as_str() {
                "har_sum" => plan(Schedule::Adaptive(Weights::Uniform, Systematic)),
                "opt_sum" => plan(Schedule::Minimax(Weights::Uniform, Systematic)),
                _ => plan(SCHEDULES.iter().find(|(name, _)| name == field).unwrap().1),
            };
            let chances: Vec<f64> = dimensions.iter().map(|&k| plan.ln_expected_power(k, -64f64.ln())).collect();
            let mean = |f: fn(f64) -> f64| chances.iter().map(|&p| f(p)).sum::<f64>() / chances.len() as f64;
            let wanted = numbers(wanted);
            close(mean(|p| -p), wanted[0], 1e-6, &format!("{name} {field}"));
            close(mean(f64::exp), wanted[1], 1e-6, &format!("{name} {field}"));
        }
    }
}
