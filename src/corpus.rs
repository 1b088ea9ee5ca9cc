//! Text as a model reads it: stories, and windows of tokens that start where stories start.

use crate::text::{Text, TextError};

/// What stands between two stories, on a line of its own.
pub const SEPARATOR: &str = "<|endoftext|>";

/// A story that would fill more windows than this is a book: windows then start at its paragraphs too.
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
    /// Cuts `text` into stories at lines `<|endoftext|>` (a text without one is one story), and these into tokens. A window
    /// of `length` tokens starts at each story; in a story of more than eight windows, at each paragraph (after an empty
    /// line, or after any line where there is none).
    ///
    /// # Errors
    /// [`CorpusError`], also for text of nothing but white space.
    pub fn new(text: &str, tokenizer: &Text, length: usize) -> Result<Self, CorpusError> {
        if length == 0 {
            return Err(CorpusError::Length(length));
        }
        let end = tokenizer.id(SEPARATOR).ok_or(CorpusError::Separator)?;
        let (mut stories, mut starts) = (vec![], vec![]);
        for story in stories_of(text) {
            // A paragraph at a time: the long texts that this is for are dear to cut at once, and each start is needed.
            let mut tokens = vec![];
            let mut paragraphs = vec![];
            for paragraph in paragraphs_of(story) {
                paragraphs.push((stories.len(), tokens.len()));
                tokens.extend(tokenizer.encode(paragraph)?);
            }
            if tokens.is_empty() {
                continue;
            }
            starts.extend(if tokens.len() > BOOK * length { paragraphs } else { vec![(stories.len(), 0)] });
            stories.push(tokens);
        }
        if stories.is_empty() {
            return Err(CorpusError::Empty);
        }
        let bytes = stories.iter().flatten().map(|&token| tokenizer.bytes(token)).sum();
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

    /// `count` windows `[count][length]` spread evenly over the text, or all of them where there are not so many.
    pub fn spread(&self, count: usize) -> Vec<Vec<u32>> {
        let (all, count) = (self.windows(), count.min(self.windows()));
        (0..count).map(|k| self.in_order(k * all / count)).collect()
    }
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
        let corpus = Corpus::new("One day.\n<|endoftext|>\n\nTwo cats sat.\n<|endoftext|>\n", &text, 10).unwrap();
        assert_eq!((corpus.windows(), corpus.stories(), corpus.bytes()), (2, 2, 8 + 13));
        let shown = |window: &[u32]| text.decode(window, 2).unwrap();
        let windows = corpus.spread(9);
        assert!(windows.iter().all(|window| window.len() == 10));
        assert!(shown(&windows[0]).starts_with("One day.<|endoftext|>Two"), "{}", shown(&windows[0]));
        assert!(shown(&windows[1]).starts_with("Two cats sat.<|endoftext|>One"), "{}", shown(&windows[1]));
        // A story may follow itself.
        assert!(shown(&corpus.window(0, |_, story| story)).starts_with("One day.<|endoftext|>One day."));
    }

    #[test]
    fn windows_of_a_book_start_at_its_paragraphs() {
        let text = text();
        let paragraph = "A line.\nAnother line of the same paragraph.\n\n";
        let corpus = Corpus::new(&paragraph.repeat(20), &text, 8).unwrap();
        assert_eq!((corpus.stories(), corpus.windows()), (1, 20));
        assert!((0..20).all(|index| text.decode(&corpus.in_order(index), 2).unwrap().starts_with("A line.\nAnother")));
        // Without empty lines, at each line.
        assert_eq!(Corpus::new(&"A line of it.\n".repeat(50), &text, 8).unwrap().windows(), 50);
        // All of the text is there once.
        assert_eq!(corpus.bytes(), paragraph.len() * 20 - 2);
    }

    #[test]
    fn spread_windows_are_taken_from_the_whole_text() {
        let text = text();
        let story = |k: usize| format!("{k} cats.\n<|endoftext|>\n");
        let corpus = Corpus::new(&(0..10).map(story).collect::<String>(), &text, 4).unwrap();
        let first: Vec<String> = corpus.spread(5).iter().map(|window| text.decode(&window[..1], 2).unwrap()).collect();
        assert_eq!(first, ["0", "2", "4", "6", "8"]);
    }

    #[test]
    fn what_is_no_corpus_says_so() {
        assert!(matches!(Corpus::new(" \n<|endoftext|>\n ", &text(), 8), Err(CorpusError::Empty)));
        assert!(matches!(Corpus::new("a", &text(), 0), Err(CorpusError::Length(0))));
    }
}
