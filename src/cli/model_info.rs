//! `unmask model info`: what a model's folder holds.

use std::{collections::BTreeMap, fmt::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use unmask::model::{Model, ModelFiles, Outline, Place};

use super::print::{Form, print};

/// Look into a model.
#[derive(Args, Debug)]
pub struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    Info(Info),
}

/// Print what a model is: its family, its shape, its tokens, its files, how it was trained.
///
/// The model is loaded for it, so that one that cannot be is named with what is wrong.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask model info
  unmask model info my-model --format json")]
struct Info {
    /// Folder with model.safetensors, or its shards, config.json and tokenizer.json; the built-in model if not given
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// How to print: table, json
    #[arg(long, value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// All that is printed.
#[derive(Serialize)]
struct Told {
    folder: String,
    /// `denoiser` or `judge`.
    kind: &'static str,
    parameters: usize,
    /// SHA-256 of the weights file and of the tokenizer file.
    model: String,
    tokenizer: String,
    /// Of the weights, and how many files they are in.
    bytes: usize,
    shards: usize,
    /// How many tensors are stored in which type of numbers.
    stored: BTreeMap<String, usize>,
    self_test: bool,
    /// The names of the mask, and of what stands before and after every text.
    mask: String,
    frame: [Vec<String>; 2],
    /// The config as it is in its file.
    config: Value,
    #[serde(skip)]
    outline: Outline,
}

impl Command {
    /// Prints it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let What::Info(Info { folder, format }) = self.what;
        let name =
            folder.as_ref().map_or_else(|| "the built-in model".to_owned(), |folder| folder.display().to_string());
        let files = folder.map_or_else(|| Ok(ModelFiles::embedded()), |folder| ModelFiles::read(&folder))?;
        let told = told(name.clone(), &files).context(name)?;
        print(&match format {
            Form::Table => table(&told),
            Form::Json => serde_json::to_string_pretty(&told)? + "\n",
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

fn told(folder: String, files: &ModelFiles) -> anyhow::Result<Told> {
    let model = Model::load_judge(files, Place::cpu())?;
    let mut stored = BTreeMap::new();
    for (_, tensor) in safetensors::SafeTensors::deserialize(&files.weights)?.tensors() {
        *stored.entry(format!("{:?}", tensor.dtype()).to_lowercase()).or_default() += 1;
    }
    let outline = model.config().clone();
    let text = model.text();
    let names = |ids: &[u32]| ids.iter().map(|&id| text.name(id)).collect();
    let (before, after) = text.frame();
    Ok(Told {
        folder,
        kind: if outline.causal { "judge" } else { "denoiser" },
        parameters: model.parameters(),
        model: model.hash().to_owned(),
        tokenizer: text.hash().to_owned(),
        bytes: files.weights.len(),
        shards: files.shards,
        stored,
        self_test: files.self_test.is_some(),
        mask: text.name(outline.mask_id),
        frame: [names(before), names(after)],
        config: serde_json::from_slice(&files.config)?,
        outline,
    })
}

fn table(told: &Told) -> String {
    let Outline { arch, vocab_size, seq_len, d_model, n_layer, n_head, d_ff, .. } = &told.outline;
    let stored: Vec<_> = told.stored.iter().map(|(kind, count)| format!("{count} tensors in {kind}")).collect();
    let shards = if told.shards > 1 { format!(", from {} files", told.shards) } else { String::new() };
    let mut rows = vec![
        ("model", told.folder.clone()),
        ("kind", format!("{}, {arch}", told.kind)),
        ("weights", format!("{}, {} bytes, {}{shards}", told.parameters, told.bytes, stored.join(", "))),
        ("shape", format!("{n_layer} blocks, {d_model} wide, {n_head} heads, gated layer {d_ff}")),
        ("tokens", format!("vocabulary of {vocab_size}, up to {seq_len} at once")),
        ("mask", format!("{}, number {}", told.mask, told.outline.mask_id)),
    ];
    let [before, after] = &told.frame;
    if before.len() + after.len() > 0 {
        rows.push(("frame", format!("{} text {}", before.join(" "), after.join(" "))));
    }
    let number = |key: &str| told.config.get(key).and_then(Value::as_f64);
    let mut trained = vec![];
    trained.extend(number("steps").map(|steps| format!("{steps} steps")));
    trained.extend(number("tokens").map(|tokens| format!("{:.1} M tokens", tokens / 1e6)));
    trained.extend(number("train_seconds").map(|seconds| format!("{seconds} s")));
    trained.extend(number("val_nelbo_nats_per_token").map(|nats| format!("{nats:.3} nats a token on held-out text")));
    if !trained.is_empty() {
        rows.push(("trained", trained.join(", ")));
    }
    rows.push(("self-test", if told.self_test { "stored" } else { "made when a GPU is to be tested" }.to_owned()));
    rows.push(("sha256", format!("{} weights", told.model)));
    rows.push(("", format!("{} tokenizer", told.tokenizer)));
    let mut text = String::new();
    for (name, value) in rows {
        // A String takes whatever is written.
        let _ = writeln!(text, "{name:<10} {value}");
    }
    text
}
