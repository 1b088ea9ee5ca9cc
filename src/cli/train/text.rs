//! The text of a training run, and the part of it that is held out.

use std::{fs, path::PathBuf};

use anyhow::{Context, bail};
use unmask::corpus::{SEPARATOR, with_newlines};

/// The files, one after the other, each the end of a story.
pub fn read(paths: &[PathBuf]) -> anyhow::Result<String> {
    let mut whole = String::new();
    for path in paths {
        let bytes = fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let Ok(text) = String::from_utf8(bytes) else { bail!("{} is not text in UTF-8", path.display()) };
        if !whole.is_empty() {
            whole += &format!("\n{SEPARATOR}\n");
        }
        whole += &with_newlines(text);
    }
    Ok(whole)
}

/// The first nineteen twentieths and the last one: cut where a story starts, if one does within reach, else a paragraph,
/// else a line, else a word, else anywhere.
pub fn divide(text: &str) -> (&str, &str) {
    let (near, reach) = (text.len() - text.len() / 20, text.len() / 40);
    let empty = |part: &str| part.split(SEPARATOR).all(|story| story.trim().is_empty());
    for mark in [SEPARATOR, "\n\n", "\n", " ", ""] {
        let cuts = text.match_indices(mark).map(|(at, _)| at + mark.len());
        let nearest = cuts.filter(|at| at.abs_diff(near) <= reach).min_by_key(|at| at.abs_diff(near));
        if let Some((text, held_out)) = nearest.map(|at| text.split_at(at))
            && !empty(text)
            && !empty(held_out)
        {
            return (text, held_out);
        }
    }
    (text, "")
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
        // A line that ends the text begins no other; a mark far away is none.
        let ended = format!("{book}<|endoftext|>\n");
        assert_eq!(divide(&ended).1.matches("a paragraph").count(), 4);
        let foreword = format!("a foreword\n\n{}", "a line\n".repeat(100));
        assert_eq!(divide(&foreword).1.matches("a line").count(), 5);
    }

    #[test]
    fn one_line_is_divided_too() {
        let line = "words of it ".repeat(100);
        let (text, held_out) = divide(&line);
        assert!(text.ends_with(' ') && held_out.split(' ').count() > 10, "{held_out}");
        assert_eq!(divide(&"é".repeat(400)).1, "é".repeat(20));
        assert_eq!(divide("  \n"), ("  \n", ""));
    }
}
