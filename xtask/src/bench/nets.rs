//! Models to measure: the default one for longer sequences, and random ones of several sizes.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::PathBuf,
};

use anyhow::Context;
use serde_json::{Map, Value, json};

use crate::{root, web};

/// The longest sequence that is measured.
pub const LONGEST: usize = 1024;

/// A net's sizes.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub name: &'static str,
    d_model: usize,
    layers: usize,
    d_ff: usize,
}

/// From a fifth of the default model's size to sixteen times it, each with heads of 64 numbers, as it has.
pub const SIZES: [Size; 4] = [
    Size { name: "1m", d_model: 128, layers: 4, d_ff: 344 },
    Size { name: "5m", d_model: 256, layers: 6, d_ff: 688 },
    Size { name: "20m", d_model: 512, layers: 6, d_ff: 1376 },
    Size { name: "80m", d_model: 768, layers: 11, d_ff: 2064 },
];

/// The default model with room for [`LONGEST`] tokens: its positions are angles, which there are of any number.
pub fn long() -> anyhow::Result<PathBuf> {
    let (folder, mut config) = begun("long")?;
    config.insert("seq_len".into(), json!(LONGEST));
    fs::copy(root().join("assets/model/model.safetensors"), folder.join("model.safetensors"))?;
    write(&folder, &config)
}

/// A net of random weights, the same ones every time: how long it takes does not depend on them.
pub fn random(size: Size) -> anyhow::Result<PathBuf> {
    let (folder, mut config) = begun(&format!("random-{}", size.name))?;
    let vocab = config.get("vocab_size").and_then(Value::as_u64).context("the default model has no vocab_size")?;
    for (key, value) in
        [("d_model", size.d_model), ("n_layer", size.layers), ("n_head", size.d_model / HEAD), ("d_ff", size.d_ff)]
    {
        config.insert(key.into(), json!(value));
    }
    config.insert("emb_scale".into(), json!((size.d_model as f64).sqrt()));
    let file = File::create(folder.join("model.safetensors"))?;
    weights(&tensors(size, vocab as usize), &mut BufWriter::new(file))?;
    write(&folder, &config)
}

const HEAD: usize = 64;

/// A model's folder with all but weights and config, and the default model's config without what is only true of that.
fn begun(name: &str) -> anyhow::Result<(PathBuf, Map<String, Value>)> {
    let (folder, from) = (web::target()?.join("bench").join(name), root().join("assets/model"));
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    fs::copy(from.join("tokenizer.json"), folder.join("tokenizer.json"))?;
    let mut config: Map<String, Value> = serde_json::from_slice(&fs::read(from.join("config.json"))?)?;
    for key in ["params", "steps", "tokens", "train_seconds", "val_nelbo_nats_per_token"] {
        config.remove(key);
    }
    Ok((folder, config))
}

fn write(folder: &std::path::Path, config: &Map<String, Value>) -> anyhow::Result<PathBuf> {
    fs::write(folder.join("config.json"), serde_json::to_string_pretty(config)? + "\n")?;
    Ok(folder.to_owned())
}

/// Names and shapes, as src/model/weights.rs asks for them.
fn tensors(Size { d_model: d, layers, d_ff: ff, .. }: Size, vocab: usize) -> Vec<(String, Vec<usize>)> {
    let mut all = vec![("emb.weight".to_owned(), vec![vocab, d]), ("norm.weight".to_owned(), vec![d])];
    for block in 0..layers {
        let parts = [
            ("norm1", vec![d]),
            ("qkv", vec![3 * d, d]),
            ("q_norm", vec![HEAD]),
            ("k_norm", vec![HEAD]),
            ("proj", vec![d, d]),
            ("norm2", vec![d]),
            ("w13", vec![2 * ff, d]),
            ("w2", vec![d, ff]),
        ];
        all.extend(parts.map(|(part, shape)| (format!("blocks.{block}.{part}.weight"), shape)));
    }
    all
}

/// A safetensors file in bf16: norms of one, all else even in [-0.035, 0.035], as wide as the normal numbers of 0.02 that
/// training begins with.
fn weights(tensors: &[(String, Vec<usize>)], out: &mut impl Write) -> anyhow::Result<()> {
    let (mut header, mut end) = (Map::new(), 0);
    for (name, shape) in tensors {
        let begin = end;
        end += 2 * shape.iter().product::<usize>();
        header.insert(name.clone(), json!({ "dtype": "BF16", "shape": shape, "data_offsets": [begin, end] }));
    }
    let header = Value::Object(header).to_string();
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    let mut state = 1u64; // Knuth's generator, whose high bits are good enough
    for (_, shape) in tensors {
        for _ in 0..shape.iter().product::<usize>() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let even = (state >> 40) as f32 / (1u64 << 24) as f32;
            let value = if shape.len() == 1 { 1.0 } else { (2.0 * even - 1.0) * 0.035 };
            out.write_all(&((value.to_bits() >> 16) as u16).to_le_bytes())?;
        }
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_what_its_header_says() {
        let tensors = tensors(SIZES[0], 16);
        let mut file = vec![];
        weights(&tensors, &mut file).unwrap();
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
        let last = header["blocks.3.w2.weight"]["data_offsets"][1].as_u64().unwrap() as usize;
        assert_eq!(file.len(), 8 + length + last);
        let ones = header["norm.weight"]["data_offsets"][0].as_u64().unwrap() as usize + 8 + length;
        assert_eq!(file[ones..ones + 2], (f32::to_bits(1.0) >> 16).to_le_bytes()[..2]);
    }
}
