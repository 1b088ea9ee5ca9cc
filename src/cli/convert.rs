//! `unmask convert`: a model in one file, in the type of numbers that is asked for.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use unmask::{
    model::{COMPANIONS, ModelFiles, converted},
    whole_file::write_whole,
};

use super::{model_options::of_folder, print::print};

/// Write a model anew: its weights in one file and one type of numbers.
///
/// IN is any model that --model takes. Config and tokenizer stay as they are. With them goes a self-test, the answers of the CPU
/// by which a GPU is tested, so that a run need not make it first.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask convert bert-base-uncased bert-f16
  unmask convert sharded-model one-file --dtype bf16
  unmask convert my-model my-model-f32 --dtype f32
  unmask generate --model bert-f16 --prompt 'the dog'")]
pub struct Convert {
    /// Folder of the model: config.json, tokenizer.json, and model.safetensors or its shards with their index
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// Folder to write, made if it is not there; a model in it is not written over
    #[arg(value_name = "OUT")]
    to: PathBuf,
    /// Type of the stored numbers: f32, f16, bf16; a run computes in f32
    #[arg(long, value_enum, default_value_t = Stored::F16)]
    dtype: Stored,
}

/// How numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Stored {
    /// 4 bytes
    F32,
    /// 2 bytes, up to 65504
    F16,
    /// 2 bytes, less exact, as large as f32
    Bf16,
}

impl Convert {
    /// Writes it, and says what.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let own = ["tokenizer.json", "config.json", "self_test.json", "model.safetensors"];
        if let Some(name) = own.into_iter().chain(COMPANIONS).find(|name| self.to.join(name).exists()) {
            bail!("{} is there already: name another OUT", self.to.join(name).display());
        }
        let dtype = match self.dtype {
            Stored::F32 => burn::tensor::DType::F32,
            Stored::F16 => burn::tensor::DType::F16,
            Stored::Bf16 => burn::tensor::DType::BF16,
        };
        let files = ModelFiles::read(&self.from)?;
        let new = converted(&files, dtype).map_err(|error| of_folder(Some(&self.from), error))?;
        fs::create_dir_all(&self.to).with_context(|| format!("{} cannot be made", self.to.display()))?;
        // The weights last: without them it is no model yet.
        let [tokenizer, config, self_test, weights] = own;
        let mut written: Vec<(&str, &[u8])> = vec![(tokenizer, &new.tokenizer), (config, &new.config)];
        written.extend(new.companions.iter().map(|(&name, bytes)| (name, bytes.as_slice())));
        written.extend(new.self_test.as_deref().map(|bytes| (self_test, bytes)));
        written.push((weights, &new.weights));
        let mut told = String::new();
        for (name, bytes) in written {
            write_whole(&self.to.join(name), bytes)?;
            told += &format!("{:>12} bytes  {}\n", bytes.len(), self.to.join(name).display());
        }
        print(&told)?;
        Ok(ExitCode::SUCCESS)
    }
}
