//! Shards from files.

use std::{fs, path::PathBuf};

use anyhow::Context;
use unmask::sweep::{Shard, Summary, merge};

use super::{Format, samples_table};
use crate::cli::print::print;

/// Reads the files and prints what the whole command prints.
///
/// # Errors
/// Names the file, and line and column where it is broken; or the shard that is lost, there twice or of another sweep.
pub fn print_merged(files: &[PathBuf], format: Format) -> anyhow::Result<()> {
    let read = |path: &PathBuf| {
        let name = path.display().to_string();
        let text = fs::read(path).with_context(|| format!("{name} cannot be read"))?;
        let shard: Shard = serde_json::from_slice(&text).with_context(|| format!("{name} is not a shard"))?;
        Ok((name, shard))
    };
    let shards = files.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    print(&samples_table::printed(&Summary::new(merge(shards)?), format)?)
}
