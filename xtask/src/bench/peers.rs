//! Others on the same weights, by the scripts of benches/peers/, which print tables themselves.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use super::unmask::Unmask;
use crate::{process::run, root, setup, web};

/// Prints what the scripts print.
pub fn measure(python: &Path, unmask: &Unmask, dist: &Path, quick: bool) -> anyhow::Result<()> {
    let browser = setup::browser()?;
    let scratch = web::target()?.join("bench");
    let graphs = scratch.join("onnx");
    std::fs::create_dir_all(&graphs).with_context(|| format!("{} cannot be made", graphs.display()))?;
    let script = |name: &str| {
        let mut command = Command::new(python);
        command.arg(root().join("benches/peers").join(name)).arg("--model").arg(root().join("assets/model"));
        // A proxy for the network is none for this machine.
        command.current_dir(root()).env("NO_PROXY", "*").env("no_proxy", "*");
        command
    };
    run(script("export_onnx.py").arg("--out").arg(&graphs).stdout(std::io::stderr()))?;

    let turns = if quick { "1" } else { "7" };
    let mut native = script("native.py");
    native.arg("--unmask").arg(&unmask.binary).arg("--onnx").arg(&graphs).args(["--batches", "1,8", "--turns", turns]);
    if quick {
        native.args(["--threads", "1", "--no-compile"]);
    }
    told("Beside PyTorch and onnxruntime, on the CPU", &mut native)?;

    let mut page = script("browser/run.py");
    page.arg("--dist").arg(dist).arg("--onnx").arg(&graphs).arg("--scratch").arg(scratch.join("ort-web"));
    page.arg("--chromium").arg(browser.chromium).arg("--chromedriver").arg(browser.driver);
    page.args(["--batches", if quick { "1" } else { "1,8" }, "--turns", if quick { "1" } else { "5" }]);
    if quick {
        page.args(["--backends", "cpu", "--no-payload"]);
    }
    told("Beside onnxruntime-web, in the browser", &mut page)
}

/// Runs a script under its own command.
fn told(title: &str, script: &mut Command) -> anyhow::Result<()> {
    let words = std::iter::once(script.get_program()).chain(script.get_args());
    let words: Vec<_> = words.map(|word| PathBuf::from(word).display().to_string()).collect();
    println!("\n### {title}\n\n`{}`\n", words.join(" "));
    run(script)
}
