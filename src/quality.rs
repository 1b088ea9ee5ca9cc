//! What can be told of a text from its tokens alone: how varied it is, and how much of it stands in another text.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

/// The length of the n-grams by which copying is told.
pub const COPIED: usize = 8;

/// The entropy of the frequencies of `tokens` `[length]`, in nats; 0 for none.
pub fn unigram_entropy(tokens: &[u32]) -> f64 {
    let mut counts = HashMap::<u32, usize>::new();
    tokens.iter().for_each(|&token| *counts.entry(token).or_default() += 1);
    let total = tokens.len() as f64;
    let mut counts: Vec<usize> = counts.into_values().collect();
    counts.sort_unstable(); // a sum in another order may end in other digits
    let entropy: f64 = counts.into_iter().map(|count| count as f64 / total).map(|share| -share * share.ln()).sum();
    entropy + 0.0 // never -0
}

/// Distinct-n (Li et al., arXiv 1510.03055): how many different n-grams of tokens there are for each that there is, above 0
/// and up to 1; `None` where there is none, as for `n = 0`.
pub fn distinct(tokens: &[u32], n: usize) -> Option<f64> {
    if n == 0 {
        return None;
    }
    let grams = tokens.windows(n);
    let total = grams.len();
    let different = grams.collect::<HashSet<_>>().len();
    (total > 0).then(|| different as f64 / total as f64)
}

/// The n-grams of a text, as hashes: of millions, none is likely to be taken for another.
#[derive(Clone, Debug)]
pub struct Grams {
    seen: HashSet<u64>,
    n: usize,
}

impl Grams {
    /// The n-grams within `stories` `[stories][tokens]`; none goes from one story to the next. `n` is at least 1; 0 is
    /// taken as 1.
    pub fn new(stories: &[Vec<u32>], n: usize) -> Self {
        let n = n.max(1);
        Self { seen: stories.iter().flat_map(|story| story.windows(n)).map(hash).collect(), n }
    }

    /// How many n-grams of `tokens` are among these, and how many there are. Those that hold `end`, as between two stories,
    /// do not count.
    pub fn found(&self, tokens: &[u32], end: u32) -> (usize, usize) {
        let own = || tokens.windows(self.n).filter(|gram| !gram.contains(&end));
        (own().filter(|gram| self.seen.contains(&hash(gram))).count(), own().count())
    }
}

fn hash(gram: &[u32]) -> u64 {
    let mut hasher = DefaultHasher::new();
    gram.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_frequencies() {
        assert_eq!(unigram_entropy(&[]), 0.0);
        assert_eq!(unigram_entropy(&[7, 7, 7]).to_bits(), 0);
        assert!((unigram_entropy(&[1, 2, 3, 4]) - 4f64.ln()).abs() < 1e-12);
        assert!((unigram_entropy(&[1, 1, 2, 3]) - 1.5 * 2f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn distinct_counts_each_gram_once() {
        assert_eq!(distinct(&[1, 2, 1, 2], 1), Some(0.5));
        assert_eq!(distinct(&[1, 2, 1, 2], 2), Some(2.0 / 3.0)); // 12 21 12
        assert_eq!(distinct(&[1, 2, 1, 2], 4), Some(1.0));
        assert_eq!((distinct(&[1, 2, 1, 2], 5), distinct(&[1, 2, 1, 2], 0)), (None, None));
    }

    #[test]
    fn copies_are_found_within_stories_only() {
        let grams = Grams::new(&[vec![1, 2, 3, 4], vec![5, 6, 7]], 3);
        assert_eq!(grams.found(&[1, 2, 3, 4, 5, 6, 7], 0), (3, 5));
        assert_eq!(grams.found(&[1, 2, 3, 0, 5, 6, 7], 0), (2, 2));
        assert_eq!(grams.found(&[1, 2], 0), (0, 0));
        assert_eq!(Grams::new(&[vec![1, 2]], 0).found(&[2, 3], 9), (1, 2));
    }
}
