//! What stands in `assets/` beside the default model belongs to it: the runs recorded with it, and its measured profile.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

use std::{fs, io::BufReader, path::Path};

use unmask::{forecast::Told, schedule::Schedule, text::sha256, trace};

fn assets() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/assets"))
}

fn model() -> String {
    sha256(&fs::read(assets().join("model/model.safetensors")).unwrap())
}

#[test]
fn recorded_runs_are_whole_and_of_the_default_model() {
    let folder = assets().join("traces");
    let index: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("index.json")).unwrap()).unwrap();
    let names: Vec<&str> = index.as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap()).collect();
    assert!(names.len() >= 3, "{names:?}");
    for name in names {
        let recorded = trace::read(BufReader::new(fs::File::open(folder.join(name)).unwrap())).unwrap();
        assert_eq!(recorded.header.model, model(), "{name}: `cargo xtask record` makes them anew");
        let last = recorded.frames.last().unwrap();
        assert!(!last.tokens.contains(&recorded.header.mask), "{name} has come to its end");
        assert_eq!(recorded.header.length, 128);
    }
}

#[test]
fn the_profile_is_of_the_default_model_and_agrees_with_its_card() {
    let bytes = fs::read(assets().join("model/profile.json")).unwrap();
    let all: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(all["model"], model());
    let told: Told = serde_json::from_slice(&bytes).unwrap();
    let card = fs::read_to_string(assets().join("model/MODEL_CARD.md")).unwrap();
    assert!(card.contains(&format!("NELBO | {:.3} ±", all["nelbo"].as_f64().unwrap())));
    assert!(card.contains(&format!("| {:.1} ±", all["tc"].as_f64().unwrap())));
    // The card's own prediction: `uniform` with 32 calls.
    let row = card.lines().find(|line| line.starts_with("| `uniform`")).unwrap();
    let found = format!("{:.1}", told.expected(Schedule::Uniform, 32, 0).unwrap());
    assert!(row.contains(&found), "{found} is not in {row}");
}

#[test]
fn the_judged_texts_are_of_the_default_model() {
    let all: serde_json::Value =
        serde_json::from_slice(&fs::read(assets().join("model/judged.json")).unwrap()).unwrap();
    assert_eq!(all["sweep"]["model"], model(), "README has the command that makes it anew");
    assert_eq!(all["sweep"]["judge"], sha256(&fs::read(assets().join("judge/model.safetensors")).unwrap()));
    assert!(all["rows"].as_array().unwrap().len() >= 24 && all["held_out"]["perplexity"]["mean"].is_number());
    // The README's own row.
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let rows = all["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["strategy"] == "cosine, random" && row["steps"] == 32).unwrap();
    let found = format!("{:.1} ±", row["perplexity"]["mean"].as_f64().unwrap());
    let line = readme.lines().find(|line| line.starts_with("| `cosine` |") && line.contains('±')).unwrap();
    assert!(line.contains(&found), "{found} is not in {line}");
}
