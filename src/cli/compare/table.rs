//! What one run of each setting has come to, in numbers.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use unmask::{
    forecast::Told,
    model::{Model, ModelFiles, Place},
    order::Order,
    sweep::Ruler,
    text::sha256,
};

use crate::cli::{run::Summary, table::number};

/// A line of the table.
#[derive(Debug, Serialize)]
pub struct Row {
    setting: String,
    seed: u64,
    stopped: bool,
    calls: usize,
    /// Tokens that a call revealed, at least and at most.
    sizes: [usize; 2],
    milliseconds_a_call: f64,
    /// What the profile of the built-in model says that calls of these sizes lose, in nats; for the random order alone.
    predicted_loss: Option<f64>,
    /// `exp` of the nats a token that the built-in judge gives to what was revealed; for texts of its tokens alone.
    perplexity: Option<f64>,
    text: String,
}

/// The rows of runs that are called `names`.
pub fn rows(names: &[String], done: &[Summary]) -> anyhow::Result<Vec<Row>> {
    let files = ModelFiles::judge();
    let known = |hash: &str| hash == sha256(&files.tokenizer);
    let reads = done.iter().all(|run| known(&run.opening.header.tokenizer));
    let mut judge = reads.then(|| Model::load_judge(&files, Place::cpu())).transpose()?;
    let mut rows = vec![];
    for (name, run) in names.iter().zip(done) {
        let calls = run.calls();
        rows.push(Row {
            setting: name.clone(),
            seed: run.seed(),
            stopped: run.stopped,
            calls,
            sizes: [run.sizes.iter().min(), run.sizes.iter().max()].map(|size| size.copied().unwrap_or(0)),
            milliseconds_a_call: run.milliseconds / calls.max(1) as f64,
            predicted_loss: predicted(run)?,
            perplexity: judge.as_mut().map(|judge| perplexity(judge, run)).transpose()?.flatten(),
            text: run.text.clone(),
        });
    }
    Ok(rows)
}

/// The profile of the built-in model, and whose it is.
#[derive(Deserialize)]
struct Profile {
    model: String,
    #[serde(flatten)]
    told: Told,
}

/// What the profile says of the sizes that were drawn.
fn predicted(run: &Summary) -> anyhow::Result<Option<f64>> {
    let header = &run.opening.header;
    let words = header.words();
    let scheduled = words.schedule.is_some() && words.block_length.is_none() && words.early_stop.is_none();
    let random = words.order.as_deref() == Some(&*Order::Random.to_string());
    if !scheduled || !random || header.temperature != 1.0 || run.stopped {
        return Ok(None);
    }
    let profile = include_str!("../../../assets/model/profile.json");
    let profile: Profile = serde_json::from_str(profile).context("the profile of the built-in model is broken")?;
    if profile.model != header.model || profile.told.length != header.length {
        return Ok(None);
    }
    Ok(Some(profile.told.drawn(&run.sizes, header.length - run.fresh.len())?))
}

/// How the judge holds what was revealed; nothing for a run that was stopped, or for more tokens than it reads.
fn perplexity(judge: &mut Model, run: &Summary) -> anyhow::Result<Option<f64>> {
    if run.stopped || run.fresh.is_empty() || run.tokens.len() > judge.config().seq_len {
        return Ok(None);
    }
    let end = judge.config().eot_id;
    let mut ruler = Ruler { judge: Some(judge), grams: None, end };
    let quality = pollster::block_on(ruler.measure(&run.tokens, &run.fresh))?;
    Ok(quality.nats.map(|nats| (nats / quality.tokens as f64).exp()))
}

/// What the runs have written.
pub fn texts(rows: &[Row]) -> String {
    rows.iter().map(|row| format!("--- {}\n{}\n\n", row.setting, row.text)).collect()
}

/// The rows for people.
pub fn table(rows: &[Row]) -> String {
    let heads = ["setting", "seed", "calls", "tokens a call", "ms a call", "predicted loss", "perplexity"];
    let mut lines = vec![heads.map(str::to_owned)];
    let known = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), number);
    for row in rows {
        let [least, most] = row.sizes;
        let stopped = if row.stopped { ", stopped" } else { "" };
        lines.push([
            row.setting.clone(),
            row.seed.to_string(),
            format!("{}{stopped}", row.calls),
            if least == most { most.to_string() } else { format!("{least} to {most}") },
            format!("{:.1}", row.milliseconds_a_call),
            known(row.predicted_loss),
            known(row.perplexity),
        ]);
    }
    let wide = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(wide);
    let mut text = String::new();
    for line in &lines {
        let [first, rest @ ..] = line;
        text += &format!("{first:<width$}", width = widths[0]);
        for (cell, width) in rest.iter().zip(&widths[1..]) {
            text += &format!("  {cell:>width$}");
        }
        text += "\n";
    }
    if rows.iter().any(|row| row.predicted_loss.is_some()) {
        text += "predicted loss: nats that calls of these sizes lose by drawing tokens apart, by the model's measured profile\n";
    }
    if rows.iter().any(|row| row.perplexity.is_some()) {
        text += "perplexity: of what was revealed, under the built-in judge; one text says little\n";
    }
    text
}
