//! `unmask bench`: how long a call takes, and what the device could do.

mod cached;
mod cell;
mod first;
mod kernels;
mod table;
mod whole;

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, anyhow};
use clap::Args;
use serde::{Deserialize, Serialize};
use unmask::{
    forward::gpu::Precision,
    model::{Choice, Model, ModelFiles, ceiling},
};

use super::{
    lists::no_twice,
    model_options::{ModelOptions, PrecisionOptions, of_folder},
    print::{Form, Progress, print, wrong_usage},
    values::{at_least_one, batch},
};
use cached::Cached;
use cell::{Cell, Extra};
use whole::Whole;

/// Measure the model's calls.
///
/// A call predicts every position of a batch of sequences that are all masked, and reads back what it says of them: the first
/// call of as many runs. Told are the median over calls and the shortest, how many calls a second that makes, the bytes read
/// back and the operations sent to the GPU, and what share that is of the speed at which burn multiplies large f32 matrices on the
/// device, which kernels may outrun. A process of its own loads the model and makes the first calls, which compile.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask bench
  unmask bench --device gpu --lengths 32,128 --batches 1,8,64
  unmask bench --device gpu --kernels
  unmask bench --device gpu --precision f16
  unmask bench --device cpu --cache 2,4,8
  unmask bench --format json > before.json
  unmask bench --against before.json")]
pub struct Bench {
    /// Tokens of a sequence, one or several with commas; the model's longest if not given
    #[arg(long, value_name = "L,...", value_delimiter = ',', value_parser = at_least_one)]
    lengths: Vec<usize>,
    /// Sequences of a call, one or several with commas
    #[arg(long, value_name = "B,...", value_delimiter = ',', default_value = "1,8", value_parser = batch)]
    batches: Vec<usize>,
    /// Seconds to measure each length and batch; three calls are made however long they take
    #[arg(long, value_name = "S", default_value_t = 2.0, value_parser = seconds, allow_negative_numbers = true)]
    seconds: f64,
    /// Time whole runs of at most K calls as well, against the GPU's own time for their calls
    #[arg(long, value_name = "K", value_parser = at_least_one)]
    run: Option<usize>,
    /// Make runs that keep keys and values between calls as well, and compute all every N calls, one number or several with
    /// commas, against exact ones: their time, how many tokens are the same, and how far the predictions are off. In 32 calls,
    /// or --run's; on the CPU
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = at_least_one)]
    cache: Vec<usize>,
    /// Time the logits alone as well, with nothing said of them: what other programs call a call
    #[arg(long)]
    logits: bool,
    /// Tell what each kernel of a call takes, by the GPU's own clock, beside its floor: what its operations take at the
    /// rate of burn's f32 products, or its bytes at that of a copy, whichever is longer
    #[arg(long)]
    kernels: bool,
    /// An earlier result to compare with, from --format json: the table's last column is the time now by the time then
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// How to print: table, json
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
    #[command(flatten)]
    place: ModelOptions,
    #[command(flatten)]
    precision: PrecisionOptions,
    /// Make the first calls alone, for another process
    #[arg(long, hide = true)]
    first: bool,
}

/// All that was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Measured {
    /// Of the program.
    version: String,
    device: String,
    /// What products are made in: f32, f16.
    #[serde(default = "f32_name")]
    precision: String,
    /// SHA-256 of the weights.
    model: String,
    parameters: usize,
    /// Bytes that the weights take on a GPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight_bytes: Option<u64>,
    threads: usize,
    /// From the files to a model on the device, in ms; a GPU is opened before.
    load_ms: f64,
    /// Of these, to compile the kernels that every call needs, in ms; none on the CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kernels_ms: Option<f64>,
    /// The first call of all, in ms.
    first_call_ms: f64,
    /// What a product of two large f32 matrices reaches.
    ceiling_gflops: f64,
    /// Gigabytes a second that a copy within the GPU's memory reads and writes, if kernels were timed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    copied_gb_per_second: Option<f64>,
    cells: Vec<Cell>,
    /// A run a length, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    runs: Vec<Whole>,
    /// Exact runs of a length and those with a cache, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cached: Vec<Cached>,
}

/// Calls of runs with a cache when nobody says otherwise, as of `generate`.
const STEPS: usize = 32;

/// Of results that do not say it.
fn f32_name() -> String {
    Precision::F32.name().into()
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("must be a number from 0 to 3600".to_owned()),
    }
}

impl Bench {
    /// Measures and prints.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let files = match &self.place.model {
            Some(folder) => ModelFiles::read(folder)?,
            None => ModelFiles::embedded(),
        };
        if self.first {
            first::print(&files, self.place.device, self.precision.precision, &self.cells(self.lengths.clone()))?;
            return Ok(ExitCode::SUCCESS);
        }
        for (what, list) in [("length", &self.lengths), ("batch", &self.batches), ("cache", &self.cache)] {
            no_twice(what, list).unwrap_or_else(|error| wrong_usage(&error));
        }
        if let (Form::Json, Some(_)) = (self.format, &self.against) {
            wrong_usage(&anyhow!("--against is for the table; with --format json there is none"));
        }
        let earlier = self.against.as_deref().map(read).transpose()?;
        let progress = Progress::new();
        progress.tell(format_args!("opening the model ..."));
        let opened = pollster::block_on(Model::open(&files, self.place.device, self.precision.precision));
        let (mut model, why) = opened.map_err(|error| of_folder(self.place.model.as_deref(), error))?;
        if let Some(&refresh) = self.cache.first() {
            model.keep(refresh)?; // if it cannot, that is known before anything takes time
            model.keep(1)?;
        }
        let most = model.config().seq_len;
        let lengths = if self.lengths.is_empty() { vec![model.config().usual_len] } else { self.lengths.clone() };
        if let Some(length) = lengths.iter().find(|&&length| length > most) {
            wrong_usage(&anyhow!("length is {length}; it must be between 1 and {most}"));
        }
        let cells = self.cells(lengths.clone());
        progress.tell(format_args!("the first calls, in a process of their own ..."));
        let device = match self.place.device {
            Choice::Auto if model.place().is_cpu() => Choice::Cpu,
            Choice::Auto => Choice::Gpu,
            named => named,
        };
        let first = first::measure(self.place.model.as_deref(), device, model.precision(), &cells)?;
        progress.tell(format_args!("products of matrices ..."));
        let ceiling_gflops = pollster::block_on(ceiling(model.place()))? / 1e9;
        let bandwidth = match self.kernels {
            true => Some(pollster::block_on(model.bandwidth())?),
            false => None,
        };
        let mut told = vec![];
        for (index, &(length, batch)) in cells.iter().enumerate() {
            progress.tell(format_args!("{length} tokens, {batch} at a time ({} of {}) ...", index + 1, cells.len()));
            told.push(Cell::measure(
                &mut model,
                length,
                batch,
                self.seconds,
                ceiling_gflops,
                &first.cells[index],
                Extra { logits: self.logits, bandwidth },
            )?);
        }
        let mut runs = vec![];
        for &length in self.run.iter().flat_map(|_| &lengths) {
            progress.tell(format_args!("whole runs of {length} tokens ..."));
            runs.push(whole::measure(&mut model, length, self.run.unwrap_or(1))?);
        }
        let mut cached = vec![];
        for &length in lengths.iter().filter(|_| !self.cache.is_empty()) {
            let steps = self.run.unwrap_or(STEPS);
            cached.extend(cached::measure(&files, &mut model, length, steps, &self.cache, &progress)?);
        }
        drop(progress);
        let measured = Measured {
            version: env!("CARGO_PKG_VERSION").into(),
            device: model.place().name.clone(),
            precision: model.precision().name().into(),
            model: model.hash().to_owned(),
            parameters: model.parameters(),
            weight_bytes: model.weight_bytes(),
            threads: ::forward::threads(),
            load_ms: first.load_ms,
            kernels_ms: first.kernels_ms,
            first_call_ms: first.cells.first().map_or(0.0, |cell| cell.first_ms),
            ceiling_gflops,
            copied_gb_per_second: bandwidth.map(|bytes| bytes / 1e9),
            cells: told,
            runs,
            cached,
        };
        print(&match self.format {
            Form::Table => table::table(&measured, &why, earlier.as_ref()),
            Form::Json => serde_json::to_string_pretty(&measured)? + "\n",
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// Every length with every batch.
    fn cells(&self, lengths: Vec<usize>) -> Vec<(usize, usize)> {
        lengths.into_iter().flat_map(|length| self.batches.iter().map(move |&batch| (length, batch))).collect()
    }
}

/// An earlier result.
fn read(path: &Path) -> anyhow::Result<Measured> {
    let name = || path.display().to_string();
    let text = fs::read(path).with_context(|| format!("{} cannot be read", name()))?;
    let measured: Measured = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no result of `unmask bench --format json`", name()))?;
    let mut known = HashSet::new();
    match measured.cells.iter().find(|cell| !known.insert((cell.length, cell.batch))) {
        Some(cell) => Err(anyhow!("{} tells twice of {} tokens, {} at a time", name(), cell.length, cell.batch)),
        None => Ok(measured),
    }
}
