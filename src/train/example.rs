//! What a net is trained on: a window as it is shown, the tokens it is asked for, and how much each counts.
//!
//! For a denoiser this is the objective of masked diffusion (Sahoo et al., "Simple and Effective Masked Diffusion Language
//! Models", arXiv 2406.07524) in its discrete form of low variance: `n ~ U{1..L}` tokens at random places are masked, and
//! the loss is the mean of `-log p` over them. Its mean over `n` is `sum_j l(j) / L`, the NELBO per token, in nats.

use rand::Rng;

use crate::random::uniform;

/// A window as a net is shown it, and what is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What is shown `[length]`.
    pub input: Vec<u32>,
    /// Where a token is asked for `[asked]`.
    pub places: Vec<u32>,
    /// Which token stands there in the text `[asked]`.
    pub targets: Vec<u32>,
}

impl Example {
    /// `window` with masks at `places`, where its tokens are asked for.
    pub fn new(window: &[u32], places: Vec<u32>, mask_id: u32) -> Self {
        let mut input = window.to_vec();
        for &place in &places {
            input[place as usize] = mask_id;
        }
        let targets = places.iter().map(|&place| window[place as usize]).collect();
        Self { input, places, targets }
    }

    /// The loss of a net that gives the targets these `log_probs` `[asked]`, in nats per token.
    pub fn loss(&self, log_probs: &[f32]) -> f64 {
        -log_probs.iter().map(|&log_prob| f64::from(log_prob)).sum::<f64>() / self.places.len() as f64
    }
}

/// Masks each of `windows` `[rows][length]`. Over the rows, in random order, the numbers of masked tokens are spread evenly over
/// `1..=length`: each is uniform, and all together vary less than independent ones.
pub fn masked(windows: &[Vec<u32>], mask_id: u32, rng: &mut impl Rng) -> Vec<Example> {
    let phase = uniform(rng);
    let rows = windows.len() as f64;
    let mut masked = vec![];
    for (window, stratum) in windows.iter().zip(some_of(windows.len(), windows.len(), rng)) {
        let length = window.len();
        let place = (f64::from(stratum) + phase) / rows; // in [0, 1)
        let asked = (1 + (place * length as f64) as usize).min(length);
        masked.push(mask(window, asked, mask_id, rng));
    }
    masked
}

/// Masks `asked` tokens of `window` at random places.
fn mask(window: &[u32], asked: usize, mask_id: u32, rng: &mut impl Rng) -> Example {
    let mut places = some_of(window.len(), asked, rng);
    places.sort_unstable();
    Example::new(window, places, mask_id)
}

/// `count` of `0..all`, in random order.
fn some_of(all: usize, count: usize, rng: &mut impl Rng) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..all as u32).collect();
    for k in 0..count {
        let other = k + (uniform(rng) * (all - k) as f64) as usize;
        numbers.swap(k, other);
    }
    numbers.truncate(count);
    numbers
}

/// Each of `windows` `[rows][length]`, moved on by one after an `<|endoftext|>`: every token is asked for, given the earlier.
pub fn autoregressive(windows: &[Vec<u32>], end: u32) -> Vec<Example> {
    let shown = |window: &Vec<u32>| {
        let before = window.iter().copied().take(window.len() - 1);
        let input = std::iter::once(end).chain(before).collect();
        Example { input, places: (0..window.len() as u32).collect(), targets: window.clone() }
    };
    windows.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, Stream};

    fn rng(seed: u64) -> Stream {
        Stream::new(seed, Purpose::Training, 1)
    }

    #[test]
    fn every_size_is_equally_likely_and_a_batch_holds_them_evenly() {
        let windows = vec![vec![5, 6, 7, 8]; 4];
        for seed in 0..50 {
            let mut sizes: Vec<usize> =
                masked(&windows, 2, &mut rng(seed)).iter().map(|example| example.places.len()).collect();
            sizes.sort_unstable();
            assert_eq!(sizes, [1, 2, 3, 4]);
        }
        let alone: Vec<usize> =
            (0..4000).map(|seed| masked(&windows[..1], 2, &mut rng(seed))[0].places.len()).collect();
        for size in 1..=4 {
            let share = alone.iter().filter(|&&found| found == size).count() as f64 / 4000.0;
            assert!((share - 0.25).abs() < 0.03, "{size}: {share}");
        }
    }

    #[test]
    fn masks_stand_where_tokens_are_asked_for_and_nowhere_else() {
        let window: Vec<u32> = (10..26).collect();
        let mut seen = [0; 16];
        for seed in 0..800 {
            let [example] = masked(std::slice::from_ref(&window), 2, &mut rng(seed)).try_into().unwrap();
            for at in 0..16u32 {
                let asked = example.places.contains(&at);
                assert_eq!(example.input[at as usize], if asked { 2 } else { window[at as usize] });
                seen[at as usize] += usize::from(asked);
            }
            let targets: Vec<u32> = example.places.iter().map(|&place| window[place as usize]).collect();
            assert_eq!(example.targets, targets);
        }
        // 8.5 of 16 on average.
        assert!(seen.iter().all(|&count| (340..510).contains(&count)), "{seen:?}");
    }

    #[test]
    fn a_judge_is_asked_for_each_token_after_the_earlier_ones() {
        let examples = autoregressive(&[vec![7, 8, 9]], 0);
        assert_eq!(examples, [Example { input: vec![0, 7, 8], places: vec![0, 1, 2], targets: vec![7, 8, 9] }]);
        assert!((examples[0].loss(&[-1.0, -2.0, -3.0]) - 2.0).abs() < 1e-12);
    }
}
