//! What goes wrong for every command: an error in words, the documented exit code, and no panic.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod command;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use command::told;

fn unmask(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unmask"));
    command.args(arguments).current_dir(std::env::temp_dir()).env_remove("RUST_BACKTRACE");
    command
}

fn refused(arguments: &[&str], code: i32, words: &str) {
    let (found, text, notes) = told(&mut unmask(arguments));
    assert_eq!(found, code, "{arguments:?}: {notes}");
    assert!(text.is_empty() && notes.contains(words) && !notes.contains("panicked"), "{arguments:?}: {notes}");
}

fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("unmask-wrong-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// A path in this repository, for a command that runs elsewhere.
fn ours(path: &str) -> String {
    std::path::absolute(path).unwrap().display().to_string()
}

const SHORT: [&str; 7] = ["generate", "--device", "cpu", "--length", "20", "--steps", "2"];

#[test]
fn a_missing_file_is_named_by_every_command_that_reads_one() {
    for arguments in [
        &["generate", "--model", "none"][..],
        &["generate", "--prompt-file", "none"],
        &["infill", "--file", "none"],
        &["infill", "a ___", "--model", "none"],
        &["compare", "uniform", "cosine", "--model", "none"],
        &["eval", "none"],
        &["bench", "--model", "none"],
        &["bench", "--against", "none"],
        &["replay", "none"],
        &["model", "info", "none"],
    ] {
        refused(arguments, 1, "none");
    }
}

#[test]
fn numbers_out_of_range_are_refused_with_the_range() {
    for (option, value, words) in [
        ("--steps", "0", "from 1"),
        ("--steps", "-3", "from 1"),
        ("--steps", "1e3", "from 1"),
        ("--steps", "99999999999999999999999", "from 1"),
        ("--temperature", "NaN", "from 0 to 10"),
        ("--temperature", "inf", "from 0 to 10"),
        ("--temperature", "hot", "from 0 to 10"),
        ("--seed", "1.5", "from 0 to"),
        ("--length", "0", "from 1"),
        ("--block-length", "0", "from 1"),
        ("--runs", "-1", "from 1"),
        ("--runs", "99999999999", "from 1 to 1000000"),
        ("--batch", "99999", "from 1 to 4096"),
        ("--early-stop", "NaN", "above 0 and at most 1"),
    ] {
        refused(&["generate", option, value], 2, words);
    }
}

#[test]
fn a_prompt_that_does_not_fit_is_measured() {
    let long = "word ".repeat(400);
    refused(&["generate", "--prompt", &long], 1, "tokens long; there is room for 128");
    refused(&["infill", &format!("{long}___")], 1, "it must be between 1 and 128");
    let folder = scratch("long");
    let file = folder.join("long.txt");
    fs::write(&file, "a".repeat(10 << 20)).unwrap();
    let words = "has more than 1048576 bytes, the most that is read of a prompt";
    refused(&["generate", "--prompt-file", file.to_str().unwrap()], 1, words);
    refused(&["infill", "--file", file.to_str().unwrap()], 1, words);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_prompt_comes_from_a_file_or_the_standard_input() {
    let folder = scratch("prompt");
    let file = folder.join("prompt.txt");
    fs::write(&file, "Tom had a dog\r\n").unwrap();
    let run = |more: &[&str]| told(unmask(&SHORT).args(["--seed", "1"]).args(more));
    let wanted = run(&["--prompt", "Tom had a dog"]);
    assert_eq!(wanted.0, 0, "{}", wanted.2);
    assert_eq!(run(&["--prompt-file", file.to_str().unwrap()]).1, wanted.1);
    let mut child = unmask(&SHORT);
    let mut child =
        child.args(["--seed", "1", "--prompt-file", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"Tom had a dog\n").unwrap();
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap(), wanted.1);
    fs::write(&file, b"Tom \xff").unwrap();
    let path = file.to_str().unwrap();
    refused(&["generate", "--prompt-file", path], 1, "is not text in UTF-8: byte 5 is no part of a character");
    refused(&["generate", "--prompt-file", path, "--prompt", "x"], 2, "cannot be used with");
    fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_are_refused() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    for arguments in [&["generate", "--prompt"][..], &["infill"], &["compare", "uniform"]] {
        let (code, text, notes) = told(unmask(arguments).arg(OsStr::from_bytes(b"a\xff")));
        assert!(code == 2 && text.is_empty() && notes.contains("UTF-8") && !notes.contains("panicked"), "{notes}");
    }
}

/// A folder in which nothing can be made: for everybody, root too, as a file stands in its place.
#[test]
fn a_place_that_cannot_be_written_is_named() {
    let readme = ours("README.md");
    let (inside, trace) = (format!("{readme}/x"), ours("assets/traces/uniform.jsonl"));
    refused(&[&SHORT[..], &["--out", &inside]].concat(), 1, &inside);
    refused(&[&SHORT[..], &["--trace", &inside]].concat(), 1, &inside);
    refused(&["compare", "uniform", "cosine", "--device", "cpu", "--out", &inside], 1, &inside);
    refused(&["man", &inside], 1, &inside);
    refused(&["replay", &format!("{trace}/x")], 1, "cannot be read");
}

#[cfg(unix)]
#[test]
fn a_reader_who_leaves_ends_a_command_in_peace() {
    let trace = ours("assets/traces/uniform.jsonl");
    for arguments in [
        &[&SHORT[..], &["--format", "jsonl"]].concat()[..],
        &[&SHORT[..], &["--runs", "5"]].concat(),
        &["compare", "uniform", "cosine", "--device", "cpu", "--length", "20", "--steps", "2"],
        &["replay", &trace],
        &["devices"],
        &["model", "info"],
        &["completions", "bash"],
        &["lab"],
    ] {
        let mut child = unmask(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let notes = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(0) && !notes.contains("panicked"), "{arguments:?}: {notes}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_keeps_what_was_written() {
    // For the standard output.
    let trace = ours("assets/traces/uniform.jsonl");
    for arguments in [&SHORT[..], &["replay", &trace], &["model", "info"], &["devices"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let (code, _, notes) = told(unmask(arguments).stdout(full));
        assert!(code == 1 && notes.contains("the standard output could not be written"), "{arguments:?}: {notes}");
    }
    // For files: a disk of 256 KB in memory, in a namespace of its own, which needs no root.
    let folder = scratch("full");
    let disk = folder.display();
    let program = env!("CARGO_BIN_EXE_unmask");
    let run = format!("{program} generate --device cpu --seed 1 --steps 100 --trace {disk}/run.jsonl");
    let script = format!(
        "mount -t tmpfs -o size=256k none {disk} || exit 99; {run} > {disk}.out 2> {disk}.err; code=$?;
         wc -l < {disk}/run.jsonl > {disk}.lines; {program} replay --plain {disk}/run.jsonl > {disk}.replay; exit $code"
    );
    let status = Command::new("unshare").args(["-rm", "sh", "-c", &script]).status().unwrap();
    let read = |kind: &str| fs::read_to_string(format!("{disk}.{kind}")).unwrap_or_default();
    assert_ne!(status.code(), Some(99), "a disk in memory cannot be made here");
    assert!(status.code() == Some(1) && read("out").is_empty(), "{status}: {}", read("err"));
    assert!(read("err").contains("run.jsonl cannot be written: No space left"), "{}", read("err"));
    assert!(
        read("lines").trim().parse::<usize>().unwrap() > 2 && read("replay").contains('░'),
        "whole lines are there"
    );
    for kind in ["out", "err", "lines", "replay"] {
        let _ = fs::remove_file(format!("{disk}.{kind}"));
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_broken_model_is_named_with_what_is_wrong() {
    let folder = scratch("model");
    let files = ["model.safetensors", "config.json", "tokenizer.json"];
    let fresh = || {
        for name in files {
            fs::copy(Path::new(&ours("tests/model")).join(name), folder.join(name)).unwrap();
        }
    };
    let path = folder.to_str().unwrap().to_owned();
    for (name, words) in [
        ("model.safetensors", "model.safetensors is not a safetensors file"),
        ("config.json", "config.json"),
        ("tokenizer.json", "tokenizer.json"),
    ] {
        fresh();
        fs::write(folder.join(name), "{}").unwrap();
        for command in [&["generate"][..], &["infill", "a ___"], &["compare", "uniform", "cosine"], &["bench"]] {
            refused(&[command, &["--device", "cpu", "--model", &path]].concat(), 1, words);
        }
    }
    fs::remove_dir_all(folder).unwrap();
}
