//! `unmask bench` as its user meets it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{fs, process::Command};

use serde_json::Value;

/// Exit code, standard output and standard error, from another folder.
fn bench(arguments: &[&str]) -> (i32, String, String) {
    let model = std::path::absolute("tests/model").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_unmask"));
    command.args(["bench", "--model"]).arg(model).args(arguments).current_dir(std::env::temp_dir());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn measured(arguments: &[&str]) -> Value {
    let (code, text, notes) = bench(&[arguments, &["--seconds", "0", "--format", "json"]].concat());
    assert_eq!(code, 0, "{notes}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_length_and_batch_has_its_numbers() {
    let told = measured(&["--device", "cpu", "--lengths", "8,16", "--batches", "1,3"]);
    let cells = told["cells"].as_array().unwrap();
    let shape = |cell: &Value| (cell["length"].as_u64().unwrap(), cell["batch"].as_u64().unwrap());
    assert_eq!(cells.iter().map(shape).collect::<Vec<_>>(), [(8, 1), (8, 3), (16, 1), (16, 3)]);
    let number = |value: &Value, name: &str| value[name].as_f64().unwrap_or_else(|| panic!("{name} in {value}"));
    for cell in cells {
        let (length, batch) = shape(cell);
        assert_eq!(cell["read_back_bytes"], length * batch * 64); // 16 numbers a position
        assert!(cell["dispatches"].is_null() && number(cell, "calls") >= 3.0);
        let (least, median) = (number(cell, "least_ms"), number(cell, "median_ms"));
        assert!(0.0 < least && least <= median && number(cell, "first_ms") > 0.0, "{cell}");
        let rate = number(cell, "gflop") * number(cell, "calls_per_second");
        assert!((number(cell, "gflops") / rate - 1.0).abs() < 1e-9);
        assert!((number(cell, "share") * number(&told, "ceiling_gflops") / rate - 1.0).abs() < 1e-9);
    }
    assert!(number(&told, "load_ms") > 0.0 && told["device"] == "cpu" && told["parameters"] == 133_568);
    assert!(told["kernels_ms"].is_null(), "the CPU compiles none");
}

#[test]
fn logits_alone_are_timed_when_they_are_asked_for() {
    let told = measured(&["--device", "cpu", "--lengths", "16", "--batches", "3"]);
    assert!(told["cells"][0]["logits_ms"].is_null());
    let told = measured(&["--device", "cpu", "--lengths", "16", "--batches", "3", "--logits"]);
    assert!(told["cells"][0]["logits_ms"].as_f64().unwrap() > 0.0);
    let (code, text, _) = bench(&["--device", "cpu", "--seconds", "0", "--batches", "1", "--logits"]);
    assert!(code == 0 && text.contains(" ms for the logits alone\n"), "{text}");
}

#[test]
fn a_gpu_s_operations_are_counted() {
    let told = measured(&["--device", "gpu", "--lengths", "16", "--batches", "1,2"]);
    let counts: Vec<u64> =
        told["cells"].as_array().unwrap().iter().map(|cell| cell["dispatches"].as_u64().unwrap()).collect();
    // The embedding, six of each of two blocks, the logits, what is said of them; a batch goes through together.
    assert_eq!(counts, [15, 15]);
    let (kernels, load) = (told["kernels_ms"].as_f64().unwrap(), told["load_ms"].as_f64().unwrap());
    assert!(0.0 < kernels && kernels < load, "{kernels} of {load} ms");
}

#[test]
fn f16_is_measured_where_it_is_asked_for() {
    let told =
        |precision| measured(&["--device", "gpu", "--lengths", "16", "--batches", "1", "--precision", precision]);
    let (half, whole) = (told("f16"), told("f32"));
    assert_eq!((&half["precision"], &whole["precision"]), (&"f16".into(), &"f32".into()));
    assert_eq!(half["cells"][0]["dispatches"], whole["cells"][0]["dispatches"]);
    let bytes = |told: &Value| told["weight_bytes"].as_u64().unwrap();
    assert!(bytes(&half) < bytes(&whole) * 7 / 10, "{half} {whole}");
    let (code, _, notes) = bench(&["--device", "cpu", "--precision", "f16"]);
    assert!(code == 1 && notes.contains("in f16: it knows f32 alone"), "{notes}");
}

#[test]
fn a_gpu_s_kernels_are_timed_by_its_own_clock() {
    let told = measured(&["--device", "gpu", "--lengths", "16", "--batches", "2", "--kernels"]);
    let kernels = told["cells"][0]["kernels"].as_array().unwrap();
    let counts: Vec<(&str, u64)> =
        kernels.iter().map(|one| (one["name"].as_str().unwrap(), one["dispatches"].as_u64().unwrap())).collect();
    let block = ["qkv", "rotate", "attend", "proj", "gates", "down"].map(|name| (name, 2));
    assert_eq!(counts, [&[("embed", 1)], &block[..], &[("logits", 1), ("predict", 1)]].concat());
    let number = |one: &Value, name: &str| one[name].as_f64().unwrap_or_else(|| panic!("{name} in {one}"));
    assert!(kernels.iter().all(|one| number(one, "us") >= 0.0 && number(one, "floor_us") > 0.0));
    let gflop: f64 = kernels.iter().map(|one| number(one, "gflop")).sum();
    assert!(
        (gflop / number(&told["cells"][0], "gflop") - 1.0).abs() < 1e-9 && number(&told, "copied_gb_per_second") > 0.0
    );
    let (code, _, notes) = bench(&["--device", "cpu", "--seconds", "0", "--kernels"]);
    assert!(
        code == 1 && notes.contains("only kernels are timed, which run this program's own nets on a GPU"),
        "{notes}"
    );
}

#[test]
fn runs_that_keep_keys_and_values_are_told_of_beside_exact_ones() {
    let told = measured(&["--device", "cpu", "--lengths", "16", "--batches", "1", "--cache", "2,100", "--run", "6"]);
    let cached = told["cached"].as_array().unwrap();
    let intervals: Vec<u64> = cached.iter().map(|one| one["refresh"].as_u64().unwrap()).collect();
    assert_eq!(intervals, [1, 2, 100]);
    let number = |index: usize, name: &str| cached[index][name].as_f64().unwrap();
    assert_eq!((number(0, "time"), number(0, "same")), (1.0, 1.0));
    assert!(number(0, "nats_off").abs() < 1e-9 && number(0, "nats_off") < number(1, "nats_off"));
    assert!(number(1, "nats_off") < number(2, "nats_off") && number(2, "same") <= number(1, "same"));
    assert!((0..3).all(|index| number(index, "ms") > 0.0 && cached[index]["steps"] == 6));
    let (code, table, notes) = bench(&["--device", "cpu", "--lengths", "8", "--seconds", "0", "--cache", "4"]);
    assert_eq!(code, 0, "{notes}");
    assert!(table.contains("all anew every") && table.contains("  4 calls  "), "{table}");
    let (code, _, notes) = bench(&["--device", "gpu", "--lengths", "8", "--cache", "4"]);
    assert!(code == 1 && notes.contains("on the device cpu; this one"), "{notes}");
}

#[test]
fn an_earlier_result_is_compared_with() {
    let file = std::env::temp_dir().join(format!("unmask-bench-test-{}.json", std::process::id()));
    let cell = ["--device", "cpu", "--lengths", "8", "--batches", "1"];
    let mut before = measured(&cell);
    before["cells"][0]["median_ms"] = Value::from(1e9);
    before["device"] = "another".into();
    fs::write(&file, before.to_string()).unwrap();
    let against = ["--seconds", "0", "--against", file.to_str().unwrap()];
    let (code, table, notes) = bench(&[&cell[..], &against].concat());
    assert_eq!(code, 0, "{notes}");
    let row = table.lines().find(|line| line.trim_start().starts_with("8 ")).unwrap();
    assert!(row.ends_with("  0.00") && table.contains("before, the device was another\n"), "{table}");
    // What was not measured before has nothing to be compared with.
    let (code, _, notes) = bench(&[&cell[..], &against, &["--format", "json"]].concat());
    assert!(code == 2 && notes.contains("--against is for the table"), "{notes}");
    let other = bench(&[&["--device", "cpu", "--lengths", "9", "--batches", "1"], &against[..]].concat()).1;
    assert!(other.lines().any(|line| line.trim_start().starts_with("9 ") && line.ends_with("  -")), "{other}");
    before["cells"][0]["median_ms"] = "fast".into();
    fs::write(&file, before.to_string()).unwrap();
    let (code, text, notes) = bench(&[&cell[..], &against].concat());
    assert!(code == 1 && text.is_empty() && notes.contains("is no result of `unmask bench"), "{notes}");
    fs::remove_file(file).unwrap();
}

#[test]
fn what_cannot_be_measured_is_refused_in_words() {
    for (wrong, code, words) in [
        (&["--lengths", "33"][..], 2, "length is 33; it must be between 1 and 32"),
        (&["--lengths", "8,8"], 2, "length 8 is given twice"),
        (&["--batches", "1,0"], 2, "must be a whole number from 1"),
        (&["--seconds", "-1"], 2, "must be a number from 0 to 3600"),
        (&["--against", "/none.json"], 1, "/none.json cannot be read"),
        (&["--device", "gpu:77"], 1, "there is no adapter gpu:77"),
    ] {
        let arguments = [&["--lengths", "8"][..], wrong].concat();
        let (found, text, notes) = bench(if wrong[0] == "--lengths" { wrong } else { &arguments });
        assert!(found == code && text.is_empty() && notes.contains(words), "{wrong:?}: {notes}");
    }
}
