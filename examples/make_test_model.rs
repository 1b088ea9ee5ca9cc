//! Makes the small untrained model of the browser tests, `tests/model`: two layers, 64 wide, 32 positions, the first 512
//! tokens of the default tokenizer. `cargo run --release --example make_test_model`

use std::{fs, path::Path};

use burn::{prelude::*, tensor::DType};
use serde_json::{Value, json};
use unmask::model::{Config, Net, save};

const VOCAB: u64 = 512;

fn main() -> anyhow::Result<()> {
    let folder = Path::new("tests/model");
    fs::create_dir_all(folder)?;
    let config = json!({
        "arch": unmask::model::ARCH, "vocab_size": VOCAB, "seq_len": 32, "d_model": 64, "n_layer": 2, "n_head": 2,
        "d_ff": 176, "emb_scale": 8.0, "rope_base": 10000.0, "rope": "half-split", "norm": "rmsnorm", "norm_eps": 1e-5,
        "tied_embeddings": true, "time_conditioning": false, "eot_id": 0, "pad_id": 1, "mask_id": 2
    });
    let config = serde_json::to_string_pretty(&config)? + "\n";
    let device = Device::flex();
    device.seed(1);
    let net = Net::new(&Config::from_bytes(config.as_bytes())?, &device);
    fs::write(folder.join("config.json"), &config)?;
    fs::write(folder.join("model.safetensors"), save(&net, DType::F16)?)?;
    let tokenizer = fs::read("assets/model/tokenizer.json")?;
    fs::write(folder.join("tokenizer.json"), serde_json::to_vec(&first_tokens(serde_json::from_slice(&tokenizer)?)?)?)?;
    Ok(())
}

/// Keeps the tokens below [`VOCAB`] and the merges that make them; ids are given out in the order of the merges.
fn first_tokens(mut tokenizer: Value) -> anyhow::Result<Value> {
    let part = |tokenizer: &mut Value, key: &str| tokenizer["model"][key].take();
    let Value::Object(mut vocab) = part(&mut tokenizer, "vocab") else { anyhow::bail!("the vocabulary is no object") };
    let Value::Array(mut merges) = part(&mut tokenizer, "merges") else { anyhow::bail!("the merges are no list") };
    vocab.retain(|_, id| id.as_u64().is_some_and(|id| id < VOCAB));
    merges.retain(|merge| {
        let parts = merge.as_array().map(|parts| parts.iter().filter_map(Value::as_str).collect::<String>());
        let whole = parts.or_else(|| merge.as_str().map(|pair| pair.replacen(' ', "", 1)));
        whole.is_some_and(|token| vocab.contains_key(&token))
    });
    tokenizer["model"]["vocab"] = Value::Object(vocab);
    tokenizer["model"]["merges"] = Value::Array(merges);
    Ok(tokenizer)
}
