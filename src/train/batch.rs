//! Which windows a step reads.

use crate::{
    corpus::Corpus,
    random::{Purpose, Stream, uniform},
};

/// The windows of a text in an order of its own in each epoch.
pub struct Batches {
    corpus: Corpus,
    seed: u64,
    epoch: u32,
    order: Vec<u32>,
}

impl Batches {
    /// The windows of `corpus`.
    pub fn new(corpus: Corpus, seed: u64) -> Self {
        let order = shuffled(corpus.windows(), seed, 0);
        Self { corpus, seed, epoch: 0, order }
    }

    /// What is read.
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// The `rows` windows of `step` `[rows][length]`. Each window comes once an epoch; a story that ends early is followed by
    /// one at random, another each time.
    pub fn windows(&mut self, step: u64, rows: usize, rng: &mut Stream) -> Vec<Vec<u32>> {
        let all = self.corpus.windows() as u64;
        let mut windows = vec![];
        for number in (step - 1) * rows as u64..step * rows as u64 {
            let epoch = (number / all) as u32;
            if epoch != self.epoch {
                (self.epoch, self.order) = (epoch, shuffled(self.corpus.windows(), self.seed, epoch));
            }
            let index = self.order[(number % all) as usize] as usize;
            windows.push(self.corpus.window(index, |stories, _| (uniform(rng) * stories as f64) as usize));
        }
        windows
    }
}

/// `0..count` in the order of an epoch.
fn shuffled(count: usize, seed: u64, epoch: u32) -> Vec<u32> {
    let stream = Stream::new(seed, Purpose::Epoch, epoch);
    let mut order: Vec<u32> = (0..count as u32).collect();
    // Not below 0, so the bits are in the order of the numbers.
    order.sort_by_cached_key(|&index| stream.uniform(index).to_bits());
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;

    #[test]
    fn each_window_comes_once_an_epoch_in_an_order_of_its_own() {
        let text = Text::from_bytes(include_bytes!("../../assets/model/tokenizer.json")).unwrap();
        let story = |k: usize| format!("{k} cats.\n<|endoftext|>\n");
        let corpus = Corpus::new(&(0..10).map(story).collect::<String>(), &text, 6).unwrap();
        let mut batches = Batches::new(corpus, 3);
        let mut read = |from: u64, to: u64| -> Vec<u32> {
            let stream = |step| Stream::new(3, Purpose::Training, step as u32);
            (from..=to).flat_map(|step| batches.windows(step, 2, &mut stream(step))).map(|window| window[0]).collect()
        };
        let (first, second) = (read(1, 5), read(6, 10));
        assert_ne!(first, second);
        let sorted = |mut tokens: Vec<u32>| {
            tokens.sort_unstable();
            tokens
        };
        assert_eq!(sorted(first.clone()), sorted(second));
        // Any step can be read again.
        assert_eq!(read(1, 5), first);
    }
}
