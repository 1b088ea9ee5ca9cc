//! What is written is read, and what is broken is named by its line.

use super::*;
use crate::{
    denoiser::{Prediction, TOP},
    sampler::Reveal,
};
use proptest::prelude::*;

fn header() -> Header {
    Header {
        version: VERSION,
        model: "ab".repeat(32),
        tokenizer: "cd".repeat(32),
        prompt: "Once \"upon\"\na time — ✓".into(),
        pins: vec![(2, 9)],
        length: 3,
        schedule: Some("adaptive-min".into()),
        order: Some("random".into()),
        rule: None,
        remasking: None,
        block_length: None,
        early_stop: None,
        steps: 8,
        temperature: 0.7,
        seed: crate::random::MAX_SEED,
        cache: None,
        precision: None,
        device: "cpu".into(),
        mask: 2,
        vocabulary: (0..10).map(|id| format!("<{id}>")).collect(),
    }
}

fn frame(step: u32, number: f32) -> Frame {
    let prediction = Prediction {
        position: 1,
        token: 5,
        log_prob: number,
        entropy: number,
        margin: number,
        top: [(5, number); TOP],
        ..Prediction::default()
    };
    let revealed = vec![Reveal { position: 1, token: 5, log_prob: number }];
    Frame { step, tokens: vec![2, 5, 9], revealed, predictions: vec![prediction], remasked: vec![] }
}

fn written(frames: &[Frame]) -> Vec<u8> {
    let mut out = vec![];
    write_line(&mut out, &header()).unwrap();
    for frame in frames {
        write_line(&mut out, frame).unwrap();
    }
    out
}

proptest! {
    #[test]
    fn what_is_written_is_read(number in -100f32..100.0, count in 0u32..5) {
        let frames: Vec<Frame> = (0..count).map(|step| frame(step, number)).collect();
        prop_assert_eq!(read(&written(&frames)[..]).unwrap(), Trace { header: header(), frames, stopped: false });
    }
}

#[test]
fn a_scheduled_run_is_written_as_ever_and_other_runs_in_their_own_words() {
    let text = String::from_utf8(written(&[frame(0, 0.5)])).unwrap();
    assert!(text.contains(r#""length":3,"schedule":"adaptive-min","order":"random","steps":8,"temperature":0.7"#));
    assert!(!text.contains("remask") && !text.contains("block"), "{text}");
    let words = Header {
        schedule: None,
        order: None,
        rule: Some("threshold:tau=0.9".into()),
        block_length: Some(4),
        ..header()
    };
    let again = Frame { remasked: vec![0, 2], ..frame(0, 0.5) };
    let text = format!("{}\n{}\n", line(&words).unwrap(), line(&again).unwrap());
    assert!(text.contains(r#""length":3,"rule":"threshold:tau=0.9","block_length":4,"steps":8"#), "{text}");
    assert_eq!(read(text.as_bytes()).unwrap(), Trace { header: words, frames: vec![again], stopped: false });
    let outside = text.replace("[0,2]", "[0,3]");
    assert_eq!(read(outside.as_bytes()).unwrap_err().to_string(), "line 2: position 3 of 3 tokens");
}

#[test]
fn a_cache_is_told_of_and_an_exact_run_says_nothing_of_one() {
    let exact = String::from_utf8(written(&[frame(0, 0.5)])).unwrap();
    assert!(!exact.contains("cache"), "{exact}");
    let kept = exact.replace("\"device\"", "\"cache\":4,\"device\"");
    let header = Header { cache: Some(4), ..header() };
    assert_eq!(read(kept.as_bytes()).unwrap().header, header);
    assert!(kept.starts_with(&line(&header).unwrap()));
    assert!(header.told(true).contains(&"cache, all anew every 4 calls".to_owned()));
    let error = read(kept.replace("\"cache\":4", "\"cache\":1").as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "line 1: cache is 1; it must be at least 2, and is left out where every call was exact");
}

#[test]
fn f16_is_told_of_and_f32_is_not() {
    let whole = String::from_utf8(written(&[frame(0, 0.5)])).unwrap();
    assert!(!whole.contains("precision"), "{whole}");
    let half = whole.replace("\"device\"", "\"precision\":\"f16\",\"device\"");
    let header = Header { precision: Some("f16".into()), ..header() };
    assert_eq!(read(half.as_bytes()).unwrap().header, header);
    assert!(half.starts_with(&line(&header).unwrap()));
    assert!(header.told(true).contains(&"f16".to_owned()));
    let error = read(half.replace("f16", "f32").as_bytes()).unwrap_err().to_string();
    assert_eq!(error, "line 1: precision is `f32`; it must be f16, and is left out where it was f32");
}

#[test]
fn an_unknown_version_is_refused_by_number() {
    let text = String::from_utf8(written(&[])).unwrap().replace("\"version\":2", "\"version\":7");
    assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), "line 1: trace version 7; this program reads version 2");
    assert!(matches!(read(&b"{}"[..]).unwrap_err(), TraceError::Version { .. }));
}

#[test]
fn broken_lines_are_named_by_number() {
    let good = String::from_utf8(written(&[frame(0, 0.5), frame(1, 0.5)])).unwrap();
    let cut = good.trim_end().strip_suffix("}").unwrap();
    assert!(read(cut.as_bytes()).unwrap_err().to_string().starts_with("line 3: not a valid frame"));
    let twice = String::from_utf8(written(&[frame(0, 0.5), frame(0, 0.5)])).unwrap();
    assert_eq!(read(twice.as_bytes()).unwrap_err().to_string(), "line 3: frame 0 where frame 1 must stand");
    assert!(read(&b"not json"[..]).unwrap_err().to_string().starts_with("line 1: not a valid header"));
    assert!(matches!(read(&b""[..]).unwrap_err(), TraceError::Empty));
}

#[test]
fn a_run_that_was_stopped_says_so_last() {
    let mut text = written(&[frame(0, 0.5), frame(1, 0.5)]);
    write_line(&mut text, &Stopped { stopped: 1 }).unwrap();
    let trace = read(&text[..]).unwrap();
    assert!(trace.stopped && trace.frames.len() == 2);
    let text = String::from_utf8(text).unwrap();
    let told = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
    let late = text.replace("{\"stopped\":1}", "{\"stopped\":2}");
    assert_eq!(told(&late), "line 4: stopped after call 2, but 2 frames stand before");
    let more = text.clone() + &line(&frame(2, 0.5)).unwrap();
    assert_eq!(told(&more), "line 5: nothing may follow the line that says where the run was stopped");
    assert!(told(&text.replace(":1}\n", ":1,\"x\":0}\n")).starts_with("line 4: not a valid frame"));
}

#[test]
fn pins_and_vocabulary_hold_in_every_line() {
    let text = String::from_utf8(written(&[frame(0, 0.5), frame(1, 0.5)])).unwrap();
    let told = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        read(text.replacen(from, to, 1).as_bytes()).unwrap_err().to_string()
    };
    let pinned = "line 1: token 9 pinned at position 3, of 3 tokens and a vocabulary of 10";
    assert_eq!(told("\"pins\":[[2,9]]", "\"pins\":[[3,9]]"), pinned);
    assert!(told("[[2,9]]", "[[2,2]]").starts_with("line 1: token 2 pinned"), "the mask is no pin");
    assert!(told("[[2,9]]", "[[2,9],[1,5]]").starts_with("line 1: pins that are not in the order"));
    assert_eq!(told("\"mask\":2", "\"mask\":10"), "line 1: mask 10 of a vocabulary of 10");
    assert_eq!(told("\"tokens\":[2,5,9]", "\"tokens\":[2,5,8]"), "line 2: token 8 at position 2, where 9 is pinned");
    assert_eq!(told("\"tokens\":[2,5,9]", "\"tokens\":[2,10,9]"), "line 2: token 10 of a vocabulary of 10");
    assert_eq!(told("\"tokens\":[2,5,9]", "\"tokens\":[2,9]"), "line 2: 2 tokens, but the header says 3");
}
