//! Options that are numbers within a range.

use std::{ffi::OsStr, fmt::Display, marker::PhantomData, str::FromStr};

use clap::{
    Arg, Command,
    builder::{PossibleValue, TypedValueParser},
};

use unmask::{random::MAX_SEED, sampler::MAX_TEMPERATURE};

use super::run::{Pinned, What};

/// Reads what is spelled with a name and perhaps parameters, and tells shells the names.
#[derive(Clone)]
pub struct Spelled<T> {
    names: Vec<&'static str>,
    what: PhantomData<T>,
}

impl<T> Spelled<T> {
    pub fn new(names: impl IntoIterator<Item = &'static str>) -> Self {
        Self { names: names.into_iter().collect(), what: PhantomData }
    }
}

impl<T> TypedValueParser for Spelled<T>
where
    T: FromStr<Err: Display> + Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        let read = |text: &str| text.parse::<T>().map_err(|error| error.to_string());
        read.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.names.iter().copied().map(PossibleValue::new)))
    }
}

pub fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("must be a whole number from 1 to {}", usize::MAX)),
    }
}

/// As many runs as anybody waits for.
pub fn runs(text: &str) -> Result<usize, String> {
    up_to(text, 1_000_000)
}

/// As many sequences at a time as a device may hold.
pub fn batch(text: &str) -> Result<usize, String> {
    up_to(text, 4096)
}

fn up_to(text: &str, most: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if (1..=most).contains(&number) => Ok(number),
        _ => Err(format!("must be a whole number from 1 to {most}")),
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

/// `POSITION=TEXT` or `POSITION#TOKEN`.
pub fn pin(text: &str) -> Result<Pinned, String> {
    let at = text.find(['=', '#']).ok_or(NO_PIN)?;
    let (position, what) = text.split_at(at);
    let what = match what.split_at(1) {
        ("=", text) if !text.is_empty() => What::Text(text.to_owned()),
        ("#", token) => What::Token(token.parse().map_err(|_| NO_PIN)?),
        _ => return Err(NO_PIN.to_owned()),
    };
    Ok(Pinned { position: position.trim().parse().map_err(|_| NO_PIN)?, what })
}

const NO_PIN: &str = "must be a position from 0, then = and a text or # and the number of a token";
