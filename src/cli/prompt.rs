//! Where a prompt comes from: the command line, a file, or the standard input.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use clap::Args;

/// What a run starts from.
#[derive(Args, Debug)]
pub struct PromptOptions {
    /// Text before the masks; `<|mask|>` in it is one more token to reveal
    #[arg(long, value_name = "TEXT", default_value = "Once upon a time", allow_hyphen_values = true)]
    prompt: String,
    /// A file with that text, but for an end of line that is its last sign; - is the standard input
    #[arg(long, value_name = "FILE", conflicts_with = "prompt")]
    prompt_file: Option<PathBuf>,
}

impl PromptOptions {
    /// # Errors
    /// Names the file: it cannot be read, is too long or not UTF-8.
    pub fn read(self) -> anyhow::Result<String> {
        self.prompt_file.map_or(Ok(self.prompt), |path| text_of(&path))
    }
}

/// Far more than any model reads.
const MOST: u64 = 1 << 20;

/// The text of a file, or of the standard input for `-`.
///
/// # Errors
/// Names the file: it cannot be read, is too long or not UTF-8.
pub fn text_of(path: &Path) -> anyhow::Result<String> {
    let name = || if path == Path::new("-") { "the standard input".to_owned() } else { path.display().to_string() };
    let unread = || format!("{} cannot be read", name());
    let input: &mut dyn Read = match path {
        path if path == Path::new("-") => &mut io::stdin(),
        path => &mut File::open(path).with_context(unread)?,
    };
    let mut bytes = vec![];
    input.take(MOST + 1).read_to_end(&mut bytes).with_context(unread)?;
    if bytes.len() as u64 > MOST {
        return Err(anyhow!("{} has more than {MOST} bytes, the most that is read of a prompt", name()));
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to() + 1;
        anyhow!("{} is not text in UTF-8: byte {place} is no part of a character", name())
    })?;
    for end in ['\n', '\r'] {
        text.truncate(text.strip_suffix(end).unwrap_or(&text).len());
    }
    Ok(text)
}
