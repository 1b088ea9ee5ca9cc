//! How much arithmetic a call takes, and how fast a device multiplies matrices: what the time of a call is held against.

use std::time::Instant;

use burn::{prelude::*, tensor::Distribution};

use super::{Outline, Place, read_back};
use crate::denoiser::DenoiserError;

/// Floating-point operations of a call on `batch` sequences of `length` tokens that asks at `rows` positions of each: a
/// multiplication and an addition for each weight of a matrix product, and attention. What is done number by number is left out.
pub fn flops(config: &Outline, batch: usize, length: usize, rows: usize) -> f64 {
    let [d, layers] = [config.d_model, config.n_layer].map(|size| size as f64);
    let (tokens, length) = ((batch * length) as f64, length as f64);
    let weights = layers * config.block_weights as f64;
    let attention = layers * 2.0 * length * d;
    2.0 * (tokens * (weights + attention) + (batch * rows) as f64 * d * config.vocab_size as f64)
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
    fn the_cpu_multiplies_at_some_rate() {
        let rate = pollster::block_on(ceiling(&Place::cpu())).unwrap();
        assert!((1e8..1e14).contains(&rate), "{rate}");
    }
}
