//! What a visitor downloads, in bytes, and how much it may be.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use flate2::{Compression, write::GzEncoder};

/// A part of the page: its name, the file, and the most bytes it may have as it is and by brotli.
const PARTS: [(&str, &str, usize, usize); 3] = [
    ("engine", "unmask_bg.wasm", 4_000_000, 800_000),
    ("pure", "pure_bg.wasm", 700_000, 260_000),
    ("weights", "models/default/model.safetensors", 25_000_000, 25_000_000),
];

/// What wasm-bindgen writes.
const GLUE: [&str; 2] = ["unmask.js", "pure.js"];

/// The scripts of a view: its name, their folders, and the most bytes of them.
const SCRIPTS: [(&str, &[&str], usize); 2] =
    [("scripts", &["", "store", "export", "guide"], 240_000), ("lab scripts", &["lab"], 64_000)];

/// A part of the page, measured.
pub struct Measured {
    pub name: &'static str,
    pub bytes: usize,
    /// By gzip -9 and by brotli 11; none of what is not one file.
    pub packed: Option<[usize; 2]>,
    /// The most bytes it may have, and by brotli.
    most: [usize; 2],
}

/// The parts of a page, with `pack` also compressed.
pub fn parts(dist: &Path, pack: bool) -> anyhow::Result<Vec<Measured>> {
    let mut told = vec![];
    for (name, file, most_raw, most_brotli) in PARTS {
        let bytes = fs::read(found(dist, file)?).with_context(|| format!("{file} cannot be read"))?;
        let packed = if pack { Some([gzip(&bytes)?, brotli(&bytes)?]) } else { None };
        told.push(Measured { name, bytes: bytes.len(), packed, most: [most_raw, most_brotli] });
    }
    for (name, folders, most) in SCRIPTS {
        let bytes = folders.iter().map(|folder| scripts(&dist.join(folder))).sum::<anyhow::Result<usize>>()?;
        told.push(Measured { name, bytes, packed: None, most: [most, most] });
    }
    Ok(told)
}

/// Where a file lies: under its own name, or, once the page is whole, under the one that files.json gives it.
fn found(dist: &Path, file: &str) -> anyhow::Result<PathBuf> {
    if dist.join(file).exists() {
        return Ok(dist.join(file));
    }
    let listing =
        fs::read(dist.join("files.json")).with_context(|| format!("neither {file} nor files.json is there"))?;
    let listing: serde_json::Value = serde_json::from_slice(&listing)?;
    let url = listing["files"][file]["url"].as_str().with_context(|| format!("files.json does not list {file}"))?;
    Ok(dist.join(url))
}

/// Prints the sizes of the page; with `check` the compressed ones too, and an error when one is over its limit.
pub fn report(dist: &Path, check: bool) -> anyhow::Result<()> {
    let mut over = None;
    let mut limit = |what: String, bytes: usize, most: usize| {
        if bytes > most {
            over.get_or_insert(format!("{what}: {bytes} bytes; at most {most}"));
        }
    };
    println!("{:<12}{:>12}{:>12}{:>12}", "bytes", "raw", "gzip -9", "brotli 11");
    for Measured { name, bytes, packed, most: [most_raw, most_brotli] } in parts(dist, check)? {
        print!("{name:<12}{bytes:>12}");
        if let Some([gzip, brotli]) = packed {
            print!("{gzip:>12}{brotli:>12}");
            limit(format!("{name} by brotli"), brotli, most_brotli);
        }
        println!();
        limit(name.to_owned(), bytes, most_raw);
    }
    match over {
        Some(what) if check => bail!(what),
        _ => Ok(()),
    }
}

/// Our own modules in a folder; the glue belongs to the wasm modules.
fn scripts(folder: &Path) -> anyhow::Result<usize> {
    let mut total = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        if !GLUE.iter().any(|glue| name == *glue)
            && Path::new(&name).extension().is_some_and(|extension| extension == "js")
        {
            total += written(&fs::read_to_string(entry.path())?);
        }
    }
    Ok(total)
}

/// The bytes of a script, but for what the build writes into the service worker's: a list of all others.
fn written(script: &str) -> usize {
    let listed = |line: &&str| ["const VERSION = ", "const FILES = "].iter().any(|begin| line.starts_with(begin));
    script.len() - script.split_inclusive('\n').filter(listed).map(str::len).sum::<usize>()
}

fn gzip(bytes: &[u8]) -> anyhow::Result<usize> {
    let mut encoder = GzEncoder::new(vec![], Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len())
}

fn brotli(bytes: &[u8]) -> anyhow::Result<usize> {
    let mut out = vec![];
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)?;
    Ok(out.len())
}
