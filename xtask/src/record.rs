//! The runs that the page shows before its model is there, recorded by the command line.

use std::{fs, process::Command};

use anyhow::Context;
use serde_json::json;

use crate::{process::run, root, web};

/// A run: the name of its file, what to say of it, and what it is asked for. Of seeds 1 to 12 the one whose text reads best was
/// taken; of the others, the same seed, so that they compare.
struct Recording {
    name: &'static str,
    about: &'static str,
    arguments: [&'static str; 6],
}

const PROMPT: &str = "Once upon a time";
const SEED: &str = "10";

const RECORDINGS: [Recording; 3] = [
    Recording {
        name: "adaptive-min",
        about: "random sizes, large calls in the middle",
        arguments: ["--schedule", "adaptive-min", "--order", "random", "--steps", "32"],
    },
    Recording {
        name: "uniform",
        about: "equal sizes",
        arguments: ["--schedule", "uniform", "--order", "random", "--steps", "32"],
    },
    Recording {
        name: "most-confident",
        about: "equal sizes, the most confident tokens first",
        arguments: ["--schedule", "uniform", "--order", "most-confident", "--steps", "32"],
    },
];

/// Makes them all anew, on the CPU, where the page makes the same runs.
pub fn record() -> anyhow::Result<()> {
    run(Command::new("cargo")
        .args(["build", "--release", "--locked", "--package", "unmask", "--bin", "unmask"])
        .current_dir(root()))?;
    let unmask = web::target()?.join("release/unmask").with_extension(std::env::consts::EXE_EXTENSION);
    let folder = root().join("assets/traces");
    fs::create_dir_all(&folder).context("assets/traces cannot be made")?;
    let mut index = vec![];
    for Recording { name, about, arguments } in RECORDINGS {
        let file = format!("{name}.jsonl");
        run(Command::new(&unmask)
            .args(["generate", "--plain", "--device", "cpu", "--prompt", PROMPT, "--seed", SEED, "--temperature", "1"])
            .args(arguments)
            .arg("--trace")
            .arg(folder.join(&file)))?;
        index.push(json!({ "name": name, "file": file, "about": about }));
    }
    fs::write(folder.join("index.json"), serde_json::to_string_pretty(&index)? + "\n")?;
    Ok(())
}
