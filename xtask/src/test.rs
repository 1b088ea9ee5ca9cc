//! Every check there is, in the order in which a mistake is cheapest to find.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use site::{Mount, Server};

use crate::{
    process::{exists, run},
    root, setup, web,
};

const BROWSER_TESTS: &str = "browser-tests";

/// A part of the tests.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Stage {
    /// Format
    Fmt,
    /// The page's pure modules, by node where it is
    Page,
    /// Lints and tests on this machine, on the CPU and on wgpu
    Native,
    /// Lints and build for the browser, with its sizes, and as part of a binary
    Web,
    /// The page in Chromium
    Browser,
}

impl Stage {
    fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Fmt => run(cargo().args(["fmt", "--all", "--check"])),
            Self::Page => page(),
            Self::Native => native(),
            Self::Web => wasm(),
            Self::Browser => browser(),
        }
    }
}

/// Runs all stages or one; stops at the first that fails.
fn run_stages(only: Option<Stage>) -> anyhow::Result<Vec<(Stage, Duration)>> {
    let mut times = vec![];
    for stage in Stage::value_variants().iter().copied().filter(|stage| only.is_none_or(|only| only == *stage)) {
        println!("\n== {stage:?} ==");
        let begun = Instant::now();
        stage.run()?;
        times.push((stage, begun.elapsed()));
    }
    Ok(times)
}

/// Sets up, runs the stages and tells how long each took.
pub fn run_all(only: Option<Stage>) -> anyhow::Result<()> {
    if only.is_none() {
        setup::all()?;
    }
    let times = run_stages(only)?;
    println!("\nEverything passed:");
    for (stage, time) in times {
        println!("{:>6.0} s  {stage:?}", time.as_secs_f64());
    }
    Ok(())
}

fn cargo() -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root());
    command
}

fn page() -> anyhow::Result<()> {
    if !exists("node") {
        println!("skipped: node is not here");
        return Ok(());
    }
    run(Command::new("node").args(["--test", "tests/page/"]).current_dir(root()))
}

/// Package by package: together they would share one set of features, and burn would be built once more.
fn native() -> anyhow::Result<()> {
    for package in ["forward", "site", "xtask", "unmask", BROWSER_TESTS] {
        let common = ["--release", "--locked", "--package", package];
        run(cargo().arg("clippy").args(common).args(["--all-targets", "--", "-Dwarnings"]))?;
        if package != BROWSER_TESTS {
            run(cargo().arg("test").args(common))?;
        }
    }
    Ok(())
}

fn wasm() -> anyhow::Result<()> {
    for options in [web::ENGINE, web::PURE] {
        let mut clippy = setup::wasm()?.cargo("clippy");
        clippy.args(options).args(["--package", "unmask", "--lib", "--locked"]);
        run(clippy.args(["--", "-Dwarnings"]).current_dir(root()))?;
    }
    web::build(true)?;
    // The page as part of a binary, as it is released.
    for part in [["site", "--lib"], ["unmask", "--test=cli_serve"]] {
        run(cargo().args(["test", "--release", "--locked", "--features", "page", "--package"]).args(part))?;
    }
    Ok(())
}

/// Serves `dist/` with the test model beside the default one, and lets the tests drive a browser there.
fn browser() -> anyhow::Result<()> {
    let (browser, axe) = (setup::browser()?, setup::axe()?);
    if !root().join("dist/files.json").exists() {
        web::build(false)?;
    }
    let mounts =
        vec![Mount::folder("/", root().join("dist")), Mount::folder("/models/test/", root().join("tests/model"))];
    let server = Server::start(mounts, 18_000)?;
    run(cargo().args(["build", "--release", "--locked", "--package", "unmask", "--bin", "unmask"]))?;
    run(cargo()
        .args(["test", "--release", "--locked", "--package", BROWSER_TESTS])
        .args(["--", "--test-threads=1", "--nocapture"])
        .env("UNMASK", web::target()?.join("release/unmask").with_extension(std::env::consts::EXE_EXTENSION))
        .env("UNMASK_PAGE", server.url())
        .env("UNMASK_DIST", root().join("dist").canonicalize()?)
        .env("AXE", axe)
        .env("CHROMIUM", browser.chromium)
        .env("CHROMEDRIVER", browser.driver))
}
