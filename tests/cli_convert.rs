//! Models of other families on the command line, and `unmask convert`.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// Exit code, standard output and standard error of a run from a folder where no model is.
fn unmask(arguments: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_unmask")).args(arguments).current_dir(std::env::temp_dir()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The standard output of what must succeed.
fn printed(arguments: &[&str]) -> String {
    let (code, text, notes) = unmask(arguments);
    assert_eq!(code, 0, "{arguments:?}: {notes}");
    text
}

/// The folder of a family's checkpoint.
fn model(family: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints").join(family).display().to_string()
}

/// A folder that is not there yet.
fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("unmask-convert-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

fn info(folder: &str) -> Value {
    serde_json::from_str(&printed(&["model", "info", folder, "--format", "json"])).unwrap()
}

#[test]
fn a_run_of_another_family_is_text_and_the_same_each_time() {
    for family in ["bert", "modernbert", "llada"] {
        let folder = model(family);
        let run = ["generate", "--model", &folder, "--prompt", "the dog", "--length", "20", "--seed", "3", "--device"];
        let text = printed(&[&run[..], &["cpu"]].concat());
        assert!(text.starts_with("the dog") && !text.contains(['░', '[']), "{family}: {text}");
        assert_eq!(text, printed(&[&run[..], &["cpu"]].concat()));
        assert_eq!(text, printed(&[&run[..], &["gpu"]].concat()), "{family}");
    }
    // Without --length, the most that it reads.
    let (code, _, notes) = unmask(&["generate", "--model", &model("bert"), "--prompt", "the dog", "--device", "cpu"]);
    assert!(code == 0 && notes.contains("36 tokens in 32 calls"), "{notes}"); // 40, [CLS] the dog [SEP]
    let (code, _, notes) = unmask(&["generate", "--model", &model("bert"), "--length", "41", "--device", "cpu"]);
    assert!(code == 1 && notes.contains("length is 41; it must be between 1 and 40"), "{notes}");
}

#[test]
fn gaps_are_filled_by_a_model_with_masks_of_its_own() {
    let run =
        ["infill", "lily had a ___ dog and a [MASK] ball!", "--gap", "2", "--seed", "1", "--device", "cpu", "--model"];
    let folder = model("bert");
    let (code, text, notes) = unmask(&[&run[..], &[&folder]].concat());
    assert!(code == 0 && notes.contains("3 tokens in 3 calls"), "{notes}");
    assert!(text.starts_with("lily had a") && text.ends_with("ball!\n") && !text.contains(['░', '[', '#']), "{text}");
}

#[test]
fn shards_become_one_file_that_runs_alike() {
    let (sharded, out) = (model("bert-sharded"), scratch("shards"));
    let to = out.to_str().unwrap();
    let told = printed(&["convert", &sharded, to, "--dtype", "f32"]);
    let size = fs::metadata(out.join("model.safetensors")).unwrap().len();
    assert!(told.contains(&format!("{size} bytes  {to}/model.safetensors")), "{told}");
    assert_eq!(fs::read(out.join("config.json")).unwrap(), fs::read(Path::new(&sharded).join("config.json")).unwrap());
    let (before, after) = (info(&sharded), info(to));
    assert_eq!((&before["shards"], &after["shards"]), (&3.into(), &1.into()));
    assert_eq!((&before["model"], &before["stored"]), (&after["model"], &after["stored"]));
    assert_eq!((&before["self_test"], &after["self_test"]), (&false.into(), &true.into()));
    let run =
        |folder: &str| printed(&["generate", "--model", folder, "--length", "16", "--seed", "2", "--device", "cpu"]);
    assert_eq!(run(&sharded), run(to));
    let (code, _, notes) = unmask(&["convert", &sharded, to]);
    assert!(code == 1 && notes.contains("is there already: name another OUT"), "{notes}");
    fs::remove_dir_all(out).unwrap();
}

#[test]
fn numbers_are_stored_as_asked_for() {
    let whole = fs::metadata(Path::new(&model("llama")).join("model.safetensors")).unwrap().len();
    for (dtype, largest) in [("f16", whole * 6 / 10), ("bf16", whole * 6 / 10), ("f32", whole)] {
        let out = scratch(dtype);
        let to = out.to_str().unwrap();
        printed(&["convert", &model("llama"), to, "--dtype", dtype]);
        assert_eq!(info(to)["stored"].as_object().unwrap().keys().collect::<Vec<_>>(), [dtype]);
        assert!(fs::metadata(out.join("model.safetensors")).unwrap().len() <= largest);
        fs::remove_dir_all(out).unwrap();
    }
    // This program's own as well, and nothing is lost on the way through f32.
    let own = format!("{}/tests/model", env!("CARGO_MANIFEST_DIR"));
    let folders = ["half", "whole", "back"].map(scratch);
    let [half, whole, back] = folders.each_ref().map(|folder| folder.to_str().unwrap());
    printed(&["convert", &own, half]);
    printed(&["convert", &own, whole, "--dtype", "f32"]);
    printed(&["convert", whole, back]);
    assert_eq!(info(half)["model"], info(back)["model"]);
    assert_ne!(info(half)["model"], info(whole)["model"]);
    for out in folders {
        fs::remove_dir_all(out).unwrap();
    }
}

#[test]
fn model_info_tells_of_the_family_and_its_tokens() {
    let table = printed(&["model", "info", &model("bert-sharded")]);
    for words in ["denoiser, bert", "42 tensors in f32, from 3 files", "[MASK], number 4", "[CLS] text [SEP]"] {
        assert!(table.contains(words), "{table}");
    }
    let told = info(&model("llada"));
    assert_eq!((&told["mask"], &told["config"]["n_kv_heads"]), (&"<|mask|>".into(), &2.into()));
}

#[test]
fn a_family_that_there_is_not_is_named_with_its_folder() {
    let folder = scratch("other");
    fs::create_dir_all(&folder).unwrap();
    for name in ["tokenizer.json", "model.safetensors"] {
        fs::copy(Path::new(&model("bert")).join(name), folder.join(name)).unwrap();
    }
    let config = r#"{"architectures": ["MDLMForMaskedLM"], "model_type": "mdlm"}"#;
    fs::write(folder.join("config.json"), config).unwrap();
    let to = scratch("none");
    let folder_name = folder.to_str().unwrap();
    for run in [&["generate", "--model", folder_name][..], &["convert", folder_name, to.to_str().unwrap()]] {
        let (code, text, notes) = unmask(run);
        assert!(code == 1 && text.is_empty() && !to.exists(), "{notes}");
        let words = "architecture `MDLMForMaskedLM` (model_type `mdlm`) is not supported; supported: bert, roberta";
        assert!(notes.contains(words) && notes.contains(folder_name), "{notes}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn samples_of_another_family_are_measured_and_texts_where_they_can_be() {
    let bert = model("bert");
    let samples = ["eval", "--model", &bert, "--runs", "2", "--length", "12", "--steps", "4", "--schedules", "uniform"];
    assert!(printed(&[&samples[..], &["--device", "cpu"]].concat()).contains("10 of 12 tokens revealed"));
    let text = scratch("text.txt");
    fs::write(&text, "lily had a dog. the dog had a ball. ".repeat(40)).unwrap();
    let path = text.to_str().unwrap();
    let (code, _, notes) = unmask(&["eval", path, "--model", &bert, "--device", "cpu"]);
    assert!(code == 1 && notes.contains("this model wants [CLS] and [SEP] around all it reads"), "{notes}");
    let read = ["eval", path, "--model", &model("llama"), "--length", "16", "--windows", "4", "--device", "cpu"];
    assert!(printed(&read).contains("4 windows of 16 tokens"));
    // Its profile is stored beside it.
    let folder = scratch("profiled");
    let of = ["--model", folder.to_str().unwrap(), "--device", "cpu"];
    printed(&["convert", &model("llama"), of[1], "--dtype", "f32"]);
    let stored = folder.join("profile.json");
    let measure = ["profile", path, "--length", "16", "--windows", "4", "--format", "json", "--out"];
    printed(&[&measure[..], &[stored.to_str().unwrap()], &of].concat());
    let told = printed(&["profile", of[0], of[1], "--steps", "4", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["model"], info(of[1])["model"]);
    fs::remove_dir_all(folder).unwrap();
    fs::remove_file(text).unwrap();
}
