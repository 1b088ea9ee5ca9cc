//! Exact joint laws of sequences: pure numbers, against which everything above can be checked.
//!
//! A [`Law`] knows its information [`Profile`], and from it the error of every schedule; it answers as a perfect model
//! would ([`LawDenoiser`]), so that the sampler that runs a net can be run against exact mathematics. All information
//! is in nats. Definitions are those of the theory, section 2.

mod binomial;
mod code;
mod conditional;
mod denoiser;
mod field;
mod forced;
mod hmm;
mod markov;
mod mixture;
mod profile;
mod table;

pub use code::Code;
pub use conditional::Conditional;
pub use denoiser::LawDenoiser;
pub use field::{Field, NoField};
pub use forced::Forced;
pub use hmm::Hmm;
pub use markov::Markov;
pub use mixture::Mixture;
pub use profile::{Profile, ProfileError, isotonic};
pub use table::Table;

use std::fmt;

use crate::{
    random::{Purpose, Stream, uniform},
    spec::{Spec, SpecError},
};

/// The longest sequence a law is made for.
pub const MAX_LENGTH: usize = 4096;

/// The largest alphabet of a law.
pub const MAX_SYMBOLS: usize = 65_536;

const NAMES: &str = "product, repetition, parity, reed-solomon, markov, hmm, mixture, table";

/// What can be wrong with a law.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LawError {
    /// Its spelling.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// Its length.
    #[error("length is {length}; `{law}` takes 1 to {most}")]
    Length {
        /// The law's name.
        law: String,
        /// The length that was asked for.
        length: usize,
        /// The longest that would be accepted.
        most: usize,
    },
    /// A profile would take too long.
    #[error(
        "`{law}` of length {length} takes {work} steps a sample, length² · states · (2 states + symbols); at most {most}"
    )]
    Work {
        /// The law.
        law: String,
        /// Its length.
        length: usize,
        /// The steps.
        work: u64,
        /// The most that would be accepted.
        most: u64,
    },
    /// A table is made from the text of its file, by [`Table::parse`].
    #[error("`{spec}`: a table stands in a file of its own, which `unmask lab --law table:FILE` reads")]
    File {
        /// The spelling.
        spec: String,
    },
    /// A table as a whole.
    #[error("the table {0}")]
    Table(String),
    /// A row of a table.
    #[error("row {row} of the table {problem}")]
    Row {
        /// Its number, from 1.
        row: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// A sequence that is none of the law's.
    #[error("the sequence {0}")]
    Sequence(String),
}

/// A law `p` of sequences of [`Law::length`] symbols `0 .. q`.
///
/// Its `Display` is the spelling that [`parse`] reads back (of a table, `table` alone).
pub trait Law: fmt::Debug + fmt::Display + Send + Sync {
    /// `L`, the number of positions.
    fn length(&self) -> usize;

    /// `q`, the number of symbols; `q` itself stands where nothing is revealed.
    fn symbols(&self) -> usize;

    /// The information profile `h(j)` `[L]`, exact unless it comes with standard errors.
    fn profile(&self) -> Profile;

    /// The exact distribution of every position given the revealed ones, `tokens` `[L]` -> `[L]`. A revealed position
    /// is certain; any number that is no symbol counts as a mask.
    ///
    /// Where the revealed symbols cannot occur together, every answer is right; each law says which distribution it
    /// gives.
    fn conditionals(&self, tokens: &[u32]) -> Vec<Conditional>;

    /// `ln p(tokens)`; minus infinity off the support, as for tokens that are no symbols or not `L`.
    fn log_prob(&self, tokens: &[u32]) -> f64;

    /// One sequence from the law; by default position after position.
    fn draw(&self, rng: &mut Stream) -> Vec<u32> {
        let mut tokens = vec![self.symbols() as u32; self.length()];
        for position in 0..tokens.len() {
            tokens[position] = self.conditionals(&tokens)[position].draw(uniform(rng));
        }
        tokens
    }

    /// Dimension `k` and alphabet `q` of a maximum-distance-separable code with `0 < k < L`: any `k` positions are
    /// uniform and determine the others, so that the error of the law really sampled has a closed form (theory section
    /// 4, (B)).
    ///
    /// `None` for other laws, and where the profile is flat and no schedule has an error.
    fn mds(&self) -> Option<(usize, usize)> {
        None
    }
}

/// The law that `text` spells, of sequences of `length`: `product:q=2`, `repetition:q=2`, `parity:q=2`,
/// `reed-solomon:k=19,q=256`, `markov:flip=0.1,q=2`, `hmm:states=8,symbols=16,seed=1`, `mixture:0.1,0.9`.
///
/// # Errors
/// [`LawError`] names the parameter, its value and what is accepted; [`LawError::File`] for `table:FILE`.
pub fn parse(text: &str, length: usize) -> Result<Box<dyn Law>, LawError> {
    let spec = Spec::parse(text)?;
    Ok(match spec.name {
        "product" | "repetition" | "parity" | "reed-solomon" => Box::new(Code::from_spec(&spec, length)?),
        "markov" => Box::new(Markov::from_spec(&spec, length)?),
        "hmm" => Box::new(Hmm::from_spec(&spec, length)?),
        "mixture" => Box::new(Mixture::from_spec(&spec, length)?),
        "table" => return Err(LawError::File { spec: text.to_owned() }),
        name => {
            return Err(SpecError::UnknownName { what: "law", name: name.to_owned(), known: NAMES.to_owned() }.into());
        }
    })
}

/// The sequence `[L]` that belongs to `seed`, drawn exactly from `law`.
pub fn sample(law: &dyn Law, seed: u64) -> Vec<u32> {
    law.draw(&mut Stream::new(seed, Purpose::Law, 0))
}

/// The revealed positions with their symbols, in order.
fn revealed(tokens: &[u32], symbols: usize) -> impl Iterator<Item = (usize, u32)> {
    tokens.iter().copied().enumerate().filter(move |&(_, token)| (token as usize) < symbols)
}

/// Whether `tokens` is a sequence of `law`, likely or not.
fn complete(law: &dyn Law, tokens: &[u32]) -> bool {
    tokens.len() == law.length() && revealed(tokens, law.symbols()).count() == law.length()
}

fn check_length(law: &str, length: usize, most: usize) -> Result<(), LawError> {
    if (1..=most).contains(&length) { Ok(()) } else { Err(LawError::Length { law: law.to_owned(), length, most }) }
}

/// The parameter `key` as a number of symbols, `2 ..= most`.
fn alphabet(spec: &Spec<'_>, key: &str, default: usize, most: usize) -> Result<usize, LawError> {
    let accepted = format!("a whole number from 2 to {most}");
    Ok(spec.number(key, accepted, |q| (2..=most).contains(q))?.unwrap_or(default))
}
