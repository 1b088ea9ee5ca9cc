//! The text of a training run, and the part of it that is held out.

use std::{fs, path::PathBuf};

use anyhow::{Context, bail};
use unmask::corpus::SEPARATOR;

/// The files, one after the other, each the end of a story.
pub fn read(paths: &[PathBuf]) -> anyhow::Result<String> {
    let mut whole = String::new();
    for path in paths {
        let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let Ok(text) = String::from_utf8(bytes) else { bail!("{} is not text in UTF-8", path.display()) };
        if !whole.is_empty() {
            whole += &format!("\n{SEPARATOR}\n");
        }
        whole += &text;
    }
    Ok(whole)
}

/// The first nineteen twentieths and the last one, or as near to that as a story starts, else a paragraph, else a line.
pub fn divide(text: &str) -> (&str, &str) {
    let near = text.len() / 20 * 19;
    let empty = |part: &str| part.split(SEPARATOR).all(|story| story.trim().is_empty());
    for mark in [SEPARATOR, "\n\n", "\n"] {
        let cuts = text.match_indices(mark).map(|(at, _)| at + mark.len());
        let nearest = cuts.filter(|&at| !empty(&text[at..])).min_by_key(|at| at.abs_diff(near));
        if let Some(at) = nearest.filter(|&at| !empty(&text[..at])) {
            return text.split_at(at);
        }
    }
    text.split_at(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_held_out_part_begins_with_a_story_or_a_paragraph() {
        let stories = format!("a story\n{SEPARATOR}\n").repeat(100);
        let (text, held_out) = divide(&stories);
        assert!(text.ends_with(SEPARATOR) && held_out.trim_start().starts_with("a story"));
        assert_eq!(held_out.matches("a story").count(), 5);
        let book = "a paragraph\nof two lines\n\n".repeat(100);
        let (text, held_out) = divide(&book);
        assert!(text.ends_with("\n\n") && held_out.starts_with("a paragraph"));
        assert_eq!(text.to_owned() + held_out, book);
        // A line that ends the text begins no other, and with nothing to cut at nothing is held out.
        let ended = format!("{book}<|endoftext|>\n");
        assert_eq!(divide(&ended).1.matches("a paragraph").count(), 5);
        assert_eq!(divide(&"é".repeat(40)).1, "");
    }
}
