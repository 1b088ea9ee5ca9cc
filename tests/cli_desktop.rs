//! The commands beside a run, as their user meets them: infill, replay, devices, model info, completions, man.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod command;

use std::fs;

use command::{printed, unmask};
use serde_json::Value;

#[test]
fn infill_keeps_what_stands_around_its_gaps() {
    let run = ["infill", "Lily had a ___ dog. It was [MASK:3]!", "--gap", "2", "--device", "cpu", "--seed", "3"];
    let (code, text, notes) = unmask(&run);
    assert_eq!(code, 0, "{notes}");
    assert!(text.starts_with("Lily had a ") && text.contains(" dog. It was") && text.ends_with("!\n"), "{text}");
    assert!(notes.contains("5 tokens in 5 calls"), "{notes}");
    // It is the run of generate with the masks written out.
    let prompt = "Lily had a <|mask|><|mask|> dog. It was <|mask|><|mask|><|mask|>!";
    let length = length_of(prompt);
    let same = ["generate", "--prompt", prompt, "--length", &length, "--steps", "5", "--seed", "3", "--device", "cpu"];
    assert_eq!(printed(&same), text);
    for (wrong, words) in [("no gap", "the text has no gap"), ("a [MASK:0]", "must hold a whole number from 1")] {
        let (code, text, notes) = unmask(&["infill", wrong]);
        assert!(code == 2 && text.is_empty() && notes.contains(words), "{wrong}: {notes}");
    }
    let (code, _, notes) = unmask(&["infill", "a [MASK:500]", "--device", "cpu"]);
    assert!(code == 1 && notes.contains("128"), "{notes}");
}

/// Tokens of a text, as the built-in tokenizer cuts it.
fn length_of(text: &str) -> String {
    let tokenizer = include_bytes!("../assets/model/tokenizer.json");
    unmask::text::Text::from_bytes(tokenizer).unwrap().encode(text).unwrap().len().to_string()
}

#[test]
fn replay_prints_the_text_after_a_call_and_names_what_is_no_trace() {
    let last = printed(&["replay", "assets/traces/uniform.jsonl"]);
    assert!(last.starts_with("Once upon a time,") && !last.contains('░'), "{last}");
    let first = printed(&["replay", "assets/traces/uniform.jsonl", "--call", "0"]);
    assert_eq!(first.matches('░').count(), 124);
    let (code, _, notes) = unmask(&["replay", "assets/traces/uniform.jsonl", "--call", "33"]);
    assert!(code == 2 && notes.contains("--call is 33") && notes.contains("calls 0 to 32"), "{notes}");
    let (code, _, notes) = unmask(&["replay", "README.md"]);
    assert!(code == 1 && notes.contains("README.md: line 1: not a valid header"), "{notes}");
    let (code, _, notes) = unmask(&["replay", "none.jsonl"]);
    assert!(code == 1 && notes.contains("none.jsonl cannot be read"), "{notes}");
    let (code, _, notes) = unmask(&["replay", "README.md", "--speed", "0"]);
    assert!(code == 2 && notes.contains("must be a number from 0.25 to 64"), "{notes}");
}

#[test]
fn devices_lists_adapters_that_can_be_named() {
    let told: Value = serde_json::from_str(&printed(&["devices", "--format", "json"])).unwrap();
    let adapters = told["adapters"].as_array().unwrap();
    assert!(!adapters.is_empty(), "a Vulkan driver; `cargo xtask setup` installs one");
    assert!(told["auto"]["why"].is_string() && told["threads"].as_u64().unwrap() >= 1);
    let table = printed(&["devices"]);
    assert!(table.contains(&format!("gpu:0  {}", adapters[0]["name"].as_str().unwrap())), "{table}");
    let small = ["generate", "--model", "tests/model", "--length", "12", "--steps", "2", "--seed", "1"];
    let (code, text, notes) = unmask(&[&small[..], &["--device", "gpu:0"]].concat());
    assert!(code == 0 && notes.contains(adapters[0]["name"].as_str().unwrap()), "{notes}");
    assert_eq!(text, printed(&[&small[..], &["--device", "cpu"]].concat()));
    let (code, _, notes) = unmask(&[&small[..], &["--device", "gpu:99"]].concat());
    assert!(code == 1 && notes.contains("there is no adapter gpu:99; this machine has gpu:0"), "{notes}");
    let (code, _, notes) = unmask(&[&small[..], &["--device", "gpu:x"]].concat());
    assert!(code == 2 && notes.contains("auto, gpu, cpu, and gpu:N"), "{notes}");
}

#[test]
fn model_info_tells_what_a_folder_holds() {
    let table = printed(&["model", "info"]);
    assert!(table.contains("the built-in model") && table.contains("denoiser") && table.contains("f16"), "{table}");
    let told: Value = serde_json::from_str(&printed(&["model", "info", "tests/model", "--format", "json"])).unwrap();
    assert_eq!((&told["config"]["seq_len"], &told["stored"]["f16"]), (&32.into(), &18.into()));
    let (code, _, notes) = unmask(&["model", "info", "src"]);
    assert!(code == 1 && notes.contains("src/model.safetensors cannot be read"), "{notes}");
}

#[test]
fn completions_and_manuals_are_of_the_commands_there_are() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = printed(&["completions", shell]);
        assert!(text.contains("generate") && text.contains("infill"), "{shell}");
        // Shells that complete values know their names.
        let names = ["adaptive-tc", "most-confident", "entropy-bound", "remdm-loop"];
        let knows = ["bash", "zsh", "fish"].contains(&shell);
        assert!(!knows || names.iter().all(|name| text.contains(name)), "{shell}");
    }
    let folder = std::env::temp_dir().join(format!("unmask-man-{}", std::process::id()));
    printed(&["man", folder.to_str().unwrap()]);
    for name in ["unmask.1", "unmask-generate.1", "unmask-eval.1", "unmask-replay.1"] {
        let page = fs::read_to_string(folder.join(name)).unwrap();
        assert!(page.contains(".TH"), "{name}");
        // Examples keep their lines.
        assert!(!page.contains("Examples:") || page.contains(".SH EXTRA\n.nf\n"), "{name}");
    }
    fs::remove_dir_all(folder).unwrap();
    let (code, _, notes) = unmask(&["man", "README.md"]);
    assert!(code == 1 && notes.contains("README.md cannot be made"), "{notes}");
}

#[test]
fn frames_are_streamed_as_the_lines_of_a_trace() {
    let run = ["generate", "--device", "cpu", "--steps", "4", "--length", "20", "--seed", "5", "--format", "jsonl"];
    let lines = printed(&run);
    let streamed = unmask::trace::read(lines.as_bytes()).unwrap();
    assert_eq!((streamed.frames.len(), streamed.header.seed), (5, 5));
    let file = std::env::temp_dir().join(format!("unmask-stream-{}.jsonl", std::process::id()));
    printed(&[&run[..], &["--trace", file.to_str().unwrap()]].concat());
    assert_eq!(fs::read_to_string(&file).unwrap(), lines);
    fs::remove_file(file).unwrap();
}
