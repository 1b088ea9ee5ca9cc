//! `cargo xtask bench`: every table of docs/performance.md, made anew, as Markdown with the command that made each.

mod cached;
mod cells;
mod gpu;
mod nets;
mod page;
mod peers;
mod tables;
mod unmask;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::process::output;
use unmask::Unmask;

/// What is measured, and by what.
#[derive(Args)]
pub struct Bench {
    /// Parts to measure, with commas; if not given, all that this machine has
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PART,...")]
    only: Vec<Part>,
    /// Little of everything, to see that it works
    #[arg(long)]
    quick: bool,
    /// A release binary of unmask, instead of the one that is built
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// A built page, instead of dist/, which is built if it is not there
    #[arg(long, value_name = "DIR")]
    dist: Option<PathBuf>,
    /// A Python with the packages that benches/peers/ names, to compare with PyTorch and onnxruntime
    #[arg(long, value_name = "PYTHON")]
    peers: Option<PathBuf>,
}

/// A part of the tables.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Part {
    /// Calls on the CPU: how they grow with tokens, sequences and weights
    Cpu,
    /// The same on a GPU, with its kernels and whole runs; by itself only on a real one
    Gpu,
    /// Sizes of the page, and how soon its model shows something
    Page,
    /// Others on the same weights, on the CPU and in the browser; needs --peers
    Peers,
}

impl Bench {
    /// Measures and prints, part by part; what is told meanwhile goes to the standard error.
    pub fn run(&self) -> anyhow::Result<()> {
        let wants = |part| if self.only.is_empty() { true } else { self.only.contains(&part) };
        println!("{}", machine());
        // The page's part needs no binary.
        let unmask = [Part::Cpu, Part::Gpu, Part::Peers].into_iter().any(wants);
        let unmask = unmask.then(|| Unmask::new(self.binary.as_deref())).transpose()?;
        if let Some(unmask) = &unmask {
            if wants(Part::Cpu) {
                cells::measure(unmask, "cpu", self.quick)?;
                cached::measure(unmask, self.quick)?;
            }
            if wants(Part::Gpu) {
                if self.only.contains(&Part::Gpu) || unmask.has_gpu()? {
                    cells::measure(unmask, "gpu", self.quick)?;
                    gpu::measure(unmask, self.quick)?;
                } else {
                    println!("\nOn a GPU: this machine has none but in software; `--only gpu` measures that.");
                }
            }
        }
        if wants(Part::Page) {
            page::measure(&page::dist(self.dist.as_deref())?, self.quick)?;
        }
        match (&self.peers, &unmask) {
            (Some(python), Some(unmask)) if wants(Part::Peers) => {
                peers::measure(python, unmask, &page::dist(self.dist.as_deref())?, self.quick)
            }
            (None, _) if self.only.contains(&Part::Peers) => anyhow::bail!("peers are measured with --peers PYTHON"),
            _ => Ok(()),
        }
    }
}

/// Where and of what all this is measured.
fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let name = text.lines().find(|line| line.starts_with("model name"))?.split_once(": ")?.1;
        Some(name.to_owned())
    });
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let commit = output(std::process::Command::new("git").args(["rev-parse", "--short", "HEAD"]));
    format!(
        "On {} ({}), {threads} threads, at commit {}. The models in `target/bench/` are made on the way.",
        cpu.as_deref().unwrap_or("a CPU without a name"),
        std::env::consts::OS,
        commit.as_deref().map_or("unknown", str::trim),
    )
}
