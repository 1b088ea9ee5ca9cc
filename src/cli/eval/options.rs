//! Options that only this command has.

use std::{error::Error, fmt::Display, str::FromStr};

use unmask::{spec, sweep::Share};

use crate::cli::lists::no_twice;

/// `I/N`, from 1.
pub fn share(text: &str) -> Result<Share, String> {
    let parts = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
    match parts {
        Some((index, of)) if (1..=of).contains(&index) => Ok(Share { index, of }),
        _ => Err("must be I/N, as 2/4: the number of the shard, from 1, and how many there are".to_owned()),
    }
}

/// A list of things with names, none of them twice.
pub fn named<T>(what: &str, list: &str) -> anyhow::Result<Vec<T>>
where
    T: FromStr + PartialEq + Display,
    T::Err: Error + Send + Sync + 'static,
{
    let named = spec::list(list).iter().map(|name| name.parse()).collect::<Result<Vec<T>, _>>()?;
    no_twice(what, &named)?;
    Ok(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_counted_from_one() {
        assert_eq!(share("2/4"), Ok(Share { index: 2, of: 4 }));
        for wrong in ["0/4", "5/4", "2", "a/b", "1/0", "-1/2", ""] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
