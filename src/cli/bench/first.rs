//! The first calls of a process that has made none: how long they take, and how many operations each sends to the GPU.

use std::{
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use unmask::{
    forward::gpu::Precision,
    model::{Choice, Model, ModelFiles, Place, PrecisionChoice, Warm, adapter, gpu},
};

use super::cell::call;

/// What the process tells on its standard output.
#[derive(Debug, Serialize, Deserialize)]
pub struct Firsts {
    pub load_ms: f64,
    /// Of these, to compile the kernels that every call needs; none on the CPU.
    #[serde(default)]
    pub kernels_ms: Option<f64>,
    pub cells: Vec<First>,
}

/// Of a length and a batch.
#[derive(Debug, Serialize, Deserialize)]
pub struct First {
    pub first_ms: f64,
    /// Counted by the model, or else by CubeCL.
    pub dispatches: Option<usize>,
}

/// Has CubeCL, under burn, name every operation on the standard error as it is sent, a line each.
const SETTINGS: &str = "[profiling]\nlogger = { level = \"minimal\", stderr = true }\n";
const SENT: &str = "Executing ";

/// Stands between the lines of one cell and the next.
const MARK: &str = "unmask: counted";

/// Until the lines of what was sent have come, which is told on another thread.
const SETTLE: Duration = Duration::from_millis(200);

/// Makes the calls, each cell's twice, and tells of them.
pub fn print(
    files: &ModelFiles,
    device: Choice,
    precision: PrecisionChoice,
    cells: &[(usize, usize)],
) -> anyhow::Result<()> {
    let place = match device {
        Choice::Cpu | Choice::Auto => Place::cpu(),
        Choice::Gpu => pollster::block_on(gpu())?,
        Choice::Adapter(number) => pollster::block_on(adapter(number))?,
    };
    let precision = precision.first(&place);
    let (begun, compiles) = (Instant::now(), place.gpu.is_some());
    let warm = pollster::block_on(Warm::up(place, &files.config, precision))?;
    let kernels_ms = compiles.then(|| begun.elapsed().as_secs_f64() * 1000.0);
    // Without the self-test, which would compile what is to be measured.
    let mut model = pollster::block_on(Model::loaded(files, warm))?;
    let load_ms = begun.elapsed().as_secs_f64() * 1000.0;
    let mut told = vec![];
    for &(length, batch) in cells {
        let begun = Instant::now();
        call(&mut model, length, batch, 1)?;
        let first_ms = begun.elapsed().as_secs_f64() * 1000.0;
        mark();
        let before = model.dispatches();
        call(&mut model, length, batch, 2)?;
        let dispatches = model.dispatches().zip(before).map(|(after, before)| after - before);
        told.push(First { first_ms, dispatches });
        mark();
    }
    println!("{}", serde_json::to_string(&Firsts { load_ms, kernels_ms, cells: told })?);
    Ok(())
}

fn mark() {
    thread::sleep(SETTLE);
    let _ = writeln!(std::io::stderr(), "{MARK}");
}

/// Starts the process, and hears what it tells.
pub fn measure(
    model: Option<&Path>,
    device: Choice,
    precision: Precision,
    cells: &[(usize, usize)],
) -> anyhow::Result<Firsts> {
    // CubeCL reads its settings from the folder that it is started in.
    let folder = Scratch::new()?;
    fs::write(folder.0.join("cubecl.toml"), SETTINGS).context("the settings of the first calls cannot be written")?;
    let mut command = Command::new(env::current_exe().context("this program's own file cannot be found")?);
    command.current_dir(&folder.0).args(["bench", "--first", "--device", &device.to_string()]);
    command.args(["--precision", precision.name()]);
    let list = |number: fn(&(usize, usize)) -> usize| {
        let mut all: Vec<usize> = cells.iter().map(number).collect();
        let mut known = vec![];
        all.retain(|number| {
            !known.contains(number) && {
                known.push(*number);
                true
            }
        });
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
    };
    command.args(["--lengths", &list(|cell| cell.0), "--batches", &list(|cell| cell.1)]);
    if let Some(model) = model {
        command.arg("--model").arg(std::path::absolute(model).context("the model's folder cannot be found")?);
    }
    let output = command.output().context("the first calls cannot be made in a process of their own")?;
    let notes = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        let last = notes.lines().rev().find(|line| !line.starts_with(SENT) && !line.starts_with("note: "));
        let last = last.unwrap_or("without a word");
        bail!("the first calls failed: {last}");
    }
    let mut firsts: Firsts = serde_json::from_slice(&output.stdout).context("the first calls have told nonsense")?;
    if device != Choice::Cpu {
        // Two marks a cell: the lines before the second are those of its second call, which compiles nothing.
        let counts = notes.split(MARK).map(|part| part.lines().filter(|line| line.starts_with(SENT)).count());
        for (cell, count) in firsts.cells.iter_mut().zip(counts.skip(1).step_by(2)) {
            cell.dispatches.get_or_insert(count);
        }
    }
    Ok(firsts)
}

/// A folder for as long as it is needed.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let folder = env::temp_dir().join(format!("unmask-bench-{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in a folder for what is temporary is in nobody's way.
        let _ = fs::remove_dir_all(&self.0);
    }
}
