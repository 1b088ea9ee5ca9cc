//! How much arithmetic a call takes, what its kernels move, and how fast a device multiplies matrices: what the time of a call
//! is held against.

use std::time::Instant;

use burn::{prelude::*, tensor::Distribution};

use super::{Outline, Place, read_back};
use crate::denoiser::{DenoiserError, twin::STATS};

/// Floating-point operations of a call on `batch` sequences of `length` tokens that asks at `rows` positions of each: a
/// multiplication and an addition for each weight of a matrix product, and attention. What is done number by number is left out.
pub fn flops(config: &Outline, batch: usize, length: usize, rows: usize) -> f64 {
    let [d, layers] = [config.d_model, config.n_layer].map(|size| size as f64);
    let (tokens, length) = ((batch * length) as f64, length as f64);
    let weights = layers * config.block_weights as f64;
    let attention = layers * 2.0 * length * d;
    2.0 * (tokens * (weights + attention) + (batch * rows) as f64 * d * config.vocab_size as f64)
}

/// What all dispatches of a kernel do in a call, at the least.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct KernelWork {
    pub name: &'static str,
    /// Multiplications and additions of products.
    pub flop: f64,
    /// Read or written: each number once, as if a kernel kept all that it needs again.
    pub bytes: f64,
}

/// The work of each kernel of such a call as [`flops`] counts, in the order of their first dispatch; a weight of a product takes
/// `weight` bytes.
pub fn kernel_work(config: &Outline, batch: usize, length: usize, rows: usize, weight: usize) -> Vec<KernelWork> {
    let [d, ff, vocab] = [config.d_model, config.d_ff, config.vocab_size].map(|size| size as f64);
    let (tokens, rows, layers) = ((batch * length) as f64, (batch * rows) as f64, config.n_layer as f64);
    let (number, weight, said) = (size_of::<f32>() as f64, weight as f64, STATS as f64);
    let work = |name, flop, bytes| KernelWork { name, flop, bytes };
    // Weights `[out, into]` at `rows`, which reads and writes `moved` numbers a row beside them.
    let product = |name, times: f64, rows: f64, into: f64, out: f64, moved: f64| {
        work(name, times * 2.0 * rows * into * out, times * (into * out * weight + rows * moved * number))
    };
    let moved = |name, times: f64, numbers: f64| work(name, 0.0, times * tokens * numbers * number);
    let seen = layers * 4.0 * tokens * length as f64 * d;
    vec![
        moved("embed", 1.0, 1.0 + 2.0 * d),
        product("qkv", layers, tokens, d, 3.0 * d, 4.0 * d),
        moved("rotate", layers, 4.0 * d),
        work("attend", seen, layers * tokens * 4.0 * d * number),
        product("proj", layers, tokens, d, d, 3.0 * d),
        product("gates", layers, tokens, d, 2.0 * ff, d + ff),
        product("down", layers, tokens, ff, d, ff + 2.0 * d),
        product("logits", 1.0, rows, d, vocab, d + vocab),
        work("predict", 0.0, rows * (vocab + said) * number),
    ]
}

/// The most floating-point operations a second that a product of two square f32 matrices reaches on a device.
///
/// # Errors
/// [`DenoiserError::Device`] when it fails.
pub async fn ceiling(place: &Place) -> Result<f64, DenoiserError> {
    let (size, products) = match (place.is_cpu(), place.software) {
        (true, _) => (1024, 1),
        (_, true) => (256, 1),
        // So large, and so many between two read-backs, that nothing but the products takes time.
        _ => (4096, 8),
    };
    let matrix = || Tensor::<2>::random([size, size], Distribution::Uniform(-0.01, 0.01), &place.device);
    let (left, right) = (matrix(), matrix());
    let mut best = 0f64;
    let begun = Instant::now();
    for round in 0.. {
        let one = Instant::now();
        let product = (0..products).fold(left.clone(), |product, _| product.matmul(right.clone()));
        read_back(product.slice([0..1, 0..1])).await?;
        let rate = products as f64 * 2.0 * (size as f64).powi(3) / one.elapsed().as_secs_f64();
        // The first compiles.
        if round > 0 {
            best = best.max(rate);
        }
        if round > 1 && begun.elapsed().as_secs_f64() > 1.0 {
            break;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Config;

    #[test]
    fn arithmetic_is_counted_by_the_shapes_of_the_products() {
        let mut config = Config::from_bytes(include_bytes!("../../assets/model/config.json")).unwrap();
        (config.d_model, config.d_ff, config.n_layer, config.vocab_size) = (4, 8, 3, 10);
        // A token: 3 blocks of 4 * 16 + 3 * 32 weights, and 2 * 5 * 4 of attention; a row: 4 * 10.
        assert_eq!(flops(&(&config).into(), 2, 5, 1), 2.0 * (10.0 * 3.0 * (160.0 + 40.0) + 2.0 * 40.0));
    }

    #[test]
    fn kernels_do_all_the_arithmetic_of_a_call_and_move_all_its_weights() {
        let config = Config::from_bytes(include_bytes!("../../assets/model/config.json")).unwrap();
        let outline = Outline::from(&config);
        let (few, many) = (kernel_work(&outline, 2, 32, 8, 2), kernel_work(&outline, 2, 32, 8, 4));
        let flop: f64 = few.iter().map(|one| one.flop).sum();
        assert!((flop / flops(&outline, 2, 32, 8) - 1.0).abs() < 1e-12);
        // Two bytes more for each weight of a product.
        let bytes = |all: &[KernelWork]| all.iter().map(|one| one.bytes).sum::<f64>();
        let weights = 6.0 * outline.block_weights as f64 + 256.0 * 2048.0;
        assert_eq!(bytes(&many) - bytes(&few), 2.0 * weights);
        // 64 tokens: themselves, a row of the embedding each, and a row of the residual stream each.
        assert_eq!((few[0].name, few[0].bytes), ("embed", 4.0 * 64.0 * 513.0));
        assert_eq!((few[8].name, few[8].bytes), ("predict", 4.0 * 16.0 * 2064.0));
    }

    #[test]
    fn the_cpu_multiplies_at_some_rate() {
        let rate = pollster::block_on(ceiling(&Place::cpu())).unwrap();
        assert!((1e8..1e14).contains(&rate), "{rate}");
    }
}
