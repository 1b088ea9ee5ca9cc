//! What a visitor downloads, in bytes, and how much it may be.

use std::{fs, io::Write, path::Path};

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

/// Prints the sizes of the page; with `check` the compressed ones too, and an error when one is over its limit.
pub fn report(dist: &Path, check: bool) -> anyhow::Result<()> {
    let mut over = None;
    let mut limit = |what: String, bytes: usize, most: usize| {
        if bytes > most {
            over.get_or_insert(format!("{what}: {bytes} bytes; at most {most}"));
        }
    };
    println!("{:<12}{:>12}{:>12}{:>12}", "bytes", "raw", "gzip -9", "brotli 11");
    for (name, file, most_raw, most_brotli) in PARTS {
        let bytes = fs::read(dist.join(file)).with_context(|| format!("{file} cannot be read"))?;
        print!("{name:<12}{:>12}", bytes.len());
        if check {
            let (gzip, brotli) = (gzip(&bytes)?, brotli(&bytes)?);
            print!("{gzip:>12}{brotli:>12}");
            limit(format!("{name} by brotli"), brotli, most_brotli);
        }
        println!();
        limit(name.to_owned(), bytes.len(), most_raw);
    }
    for (name, folders, most) in SCRIPTS {
        let bytes = folders.iter().map(|folder| scripts(&dist.join(folder))).sum::<anyhow::Result<usize>>()?;
        println!("{name:<12}{bytes:>12}");
        limit(name.to_owned(), bytes, most);
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
            total += entry.metadata()?.len() as usize;
        }
    }
    Ok(total)
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
