//! A run as data: a header and its frames, as JSON Lines, versioned; a run that was stopped says so in its last line. The page, the command line and the tests write and
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
    /// In how many calls all was computed once, where the others read keys and values that were kept; such a run is not the
    /// exact one. None where every call was exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<usize>,
    /// What a GPU made products in, where that was not f32: `f16`, which may draw another token where two are nearly tied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
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

    /// All settings in words, for people; whether the calls are no more than the most there may be.
    pub fn told(&self, at_most: bool) -> Vec<String> {
        let (most, s) = (if at_most { "at most " } else { "" }, if self.steps == 1 { "" } else { "s" });
        let mut words = self.words().told();
        words.push(format!("{most}{} step{s}", self.steps));
        words.extend(self.cache.map(|refresh| format!("cache, all anew every {refresh} calls")));
        words.extend(self.precision.clone());
        words.push(format!("temperature {}", self.temperature));
        words.push(format!("seed {}", self.seed)); // the last: of several runs that of the last one follows
        words
    }

    /// What is wrong with what the header itself says, in words.
    fn check(&self) -> Result<(), String> {
        let (length, vocab) = (self.length, self.vocabulary.len());
        if self.mask as usize >= vocab {
            return Err(format!("mask {} of a vocabulary of {vocab}", self.mask));
        }
        if let Some(refresh @ ..2) = self.cache {
            return Err(format!(
                "cache is {refresh}; it must be at least 2, and is left out where every call was exact"
            ));
        }
        if let Some(precision) = self.precision.as_ref().filter(|precision| *precision != "f16") {
            return Err(format!("precision is `{precision}`; it must be f16, and is left out where it was f32"));
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
    /// Whether the run was stopped by its user, as its last line says; a run that broke down has no such line.
    pub stopped: bool,
}

/// The last line of a run that its user stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stopped {
    /// The number of its last call.
    pub stopped: u32,
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

/// A header, a frame or [`Stopped`] as its line in the file, without the line's end.
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
    let mut stopped = false;
    for (text, number) in lines.zip(2..) {
        let text = text?;
        if stopped {
            let what = "nothing may follow the line that says where the run was stopped".into();
            return Err(TraceError::Order { line: number, what });
        }
        if let Ok(Stopped { stopped: step }) = serde_json::from_str(&text) {
            if step as usize + 1 != frames.len() {
                let what = format!("stopped after call {step}, but {} frames stand before", frames.len());
                return Err(TraceError::Order { line: number, what });
            }
            stopped = true;
            continue;
        }
        let frame: Frame = serde_json::from_str(&text).map_err(broken(number, "frame"))?;
        follows(&header, &frames, &frame).map_err(|what| TraceError::Order { line: number, what })?;
        frames.push(frame);
    }
    Ok(Trace { header, frames, stopped })
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
mod tests;
