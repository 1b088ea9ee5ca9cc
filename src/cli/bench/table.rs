//! What was measured, for people.

use super::{Measured, cached::Cached, cell::Cell};
use crate::cli::run::count;

/// A line a length and batch, with the ratio to an earlier result where there is one.
pub fn table(measured: &Measured, why: &str, earlier: Option<&Measured>) -> String {
    let Measured { device, parameters, threads, load_ms, first_call_ms, ceiling_gflops, .. } = measured;
    let kernels = measured.kernels_ms.map(|ms| format!(" ({ms:.0} ms of them for its kernels)")).unwrap_or_default();
    let bytes = measured.weight_bytes.map(|bytes| format!(" of {bytes} bytes")).unwrap_or_default();
    let mut text = format!(
        "on {device}: {why}; {parameters} weights{bytes}, {} of the CPU\n\
         loaded in {load_ms:.0} ms{kernels}, first call {first_call_ms:.0} ms; burn's products of large f32 matrices reach {ceiling_gflops:.1} GFLOP/s\n\n",
        count(*threads, "thread"),
    );
    let before = |cell: &Cell| {
        let same = |other: &&Cell| (other.length, other.batch) == (cell.length, cell.batch);
        earlier.and_then(|earlier| earlier.cells.iter().find(same))
    };
    let mut lines = vec![
        [
            "tokens",
            "batch",
            "first ms",
            "ms a call",
            "least",
            "calls/s",
            "tokens/s",
            "bytes back",
            "dispatches",
            "GFLOP/s",
            "share",
            "of before",
        ]
        .map(str::to_owned),
    ];
    for cell in &measured.cells {
        lines.push([
            cell.length.to_string(),
            cell.batch.to_string(),
            format!("{:.1}", cell.first_ms),
            format!("{:.2}", cell.median_ms),
            format!("{:.2}", cell.least_ms),
            format!("{:.1}", cell.calls_per_second),
            format!("{:.0}", cell.tokens_per_second),
            cell.read_back_bytes.to_string(),
            cell.dispatches.map_or_else(|| "-".into(), |count| count.to_string()),
            format!("{:.1}", cell.gflops),
            format!("{:.0} %", 100.0 * cell.share),
            before(cell).map_or_else(|| "-".into(), |before| format!("{:.2}", cell.median_ms / before.median_ms)),
        ]);
    }
    let columns = if earlier.is_some() { 12 } else { 11 };
    for line in &lines {
        for (column, cell) in line[..columns].iter().enumerate() {
            let width = lines.iter().map(|line| line[column].len()).max().unwrap_or(0);
            text += &format!("{}{cell:>width$}", if column > 0 { "  " } else { "" });
        }
        text += "\n";
    }
    for cell in &measured.cells {
        let Some(ms) = cell.logits_ms else { continue };
        text += &format!("\n{} tokens, {} at a time: {ms:.2} ms for the logits alone\n", cell.length, cell.batch);
    }
    for run in &measured.runs {
        let over = run.gpu_ms.map(|gpu| format!(", {:.2} times the GPU's own time for its calls", run.ms / gpu));
        let over = over.unwrap_or_default();
        text += &format!("\na run of {} tokens in {}: {:.1} ms{over}\n", run.length, count(run.calls, "call"), run.ms);
    }
    for runs in measured.cached.chunk_by(|one, next| one.length == next.length) {
        text += &cached(runs);
    }
    for cell in &measured.cells {
        let Some(kernels) = &cell.kernels else { continue };
        let all: f64 = kernels.iter().map(|one| one.us).sum();
        text += &format!("\n{} tokens, {} at a time: {all:.0} µs by the GPU's clock\n", cell.length, cell.batch);
        text += "  kernel  times      µs each   floor each  share    GFLOP      MB\n";
        for one in kernels {
            let [each, floor] = [one.us, one.floor_us].map(|us| us / one.dispatches as f64);
            text += &format!(
                "{:>8} {:>6} {each:>12.1} {floor:>12.1} {:>4.0} % {:>8.3} {:>7.2}\n",
                one.name,
                one.dispatches,
                100.0 * one.us / all,
                one.gflop,
                one.megabytes
            );
        }
        let copies = measured.copied_gb_per_second.unwrap_or_default();
        text += &format!(
            "floor: its operations by the {ceiling_gflops:.1} GFLOP/s of burn's f32 products, or its bytes by {copies:.1} GB/s of a copy\n\
             GFLOP and MB are of all dispatches of a kernel\n"
        );
    }
    if let Some(earlier) = earlier {
        let other = |what: &str, now: &str, then: &str| {
            if now == then { String::new() } else { format!("before, the {what} was {then}\n") }
        };
        text += &other("device", device, &earlier.device);
        text += &other("number of threads", &threads.to_string(), &earlier.threads.to_string());
        text += &other("precision", &measured.precision, &earlier.precision);
        text += &other("model", &measured.model, &earlier.model);
    }
    text
}

/// Runs of one length; the first is exact.
fn cached(runs: &[Cached]) -> String {
    let Some(Cached { length, steps, .. }) = runs.first() else { return String::new() };
    let mut text = format!(
        "\nruns of {length} tokens in {steps} calls at most, with keys and values kept between calls:\n\
         all anew every  ms a run  of exact  same tokens  nats off  judge's nats            more\n"
    );
    for Cached { refresh, ms, time, same, nats_off, judge_nats, judge_more, .. } in runs {
        let every = if *refresh == 1 { "call".to_owned() } else { format!("{refresh} calls") };
        let same = format!("{:.1} %", 100.0 * same);
        let judged = judge_nats.map_or_else(|| "-".into(), |nats| format!("{nats:.3}"));
        let more = judge_more.map_or_else(|| "-".into(), |more| format!("{:.3} ± {:.3}", more.mean, more.within));
        text +=
            &format!("{every:>14}  {ms:>8.1}  {time:>8.2}  {same:>11}  {nats_off:>8.5}  {judged:>12}  {more:>14}\n");
    }
    text += "nats off: KL of a prediction from the exact one on the same tokens, the mean over masked positions\n\
             judge's nats: a token, under the built-in judge; and how many more than the exact run of the seed, 95 %\n";
    text
}
