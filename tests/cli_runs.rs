//! Several runs at once, as their user meets them: --runs, --out, --pin, compare.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod command;

use std::{
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
};

use command::{printed, unmask};
use serde_json::Value;
use unmask::trace::{self, Trace};

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("unmask-runs-{}-{name}", std::process::id()))
}

fn read(path: &Path) -> Trace {
    trace::read(BufReader::new(File::open(path).unwrap())).unwrap()
}

const SMALL: [&str; 9] = ["generate", "--device", "cpu", "--model", "tests/model", "--length", "24", "--steps", "6"];

#[test]
fn a_seed_writes_the_same_alone_and_in_any_batch() {
    let run = |more: &[&str]| printed(&[&SMALL[..], more].concat());
    let all = run(&["--seed", "5", "--runs", "7"]);
    let alone: String =
        (5..12).map(|seed| format!("--- seed {seed}\n{}", run(&["--seed", &seed.to_string()]))).collect();
    assert_eq!(all, alone);
    assert_eq!(run(&["--seed", "5", "--runs", "7", "--batch", "3"]), all);
    let gpu = ["generate", "--device", "gpu", "--model", "tests/model", "--length", "24", "--steps", "6"];
    let (code, on_gpu, notes) = unmask(&[&gpu[..], &["--precision", "f32", "--seed", "5", "--runs", "7"]].concat());
    assert_eq!((code, on_gpu), (0, all), "{notes}");
    assert!(notes.contains("seed 5 to 11") && notes.contains(" of 7 runs in 6 calls, "), "{notes}");
    assert!(notes.contains(" tokens/s, on "), "{notes}");
}

#[test]
fn a_folder_takes_the_traces_and_the_texts_of_all_runs() {
    let folder = scratch("out");
    let out = folder.to_str().unwrap();
    let texts = printed(&[&SMALL[..], &["--seed", "1", "--runs", "3", "--batch", "2", "--out", out]].concat());
    let samples = fs::read_to_string(folder.join("samples.jsonl")).unwrap();
    let samples: Vec<Value> = samples.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(samples.len(), 3);
    for (seed, sample) in (1..).zip(&samples) {
        let trace = read(&folder.join(sample["trace"].as_str().unwrap()));
        assert_eq!((trace.header.seed, trace.frames.len(), trace.stopped), (seed, 7, false));
        assert_eq!(sample["seed"], seed);
        assert_eq!(
            (&sample["schedule"], &sample["calls"], &sample["stopped"]),
            (&"adaptive-min".into(), &6.into(), &false.into())
        );
        let last: Vec<Value> = trace.frames.last().unwrap().tokens.iter().map(|&token| token.into()).collect();
        assert_eq!(sample["tokens"], Value::from(last));
        assert!(texts.contains(&format!("--- seed {seed}\n{}\n", sample["text"].as_str().unwrap())));
    }
    let (code, _, notes) = unmask(&[&SMALL[..], &["--out", out]].concat());
    assert!(code == 1 && notes.contains("has samples already"), "{notes}");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 4, "nothing was written");
    fs::remove_dir_all(folder).unwrap();
    let (code, text, notes) = unmask(&[&SMALL[..], &["--out", "README.md/x"]].concat());
    assert!(code == 1 && text.is_empty() && notes.contains("the folder README.md/x cannot be made"), "{notes}");
}

#[test]
fn a_cache_is_asked_for_told_of_and_written_down() {
    let trace = scratch("cache.jsonl");
    let run = |more: &[&str]| {
        let told = unmask(&[&SMALL[..], &["--seed", "5", "--trace", trace.to_str().unwrap()], more].concat());
        assert_eq!(told.0, 0, "{}", told.2);
        (told.1, told.2, read(&trace))
    };
    let (text, notes, exact) = run(&[]);
    assert!(exact.header.cache.is_none() && !notes.contains("cache"), "{notes}");
    let (same, _, once_more) = run(&["--cache", "1"]);
    assert!(same == text && once_more == exact, "all anew at every call is exact");
    let (_, notes, kept) = run(&["--cache", "3"]);
    assert_eq!(kept.header.cache, Some(3));
    assert!(notes.contains("cache, all anew every 3 calls, temperature 1, seed 5; on cpu"), "{notes}");
    assert!(kept.frames[1] == exact.frames[1], "the first call is exact");
    assert!(kept.frames[2].predictions != exact.frames[2].predictions, "the second reads what was kept of the prompt");
    fs::remove_file(trace).unwrap();
    let texts = printed(&[&SMALL[..], &["--seed", "5", "--runs", "3", "--cache", "3"]].concat());
    let alone = |seed: &str| printed(&[&SMALL[..], &["--seed", seed, "--cache", "3"]].concat());
    assert!(["5", "6", "7"].iter().all(|seed| texts.contains(&alone(seed))), "{texts}");
    for (wrong, code, words) in [
        (&["--cache", "0"][..], 2, "must be a whole number from 1"),
        (&["--cache", "2", "--device", "gpu"], 1, "a cache between calls is for models of this program's own"),
    ] {
        let arguments = ["generate", "--model", "tests/model", "--length", "24"];
        let (found, text, notes) = unmask(&[&arguments[..], wrong].concat());
        assert!(found == code && text.is_empty() && notes.contains(words), "{wrong:?}: {notes}");
    }
}

#[test]
fn f16_is_asked_for_told_of_and_written_down() {
    let trace = scratch("f16.jsonl");
    let gpu =
        ["generate", "--device", "gpu", "--model", "tests/model", "--length", "24", "--steps", "6", "--seed", "5"];
    for (precision, written, words) in
        [("f16", Some("f16"), "f16, temperature 1, seed 5; on "), ("f32", None, "asked for; in f32\n")]
    {
        let more = ["--precision", precision, "--trace", trace.to_str().unwrap()];
        let (code, _, notes) = unmask(&[&gpu[..], &more].concat());
        assert!(code == 0 && notes.contains(words), "{notes}");
        assert_eq!(read(&trace).header.precision.as_deref(), written);
    }
    fs::remove_file(trace).unwrap();
    let (code, _, notes) = unmask(&["compare", "uniform", "cosine", "--device", "cpu", "--precision", "f16"]);
    assert!(code == 1 && notes.contains("cpu does not compute this model in f16: it knows f32 alone"), "{notes}");
    let (code, _, notes) = unmask(&[&SMALL[..], &["--precision", "half"]].concat());
    assert!(code == 2 && notes.contains("unknown precision `half`; the precisions are auto, f32, f16"), "{notes}");
}

#[test]
fn what_is_of_one_run_is_refused_for_several() {
    for (wrong, words) in [
        (&["--runs", "2", "--format", "jsonl"][..], "--format jsonl is of one run"),
        (&["--runs", "2", "--trace", "/tmp/none.jsonl"], "--trace is of one run; --out DIR"),
        (&["--runs", "3", "--seed", "9007199254740990"], "after seed 9007199254740990 there are 1 more"),
        (&["--runs", "0"], "must be a whole number from 1"),
        (&["--batch", "0"], "must be a whole number from 1"),
    ] {
        let (code, text, notes) = unmask(&[&SMALL[..], wrong].concat());
        assert!(code == 2 && text.is_empty() && notes.contains(words), "{wrong:?}: {notes}");
    }
}

#[test]
fn pins_stand_where_they_are_put() {
    let file = scratch("pins.jsonl");
    let run = ["generate", "--device", "cpu", "--prompt", "Tom", "--length", "30", "--steps", "4", "--seed", "2"];
    let pins = ["--pin", "20= the end.", "--pin", "9#261", "--trace", file.to_str().unwrap()];
    let text = printed(&[&run[..], &pins].concat());
    assert!(text.starts_with("Tom") && text.contains(" the end."), "{text}");
    let trace = read(&file);
    let tokenizer = unmask::text::Text::from_bytes(include_bytes!("../assets/model/tokenizer.json")).unwrap();
    let wanted: Vec<(u32, u32)> = (20..).zip(tokenizer.encode(" the end.").unwrap()).collect();
    assert_eq!(trace.header.pins, [&[(9, 261)], &wanted[..]].concat());
    assert!(trace.frames.iter().all(|frame| frame.tokens[9] == 261));
    fs::remove_file(file).unwrap();
    for (wrong, code, words) in [
        ("0= the", 1, "cannot be pinned at position 0: the prompt stands there"),
        ("29= the end.", 1, "cannot be pinned at position 30: the positions are 0 to 29"),
        ("9#99999", 1, "the vocabulary has "),
        ("9", 2, "must be a position from 0, then = and a text or # and the number of a token"),
        ("x=a", 2, "must be a position from 0"),
        ("9=", 2, "must be a position from 0"),
    ] {
        let (found, text, notes) = unmask(&[&run[..], &["--pin", wrong]].concat());
        assert!(found == code && text.is_empty() && notes.contains(words), "{wrong}: {notes}");
    }
}

#[test]
fn compare_makes_each_setting_s_own_run_and_tells_of_it() {
    let folder = scratch("compare");
    let common = ["--device", "cpu", "--seed", "3", "--steps", "8"];
    let settings = ["adaptive-min", "uniform --order most-confident", "threshold:tau=0.6", "p2 --steps 40 --seed 4"];
    let out = ["--out", folder.to_str().unwrap(), "--format", "json"];
    let (code, text, notes) = unmask(&[&["compare"], &settings[..], &common, &out].concat());
    assert_eq!(code, 0, "{notes}");
    assert!(notes.contains("2: uniform, most-confident, 8 steps, temperature 1, seed 3"), "{notes}");
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    for (row, (number, setting)) in rows.iter().zip((1..).zip(settings)) {
        let trace = read(&folder.join(format!("{number}.jsonl")));
        assert_eq!(row["setting"], setting);
        assert_eq!(row["calls"], trace.frames.len() - 1);
        assert_eq!(row["seed"], trace.header.seed);
        assert!(row["perplexity"].as_f64().unwrap() > 1.0, "{row}");
        assert_eq!(row["predicted_loss"].is_f64(), setting == "adaptive-min", "{row}");
    }
    assert_eq!((&rows[1]["calls"], &rows[3]["calls"], &rows[3]["seed"]), (&8.into(), &40.into(), &4.into()));
    assert_eq!(rows[1]["sizes"], serde_json::json!([15, 16]));
    let alone = ["generate", "--schedule", "uniform", "--order", "most-confident"];
    assert_eq!(printed(&[&alone[..], &common].concat()).trim_end_matches('\n'), rows[1]["text"].as_str().unwrap());
    fs::remove_dir_all(folder).unwrap();

    let short = [&common[..], &["--length", "20"]].concat();
    let table = printed(&[&["compare", "uniform", "cosine"], &short[..]].concat());
    assert!(table.starts_with("--- uniform\nOnce upon a time") && table.contains("\nsetting  seed  calls"), "{table}");
    for (wrong, words) in [
        (&["uniform"][..], "2 values required"),
        (&["uniform", "fast"], "setting `fast`: unknown schedule `fast`; the schedules are"),
        (&["uniform", "threshold:tau=7"], "tau of `threshold` is `7`"),
        (&["uniform", "cosine --steps 0"], "setting `cosine --steps 0`: invalid value '0' for '--steps"),
        (&["uniform", "cosine --trace x"], "setting `cosine --trace x`: unexpected argument '--trace'"),
        (&["uniform", ""], "setting ``: it is empty"),
        (&["uniform", "klass --order random"], "cannot be used with"),
    ] {
        let (code, text, notes) = unmask(&[&["compare"], wrong].concat());
        assert!(code == 2 && text.is_empty() && notes.contains(words), "{wrong:?}: {notes}");
    }
}
