//! What a visitor downloads, in bytes, and how much it may be.

use std::{fs, io::Write, path::Path};

use anyhow::bail;
use flate2::{Compression, write::GzEncoder};

const WASM_RAW: usize = 12_000_000;
const WASM_BROTLI: usize = 1_600_000;
const SCRIPTS: usize = 60_000;

/// Prints the sizes of the page; with `check` the compressed ones too, and an error when one is over its limit.
pub fn report(dist: &Path, check: bool) -> anyhow::Result<()> {
    let wasm = fs::read(dist.join("unmask_bg.wasm"))?;
    let weights = fs::read(dist.join("models/default/model.safetensors"))?;
    let scripts = scripts(dist)?;
    if !check {
        println!("wasm {} bytes, weights {} bytes, scripts {scripts} bytes", wasm.len(), weights.len());
        return Ok(());
    }
    println!("{:<10}{:>12}{:>12}{:>12}", "", "raw", "gzip -9", "brotli 11");
    let mut wasm_brotli = 0;
    for (name, bytes) in [("wasm", &wasm), ("weights", &weights)] {
        let brotli = brotli(bytes)?;
        println!("{name:<10}{:>12}{:>12}{brotli:>12}", bytes.len(), gzip(bytes)?);
        if name == "wasm" {
            wasm_brotli = brotli;
        }
    }
    println!("{:<10}{scripts:>12}", "scripts");
    let limits = [
        ("the wasm module", wasm.len(), WASM_RAW),
        ("the wasm module by brotli", wasm_brotli, WASM_BROTLI),
        ("the scripts", scripts, SCRIPTS),
    ];
    match limits.into_iter().find(|(_, bytes, most)| bytes > most) {
        Some((what, bytes, most)) => bail!("{what}: {bytes} bytes; at most {most}"),
        None => Ok(()),
    }
}

/// Our own modules; the glue belongs to the wasm module.
fn scripts(dist: &Path) -> anyhow::Result<usize> {
    let mut total = 0;
    for entry in fs::read_dir(dist)? {
        let entry = entry?;
        let name = entry.file_name();
        if name != "unmask.js" && Path::new(&name).extension().is_some_and(|extension| extension == "js") {
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
