//! Where the time of a call goes on a GPU: kernel by kernel, and in whole runs.

use serde_json::Value;

use super::{
    tables::{number, show, table, times},
    unmask::Unmask,
};

/// Sequences of which the kernels are timed.
const BATCHES: [usize; 2] = [1, 64];
/// Calls of a whole run at most.
const CALLS: [&str; 2] = ["32", "2"];

/// Prints what a GPU's own clock tells.
pub fn measure(unmask: &Unmask, quick: bool) -> anyhow::Result<()> {
    let batches = if quick { &BATCHES[..1] } else { &BATCHES };
    let list = batches.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let arguments =
        ["--device", "gpu", "--batches", &list, "--kernels", "--run", CALLS[usize::from(quick)], "--seconds", "0"];
    let (told, command) = unmask.bench(&arguments.map(str::to_owned))?;
    let empty = vec![];
    let cells = told["cells"].as_array().unwrap_or(&empty);
    for cell in cells {
        let kernels = cell["kernels"].as_array().unwrap_or(&empty);
        let all: f64 = kernels.iter().filter_map(|one| one["us"].as_f64()).sum();
        let row = |one: &Value| {
            let us = one["us"].as_f64().unwrap_or(0.0);
            let name = one["name"].as_str().unwrap_or("?").to_owned();
            let [times, time, floor] =
                [("dispatches", 0), ("us", 1), ("floor_us", 1)].map(|(key, digits)| number(&one[key], digits));
            let (work, moved) = (number(&one["gflop"], 3), number(&one["megabytes"], 2));
            [name, times, time, format!("{:.0} %", 100.0 * us / all), work, moved, floor]
        };
        let rows: Vec<_> = kernels.iter().map(row).collect();
        let precision = told["precision"].as_str().unwrap_or("f32");
        let size = format!("{} x {} tokens", cell["batch"], cell["length"]);
        let title = format!("The GPU's own time for {size} in {precision}: {all:.0} µs");
        show(&title, &command, &table(["kernel", "operations", "µs", "of all", "GFLOP", "MB", "floor µs"], &rows));
    }
    let row = |run: &Value| {
        let cell = |name: &str, digits| number(&run[name], digits);
        [cell("length", 0), cell("calls", 0), cell("ms", 1), cell("gpu_ms", 1), times(&run["ms"], &run["gpu_ms"])]
    };
    let rows: Vec<_> = told["runs"].as_array().unwrap_or(&empty).iter().map(row).collect();
    let heads = ["tokens", "calls", "ms", "the GPU's own ms for its calls", "times that"];
    show("Whole runs", &command, &table(heads, &rows));
    Ok(())
}
