//! The command line as its users meet it: what it prints, writes and refuses.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod command;

use std::{fs, io::BufReader, path::PathBuf, process::Command};

use command::unmask;
use unmask::{denoiser::Denoiser, trace};

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("unmask-cli-{}-{name}", std::process::id()))
}

const RUN: [&str; 9] = ["generate", "--device", "cpu", "--steps", "5", "--prompt", "One day", "--length", "40"];

#[test]
fn the_text_goes_to_the_standard_output_and_the_rest_to_the_standard_error() {
    let (code, text, notes) = unmask(&[&RUN[..], &["--seed", "3"]].concat());
    assert_eq!(code, 0, "{notes}");
    assert!(text.starts_with("One day") && !text.contains('░'), "{text}");
    assert!(notes.starts_with("adaptive-min, random, 5 steps, temperature 1, seed 3; on cpu: asked for\n"), "{notes}");
    assert!(notes.contains(" tokens in 5 calls, ") && notes.trim_end().ends_with(" ms a call, on cpu"), "{notes}");
    assert_eq!(unmask(&[&RUN[..], &["--seed", "3"]].concat()).1, text, "the same seed gives the same text");
    assert_ne!(unmask(&[&RUN[..], &["--seed", "4"]].concat()).1, text);
}

#[test]
fn the_trace_holds_the_run_that_was_printed() {
    let file = scratch("run.jsonl");
    let path = file.to_str().unwrap();
    let (code, text, notes) = unmask(&[&RUN[..], &["--trace", path, "--schedule", "cosine", "--seed", "9"]].concat());
    assert_eq!(code, 0, "{notes}");
    let trace = trace::read(BufReader::new(fs::File::open(&file).unwrap())).unwrap();
    fs::remove_file(file).unwrap();
    let header = &trace.header;
    assert_eq!((header.schedule.as_deref(), header.steps, header.seed), (Some("cosine"), 5, 9));
    assert_eq!(trace.frames.len(), 6);
    let model =
        unmask::model::Model::load(&unmask::model::ModelFiles::embedded(), unmask::model::Place::cpu()).unwrap();
    let last = &trace.frames.last().unwrap().tokens;
    assert_eq!(model.text().decode(last, model.mask_id()).unwrap(), text.trim_end_matches('\n'));
}

#[test]
fn a_rule_and_a_remasking_make_their_runs() {
    let short = ["generate", "--device", "cpu", "--prompt", "One day", "--length", "40", "--seed", "3"];
    let file = scratch("rule.jsonl");
    let wanted = ["--rule", "threshold:tau=0.5", "--block-length", "16", "--trace", file.to_str().unwrap()];
    let (code, text, notes) = unmask(&[&short[..], &wanted].concat());
    assert_eq!(code, 0, "{notes}");
    assert!(text.starts_with("One day") && !text.contains('░'), "{text}");
    assert!(notes.starts_with("threshold:tau=0.5, blocks of 16, at most "), "{notes}");
    let trace = trace::read(BufReader::new(fs::File::open(&file).unwrap())).unwrap();
    fs::remove_file(file).unwrap();
    let header = &trace.header;
    assert_eq!((header.rule.as_deref(), header.block_length), (Some("threshold:tau=0.5"), Some(16)));
    assert_eq!((&header.schedule, &header.order), (&None, &None));
    // Without --steps the rule may make a call for each masked token.
    let masked: usize = trace.frames.iter().map(|frame| frame.revealed.len()).sum();
    assert_eq!(header.steps, masked);
    for wanted in ["klass", "p2", "remdm-loop"] {
        let kind = if wanted == "klass" { "--rule" } else { "--remasking" };
        let (code, text, notes) = unmask(&[&short[..], &["--steps", "6", kind, wanted]].concat());
        assert_eq!(code, 0, "{notes}");
        assert!(text.starts_with("One day") && !text.contains('░'), "{wanted}: {text}");
    }
}

#[test]
fn what_is_refused_is_named_with_what_would_be_accepted() {
    let cases: [(&[&str], i32, &[&str]); 17] = [
        (&["--schedule", "fast"], 2, &["unknown schedule `fast`", "adaptive-min", "cosine"]),
        (&["--order", "best"], 2, &["unknown order `best`", "random, left-to-right, most-confident"]),
        (&["--rule", "best"], 2, &["unknown rule `best`", "entropy-bound", "threshold", "klass"]),
        (&["--rule", "threshold:tau=2"], 2, &["tau of `threshold` is `2`", "from 0 to 1"]),
        (&["--rule", "threshold", "--order", "random"], 2, &["--rule", "--order"]),
        (&["--remasking", "remdm-cap:eta=2"], 2, &["eta of `remdm-cap` is `2`", "a number from 0 to 1"]),
        (&["--remasking", "p2", "--block-length", "8"], 2, &["--remasking", "--block-length"]),
        (&["--early-stop", "0"], 2, &["--early-stop", "above 0 and at most 1"]),
        (&["--steps", "3", "--block-length", "8"], 1, &["steps is 3, but there are", "blocks"]),
        (&["--device", "tpu"], 2, &["unknown device `tpu`", "auto, gpu, cpu"]),
        (&["--temperature", "-1"], 2, &["--temperature", "-1", "0 to 10"]),
        (&["--steps", "0"], 2, &["--steps", "from 1 to"]),
        (&["--seed", "9007199254740992"], 2, &["9007199254740992", "9007199254740991"]),
        (&["--seed", "-1"], 2, &["--seed", "-1", "from 0 to"]),
        (&["--temperature", "11"], 2, &["--temperature", "11", "0 to 10"]),
        (&["--length", "129"], 1, &["129", "128"]),
        (&["--model", "/none"], 1, &["/none"]),
    ];
    for (arguments, wanted, words) in cases {
        let (code, text, notes) = unmask(&[&["generate"], arguments].concat());
        assert_eq!(code, wanted, "{arguments:?}: {notes}");
        assert!(text.is_empty(), "{arguments:?}");
        for word in words {
            assert!(notes.contains(word), "{arguments:?} should name {word}: {notes}");
        }
    }
}

#[test]
fn a_trace_that_cannot_be_written_is_an_error_before_the_run() {
    let (code, text, notes) = unmask(&[&RUN[..], &["--trace", "/none/run.jsonl"]].concat());
    assert_eq!((code, text.as_str()), (1, ""));
    assert!(notes.contains("the trace /none/run.jsonl cannot be written"), "{notes}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_keeps_its_text_and_whole_lines_of_its_trace() {
    let file = scratch("stopped.jsonl");
    let run = ["generate", "--device", "cpu", "--steps", "120", "--seed", "3", "--plain", "--trace"];
    let child = Command::new(env!("CARGO_BIN_EXE_unmask"))
        .args(run)
        .arg(&file)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    // The first calls are in the file: the run is well under way, and far from its end.
    while fs::read_to_string(&file).unwrap_or_default().lines().count() < 4 {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Once upon a time") && text.contains('░'), "{text}");
    let trace = trace::read(BufReader::new(fs::File::open(&file).unwrap())).unwrap();
    fs::remove_file(file).unwrap();
    assert!(trace.stopped && (3..100).contains(&trace.frames.len()), "{} frames", trace.frames.len());
}
