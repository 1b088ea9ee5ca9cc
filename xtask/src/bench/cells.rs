//! How long a call takes, and how that grows: with the tokens of a sequence, with sequences, with weights.

use std::path::PathBuf;

use serde_json::Value;

use super::{
    nets,
    tables::{number, show, table, times},
    unmask::Unmask,
};

/// Lengths of one sequence, and numbers of sequences of the model's own length. All of each with all of the other would take
/// an hour.
const LENGTHS: [&str; 2] = ["64,128,256,512,1024", "64,256"];
const BATCHES: [&str; 2] = ["1,2,4,8,16,32,64,128,256", "1,8"];
/// Long sequences, and how many of them.
const LONG: [usize; 2] = [nets::LONGEST, 256];
const LONG_BATCHES: [&str; 2] = ["1,4,16", "1,2"];
const OWN: usize = 128;

/// A table to be: its title, the commands that made it, and what they told.
struct Told {
    title: String,
    commands: Vec<String>,
    told: Vec<Value>,
}

/// Measures a device and prints its tables.
pub fn measure(unmask: &Unmask, device: &str, quick: bool) -> anyhow::Result<()> {
    let few = usize::from(quick);
    let (long, own, longest) = (nets::long()?, OWN.to_string(), LONG[few].to_string());
    let named = device.to_uppercase();
    let bench = |title: String, models: &[Option<PathBuf>], lengths: &str, batches: &str| {
        let (mut commands, mut told) = (vec![], vec![]);
        for model in models {
            let seconds = if quick { "0" } else { "2" };
            let mut arguments = ["--device", device, "--lengths", lengths, "--batches", batches, "--seconds", seconds]
                .map(str::to_owned)
                .to_vec();
            arguments.extend(model.iter().flat_map(|model| ["--model".to_owned(), model.display().to_string()]));
            let (one, command) = unmask.bench(&arguments)?;
            commands.push(command);
            told.push(one);
        }
        anyhow::Ok(Told { title, commands, told })
    };
    let sizes = &nets::SIZES[..if quick { 2 } else { nets::SIZES.len() }];
    let random = sizes.iter().map(|&size| nets::random(size).map(Some)).collect::<anyhow::Result<Vec<_>>>()?;
    let by_shape = [
        bench(format!("{named}, by the tokens of a sequence"), &[Some(long.clone())], LENGTHS[few], "1")?,
        bench(format!("{named}, by sequences of {OWN} tokens"), &[None], &own, BATCHES[few])?,
        bench(format!("{named}, by sequences of {longest} tokens"), &[Some(long)], &longest, LONG_BATCHES[few])?,
    ];
    let by_weights =
        bench(format!("{named}, by weights: random nets, sequences of {OWN} tokens"), &random, &own, "1,8")?;

    // Of a busy machine a single try may say anything: the best one counts.
    let all = || by_shape.iter().chain([&by_weights]).flat_map(|told| &told.told);
    let ceiling = all().filter_map(|told| told["ceiling_gflops"].as_f64()).fold(0.0, f64::max);
    let first = &by_shape[1].told[0];
    println!("\n## {named}: {}\n\n{}", first["device"].as_str().unwrap_or("?"), about(first, ceiling));
    for Told { title, commands, told } in &by_shape {
        show(title, commands.join("`, `"), &shapes(&told[0], ceiling));
    }
    show(&by_weights.title, by_weights.commands.join("`, `"), &weights(&by_weights.told, ceiling));
    Ok(())
}

/// What holds for all of a device's calls.
fn about(told: &Value, ceiling: f64) -> String {
    let kernels = told["kernels_ms"].as_f64().map(|ms| format!(", {ms:.0} ms of them for its kernels"));
    format!(
        "Loaded in {} ms{}; the first call takes {} ms. Products of large f32 matrices reach {ceiling:.0} GFLOP/s.",
        number(&told["load_ms"], 0),
        kernels.unwrap_or_default(),
        number(&told["first_call_ms"], 0),
    )
}

/// A line a length and batch.
fn shapes(told: &Value, ceiling: f64) -> String {
    let empty = vec![];
    let cells = told["cells"].as_array().unwrap_or(&empty);
    let row = |cell: &Value| {
        [
            number(&cell["length"], 0),
            number(&cell["batch"], 0),
            number(&cell["first_ms"], 1),
            number(&cell["median_ms"], 2),
            times(&cell["median_ms"], &cells[0]["median_ms"]),
            number(&cell["least_ms"], 2),
            number(&cell["tokens_per_second"], 0),
            number(&cell["read_back_bytes"], 0),
            number(&cell["dispatches"], 0),
            number(&cell["gflops"], 0),
            percent(&cell["gflops"], ceiling),
        ]
    };
    let heads = [
        "tokens",
        "sequences",
        "first call, ms",
        "ms a call",
        "times the first line",
        "least",
        "tokens/s",
        "bytes back",
        "operations sent",
        "GFLOP/s",
        "of the products'",
    ];
    table(heads, &cells.iter().map(row).collect::<Vec<_>>())
}

/// A line a net.
fn weights(told: &[Value], ceiling: f64) -> String {
    let row = |one: &Value| {
        let [single, eight] = [&one["cells"][0], &one["cells"][1]];
        [
            number(&one["parameters"], 0),
            number(&one["load_ms"], 0),
            number(&single["median_ms"], 2),
            times(&single["median_ms"], &told[0]["cells"][0]["median_ms"]),
            number(&eight["median_ms"], 2),
            number(&eight["gflops"], 0),
            percent(&eight["gflops"], ceiling),
        ]
    };
    let heads = ["weights", "loaded ms", "1 sequence, ms", "times the least", "8, ms", "GFLOP/s", "of the products'"];
    table(heads, &told.iter().map(row).collect::<Vec<_>>())
}

fn percent(gflops: &Value, ceiling: f64) -> String {
    gflops.as_f64().map_or_else(|| "-".into(), |gflops| format!("{:.0} %", 100.0 * gflops / ceiling))
}
