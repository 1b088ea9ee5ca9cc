//! Where runs are written to: the trace of one in a file, traces and texts of many in a folder.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde::Serialize;
use unmask::{
    strategy::Words,
    trace::{self, Stopped},
};

use super::{Opening, Request, Summary};

/// The texts of all runs in a folder.
const SAMPLES: &str = "samples.jsonl";

/// A file of whole lines.
pub struct Lines {
    file: File,
    path: PathBuf,
    /// Bytes of what was written.
    length: u64,
}

impl Lines {
    fn create(path: PathBuf) -> anyhow::Result<Self> {
        let file = File::create(&path).with_context(|| unwritten(&path))?;
        Ok(Self { file, path, length: 0 })
    }

    /// Writes a line in one piece.
    ///
    /// # Errors
    /// Names the file, which has all lines before this one, as on a full disk.
    pub fn write(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        let written = trace::write_line(&mut self.file, value);
        match &written {
            Ok(()) => self.length = self.file.stream_position().unwrap_or(self.length),
            // A pipe cannot be shortened, and need not be.
            Err(_) => drop(self.file.set_len(self.length)),
        }
        written.with_context(|| unwritten(&self.path))
    }
}

fn unwritten(path: &Path) -> String {
    format!("the trace {} cannot be written", path.display())
}

/// A line of `samples.jsonl`.
#[derive(Serialize)]
struct Sample<'a> {
    seed: u64,
    #[serde(flatten)]
    words: Words,
    steps: usize,
    temperature: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<&'a str>,
    calls: usize,
    revealed: usize,
    stopped: bool,
    text: &'a str,
    tokens: &'a [u32],
    /// The file beside this one.
    trace: &'a str,
}

/// Where the runs of a request go.
pub struct Output {
    /// Of one run.
    trace: Option<PathBuf>,
    folder: Option<(PathBuf, Lines)>,
}

impl Output {
    /// # Errors
    /// A folder that cannot be made, or that has samples already.
    pub fn open(request: &Request) -> anyhow::Result<Self> {
        let folder = request.out.as_ref().map(|folder| {
            let name = folder.display();
            fs::create_dir_all(folder).with_context(|| format!("the folder {name} cannot be made"))?;
            let path = folder.join(SAMPLES);
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => Ok((folder.clone(), Lines { file, path, length: 0 })),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    bail!("{name} has samples already ({SAMPLES}); take another folder")
                }
                Err(error) => Err(error).with_context(|| format!("{} cannot be written", path.display())),
            }
        });
        Ok(Self { trace: request.trace.clone(), folder: folder.transpose()? })
    }

    /// Begins the traces of a run that is called `name`.
    ///
    /// # Errors
    /// Names the file.
    pub fn begin(&self, name: &str, opening: &Opening) -> anyhow::Result<Vec<Lines>> {
        let beside = self.folder.as_ref().map(|(folder, _)| folder.join(trace_of(name)));
        let mut files = vec![];
        for path in self.trace.iter().cloned().chain(beside) {
            let mut lines = Lines::create(path)?;
            lines.write(&opening.header)?;
            files.push(lines);
        }
        Ok(files)
    }

    /// Ends them.
    ///
    /// # Errors
    /// Names the file.
    pub fn end(&mut self, name: &str, files: Vec<Lines>, summary: &Summary) -> anyhow::Result<()> {
        for mut file in files {
            if summary.stopped {
                file.write(&Stopped { stopped: summary.calls() as u32 })?;
            }
        }
        let Some((_, samples)) = &mut self.folder else { return Ok(()) };
        let Summary { opening: Opening { header, .. }, text, tokens, stopped, .. } = summary;
        samples.write(&Sample {
            seed: header.seed,
            words: header.words(),
            steps: header.steps,
            temperature: header.temperature,
            cache: header.cache,
            precision: header.precision.as_deref(),
            calls: summary.calls(),
            revealed: summary.revealed(),
            stopped: *stopped,
            text,
            tokens,
            trace: &trace_of(name),
        })
    }
}

fn trace_of(name: &str) -> String {
    format!("{name}.jsonl")
}
