//! Checkpoints of other families against what `transformers` computes; `benches/peers/checkpoints.py` makes them.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::path::{Path, PathBuf};

use burn::tensor::DType;
use safetensors::{SafeTensors, tensor::Dtype};
use serde_json::{Value, json};
use unmask::{
    denoiser::{Ask, Denoiser, Extent, Masked},
    model::{Model, ModelError, ModelFiles, Place, converted, gpu},
    text::Text,
};

const FAMILIES: [&str; 9] =
    ["bert", "roberta", "xlm-roberta", "distilbert", "modernbert", "llama", "qwen3", "dream", "llada"];

fn folder(family: &str) -> PathBuf {
    Path::new("tests/checkpoints").join(family)
}

fn files(family: &str) -> ModelFiles {
    ModelFiles::read(&folder(family)).unwrap()
}

fn load(files: &ModelFiles) -> Model {
    Model::load(files, Place::cpu()).unwrap()
}

fn error(files: &ModelFiles) -> ModelError {
    match Model::load(files, Place::cpu()) {
        Ok(_) => panic!("loaded"),
        Err(error) => error,
    }
}

/// Tokens `[length]`, positions `[rows]`, logits `[rows, vocab]`.
fn golden(family: &str, logits: &str) -> (Vec<u32>, Vec<u32>, Vec<f32>) {
    let bytes = std::fs::read(folder(family).join("golden.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let words = |name: &str| -> Vec<u32> {
        file.tensor(name).unwrap().data().as_chunks().0.iter().map(|&word| u32::from_le_bytes(word)).collect()
    };
    (words("tokens"), words("positions"), words(logits).into_iter().map(f32::from_bits).collect())
}

/// The largest distance of a logit from that of `transformers`, and the largest logit.
fn distance(family: &str, model: &Model, logits: &str) -> (f32, f32) {
    let (tokens, positions, wanted) = golden(family, logits);
    let vocab = model.config().vocab_size;
    let found = pollster::block_on(model.logits(&tokens, tokens.len())).unwrap();
    assert_eq!(wanted.len(), positions.len() * vocab);
    let rows = positions.iter().zip(wanted.chunks(vocab));
    let apart = rows.flat_map(|(&position, row)| {
        row.iter().zip(&found[position as usize * vocab..]).map(|(wanted, found)| (wanted - found).abs())
    });
    (apart.fold(0.0, f32::max), wanted.iter().fold(0.0, |most, x| x.abs().max(most)))
}

#[test]
fn logits_of_every_family_are_those_of_transformers() {
    for family in FAMILIES {
        let model = load(&files(family));
        let (apart, most) = distance(family, &model, "logits");
        println!("{family}: {apart:.1e} apart, largest logit {most:.1}, {} parameters", model.parameters());
        assert!(apart < 1e-4, "{family}: {apart}");
        // They are of this net, not of any: another family's rows are far off.
        assert!(most > 3.0, "{family}: {most}");
    }
}

#[test]
fn weights_in_half_the_bytes_give_what_transformers_gives_with_them() {
    for family in FAMILIES {
        let whole = files(family);
        for (dtype, stored, logits) in
            [(DType::F16, Dtype::F16, "logits_f16"), (DType::BF16, Dtype::BF16, "logits_bf16")]
        {
            let half = converted(&whole, dtype).unwrap();
            let tensors = SafeTensors::deserialize(&half.weights).unwrap();
            assert!(tensors.tensors().iter().all(|(_, tensor)| tensor.dtype() == stored), "{family}");
            let model = load(&half);
            let (apart, _) = distance(family, &model, logits);
            let (rounding, _) = distance(family, &model, "logits");
            println!("{family} in {stored}: {apart:.1e} apart, {rounding:.1e} from f32");
            assert!(apart < 1e-4 && rounding > apart, "{family} in {stored}: {apart}, {rounding}");
            // The answers that go with them are those of these weights.
            let test = unmask::model::SelfTest::from_bytes(half.self_test.as_ref().unwrap()).unwrap();
            pollster::block_on(test.check(&mut load(&half))).unwrap();
        }
    }
}

/// The files of `family` with its tensors under other names, and `more` beside them.
fn renamed(family: &str, rename: impl Fn(&str) -> String, more: &[&str]) -> ModelFiles {
    let good = files(family);
    let file = SafeTensors::deserialize(&good.weights).unwrap();
    let mut tensors: Vec<_> = file.tensors().into_iter().map(|(name, tensor)| (rename(&name), tensor)).collect();
    let other = tensors[0].1.clone();
    tensors.extend(more.iter().map(|&name| (name.to_owned(), other.clone())));
    ModelFiles { weights: safetensors::serialize(tensors, None).unwrap().into(), ..good.clone() }
}

#[test]
fn weights_of_a_block_are_counted_by_its_products() {
    for (family, weights) in [("bert", 4 * 16 * 16 + 2 * 16 * 24), ("modernbert", 4 * 16 * 16 + 3 * 16 * 24)] {
        assert_eq!(load(&files(family)).config().block_weights, weights, "{family}");
    }
    // Four heads of 6 with two keys of 6 and as many values; the gated layer.
    assert_eq!(load(&files("qwen3")).config().block_weights, 16 * 6 * (4 + 2 + 2 + 4) + 3 * 16 * 24);
}

#[test]
fn files_and_configs_as_they_used_to_be_are_taken() {
    let old =
        |name: &str| name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
    let extra = ["bert.embeddings.position_ids", "bert.pooler.dense.weight", "cls.predictions.decoder.weight"];
    let model = load(&renamed("bert", old, &extra));
    assert_eq!(model.parameters(), load(&files("bert")).parameters());
    assert!(distance("bert", &model, "logits").0 < 1e-4);
    let unknown = error(&renamed("bert", str::to_owned, &["bert.encoder.layer.0.adapter.weight"])).to_string();
    assert!(unknown.contains("`bert.encoder.layer.0.adapter.weight`"), "{unknown}");
    let missing = error(&renamed("bert", |name| name.replace("cls.predictions.bias", "none"), &[])).to_string();
    assert!(missing.contains("no tensor `cls.predictions.bias`"), "{missing}");
    // A Qwen2 net is Dream's with every position's logits its own.
    let qwen = load(&changed("dream", "model_type", json!("qwen2")));
    let (tokens, positions, wanted) = golden("dream", "logits");
    let (found, vocab) = (pollster::block_on(qwen.logits(&tokens, tokens.len())).unwrap(), qwen.config().vocab_size);
    for (&position, row) in positions.iter().zip(wanted.chunks(vocab)).skip(1) {
        let found = &found[(position as usize - 1) * vocab..][..vocab];
        assert!(found.iter().zip(row).all(|(found, wanted)| (found - wanted).abs() < 1e-4), "{position}");
    }
    // ModernBERT's config before its layers and angles were listed.
    let good = files("modernbert");
    let mut config: Value = serde_json::from_slice(&good.config).unwrap();
    let keys = config.as_object_mut().unwrap();
    keys.remove("layer_types");
    keys.remove("rope_parameters");
    keys.extend([("global_attn_every_n_layers".to_owned(), json!(3)), ("local_rope_theta".to_owned(), json!(10000.0))]);
    let old = |config: &Value| ModelFiles { config: serde_json::to_vec(config).unwrap().into(), ..good.clone() };
    assert!(distance("modernbert", &load(&old(&config)), "logits").0 < 1e-4);
    // Its windows and angles count.
    for (key, value) in [("local_attention", 6), ("global_rope_theta", 5000), ("global_attn_every_n_layers", 1)] {
        let mut other = config.clone();
        other[key] = value.into();
        assert!(distance("modernbert", &load(&old(&other)), "logits").0 > 1e-3, "{key}");
    }
}

#[test]
fn shards_are_one_file() {
    let (whole, sharded) = (files("bert"), files("bert-sharded"));
    assert_eq!(whole.weights, sharded.weights);
    assert!(distance("bert", &load(&sharded), "logits").0 < 1e-4);
}

#[test]
fn the_gpu_computes_the_same() {
    let place = pollster::block_on(gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one");
    for family in FAMILIES {
        let model = pollster::block_on(Model::on_gpu(&files(family), place.clone())).unwrap();
        let (apart, _) = distance(family, &model, "logits");
        println!("{family} on {place}: {apart:.1e} apart");
        assert!(apart < 1e-3, "{family}: {apart}");
    }
}

#[test]
fn what_is_no_text_is_never_drawn() {
    for family in FAMILIES {
        let mut model = load(&files(family));
        let length = model.config().usual_len;
        let start = model.start("the dog", length).unwrap();
        let (before, after) = model.text().frame();
        assert_eq!((start.len(), start.starts_with(before), start.ends_with(after)), (length, true, true));
        let framed = ["bert", "roberta", "xlm-roberta", "distilbert", "modernbert"].contains(&family);
        assert_eq!((before.len(), after.len()), if framed { (1, 1) } else { (0, 0) }, "{family}");
        let extent = Extent { everywhere: false, distributions: true };
        for step in 1..5 {
            let ask = Ask { seed: 3, step, temperature: 10.0, extent };
            for one in pollster::block_on(model.predict(&start, &ask)).unwrap() {
                let text = model.text();
                let end = !framed && one.token == model.config().eot_id;
                assert!(end || !text.is_special(one.token), "{family}: {}", text.name(one.token));
                assert!(!text.name(one.token).is_empty(), "{family}: {}", one.token);
                let mask = one.distribution[model.config().mask_id as usize];
                let all: f32 = one.distribution.iter().map(|x| x.exp()).sum();
                assert!(mask == f32::NEG_INFINITY && (all - 1.0).abs() < 1e-3, "{family}: {mask}, {all}");
            }
        }
        // What is scored is what is drawn from.
        let place = start.iter().position(|&token| token == model.config().mask_id).unwrap() as u32;
        let truth = vec![(place, 40), (place + 1, model.config().mask_id)];
        let scored = pollster::block_on(model.log_probs(&[Masked { tokens: start.clone(), truth }])).unwrap();
        let ask = Ask { seed: 1, step: 1, temperature: 0.0, extent };
        let told = pollster::block_on(model.predict(&start, &ask)).unwrap();
        assert!((scored[0][0] - told[0].distribution[40]).abs() < 1e-4 && scored[0][1] == f32::NEG_INFINITY);
    }
}

#[test]
fn tokens_are_shown_as_text() {
    for family in FAMILIES {
        let model = load(&files(family));
        let (text, mask_id) = (model.text(), model.config().mask_id);
        let shown = |tokens: &[u32]| text.decode(tokens, mask_id).unwrap();
        let whole = "lily had a small dog, and a ball";
        let start = model.start(whole, model.length_of(whole).unwrap()).unwrap();
        assert_eq!(shown(&start), whole, "{family}");
        let forms = text.display_forms();
        let (before, after) = text.frame();
        let inner = &start[before.len()..start.len() - after.len()];
        let joined: String = inner.iter().map(|&token| forms[token as usize].as_str()).collect();
        assert_eq!(joined.trim_start(), whole, "{family}");
        let gap = model.start("lily had a <|mask|><|mask|> dog", 20).unwrap();
        assert_eq!(
            gap.iter().filter(|&&token| token == mask_id).count(),
            20 - model.length_of("lily had a  dog").unwrap()
        );
        assert!(shown(&gap).starts_with("lily had a") && shown(&gap).contains('░'), "{}", shown(&gap));
    }
    let bert = Text::of_others(&files("bert").tokenizer).unwrap();
    assert!(bert.display_forms().iter().all(|form| !form.contains("##")));
}

/// The files of `family` after a change of its config.
fn changed(family: &str, key: &str, value: Value) -> ModelFiles {
    let good = files(family);
    let mut config: Value = serde_json::from_slice(&good.config).unwrap();
    config[key] = value;
    ModelFiles { config: serde_json::to_vec(&config).unwrap().into(), ..good }
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let mdlm = error(&changed("bert", "model_type", json!("mdlm"))).to_string();
    assert!(
        mdlm.starts_with("architecture `BertForMaskedLM` (model_type `mdlm`) is not supported; supported: bert,"),
        "{mdlm}"
    );
    // A Llama without a mask is one that reads from left to right.
    let mut plain = files("llama");
    let tokenizer = String::from_utf8(plain.tokenizer.to_vec()).unwrap().replace("<|mask|>", "<|other|>");
    plain.tokenizer = tokenizer.into_bytes().into();
    let told = error(&plain).to_string();
    assert!(told.contains("model_type `llama`") && told.contains("no masked model"), "{told}");
    // A file beside it may say which token is one.
    plain.companions.insert("tokenizer_config.json", br#"{"mask_token": {"content": "<|other|>"}}"#.to_vec());
    assert_eq!(load(&plain).config().mask_id, 2);
    let cases = [
        ("bert", "hidden_size", json!(0), "`hidden_size` in config.json is 0; accepted: a whole number from 1 to"),
        ("bert", "hidden_size", json!(u64::MAX), "`hidden_size` in config.json is 18446744073709551615"),
        ("bert", "hidden_size", json!("wide"), "`hidden_size` in config.json is \"wide\""),
        ("bert", "hidden_size", Value::Null, "`hidden_size` in config.json is null"),
        (
            "bert",
            "num_attention_heads",
            json!(3),
            "`num_attention_heads` in config.json is 3; accepted: a number that divides",
        ),
        ("bert", "num_attention_heads", json!(0), "`num_attention_heads` in config.json is 0"),
        ("bert", "vocab_size", json!(119), "tokenizer.json has 120 tokens, config.json says 119"),
        (
            "bert",
            "vocab_size",
            json!(121),
            "tensor `bert.embeddings.word_embeddings.weight` of model.safetensors is [120, 16]",
        ),
        ("bert", "num_hidden_layers", json!(3), "no tensor `bert.encoder.layer.2.attention.self.query.weight`"),
        ("bert", "num_hidden_layers", json!(1), "tensor `bert.encoder.layer.1."),
        ("bert", "hidden_act", json!("mish"), "`hidden_act` in config.json is \"mish\"; accepted: gelu,"),
        ("bert", "position_embedding_type", json!("relative_key"), "accepted: absolute"),
        ("bert", "is_decoder", json!(true), "`is_decoder` in config.json is true; accepted: false"),
        ("roberta", "pad_token_id", json!(41), "`pad_token_id` in config.json is 41"),
        ("modernbert", "layer_types", json!(["full_attention"]), "`layer_types` in config.json"),
        ("modernbert", "num_attention_heads", json!(16), "heads of even size"),
        ("llama", "num_key_value_heads", json!(3), "`num_key_value_heads` in config.json is 3"),
        ("llama", "head_dim", json!(3), "`head_dim` in config.json is 3"),
        ("qwen3", "layer_types", json!(["full_attention", "sliding_attention"]), "accepted: full_attention alone"),
        ("llama", "rope_scaling", json!({"rope_type": "llama3"}), "`rope_scaling` in config.json is"),
        ("llama", "mask_token_id", json!(280), "`mask_token_id` in config.json is 280"),
        ("llama", "rope_parameters", json!({"rope_theta": 0.0}), "`rope_theta` in config.json is 0"),
        ("llada", "layer_norm_type", json!("low_precision"), "`layer_norm_type` in config.json"),
        (
            "llada",
            "mask_token_id",
            json!(282),
            "`mask_token_id` in config.json is 282; accepted: a token of tokenizer.json",
        ),
    ];
    for (family, key, value, words) in cases {
        let told = error(&changed(family, key, value.clone())).to_string();
        assert!(told.contains(words), "{family}, {key} {value}: {told}");
    }
}

#[test]
fn broken_shards_are_named() {
    let folder = std::env::temp_dir().join(format!("unmask-shards-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for entry in std::fs::read_dir(self::folder("bert-sharded")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let told = || {
        let error = ModelFiles::read(&folder).unwrap_err();
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    };
    let (index, second) = (folder.join("model.safetensors.index.json"), "model-00002-of-00003.safetensors");
    let good = std::fs::read_to_string(&index).unwrap();
    let with = |from: &str, to: &str| {
        std::fs::write(&index, good.replace(from, to)).unwrap();
        told()
    };
    assert!(
        with(second, "../../etc/passwd").contains("it names the shard `../../etc/passwd`; accepted: a file beside it")
    );
    assert!(with("bert.embeddings.LayerNorm.bias", "bert.none").contains("it says that `bert.none` is in model-"));
    assert!(with("weight_map", "weights").contains("model.safetensors.index.json cannot be used: missing field"));
    std::fs::write(&index, &good).unwrap();
    let shard = std::fs::read(folder.join(second)).unwrap();
    std::fs::write(folder.join(second), &shard[..shard.len() - 1]).unwrap();
    assert!(told().contains(second) && told().contains("was it cut off?"), "{}", told());
    std::fs::remove_file(folder.join(second)).unwrap();
    assert!(told().contains(&format!("{second} cannot be read")), "{}", told());
    std::fs::remove_dir_all(folder).unwrap();
}
