//! Options that are numbers within a range.

use std::str::FromStr;

use unmask::{random::MAX_SEED, sampler::MAX_TEMPERATURE};

pub fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("must be a whole number from 1 to {}", usize::MAX)),
    }
}

/// A number whose range is known to whoever takes it, and told there.
pub fn whole<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse().map_err(|_| format!("must be a whole number from 0 to {}", usize::MAX))
}

pub fn seed(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(seed) if seed <= MAX_SEED => Ok(seed),
        _ => Err(format!("must be a whole number from 0 to {MAX_SEED}")),
    }
}

pub fn early_stop(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(enough) if enough > 0.0 && enough <= 1.0 => Ok(enough),
        _ => Err("must be a number above 0 and at most 1".to_owned()),
    }
}

pub fn temperature(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(temperature) if (0.0..=MAX_TEMPERATURE).contains(&temperature) => Ok(temperature),
        _ => Err(format!("must be a number from 0 to {MAX_TEMPERATURE}")),
    }
}
