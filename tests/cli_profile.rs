//! `unmask profile` as its users meet it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Exit code, standard output and standard error.
fn profile(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_unmask")).arg("profile").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn printed(arguments: &[&str]) -> String {
    let (code, text, notes) = profile(arguments);
    assert_eq!((code, notes.as_str()), (0, ""), "{arguments:?}");
    text
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&printed(&[arguments, &["--format", "json"]].concat())).unwrap()
}

/// A folder of its own, gone in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("unmask-cli-profile-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Stories enough for `count` windows and more.
    fn stories(&self, count: usize) -> String {
        let story =
            |k: usize| format!("Lily saw {k} red balls in the park. \"Look!\" said Tom. They ran.\n<|endoftext|>\n");
        let path = self.path("stories.txt");
        fs::write(&path, (0..count).map(story).collect::<String>()).unwrap();
        path
    }

    /// A copy of the test model.
    fn model(&self) -> String {
        let folder = self.path("model");
        fs::create_dir_all(&folder).unwrap();
        for name in ["model.safetensors", "config.json", "tokenizer.json"] {
            fs::copy(Path::new("tests/model").join(name), Path::new(&folder).join(name)).unwrap();
        }
        folder
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_profile_of_the_built_in_model_is_stored_and_told_in_every_form() {
    let stored: Value = serde_json::from_slice(&fs::read("assets/model/profile.json").unwrap()).unwrap();
    let told = json(&["--steps", "8,128", "--schedules", "uniform,adaptive-min:draw=iid,profile-optimal"]);
    for key in ["model", "length", "windows", "nelbo_se", "profile"] {
        assert_eq!(told[key], stored[key], "{key}");
    }
    for key in ["nelbo", "tc", "dtc"] {
        let (found, wanted) = (told[key].as_f64().unwrap(), stored[key].as_f64().unwrap());
        assert!((found / wanted - 1.0).abs() < 1e-5, "{key}: {found} instead of {wanted}");
    }
    // What no window is left to tell is not made up.
    assert!(told["tc_se"].is_null() && told["dtc_se"].is_null());
    let losses = told["predicted"].as_array().unwrap();
    let nats = |row: usize| losses[row]["nats"].as_f64().unwrap();
    assert!(losses.len() == 6 && losses.iter().all(|one| one["se"].is_null()));
    assert_eq!((&losses[0]["schedule"], &losses[0]["steps"], nats(1)), (&"uniform".into(), &8.into(), 0.0));
    assert!(nats(4) < nats(0) && nats(4) > 0.0, "the best grid is better than equal sizes: {losses:?}");

    let table = printed(&["--steps", "8,32"]);
    for part in
        ["the built-in model, as it is stored", "TC = 476.32", "DTC = 196.31", "j=127", "│█", "K=32", "minimax-dtc"]
    {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(table.lines().all(|line| line.chars().count() < 125), "{table}");
    let csv = printed(&["--steps", "8", "--schedules", "uniform,adaptive-min:draw=iid", "--format", "csv"]);
    assert!(csv.starts_with("kind,schedule,at,nats,se\nprofile,,0,5.85436,0.00912\n"), "{csv}");
    assert!(csv.lines().last().unwrap().starts_with("predicted,adaptive-min:draw=iid,8,"), "{csv}");
    assert!(csv.lines().all(|line| line.matches(',').count() == 4), "{csv}");
    let svg = printed(&["--steps", "8,32", "--format", "svg"]);
    assert!(svg.starts_with("<svg ") && svg.contains("Information profile") && !svg.contains("NaN"));
}

#[test]
fn a_text_is_measured_as_eval_measures_it_and_what_is_written_is_read_back() {
    let scratch = Scratch::new("measured");
    let (text, model, out) = (scratch.stories(20), scratch.model(), scratch.path("model/profile.json"));
    let asked = [
        &text,
        "--model",
        &model,
        "--device",
        "cpu",
        "--length",
        "16",
        "--steps",
        "2,16",
        "--schedules",
        "uniform,cosine",
    ];
    let told = json(&asked);
    let eval = Command::new(env!("CARGO_BIN_EXE_unmask")).arg("eval").args(asked).args(["--format", "json"]).output();
    let eval: Value = serde_json::from_slice(&eval.unwrap().stdout).unwrap();
    for key in
        ["model", "length", "windows", "nelbo", "nelbo_se", "tc", "tc_se", "dtc", "dtc_se", "profile", "predicted"]
    {
        assert_eq!(told[key], eval[key], "{key}");
    }
    assert!(told["tc_se"].as_f64().unwrap() > 0.0 && told["predicted"][0]["se"].as_f64().unwrap() > 0.0);
    assert_ne!(json(&[&asked[..], &["--seed", "2"]].concat())["tc"], told["tc"]);

    // Beside its model it is that model's profile.
    let (code, printed, notes) = profile(&[&asked[..], &["--format", "json", "--out", &out]].concat());
    assert_eq!((code, printed.as_str(), notes.as_str()), (0, "", ""));
    assert_eq!(serde_json::from_slice::<Value>(&fs::read(&out).unwrap()).unwrap(), told);
    let back = json(&["--model", &model, "--steps", "2,16", "--schedules", "uniform,cosine"]);
    assert_eq!(back["profile"], told["profile"]);
    let (found, wanted) =
        (back["predicted"][0]["nats"].as_f64().unwrap(), told["predicted"][0]["nats"].as_f64().unwrap());
    assert!((found - wanted).abs() < 1e-9, "{found} instead of {wanted}");

    // What it does not fit, it is not taken for.
    let whole = serde_json::to_string_pretty(&told).unwrap();
    for (from, to, words) in [
        ("\"revealed\": 1,", "\"revealed\": 9,", "must rise from 0 to the length less 1, 15"),
        ("\"length\": 16", "\"length\": 17", "must rise from 0 to the length less 1, 16"),
        ("\"nats\"", "\"bits\"", "missing field `nats`"),
        (told["model"].as_str().unwrap(), "0", "it is of weights with SHA-256 0;"),
    ] {
        fs::write(&out, whole.replace(from, to)).unwrap();
        let (code, _, notes) = profile(&["--model", &model]);
        assert!(
            code == 1 && notes.contains("is no profile of this model") && notes.contains(words),
            "{words}: {notes}"
        );
    }
}

#[test]
fn what_cannot_be_asked_is_named() {
    let scratch = Scratch::new("refused");
    let text = scratch.stories(3);
    let small = [text.as_str(), "--model", "tests/model", "--device", "cpu"];
    for (arguments, code, words) in [
        (&["--windows", "10"][..], 2, "--windows is about a text; it goes with a FILE"),
        (&["--length", "10"], 2, "--length is about a text; it goes with a FILE"),
        (&["--seed", "3"], 2, "--seed is about a text; it goes with a FILE"),
        (&["--steps", "129"], 2, "steps is 129; it must be between 1 and the length, 128"),
        (&["--steps", "0"], 2, "steps is 0; it must be between 1 and the length, 128"),
        (&["--steps", "8,8"], 2, "steps 8 is given twice"),
        (&["--schedules", "uniform,nonsense"], 2, "nonsense"),
        (&["--model", "tests/model"], 1, "tests/model has no profile.json; a profile is measured on text"),
        (&["--model", "none"], 1, "none has no profile.json"),
        (&["none.txt", "--device", "cpu"], 1, "none.txt cannot be read"),
        (
            &[small[0], small[1], small[2], small[3], small[4], "--length", "33"],
            2,
            "length is 33; it must be between 1 and 32",
        ),
        (&["--out", "none/profile.txt"], 1, "none/profile.txt cannot be written: none is no folder"),
        (&["--points", "1"], 2, "must be a whole number of at least 2"),
    ] {
        let (found, printed, notes) = profile(arguments);
        assert!(found == code && printed.is_empty() && notes.contains(words), "{arguments:?}: {found}, {notes}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_it_and_nothing_is_written() {
    let scratch = Scratch::new("stopped");
    let (text, out) = (scratch.stories(20_000), scratch.path("profile.json"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_unmask"))
        .args(["profile", &text, "--windows", "all", "--device", "cpu", "--out", &out])
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(child.try_wait().unwrap().is_none(), "that many windows take longer");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!Path::new(&out).exists());
}
