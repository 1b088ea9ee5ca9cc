//! How long a call takes, and how that grows: with the tokens of a sequence, with sequences, with weights.

use serde_json::Value;

use super::{
    nets,
    tables::{number, show, table, times},
    unmask::Unmask,
};

/// Lengths of one sequence, and numbers of sequences of the model's own length. All of each with all of the other would take
/// an hour.
const LENGTHS: [&str; 2] = ["64,128,256,512,1024", "64,1024"];
const BATCHES: [&str; 2] = ["1,2,4,8,16,32,64,128,256", "1,8"];
/// Of the longest sequences.
const LONG_BATCHES: [&str; 2] = ["1,4,16", "1"];
const OWN: usize = 128;

/// Prints the tables of a device.
pub fn measure(unmask: &Unmask, device: &str, quick: bool) -> anyhow::Result<()> {
    let few = usize::from(quick);
    let seconds = if quick { "0" } else { "2" };
    let long = nets::long()?.display().to_string();
    let named = device.to_uppercase();
    let bench = |model: Option<&str>, lengths: &str, batches: &str| {
        let mut arguments = vec!["--device", device, "--lengths", lengths, "--batches", batches, "--seconds", seconds];
        arguments.extend(model.iter().flat_map(|model| ["--model", model]));
        unmask.bench(&arguments.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };

    let (told, command) = bench(Some(&long), LENGTHS[few], "1")?;
    println!("\n## {named}: {}\n\n{}", told["device"].as_str().unwrap_or("?"), about(&told));
    show(&format!("{named}, by the tokens of a sequence"), command, &of(&told));

    let (told, command) = bench(None, &OWN.to_string(), BATCHES[few])?;
    show(&format!("{named}, by sequences of {OWN} tokens"), command, &of(&told));

    let (told, command) = bench(Some(&long), &nets::LONGEST.to_string(), LONG_BATCHES[few])?;
    show(&format!("{named}, by sequences of {} tokens", nets::LONGEST), command, &of(&told));

    let (mut rows, mut commands, mut first) = (vec![], vec![], Value::Null);
    for &size in &nets::SIZES[..if quick { 2 } else { nets::SIZES.len() }] {
        let (told, command) = bench(Some(&nets::random(size)?.display().to_string()), &OWN.to_string(), "1,8")?;
        commands.push(command);
        if first.is_null() {
            first = told["cells"][0]["median_ms"].clone();
        }
        let [one, eight] = [&told["cells"][0], &told["cells"][1]];
        rows.push([
            number(&told["parameters"], 0),
            number(&told["load_ms"], 0),
            number(&one["median_ms"], 2),
            times(&one["median_ms"], &first),
            number(&eight["median_ms"], 2),
            number(&eight["gflops"], 0),
            percent(&eight["share"]),
        ]);
    }
    let heads = ["weights", "loaded ms", "1 sequence, ms", "times the least", "8, ms", "GFLOP/s", "of the products'"];
    let title = format!("{named}, by weights: random nets, sequences of {OWN} tokens");
    show(&title, commands.join("`, `"), &table(heads, &rows));
    Ok(())
}

/// What holds for all of a device's calls.
fn about(told: &Value) -> String {
    let kernels = told["kernels_ms"].as_f64().map(|ms| format!(", {ms:.0} ms of them for its kernels"));
    format!(
        "Loaded in {} ms{}; the first call takes {} ms. Products of large f32 matrices reach {} GFLOP/s.",
        number(&told["load_ms"], 0),
        kernels.unwrap_or_default(),
        number(&told["first_call_ms"], 0),
        number(&told["ceiling_gflops"], 0),
    )
}

/// A line a length and batch.
fn of(told: &Value) -> String {
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
            percent(&cell["share"]),
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

fn percent(share: &Value) -> String {
    share.as_f64().map_or_else(|| "-".into(), |share| format!("{:.0} %", 100.0 * share))
}
