//! Parts of a sweep that were made apart, and how they come together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Interval, Quality, Run, Sweep, SweepError};

/// The version of a shard file that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// Which part of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// From 1.
    pub index: usize,
    /// How many parts there are.
    pub of: usize,
}

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self { index: 1, of: 1 };

    /// The numbers of its runs among `size`: every `of`-th, so that each part gets its share of long runs and of short ones.
    pub fn numbers(self, size: usize) -> impl Iterator<Item = usize> {
        (self.index - 1..size).step_by(self.of)
    }
}

/// One part, as its file holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// [`VERSION`].
    pub version: u32,
    /// Which part it is.
    pub share: Share,
    /// What was swept.
    pub sweep: Sweep,
    /// What the model ran on, in words.
    pub device: String,
    /// Of the held-out text, if there is one; the first part's work.
    pub held_out: Option<HeldOut>,
    /// Its runs, by number.
    pub runs: Vec<Run>,
}

/// What the held-out text says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldOut {
    /// What each cell's schedule loses, in nats; `None` where the profile does not tell.
    pub predicted: Vec<Option<Interval>>,
    /// What windows of it are worth, as many as a cell has runs where there are so many.
    pub windows: Vec<Quality>,
}

/// A sweep that is complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// What was swept.
    pub sweep: Sweep,
    /// Every run, by number.
    pub runs: Vec<Run>,
    /// Of the held-out text, if there is one.
    pub held_out: Option<HeldOut>,
}

/// Why parts do not come together.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// There are none.
    #[error("there are no shards to merge")]
    None,
    /// A part of another program.
    #[error("{name}: shard version {found}; this program reads version {VERSION}")]
    Version {
        /// Which.
        name: String,
        /// Its version.
        found: u32,
    },
    /// A part that cannot be.
    #[error("{name} is shard {index} of {of}; shards count from 1 to their number")]
    Share {
        /// Which.
        name: String,
        /// What it says it is.
        index: usize,
        /// Of so many.
        of: usize,
    },
    /// A sweep that no command makes.
    #[error("{name} is of a sweep that cannot be made")]
    Impossible {
        /// Which part says so.
        name: String,
        /// What is wrong with it.
        source: Box<SweepError>,
    },
    /// A text that was not measured as the sweep says, or measured more.
    #[error(
        "{name}: {text} has {} for `{key}`, and the sweep {} {with}",
        if *.measured { "a value" } else { "no value" },
        if *.measured { "has no" } else { "has a" }
    )]
    Measured {
        /// Which part.
        name: String,
        /// Which text of it.
        text: String,
        /// What is measured.
        key: &'static str,
        /// With what.
        with: &'static str,
        /// Whether it was.
        measured: bool,
    },
    /// Parts of two sweeps.
    #[error("{name} is of another sweep than {first}: its {key} is {found}, not {wanted}")]
    Sweep {
        /// Which.
        name: String,
        /// What it was compared with.
        first: String,
        /// What differs.
        key: String,
        /// Its value.
        found: String,
        /// The other's.
        wanted: String,
    },
    /// A part that is there twice.
    #[error("shard {index} of {of} is given twice: {first} and {second}")]
    Twice {
        /// Which.
        index: usize,
        /// Of so many.
        of: usize,
        /// Where it is.
        first: String,
        /// Where it is as well.
        second: String,
    },
    /// Parts that are not there.
    #[error("{}", missing(lost, *of))]
    Lost {
        /// Which.
        lost: Vec<usize>,
        /// Of so many.
        of: usize,
    },
    /// A part whose runs are not those of its share.
    #[error("{name}: its runs are not those of shard {index} of {of}; was it cut off or edited?")]
    Runs {
        /// Which.
        name: String,
        /// What it says it is.
        index: usize,
        /// Of so many.
        of: usize,
    },
}

fn missing(lost: &[usize], of: usize) -> String {
    let names: Vec<String> = lost.iter().map(|index| format!("shard {index} of {of}")).collect();
    format!("{} {} missing", names.join(", "), if lost.len() == 1 { "is" } else { "are" })
}

/// Puts the parts together, each with a name for it; their order does not matter.
///
/// # Errors
/// [`MergeError`] names the part that does not belong, is there twice or not at all.
pub fn merge(shards: Vec<(String, Shard)>) -> Result<Whole, MergeError> {
    let Some((first, Shard { share: Share { of, .. }, sweep, .. })) = shards.first() else {
        return Err(MergeError::None);
    };
    let (first, of, sweep) = (first.clone(), *of, sweep.clone());
    if let Some((name, shard)) = shards.iter().find(|(_, shard)| shard.version != VERSION) {
        return Err(MergeError::Version { name: name.clone(), found: shard.version });
    }
    // Before anything is counted by its numbers.
    sweep.check_alone().map_err(|source| MergeError::Impossible { name: first.clone(), source: Box::new(source) })?;
    let mut places = BTreeMap::new();
    let (mut runs, mut held_out) = (vec![], None);
    for (name, shard) in shards {
        let Share { index, of: parts } = shard.share;
        if !(1..=parts).contains(&index) || parts > sweep.size() {
            return Err(MergeError::Share { name, index, of: parts });
        }
        if let Some((key, found, wanted)) = difference(&shard.sweep, &sweep) {
            return Err(MergeError::Sweep { name, first, key, found, wanted });
        }
        if parts != of {
            let (key, found, wanted) = ("number of shards".to_owned(), parts.to_string(), of.to_string());
            return Err(MergeError::Sweep { name, first, key, found, wanted });
        }
        if let Some(first) = places.insert(index, name.clone()) {
            return Err(MergeError::Twice { index, of, first, second: name });
        }
        if !is_sound(&shard) {
            return Err(MergeError::Runs { name, index, of });
        }
        check_measured(&name, &shard)?;
        held_out = held_out.or(shard.held_out);
        runs.extend(shard.runs);
    }
    let lost: Vec<usize> = (1..=of).filter(|index| !places.contains_key(index)).collect();
    if !lost.is_empty() {
        return Err(MergeError::Lost { lost, of });
    }
    runs.sort_by_key(|run: &Run| run.number);
    Ok(Whole { sweep, runs, held_out })
}

/// Refuses a text that lacks what the sweep is measured with: it would be missing from the mean without a word.
fn check_measured(name: &str, shard: &Shard) -> Result<(), MergeError> {
    let Shard { sweep, held_out, runs, .. } = shard;
    let windows = held_out.iter().flat_map(|held_out| &held_out.windows).enumerate();
    let windows = windows.map(|(index, quality)| (format!("window {index} of the held-out text"), quality));
    let runs = runs.iter().map(|run| (format!("run {}", run.number), &run.quality));
    for (text, quality) in runs.chain(windows) {
        let judged = (quality.nats.is_some(), sweep.judge.is_some(), "nats", "judge");
        let compared = (quality.copied.is_some(), sweep.training_text.is_some(), "copied", "training text");
        for (measured, wanted, key, with) in [judged, compared] {
            if measured != wanted {
                return Err(MergeError::Measured { name: name.to_owned(), text, key, with, measured });
            }
        }
    }
    Ok(())
}

/// Whether its runs are those of its share, and what it says of the held-out text is of this sweep.
fn is_sound(shard: &Shard) -> bool {
    let Shard { share, sweep, held_out, runs, .. } = shard;
    let cells = sweep.cells();
    let told = share.index == 1 && sweep.held_out.is_some();
    // Minus the log of a probability is not below 0.
    let can_be = |quality: &Quality| quality.nats.is_none_or(|nats| nats >= 0.0);
    let as_planned = |run: &Run| {
        run.quality.tokens == sweep.masked
            && can_be(&run.quality)
            && *run == sweep.record(run.number, run.calls, run.quality.clone())
    };
    held_out.is_some() == told
        && held_out.as_ref().is_none_or(|held_out| {
            let whole = |window: &Quality| window.tokens == sweep.masked && can_be(window);
            held_out.predicted.len() == cells.len() && held_out.windows.iter().all(whole)
        })
        && share.numbers(sweep.size()).eq(runs.iter().map(|run| run.number))
        && runs.iter().all(as_planned)
}

/// The first setting in which two sweeps differ, with both values.
fn difference(found: &Sweep, wanted: &Sweep) -> Option<(String, String, String)> {
    let fields = |sweep| match serde_json::to_value(sweep) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(), // a sweep is an object
    };
    let other = fields(wanted);
    let differs = fields(found).into_iter().find(|(key, value)| other.get(key) != Some(value));
    differs.map(|(key, value)| {
        let wanted = other.get(&key).map(ToString::to_string).unwrap_or_default();
        (key, value.to_string(), wanted)
    })
}
