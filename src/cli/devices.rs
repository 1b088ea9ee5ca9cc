//! `unmask devices`: every graphics adapter, what it can do, and which device `auto` takes, and why.

use std::{fmt::Write, process::ExitCode, thread};

use clap::Args;
use serde::Serialize;
use unmask::model::{Adapter, Choice, Model, ModelFiles, PrecisionChoice, adapters};

use super::print::{Form, print};

/// List the graphics adapters, and what auto takes.
///
/// Each has a number, which --device takes as gpu:N. Whether auto takes the GPU is found out as it is at every start: by a
/// forward pass of the built-in model, which must agree with the CPU's.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask devices
  unmask devices --format json
  unmask generate --device gpu:1")]
pub struct Devices {
    /// How to print: table, json
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// All that is printed.
#[derive(Serialize)]
struct Told {
    adapters: Vec<Adapter>,
    threads: usize,
    auto: Auto,
}

#[derive(Serialize)]
struct Auto {
    device: String,
    why: String,
}

impl Devices {
    /// Prints them.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let adapters = pollster::block_on(adapters());
        let (model, why) =
            pollster::block_on(Model::open(&ModelFiles::embedded(), Choice::Auto, PrecisionChoice::Auto))?;
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let told = Told { adapters, threads, auto: Auto { device: model.place().name.clone(), why } };
        print(&match self.format {
            Form::Table => table(&told),
            Form::Json => serde_json::to_string_pretty(&told)? + "\n",
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

fn table(told: &Told) -> String {
    let mut text = String::new();
    for Adapter { number, name, kind, api, driver, largest_buffer, largest_binding, workgroup, f16, .. } in
        &told.adapters
    {
        let (buffer, binding) = (megabytes(*largest_buffer), megabytes(*largest_binding));
        let f16 = if *f16 { "f16" } else { "no f16" };
        // A String takes whatever is written.
        let _ = writeln!(text, "gpu:{number}  {name}");
        let _ = writeln!(text, "       {kind}, {api}, {driver}");
        let _ = writeln!(
            text,
            "       buffers of {buffer}, of which a kernel sees {binding}; workgroups of {workgroup}; {f16}"
        );
    }
    if told.adapters.is_empty() {
        text += "no graphics adapter\n";
    }
    let threads = super::run::count(told.threads, "thread");
    let _ = writeln!(text, "cpu    {threads}");
    let _ = writeln!(text, "auto   {}: {}", told.auto.device, told.auto.why);
    text
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / 1_000_000)
}
