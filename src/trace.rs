//! A run as data: a header and its frames, as JSON Lines, versioned. The page, the command line and the tests write and
//! read the same file.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use crate::{sampler::Frame, strategy::Words};

/// The version that is written, and the only one that is read.
pub const VERSION: u32 = 2;

/// A position, and the token that is given there beside the prompt; no call touches it.
pub type Pin = (u32, u32);

/// The first line: everything that is needed to make the run again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`VERSION`].
    pub version: u32,
    /// SHA-256 of the weights file, in hexadecimal.
    pub model: String,
    /// SHA-256 of the tokenizer file, in hexadecimal.
    pub tokenizer: String,
    /// The text before the masks.
    pub prompt: String,
    /// What is given beside the prompt, in the order of the positions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<Pin>,
    /// Tokens in all, the prompt's included.
    pub length: usize,
    /// The schedule, of a scheduled run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// The order, of a scheduled run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// The rule, if one chooses what each call reveals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The remasking, if tokens may be masked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remasking: Option<String>,
    /// Positions in a block, if the run goes block by block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_length: Option<usize>,
    /// The probability above which all that is left is revealed at once, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<f32>,
    /// The most calls the run may make.
    pub steps: usize,
    /// The temperature of the token draw.
    pub temperature: f32,
    /// The seed of everything random.
    pub seed: u64,
    /// What the model ran on when the run began, in words; a run goes on on the CPU when a GPU is lost.
    pub device: String,
    /// The id that stands where nothing is revealed.
    pub mask: u32,
    /// What each token looks like, by id, so that a run can be shown without its model.
    pub vocabulary: Vec<String>,
}

impl Header {
    /// How the run chooses what each call reveals, in the words of the header.
    pub fn words(&self) -> Words {
        Words {
            schedule: self.schedule.clone(),
            order: self.order.clone(),
            rule: self.rule.clone(),
            remasking: self.remasking.clone(),
            block_length: self.block_length,
            early_stop: self.early_stop,
        }
    }

    /// What is wrong with what the header itself says, in words.
    fn check(&self) -> Result<(), String> {
        let (length, vocab) = (self.length, self.vocabulary.len());
        if self.mask as usize >= vocab {
            return Err(format!("mask {} of a vocabulary of {vocab}", self.mask));
        }
        if !self.pins.is_sorted_by(|one, other| one.0 < other.0) {
            return Err("pins that are not in the order of their positions".into());
        }
        let sound =
            |&&(position, token): &&Pin| (position as usize) < length && (token as usize) < vocab && token != self.mask;
        match self.pins.iter().find(|pin| !sound(pin)) {
            Some((position, token)) => Err(format!(
                "token {token} pinned at position {position}, of {length} tokens and a vocabulary of {vocab}"
            )),
            None => Ok(()),
        }
    }
}

/// A whole trace, or one whose run was cancelled between two frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// How the run was made.
    pub header: Header,
    /// Frame 0 and one frame a call.
    pub frames: Vec<Frame>,
}

/// Why a trace cannot be read. Lines are counted from 1.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The file could not be read.
    #[error("the trace could not be read")]
    Io(#[from] io::Error),
    /// There is no line at all.
    #[error("the trace is empty; its first line must be a header")]
    Empty,
    /// Another version, or no trace at all.
    #[error("line 1: trace version {found}; this program reads version {VERSION}")]
    Version {
        /// What stands there, as JSON.
        found: String,
    },
    /// A line that is not what it should be.
    #[error("line {line}: not a valid {expected}")]
    Line {
        /// Which.
        line: usize,
        /// `header` or `frame`.
        expected: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A frame that cannot follow the one before it.
    #[error("line {line}: {what}")]
    Order {
        /// Which.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
}

/// A header or a frame as its line in the file, without the line's end.
///
/// # Errors
/// Only for values that JSON has no form for; headers and frames have none.
pub fn line(value: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string(value)
}

/// Writes one line in one piece and sees it out, so that a run that ends early leaves whole lines.
///
/// # Errors
/// Whatever the writer says, as on a full disk.
pub fn write_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut text = line(value)?;
    text.push('\n');
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Reads a whole trace.
///
/// # Errors
/// [`TraceError`] names the line; unknown versions are refused before anything else is looked at.
pub fn read(input: impl BufRead) -> Result<Trace, TraceError> {
    let mut lines = input.lines();
    let first = lines.next().ok_or(TraceError::Empty)??;
    let broken = |line, expected| move |source| TraceError::Line { line, expected, source };
    let value: serde_json::Value = serde_json::from_str(&first).map_err(broken(1, "header"))?;
    let version = value.get("version").cloned().unwrap_or_default();
    if version != serde_json::json!(VERSION) {
        return Err(TraceError::Version { found: version.to_string() });
    }
    let header: Header = serde_json::from_value(value).map_err(broken(1, "header"))?;
    header.check().map_err(|what| TraceError::Order { line: 1, what })?;
    let mut frames: Vec<Frame> = vec![];
    for (text, number) in lines.zip(2..) {
        let frame: Frame = serde_json::from_str(&text?).map_err(broken(number, "frame"))?;
        follows(&header, &frames, &frame).map_err(|what| TraceError::Order { line: number, what })?;
        frames.push(frame);
    }
    Ok(Trace { header, frames })
}

fn follows(header: &Header, frames: &[Frame], frame: &Frame) -> Result<(), String> {
    if frame.step as usize != frames.len() {
        return Err(format!("frame {} where frame {} must stand", frame.step, frames.len()));
    }
    let (length, vocab) = (header.length, header.vocabulary.len());
    if frame.tokens.len() != length {
        return Err(format!("{} tokens, but the header says {length}", frame.tokens.len()));
    }
    let guesses = frame.predictions.iter().flat_map(|one| one.top.iter().map(|&(token, _)| token));
    let drawn = frame.predictions.iter().map(|one| one.token).chain(frame.revealed.iter().map(|one| one.token));
    if let Some(token) = frame.tokens.iter().copied().chain(guesses).chain(drawn).find(|&token| token as usize >= vocab)
    {
        return Err(format!("token {token} of a vocabulary of {vocab}"));
    }
    if let Some((position, token)) = header.pins.iter().find(|pin| frame.tokens[pin.0 as usize] != pin.1) {
        return Err(format!(
            "token {} at position {position}, where {token} is pinned",
            frame.tokens[*position as usize]
        ));
    }
    if let Some(at) = frame.predictions.iter().find(|one| one.position as usize >= length) {
        return Err(format!("position {} of {length} tokens", at.position));
    }
    let mut touched = frame.revealed.iter().map(|reveal| reveal.position).chain(frame.remasked.iter().copied());
    let outside = touched.find(|&position| position as usize >= length);
    outside.map_or(Ok(()), |position| Err(format!("position {position} of {length} tokens")))
}

#[cfg(test)]
mod tests {
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
            prop_assert_eq!(read(&written(&frames)[..]).unwrap(), Trace { header: header(), frames });
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
        assert_eq!(read(text.as_bytes()).unwrap(), Trace { header: words, frames: vec![again] });
        let outside = text.replace("[0,2]", "[0,3]");
        assert_eq!(read(outside.as_bytes()).unwrap_err().to_string(), "line 2: position 3 of 3 tokens");
    }

    #[test]
    fn an_unknown_version_is_refused_by_number() {
        let text = String::from_utf8(written(&[])).unwrap().replace("\"version\":2", "\"version\":7");
        assert_eq!(
            read(text.as_bytes()).unwrap_err().to_string(),
            "line 1: trace version 7; this program reads version 2"
        );
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
        assert_eq!(
            told("\"tokens\":[2,5,9]", "\"tokens\":[2,5,8]"),
            "line 2: token 8 at position 2, where 9 is pinned"
        );
        assert_eq!(told("\"tokens\":[2,5,9]", "\"tokens\":[2,10,9]"), "line 2: token 10 of a vocabulary of 10");
        assert_eq!(told("\"tokens\":[2,5,9]", "\"tokens\":[2,9]"), "line 2: 2 tokens, but the header says 3");
    }
}
