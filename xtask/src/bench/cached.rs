//! What keeping keys and values between calls saves, and how far it is off.

use serde_json::Value;

use super::{
    tables::{number, show, table, times},
    unmask::Unmask,
};

/// Calls of a run at most, and in how many all is computed once.
const CALLS: [&str; 2] = ["32", "4"];
const EVERY: [&str; 2] = ["2,4,8,32", "2"];

/// Prints runs with a cache beside exact ones.
pub fn measure(unmask: &Unmask, quick: bool) -> anyhow::Result<()> {
    let (calls, every) = (CALLS[usize::from(quick)], EVERY[usize::from(quick)]);
    let arguments =
        ["--device", "cpu", "--batches", "1", "--seconds", "0", "--run", calls, "--cache", every].map(str::to_owned);
    let (told, command) = unmask.bench(&arguments)?;
    let empty = vec![];
    let row = |one: &Value| {
        let more = &one["judge_more"];
        [
            number(&one["refresh"], 0),
            times(&one["time"], &Value::from(1)),
            number(&one["same"], 3),
            number(&one["nats_off"], 4),
            number(&one["judge_nats"], 3),
            format!("{} ± {}", number(&more["mean"], 3), number(&more["within"], 3)),
        ]
    };
    let rows: Vec<_> = told["cached"].as_array().unwrap_or(&empty).iter().map(row).collect();
    let heads =
        ["all anew every", "time, of exact", "same tokens", "nats off", "judge's nats", "more than exact, 95 %"];
    show("Caching between calls", &command, &table(heads, &rows));
    Ok(())
}
