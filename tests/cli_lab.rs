//! `unmask lab` as its users meet it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{fs, path::PathBuf, process::Command};

use serde_json::{Value, json};

/// Exit code, standard output and standard error.
fn lab(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_unmask")).arg("lab").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn printed(arguments: &[&str]) -> String {
    let (code, text, notes) = lab(arguments);
    assert_eq!((code, notes.as_str()), (0, ""), "{arguments:?}");
    text
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("unmask-cli-lab-{}-{name}", std::process::id()))
}

const SMALL: [&str; 6] = ["--law", "parity:q=2", "--length", "4", "--steps", "2,4"];

#[test]
fn json_holds_both_errors_in_nats() {
    let text = printed(&[&SMALL[..], &["--schedule", "uniform,cosine", "--format", "json"]].concat());
    let report: Value = serde_json::from_str(&text).unwrap();
    let bit = 2f64.ln();
    assert_eq!(report["law"], "parity:q=2");
    assert_eq!((&report["length"], &report["tc"], &report["dtc"]), (&json!(4), &json!(bit), &json!(3.0 * bit)));
    // Two calls of two tokens miss the third: one bit. The remaining cosine grid is 4 cos(pi/4) = 2: the same.
    let row = |schedule, steps, kl| json!({ "schedule": schedule, "steps": steps, "kl_grid": kl, "kl_law": kl });
    let rows = [row("uniform", 2, bit), row("uniform", 4, 0.0), row("cosine", 2, bit), row("cosine", 4, 0.0)];
    assert_eq!(report["rows"], json!(rows));
    let markov = printed(&["--law", "markov:flip=0.1", "--steps", "2", "--schedule", "uniform", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&markov).unwrap()["rows"][0]["kl_law"], Value::Null);
}

#[test]
fn csv_has_a_line_a_schedule_and_number_of_calls() {
    let schedules = "chen-cong-li-tc:nats=1,error=1,uniform";
    let wanted = ["--steps", "3,4", "--schedule", schedules, "--format", "csv", "--runs", "40"];
    let text = printed(&[&SMALL[..4], &wanted].concat());
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("kind,name,steps,kl_grid,kl_law,worst_per_tc,worst_per_dtc,kl_grid_low"));
    assert!(lines[1].starts_with("schedule,\"chen-cong-li-tc:nats=1,error=1\",3,"), "{text}");
    assert!(lines[3].starts_with("schedule,uniform,3,0,0,0.333"), "{text}");
    let commas = |line: &str| line.matches(',').count() - if line.contains('"') { 1 } else { 0 };
    assert!(lines.iter().all(|line| commas(line) == commas(lines[0])), "{text}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("reference,oracle,")).count(), 2);
}

#[test]
fn the_table_tells_the_two_errors_apart() {
    let text = printed(&[&SMALL[..], &["--runs", "50"]].concat());
    for part in [
        "parity:q=2, L = 4: TC = 0.693147, DTC = 2.079442",
        "(A) KL averaged over grids and orders, nats",
        "(B) KL of the law really sampled, nats",
        "(A) by runs of the sampler, 95 % interval",
        "Worst (A) of any law, per nat of TC",
        "oracle",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(printed(&["--law", "mixture:0.1,0.9", "--steps", "4"]).contains("it has no closed form for this law"));
    let estimate = printed(&["--law", "hmm:states=2,symbols=4", "--length", "12"]);
    let tc = estimate.split("TC = ").nth(1).unwrap().split(',').next().unwrap();
    assert!(estimate.contains("an estimate") && tc.split('.').nth(1).unwrap().len() == 1, "{estimate}");
    let all = printed(&["--schedule", "all", "--steps", "8"]);
    assert!(all.contains("profile-optimal") && all.contains("dmitriev-min"), "{all}");
}

#[test]
fn the_plot_names_its_lines_and_units_and_follows_light_and_dark() {
    let text = printed(&["--format", "svg"]);
    assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"));
    for part in [
        "adaptive-min",
        "TC/K",
        "Theorem 1 for adaptive-dtc",
        "KL (nats)",
        "calls K",
        "prefers-color-scheme:dark",
        "(B) KL",
    ] {
        assert!(text.contains(part), "{part}");
    }
    assert!(!text.contains("NaN") && !text.contains("inf"));
}

#[test]
fn a_law_can_stand_in_a_file() {
    let file = scratch("table.json");
    let spec = format!("table:{}", file.display());
    let support = r#"[{"tokens": [0,0,0], "probability": 0.5}, {"tokens": [1,1,1], "probability": 0.5}]"#;
    fs::write(&file, format!(r#"{{"symbols": 2, "support": {support}}}"#)).unwrap();
    let text = printed(&["--law", &spec, "--format", "json", "--steps", "1", "--schedule", "uniform"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["length"], 3);
    assert!((report["rows"][0]["kl_grid"].as_f64().unwrap() - 2.0 * 2f64.ln()).abs() < 1e-12, "{text}");
    let (code, _, notes) = lab(&["--law", &spec, "--length", "5"]);
    assert!(code == 2 && notes.contains("length is 5; `table:") && notes.contains("has sequences of 3"), "{notes}");
    fs::write(&file, r#"{"symbols": 2, "support": [{"tokens": [0,0], "probability": 0.4}]}"#).unwrap();
    let (code, _, notes) = lab(&["--law", &spec]);
    assert!(code == 2 && notes.contains("0.4"), "{notes}");
    fs::remove_file(&file).unwrap();
    let (code, _, notes) = lab(&["--law", &spec]);
    assert!(code == 1 && notes.contains("cannot be read"), "{notes}");
}

#[test]
fn what_cannot_be_is_refused_with_its_range() {
    let cases: [(&[&str], &str); 16] = [
        (&["--steps", "4,8,4"], "steps 4 is given twice"),
        (&["--schedule", "uniform,cosine,uniform"], "schedule uniform is given twice"),
        (&["--law", "table"], "`table`: a table stands in a file of its own"),
        (&["--steps", "65"], "steps is 65; it must be between 1 and the length, 64"),
        (&["--steps", "0"], "steps is 0; it must be between 1 and the length, 64"),
        (&["--steps", "two"], "invalid value 'two'"),
        (&["--length", "0"], "length is 0"),
        (&["--length", "-3"], "invalid value '-3'"),
        (&["--law", "fair"], "unknown law `fair`; the laws are product, repetition"),
        (&["--law", "reed-solomon:k=3,q=6"], "q of `reed-solomon` is `6`"),
        (&["--law", "reed-solomon:k=99,q=256"], "k of `reed-solomon` is `99`"),
        (&["--law", "markov:flip=NaN"], "flip of `markov` is `NaN`; it must be a number from 0 to 1"),
        (&["--law", "mixture:-0.1,0.9"], "bias of `mixture` is `-0.1`"),
        (&["--schedule", "quick"], "unknown schedule `quick`; the schedules are"),
        (&["--schedule", "one-at-a-time", "--steps", "4"], "one-at-a-time needs 64 calls"),
        (&["--runs", "1"], "runs is 1; it must be at least 30"),
    ];
    for (arguments, words) in cases {
        let (code, text, notes) = lab(arguments);
        assert_eq!((code, text.as_str()), (2, ""), "{arguments:?}: {notes}");
        assert!(notes.starts_with("error: ") && notes.contains(words), "{arguments:?}: {notes}");
    }
    let (code, _, notes) = lab(&["--format", "svg", "--runs", "90"]);
    assert!(code == 2 && notes.contains("--runs goes with --format table or csv"), "{notes}");
}

#[test]
fn the_scaling_report_in_docs_is_the_one_that_the_command_makes() {
    let folder = scratch("docs");
    assert_eq!(printed(&["--scaling", folder.to_str().unwrap()]), "");
    for name in ["lab.md", "lab-tc.svg", "lab-dtc.svg"] {
        let kept = fs::read_to_string(format!("docs/{name}")).unwrap();
        let made = fs::read_to_string(folder.join(name)).unwrap();
        assert!(kept == made, "docs/{name} is not what `cargo run --release -- lab --scaling docs` writes");
    }
    fs::remove_dir_all(folder).unwrap();
}
