//! Text as a model reads it: stories, and windows of tokens that start where stories start.

use std::iter;

use crate::text::{Text, TextError};

/// What stands between two stories, on a line of its own.
pub const SEPARATOR: &str = "<|endoftext|>";

/// A story that would fill more windows than this is a book: windows then start all over it.
const BOOK: usize = 8;

/// Why text is no corpus.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// There is nothing to read.
    #[error("the text is empty")]
    Empty,
    /// The tokenizer cannot end a story.
    #[error("the tokenizer has no token `{SEPARATOR}`")]
    Separator,
    /// There is less than one window.
    #[error("the text has {tokens} tokens; it must have at least one window, {length}")]
    Short {
        /// How many there are.
        tokens: usize,
        /// `L`.
        length: usize,
    },
    /// A token that only a program may write stands in the text.
    #[error("the text has `{name}` in it, in story {story}; no text is made of that token")]
    Special {
        /// Which.
        name: String,
        /// The number of the story, from 1.
        story: usize,
    },
    /// The windows have no length.
    #[error("windows of {0} tokens; they must have at least 1")]
    Length(usize),
    /// The tokenizer's trouble.
    #[error(transparent)]
    Text(#[from] TextError),
}

/// Stories in tokens, and where windows of one length start in them.
#[derive(Clone, Debug)]
pub struct Corpus {
    stories: Vec<Vec<u32>>,
    /// Story and offset.
    starts: Vec<(usize, usize)>,
    length: usize,
    end: u32,
    bytes: usize,
}

impl Corpus {
    /// Cuts `text` into stories at each `<|endoftext|>` (a text without one is one story), and these into tokens. A window of
    /// `length` tokens starts at each story. In a story of more than eight windows, and in a text of one story, windows leave
    /// nothing out: one starts at each paragraph (after an empty line, or after any line where there is none), and where the
    /// next paragraph is more than a window away, at the last line within it, else at the last word, else where it ends.
    ///
    /// # Errors
    /// [`CorpusError`], also for text of nothing but white space.
    pub fn new(text: &str, tokenizer: &Text, length: usize) -> Result<Self, CorpusError> {
        if length == 0 {
            return Err(CorpusError::Length(length));
        }
        let end = tokenizer.id(SEPARATOR).ok_or(CorpusError::Separator)?;
        let bytes: Vec<usize> = (0..tokenizer.vocab_size() as u32).map(|id| tokenizer.bytes(id)).collect();
        let bytes = |token: u32| bytes.get(token as usize).copied().unwrap_or(0);
        let (mut stories, mut paragraphs) = (vec![], vec![]);
        for story in stories_of(text) {
            // A paragraph at a time: the long texts that this is for are dear to cut at once, and each start is needed.
            let mut tokens = vec![];
            for paragraph in paragraphs_of(story) {
                paragraphs.push((stories.len(), tokens.len()));
                tokens.extend(tokenizer.encode(paragraph)?);
            }
            if let Some(&token) = tokens.iter().find(|&&token| bytes(token) == 0) {
                return Err(CorpusError::Special { name: tokenizer.name(token), story: stories.len() + 1 });
            }
            stories.push(tokens);
        }
        let tokens = stories.iter().map(Vec::len).sum();
        match tokens {
            0 => return Err(CorpusError::Empty),
            tokens if tokens < length => return Err(CorpusError::Short { tokens, length }),
            _ => {}
        }
        let book = |story: usize| stories[story].len() > BOOK * length || stories.len() == 1;
        let edges = Edges::of(tokenizer);
        let mut starts = vec![];
        for (index, &(story, offset)) in paragraphs.iter().enumerate() {
            if !book(story) {
                starts.extend((offset == 0).then_some((story, offset)));
                continue;
            }
            let next = paragraphs.get(index + 1).filter(|&&(other, _)| other == story);
            let paragraph = &stories[story][..next.map_or(stories[story].len(), |&(_, next)| next)];
            starts.extend(edges.starts(paragraph, offset, length).map(|offset| (story, offset)));
        }
        let bytes = stories.iter().flatten().map(|&token| bytes(token)).sum();
        Ok(Self { stories, starts, length, end, bytes })
    }

    /// How many windows start.
    pub fn windows(&self) -> usize {
        self.starts.len()
    }

    /// How many stories there are.
    pub fn stories(&self) -> usize {
        self.stories.len()
    }

    /// How many tokens there are.
    pub fn tokens(&self) -> usize {
        self.stories.iter().map(Vec::len).sum()
    }

    /// How many of them stand in some window.
    pub fn read(&self) -> usize {
        let read = |(index, &(story, offset)): (usize, &(usize, usize))| {
            let next = self.starts.get(index + 1).filter(|&&(other, _)| other == story);
            self.length.min(next.map_or(self.stories[story].len(), |&(_, next)| next) - offset)
        };
        self.starts.iter().enumerate().map(read).sum()
    }

    /// How many bytes of text they stand for.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// `L`, the tokens of a window.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The stories `[stories][tokens]`.
    pub fn all(&self) -> &[Vec<u32>] {
        &self.stories
    }

    /// The window that starts at start number `index` `[length]`. A story that ends early is followed by `<|endoftext|>` and
    /// the story that `next` names, given the number of stories and the one that ended.
    pub fn window(&self, index: usize, mut next: impl FnMut(usize, usize) -> usize) -> Vec<u32> {
        let (mut story, offset) = self.starts[index];
        let mut window: Vec<u32> = self.stories[story][offset..].iter().copied().take(self.length).collect();
        while window.len() < self.length {
            window.push(self.end);
            story = next(self.stories.len(), story) % self.stories.len();
            window.extend(self.stories[story].iter().copied().take(self.length - window.len()));
        }
        window
    }

    /// The window at start number `index` `[length]` as it stands in the text: a story that ends is followed by the next.
    pub fn in_order(&self, index: usize) -> Vec<u32> {
        self.window(index, |_, story| story + 1)
    }

    /// `count` windows `[count][length]` that do not overlap, spread evenly over the text, or all such windows where there are
    /// not so many: what a measurement is made on. None but a story's first goes on with another story.
    pub fn apart(&self, count: usize) -> Vec<Vec<u32>> {
        let mut apart: Vec<usize> = vec![];
        for (index, &(story, offset)) in self.starts.iter().enumerate() {
            let last = apart.last().map(|&last| self.starts[last]);
            let ends = offset > 0 && offset + self.length > self.stories[story].len();
            if !ends && last.is_none_or(|(before, from)| before != story || offset >= from + self.length) {
                apart.push(index);
            }
        }
        let (all, count) = (apart.len(), count.min(apart.len()));
        (0..count).map(|k| self.in_order(apart[k * all / count])).collect()
    }
}

/// Where lines and words begin, by the tokens.
struct Edges {
    /// Whether a line begins after the token.
    ends_line: Vec<bool>,
    /// Whether a word begins with the token.
    begins_word: Vec<bool>,
}

impl Edges {
    fn of(tokenizer: &Text) -> Self {
        let forms = tokenizer.display_forms();
        Self {
            ends_line: forms.iter().map(|form| form.ends_with('\n')).collect(),
            begins_word: forms.iter().map(|form| form.starts_with(char::is_whitespace)).collect(),
        }
    }

    /// Windows of `length` that read all of `tokens` from `from` on, the first one there.
    fn starts<'a>(&'a self, tokens: &'a [u32], from: usize, length: usize) -> impl Iterator<Item = usize> + 'a {
        iter::successors(Some(from), move |&from| {
            let end = from + length;
            let mut within = (from + 1..=end).rev().take_while(|_| end < tokens.len());
            let line = within.clone().find(|&at| self.ends_line[tokens[at - 1] as usize]);
            let word = || within.clone().find(|&at| self.begins_word[tokens[at] as usize]);
            line.or_else(word).or_else(|| within.next())
        })
    }
}

/// A text with the ends of its lines as `\n`, in place of `\r\n` and `\r`, and without a byte order mark.
pub fn with_newlines(text: String) -> String {
    let text = match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    };
    if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text }
}

/// The stories of a text, without the white space around them.
pub fn stories_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(SEPARATOR).map(str::trim).filter(|story| !story.is_empty())
}

/// The paragraphs of a story, each with the white space that follows it.
fn paragraphs_of(story: &str) -> impl Iterator<Item = &str> {
    let gap = if story.contains("\n\n") { "\n\n" } else { "\n" };
    story.split_inclusive(gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Text {
        Text::from_bytes(include_bytes!("../assets/model/tokenizer.json")).unwrap()
    }

    #[test]
    fn a_window_starts_at_each_story_and_goes_on_with_another() {
        let text = text();
        let corpus = Corpus::new("One day.\n<|endoftext|>\n\nTwo cats sat.\n<|endoftext|>\n", &text, 8).unwrap();
        assert_eq!((corpus.windows(), corpus.stories(), corpus.bytes()), (2, 2, 8 + 13));
        let shown = |window: &[u32]| text.decode(window, 2).unwrap();
        let windows = corpus.apart(9);
        assert!(windows.iter().all(|window| window.len() == 8));
        assert!(shown(&windows[0]).starts_with("One day.<|endoftext|>"), "{}", shown(&windows[0]));
        assert!(shown(&windows[1]).starts_with("Two cats sat.<|endoftext|>"), "{}", shown(&windows[1]));
        // A story may follow itself.
        assert!(shown(&corpus.window(0, |_, story| story)).starts_with("One day.<|endoftext|>One"));
    }

    #[test]
    fn windows_of_a_book_start_at_its_paragraphs() {
        let text = text();
        let paragraph = "A line.\nAnother line of the same paragraph.\n\n";
        let corpus = Corpus::new(&paragraph.repeat(20), &text, 24).unwrap();
        assert_eq!((corpus.stories(), corpus.windows()), (1, 20));
        assert!((0..20).all(|index| text.decode(&corpus.in_order(index), 2).unwrap().starts_with("A line.\nAnother")));
        // Without empty lines, at each line; all of the text is there once.
        let lines = Corpus::new(&"A line of it.\n".repeat(50), &text, 8).unwrap();
        assert_eq!((lines.windows(), lines.bytes()), (50, 50 * 14 - 1));
        // A paragraph longer than a window is read whole, from starts of lines, else of words, else of any token.
        let told = |text_: &str, length| {
            let corpus = Corpus::new(text_, &text, length).unwrap();
            assert_eq!(corpus.read(), corpus.tokens(), "{text_}");
            let windows = (0..corpus.windows()).map(|index| corpus.in_order(index)).collect::<Vec<_>>();
            windows.iter().map(|window| text.decode(&window[..1], 2).unwrap()).collect::<Vec<_>>()
        };
        let poem = format!("First.\n\n{}\nLast.", "Then a line.\n".repeat(9));
        let starts = told(&poem, 10);
        assert!(
            starts.len() > 5 && starts.iter().all(|start| ["F", "Then", "L"].contains(&start.as_str())),
            "{starts:?}"
        );
        let line = told(&"This is it. ".repeat(40), 7);
        assert!(line.len() > 15 && line[1..].iter().all(|start| start.starts_with(' ')), "{line:?}");
        assert!(told(&"ab".repeat(300), 7).len() > 10);
        // A short book among stories, and one that is all there is.
        let both = format!("One day.\n<|endoftext|>\n{}", "A line of it.\n".repeat(3));
        let two = Corpus::new(&both, &text, 8).unwrap();
        assert_eq!((two.windows(), two.read()), (2, 3 + 8));
        assert_eq!(Corpus::new(&"A line of it.\n".repeat(3), &text, 8).unwrap().windows(), 3);
    }

    #[test]
    fn measured_windows_are_spread_over_the_text_and_do_not_overlap() {
        let text = text();
        let story = |k: usize| format!("{k} cats.\n<|endoftext|>\n");
        let corpus = Corpus::new(&(0..10).map(story).collect::<String>(), &text, 4).unwrap();
        let first: Vec<String> = corpus.apart(5).iter().map(|window| text.decode(&window[..1], 2).unwrap()).collect();
        assert_eq!(first, ["0", "2", "4", "6", "8"]);
        // A line of it is five tokens, and a window takes two of them.
        let corpus = Corpus::new(&"A line of it.\n".repeat(50), &text, 10).unwrap();
        let line = text.encode("A line of it.\n").unwrap().len();
        assert_eq!(corpus.apart(usize::MAX).len(), 50usize.div_ceil(10usize.div_ceil(line)));
    }

    #[test]
    fn lines_end_in_one_way() {
        assert_eq!(with_newlines("a\r\nb\rc\n\r\nd".into()), "a\nb\nc\n\nd");
        assert_eq!(with_newlines("\u{feff}a".into()), "a");
    }

    #[test]
    fn what_is_no_corpus_says_so() {
        let told = |words: &str, length| Corpus::new(words, &text(), length).unwrap_err().to_string();
        assert_eq!(told(" \n<|endoftext|>\n ", 8), "the text is empty");
        assert_eq!(told("a", 0), "windows of 0 tokens; they must have at least 1");
        assert_eq!(told("One day.", 128), "the text has 3 tokens; it must have at least one window, 128");
        let special = told("One day.\n<|endoftext|>\nA <|mask|> of it.", 2);
        assert_eq!(special, "the text has `<|mask|>` in it, in story 2; no text is made of that token");
    }
}
