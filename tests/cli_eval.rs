//! `unmask eval` as its users meet it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{fs, path::PathBuf, process::Command};

use serde_json::Value;

/// Exit code, standard output and standard error, on the CPU.
fn eval(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_unmask")).arg("eval").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn printed(arguments: &[&str]) -> String {
    let (code, text, notes) = eval(arguments);
    assert_eq!((code, notes.as_str()), (0, ""), "{arguments:?}");
    text
}

/// A file of its own, gone in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = std::env::temp_dir().join(format!("unmask-cli-eval-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        Self(path)
    }

    /// Stories enough for windows.
    fn stories(name: &str) -> Self {
        let story = |k: usize| {
            let names = ["Lily", "Tom", "Mia", "Ben", "Sue"];
            let (a, b) = (names[k % 5], names[(k / 5 + 1) % 5]);
            format!(
                "{a} saw {k} red balls in the park. \"Look!\" said {b}. They ran and played all day.\n<|endoftext|>\n"
            )
        };
        Self::new(name, (0..20).map(story).collect::<String>())
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

const SMALL: [&str; 4] = ["--model", "tests/model", "--device", "cpu"];

/// A sweep of a second.
const SWEEP: [&str; 14] = [
    "--model",
    "tests/model",
    "--device",
    "cpu",
    "--judge",
    "tests/model",
    "--length",
    "16",
    "--schedules",
    "adaptive-min,uniform",
    "--steps",
    "2,8",
    "--runs",
    "3",
];

#[test]
fn json_of_a_text_holds_the_nelbo_the_profile_and_the_forecast() {
    let file = Scratch::stories("json.txt");
    let wanted = ["--length", "16", "--steps", "2,16", "--schedules", "uniform,cosine", "--format", "json"];
    let report: Value = serde_json::from_str(&printed(&[&[file.path()], &SMALL[..], &wanted].concat())).unwrap();
    let number = |key: &str| report[key].as_f64().unwrap_or_else(|| panic!("{key}: {report}"));
    assert_eq!((number("windows"), number("tokens"), number("length")), (20.0, 320.0, 16.0));
    assert!(number("nelbo") > 0.0 && number("nelbo_se") > 0.0 && number("tc_se") > 0.0 && number("dtc_se") > 0.0);
    // Both are differences of the same curve.
    let ends = |index: usize| report["profile"][index]["nats"].as_f64().unwrap();
    assert!((number("tc") + number("dtc") - 16.0 * (ends(0) - ends(15))).abs() < 1e-9);
    assert!((number("tc") - 16.0 * (ends(0) - number("nelbo"))).abs() < 1e-9);
    assert!((number("nelbo_per_byte") - number("nelbo") * 320.0 / number("bytes")).abs() < 1e-12);
    assert!((number("perplexity") - number("nelbo").exp()).abs() < 1e-9);
    let profile = report["profile"].as_array().unwrap();
    assert_eq!((profile.len(), &profile[15]["revealed"]), (16, &Value::from(15)));
    assert!(profile.iter().all(|point| point["nats"].as_f64().unwrap() > 0.0 && point["se"].is_number()));
    let predicted = report["predicted"].as_array().unwrap();
    assert_eq!(
        (predicted.len(), &predicted[1]["schedule"], &predicted[1]["nats"]),
        (4, &"uniform".into(), &0.0.into())
    );
    assert!(predicted.iter().all(|one| one["se"].is_number()) && predicted[0]["se"].as_f64().unwrap() > 0.0);
    assert!(report["optimal"][0]["se"].as_f64().unwrap() > 0.0);
    assert_eq!(report["optimal"][1]["steps"], 16);
    assert_eq!(report["optimal"][0]["grid"].as_array().unwrap().last(), Some(&16.into()));
    assert_eq!(report["model"].as_str().unwrap().len(), 64);
}

#[test]
fn a_text_is_told_in_a_table_and_drawn() {
    let file = Scratch::stories("table.txt");
    let wanted = [&[file.path()], &SMALL[..], &["--windows", "all"]].concat();
    let text = printed(&wanted);
    for part in [
        "20 windows of 32 tokens",
        "nats per byte",
        "TC = ",
        " nats a window",
        "j=31",
        "profile-optimal",
        "K=32",
        "Best grids",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let told = text.lines().find(|line| line.starts_with("TC = ")).unwrap();
    assert_eq!(told.matches(" +- ").count(), 2, "{told}");
    assert!(text.lines().any(|line| line.starts_with("uniform") && line.contains(" +- ")), "{text}");
    let plot = printed(&[&wanted[..], &["--format", "svg"]].concat());
    assert!(plot.starts_with("<svg ") && plot.contains("Information profile") && plot.contains("minimax-min"));
    assert!(!plot.contains("NaN") && !plot.contains("inf"));
}

#[test]
fn samples_stand_calls_by_calls_with_their_intervals() {
    let (file, training) = (Scratch::stories("held-out.txt"), Scratch::stories("training.txt"));
    let more = ["--rules", "threshold:tau=0.9", "--training-text", training.path()];
    let wanted = [&[file.path()], &SWEEP[..], &more].concat();
    let text = printed(&wanted);
    let places =
        ["K = 2", "adaptive-min, random", "uniform, random", "K = 8", "Rules", "threshold:tau=0.9", "held-out text"]
            .map(|part| text.find(part).unwrap_or_else(|| panic!("{part}: {text}")));
    assert!(places.is_sorted(), "{places:?} {text}");
    for part in ["calls", "perplexity", "entropy", "distinct-3", "8-grams copied", "predicted nats", "±"] {
        assert!(text.contains(part), "{part}: {text}");
    }

    let report: Value = serde_json::from_str(&printed(&[&wanted[..], &["--format", "json"]].concat())).unwrap();
    let rows = report["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!((&rows[2]["strategy"], &rows[2]["steps"]), (&"adaptive-min, random".into(), &8.into()));
    assert_eq!((&rows[2]["calls"]["mean"], &rows[2]["calls"]["within"]), (&8.0.into(), &0.0.into()));
    assert_eq!((&rows[4]["steps"], &rows[4]["predicted"]), (&Value::Null, &Value::Null));
    for key in ["perplexity", "nats_per_token", "entropy", "distinct_1", "distinct_2", "distinct_3", "copied"] {
        assert!(rows.iter().all(|row| row[key]["mean"].is_number() && row[key]["within"].is_number()), "{key}");
        assert!(report["held_out"][key]["mean"].is_number(), "{key}");
    }
    // Its own text is copied whole, noise is not.
    assert_eq!((&report["held_out"]["copied"]["mean"], &rows[0]["copied"]["mean"]), (&1.0.into(), &0.0.into()));
    let predicted = |row: usize| rows[row]["predicted"]["mean"].as_f64().unwrap();
    assert!(predicted(0) > predicted(2) && rows[0]["predicted"]["within"].as_f64().unwrap() > 0.0);
    assert_eq!((&report["sweep"]["runs"], &report["sweep"]["seed"]), (&3.into(), &1.into()));

    // The profile is of the model's own distribution.
    let colder = printed(&[&wanted[..], &["--temperature", "0.5", "--format", "json"]].concat());
    let colder: Value = serde_json::from_str(&colder).unwrap();
    assert!(colder["rows"].as_array().unwrap().iter().all(|row| row["predicted"].is_null()));

    let csv = printed(&[&wanted[..], &["--format", "csv"]].concat());
    let lines: Vec<&str> = csv.lines().collect();
    assert!(
        lines[0].starts_with("strategy,steps,calls,calls_within,perplexity,perplexity_within,") && lines.len() == 7
    );
    let commas = |line: &str| line.matches(',').count() - usize::from(line.contains(", random"));
    assert!(lines.iter().all(|line| commas(line) == commas(lines[0])), "{csv}");
}

#[test]
fn without_a_judge_there_is_no_perplexity() {
    let text = printed(&[&SMALL[..], &["--steps", "4", "--runs", "2", "--schedules", "uniform"]].concat());
    assert!(text.contains("no judge") && !text.contains("perplexity ") && text.contains("distinct-2"), "{text}");
}

#[test]
fn shards_come_together_to_the_bytes_of_the_whole() {
    let file = Scratch::stories("shards.txt");
    let wanted = [&[file.path()], &SWEEP[..], &["--rules", "factor:f=1"]].concat();
    let shards: Vec<Scratch> = (1..=3)
        .map(|index| {
            let share = format!("{index}/3");
            Scratch::new(&format!("shard-{index}.json"), printed(&[&wanted[..], &["--shard", &share]].concat()))
        })
        .collect();
    let paths: Vec<&str> = shards.iter().rev().map(Scratch::path).collect();
    for format in ["table", "csv", "json"] {
        let format = ["--format", format];
        let merged = printed(&[&format[..], &["--merge"], &paths].concat());
        assert!(merged == printed(&[&wanted[..], &format].concat()), "{format:?}: {merged}");
    }
    let refused = |paths: &[&str]| {
        let (code, text, notes) = eval(&[&["--merge"], paths].concat());
        assert_eq!((code, text.as_str()), (1, ""), "{notes}");
        notes
    };
    assert_eq!(refused(&paths[1..]), "error: shard 3 of 3 is missing\n");
    assert!(refused(&[paths[0], paths[1], paths[0]]).starts_with("error: shard 3 of 3 is given twice: "));
    let other = printed(&[&wanted[..], &["--shard", "1/3", "--seed", "9"]].concat());
    let other = Scratch::new("other.json", other);
    let notes = refused(&[paths[0], paths[1], other.path()]);
    assert!(notes.contains("other.json is of another sweep than") && notes.contains("its seed is 9, not 1"), "{notes}");
    let kept = printed(&[&wanted[..], &["--shard", "1/3", "--cache", "2"]].concat());
    let kept = Scratch::new("kept.json", kept);
    let notes = refused(&[paths[0], paths[1], kept.path()]);
    assert!(
        notes.contains("kept.json is of another sweep than") && notes.contains("its cache is 2, not null"),
        "{notes}"
    );
    let whole = fs::read_to_string(&shards[0].0).unwrap();
    for (name, from, to, words) in [
        (
            "none.json",
            "\"runs\": 3",
            "\"runs\": 0",
            "is of a sweep that cannot be made: runs is 0; it must be between 2",
        ),
        ("key.json", "\"nats\"", "\"nat\"", "is not a shard: unknown field `nat`"),
    ] {
        assert!(whole.contains(from), "{from}: {whole}");
        let changed = Scratch::new(name, whole.replacen(from, to, 1));
        let notes = refused(&[changed.path()]);
        assert!(notes.contains(name) && notes.contains(words), "{notes}");
    }
    let mut unjudged: Value = serde_json::from_str(&whole).unwrap();
    unjudged["runs"][0]["quality"]["nats"] = Value::Null;
    let unjudged = Scratch::new("unjudged.json", unjudged.to_string());
    let notes = refused(&[unjudged.path(), paths[1], paths[2]]);
    assert!(notes.contains("unjudged.json: run 0 has no value for `nats`, and the sweep has a judge"), "{notes}");
    let broken = Scratch::new("broken.json", &whole[..whole.len() / 2]);
    let notes = refused(&[broken.path()]);
    assert!(notes.contains("broken.json is not a shard: ") && notes.contains("at line ") && notes.contains("column"));
    assert!(refused(&["no/such.json"]).contains("no/such.json cannot be read"));
}

#[test]
fn what_cannot_be_is_refused_with_its_range() {
    let file = Scratch::stories("refused.txt");
    let path = file.path();
    let cases: [(&[&str], &str); 26] = [
        (&[path, "--length", "33"], "length is 33; it must be between 1 and 32"),
        (&[path, "--length", "0"], "invalid value '0'"),
        (&[path, "--windows", "1"], "must be a whole number of at least 2, or 0 or `all`"),
        (&[path, "--points", "1"], "must be a whole number of at least 2"),
        (&[path, "--steps", "33"], "steps is 33; it must be between 1 and the length, 32"),
        (&[path, "--steps", "4,8,4"], "steps 4 is given twice"),
        (&[path, "--schedules", "quick"], "unknown schedule `quick`; the schedules are"),
        (&[path, "--schedules", "one-at-a-time", "--steps", "4"], "one-at-a-time needs 32 calls"),
        (&[path, "--format", "csv"], "--format csv goes with --runs"),
        (&[path, "--judge", "tests/model"], "--judge is about samples; with a FILE it goes with --runs"),
        (&[path, "--shard", "1/2"], "--shard is about samples"),
        (&[path, "--cache", "4"], "--cache is about samples"),
        (&["--format", "svg"], "--format svg goes with a FILE without --runs"),
        (&["--runs", "1"], "runs is 1; it must be between 2 and 1000000"),
        (&["--steps", "0"], "steps is 0; it must be between 1 and the number of masked tokens, 32"),
        (&["--orders", "best"], "unknown order `best`; the orders are random"),
        (&["--rules", "threshold:0.9"], "`threshold` has no parameter `0.9`; it has tau"),
        (&["--schedules", "profile-optimal"], "profile-optimal needs an information profile"),
        (&[path, "--seed", "-1"], "must be a whole number from 0 to 9007199254740991"),
        (&[path, "--windows", "-1"], "must be a whole number of at least 2, or 0"),
        (&["--windows", "9"], "--windows is about a text; it goes with a FILE"),
        (&["--points", "9"], "--points is about a text; it goes with a FILE"),
        (&["--seed", "9007199254740991"], "with 16 runs it must be between 0 and 9007199254740976"),
        (&["--shard", "3/2"], "must be I/N, as 2/4"),
        (&["--shard", "1/5000"], "5000 shards of"),
        (&["--merge", "a.json", "--runs", "3"], "cannot be used with"),
    ];
    for (arguments, words) in cases {
        let (code, text, notes) = eval(&[arguments, &SMALL[if arguments[0] == "--merge" { 4 } else { 0 }..]].concat());
        assert_eq!((code, text.as_str()), (2, ""), "{arguments:?}: {notes}");
        assert!(notes.starts_with("error: ") && notes.contains(words), "{arguments:?}: {notes}");
    }
}

#[test]
fn what_can_be_run_without_a_text_or_in_its_own_number_of_calls_is() {
    let small = ["--model", "tests/model", "--device", "cpu", "--length", "12", "--runs", "2"];
    let all = printed(&[&["--schedules", "all", "--steps", "4"], &small[..]].concat());
    assert!(all.contains("minimax-dtc, random") && !all.contains("profile-"), "{all}");
    let one = printed(&[&["--schedules", "one-at-a-time"], &small[..]].concat());
    assert!(one.contains("K = 12") && !one.contains("K = 4"), "{one}");
}

#[test]
fn a_file_that_is_no_text_is_named() {
    let one = "Tom had a red ball and a big dog. ".repeat(3);
    for (name, content, words) in [
        ("empty.txt", &b""[..], "the text is empty"),
        ("blank.txt", b" \n<|endoftext|>\n ", "the text is empty"),
        ("latin.txt", b"Once \xe9t\xe9", "is not text in UTF-8: byte 6 is no part of a character"),
        ("one.txt", one.as_bytes(), "a profile takes at least 2 windows; of 32 tokens there are 1"),
    ] {
        let file = Scratch::new(name, content);
        let (code, text, notes) = eval(&[&[file.path()], &SMALL[..]].concat());
        assert_eq!((code, text.as_str()), (1, ""), "{name}: {notes}");
        assert!(notes.starts_with("error: ") && notes.contains(name) && notes.contains(words), "{name}: {notes}");
    }
    let (code, _, notes) = eval(&["no/such.txt"]);
    assert!(code == 1 && notes.contains("no/such.txt cannot be read"), "{notes}");
    let (code, _, notes) = eval(&["--judge", "tests/model", "--device", "cpu"]);
    assert!(code == 1 && notes.contains("the judge tests/model has tokenizer"), "{notes}");
}
