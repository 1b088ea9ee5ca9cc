//! `unmask model info`: what a model's folder holds.

use std::{collections::BTreeMap, fmt::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Args, Subcommand};
use serde::Serialize;
use unmask::{
    model::{Config, Model, ModelFiles, Place},
    text::sha256,
};

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

/// Print what a model is: its shape, its files, how it was trained.
///
/// The model is loaded for it, so that one that cannot be is named with what is wrong.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask model info
  unmask model info my-model --format json")]
struct Info {
    /// Folder with model.safetensors, config.json and tokenizer.json; the built-in model if not given
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
    /// Of the weights file.
    bytes: usize,
    /// How many tensors are stored in which type of numbers.
    stored: BTreeMap<String, usize>,
    self_test: bool,
    config: Config,
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
    Ok(Told {
        folder,
        kind: if model.config().causal() { "judge" } else { "denoiser" },
        parameters: model.parameters(),
        model: model.hash().to_owned(),
        tokenizer: sha256(&files.tokenizer),
        bytes: files.weights.len(),
        stored,
        self_test: files.self_test.is_some(),
        config: model.config().clone(),
    })
}

fn table(told: &Told) -> String {
    let Config { arch, vocab_size, seq_len, d_model, n_layer, n_head, d_ff, .. } = &told.config;
    let stored: Vec<_> = told.stored.iter().map(|(kind, count)| format!("{count} tensors in {kind}")).collect();
    let mut rows = vec![
        ("model", told.folder.clone()),
        ("kind", format!("{}, {arch}", told.kind)),
        ("weights", format!("{}, {} bytes, {}", told.parameters, told.bytes, stored.join(", "))),
        ("shape", format!("{n_layer} blocks, {d_model} wide, {n_head} heads, gated layer {d_ff}")),
        ("tokens", format!("vocabulary of {vocab_size}, up to {seq_len} at once")),
    ];
    let Config { steps, tokens, train_seconds, val_nelbo_nats_per_token, .. } = &told.config;
    let mut trained = vec![];
    trained.extend(steps.map(|steps| format!("{steps} steps")));
    trained.extend(tokens.map(|tokens| format!("{:.1} M tokens", tokens as f64 / 1e6)));
    trained.extend(train_seconds.map(|seconds| format!("{seconds} s")));
    trained.extend(val_nelbo_nats_per_token.map(|nats| format!("{nats:.3} nats a token on held-out text")));
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
