//! A law given row by row: every sequence that can be, with its probability.

use std::{
    collections::{HashMap, HashSet},
    fmt,
};

use serde::Deserialize;

use super::{Conditional, Law, LawError, MAX_SYMBOLS, Profile, complete, conditional, revealed};
use crate::random::{Stream, uniform};

/// The longest table: its profile goes through all `2^L` sets of positions.
const MAX_LENGTH: usize = 16;

/// The most steps, `2^L` times the rows, that a profile may take.
const MAX_STEPS: usize = 1 << 26;

/// How far from 1 the probabilities may sum.
const ROUNDING: f64 = 1e-9;

/// A law with finitely many rows.
///
/// Where no row agrees with what is revealed, the masked positions have the distributions they have with nothing
/// revealed.
#[derive(Clone, Debug)]
pub struct Table {
    length: usize,
    symbols: usize,
    /// Those of probability above 0.
    rows: Vec<(Vec<u32>, f64)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    symbols: usize,
    support: Vec<FileRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRow {
    tokens: Vec<u32>,
    probability: f64,
}

impl Table {
    /// A table from the text of its file: `{"symbols": 2, "support": [{"tokens": [0, 1], "probability": 1.0}]}`.
    ///
    /// # Errors
    /// [`LawError::Table`] for text that is no such JSON, and as [`Table::new`].
    pub fn parse(text: &str) -> Result<Self, LawError> {
        let File { symbols, support } =
            serde_json::from_str(text).map_err(|error| LawError::Table(format!("cannot be read: {error}")))?;
        Self::new(symbols, support.into_iter().map(|row| (row.tokens, row.probability)).collect())
    }

    /// A table of `rows`: the tokens `[L]`, each below `symbols`, and their probability.
    ///
    /// # Errors
    /// [`LawError::Row`] names the row whose length, token or probability cannot be, or that is there twice;
    /// [`LawError::Table`] for no rows, probabilities that do not sum to 1 within 1e-9, an alphabet that is not 2 to
    /// [`MAX_SYMBOLS`], and for what is too large to have a profile: `L` above 16 or `2^L` times the rows above `2^26`.
    pub fn new(symbols: usize, mut rows: Vec<(Vec<u32>, f64)>) -> Result<Self, LawError> {
        if !(2..=MAX_SYMBOLS).contains(&symbols) {
            return Err(LawError::Table(format!("has {symbols} symbols; it must have 2 to {MAX_SYMBOLS}")));
        }
        let length = rows.first().map_or(0, |(tokens, _)| tokens.len());
        if !(1..=MAX_LENGTH).contains(&length) {
            return Err(LawError::Table(match rows.len() {
                0 => "has no rows; it must have at least one".to_owned(),
                _ => format!("has rows of {length} tokens; it must have 1 to {MAX_LENGTH}"),
            }));
        }
        if rows.len() > MAX_STEPS >> length {
            let most = MAX_STEPS >> length;
            return Err(LawError::Table(format!("has {} rows; of {length} tokens, it takes {most}", rows.len())));
        }
        let mut seen = HashSet::new();
        for ((tokens, probability), row) in rows.iter().zip(1..) {
            let problem = if tokens.len() != length {
                format!("has {} tokens; row 1 has {length}", tokens.len())
            } else if let Some(token) = tokens.iter().find(|&&token| token as usize >= symbols) {
                format!("has token {token}; it must be below {symbols}, the number of symbols")
            } else if !probability.is_finite() || *probability < 0.0 {
                format!("has probability {probability}; it must be a finite number, at least 0")
            } else if !seen.insert(tokens) {
                "is there twice".to_owned()
            } else {
                continue;
            };
            return Err(LawError::Row { row, problem });
        }
        let sum: f64 = rows.iter().map(|(_, probability)| probability).sum();
        if (sum - 1.0).abs() > ROUNDING {
            return Err(LawError::Table(format!("has probabilities that sum to {sum}; it must be 1")));
        }
        rows.retain(|(_, probability)| *probability > 0.0);
        rows.iter_mut().for_each(|(_, probability)| *probability /= sum);
        Ok(Self { length, symbols, rows })
    }

    /// Another law as a table, from [`Law::log_prob`] of all `q^L` sequences.
    ///
    /// # Errors
    /// As [`Table::new`], if these are too many.
    pub fn enumerate(law: &dyn Law) -> Result<Self, LawError> {
        let (length, symbols) = (law.length(), law.symbols());
        let count = u32::try_from(length).ok().and_then(|length| symbols.checked_pow(length));
        let count = count.filter(|&count| length <= MAX_LENGTH && count <= MAX_STEPS >> length).ok_or_else(|| {
            LawError::Table(format!("of `{law}` would have {symbols}^{length} rows; that is too many"))
        })?;
        let row = |number: usize| {
            let digits = (0..length).scan(number, |rest, _| {
                let digit = (*rest % symbols) as u32;
                *rest /= symbols;
                Some(digit)
            });
            let tokens: Vec<u32> = digits.collect();
            let probability = law.log_prob(&tokens).exp();
            (tokens, probability)
        };
        Self::new(symbols, (0..count).map(row).collect())
    }

    /// Adds to `sums[|W|]` the entropy of `X_W`, for every set `W` that has the given positions before `position`.
    /// `groups` numbers the rows by what they have in these; `entropy` is that of the groups.
    fn visit(&self, position: usize, size: usize, groups: &[u32], entropy: f64, sums: &mut [f64]) {
        if position == self.length {
            sums[size] += entropy;
            return;
        }
        self.visit(position + 1, size, groups, entropy, sums);
        let mut numbers = HashMap::new();
        let mut probabilities = vec![];
        let split = |((tokens, probability), &group): (&(Vec<u32>, f64), &u32)| {
            let number = *numbers.entry((group, tokens[position])).or_insert(probabilities.len());
            if number == probabilities.len() {
                probabilities.push(0.0);
            }
            probabilities[number] += probability;
            number as u32
        };
        let groups: Vec<u32> = self.rows.iter().zip(groups).map(split).collect();
        self.visit(position + 1, size + 1, &groups, conditional::entropy(&probabilities), sums);
    }

    /// Unnormalised distributions `[L]` of `[q]` over the rows that agree with the revealed positions.
    fn marginals(&self, known: &[(usize, u32)]) -> Vec<Vec<f64>> {
        let mut marginals = vec![vec![0.0; self.symbols]; self.length];
        for (tokens, probability) in &self.rows {
            if known.iter().all(|&(position, symbol)| tokens[position] == symbol) {
                for (marginal, &token) in marginals.iter_mut().zip(tokens) {
                    marginal[token as usize] += probability;
                }
            }
        }
        marginals
    }
}

impl Law for Table {
    fn length(&self) -> usize {
        self.length
    }

    fn symbols(&self) -> usize {
        self.symbols
    }

    /// `h(j)` is how much the mean entropy of `j` positions grows with one more.
    fn profile(&self) -> Profile {
        let mut sums = vec![0.0; self.length + 1];
        self.visit(0, 0, &vec![0; self.rows.len()], 0.0, &mut sums);
        let mut sets = 1.0; // L choose j
        for (j, sum) in sums.iter_mut().enumerate() {
            *sum /= sets;
            sets *= (self.length - j) as f64 / (j + 1) as f64;
        }
        Profile::settled(sums.windows(2).map(|pair| pair[1] - pair[0]).collect())
    }

    fn conditionals(&self, tokens: &[u32]) -> Vec<Conditional> {
        let known: Vec<(usize, u32)> = revealed(tokens, self.symbols).collect();
        let distributions = |known: &[(usize, u32)]| -> Option<Vec<Conditional>> {
            self.marginals(known).into_iter().map(Conditional::proportional).collect()
        };
        let found = distributions(&known).or_else(|| distributions(&[]));
        let mut found = found.unwrap_or_else(|| vec![Conditional::Uniform(self.symbols); self.length]);
        for (position, symbol) in known {
            found[position] = Conditional::Certain(symbol);
        }
        found
    }

    fn log_prob(&self, tokens: &[u32]) -> f64 {
        let found = self.rows.iter().find(|(row, _)| row == tokens);
        debug_assert!(found.is_none() || complete(self, tokens));
        found.map_or(f64::NEG_INFINITY, |(_, probability)| probability.ln())
    }

    fn draw(&self, rng: &mut Stream) -> Vec<u32> {
        let probabilities: Vec<f64> = self.rows.iter().map(|(_, probability)| *probability).collect();
        self.rows[conditional::quantile(&probabilities, uniform(rng)) as usize].0.clone()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("table")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read() {
        let text = r#"{"symbols": 2, "support": [{"tokens": [0, 0, 1], "probability": 0.5},
            {"tokens": [0, 1, 1], "probability": 0.25}, {"tokens": [1, 1, 1], "probability": 0.25}]}"#;
        let table = Table::parse(text).unwrap();
        assert_eq!((table.length(), table.symbols(), table.log_prob(&[0, 1, 1])), (3, 2, 0.25f64.ln()));
        assert_eq!(table.log_prob(&[1, 0, 1]), f64::NEG_INFINITY);
        let found = table.conditionals(&[0, 2, 2]);
        assert!((found[1].probability(1) - 1.0 / 3.0).abs() < 1e-15);
        // Nothing agrees with 1, 0: the last position is as likely as with nothing revealed.
        assert_eq!(table.conditionals(&[1, 0, 2])[2], Conditional::Weighted(vec![0.0, 1.0]));
    }

    #[test]
    fn errors_name_the_row() {
        let told = |symbols, support: &str| {
            Table::parse(&format!(r#"{{"symbols": {symbols}, "support": [{support}]}}"#)).unwrap_err().to_string()
        };
        let row = |tokens: &str, probability: f64| format!(r#"{{"tokens": [{tokens}], "probability": {probability}}}"#);
        let (half, other) = (row("0, 1", 0.5), row("1, 1", 0.25));
        assert_eq!(told(2, ""), "the table has no rows; it must have at least one");
        assert_eq!(told(1, &half), "the table has 1 symbols; it must have 2 to 65536");
        assert_eq!(told(2, &format!("{half}, {other}")), "the table has probabilities that sum to 0.75; it must be 1");
        assert_eq!(told(2, &format!("{half}, {half}")), "row 2 of the table is there twice");
        assert_eq!(told(2, &format!("{half}, {}", row("1", 0.5))), "row 2 of the table has 1 tokens; row 1 has 2");
        let token = "row 1 of the table has token 3; it must be below 2, the number of symbols";
        assert_eq!(told(2, &row("3, 0", 0.5)), token);
        let probability = "row 2 of the table has probability -0.5; it must be a finite number, at least 0";
        assert_eq!(told(2, &format!("{half}, {}", row("0, 0", -0.5))), probability);
        assert_eq!(told(2, &row("", 1.0)), "the table has rows of 0 tokens; it must have 1 to 16");
        assert_eq!(told(2, &row(&["0"; 17].join(","), 1.0)), "the table has rows of 17 tokens; it must have 1 to 16");
        assert!(told(2, "{}").contains("missing field `tokens` at line 1"));
        assert!(told(2, &row("-1", 1.0)).contains("cannot be read"));
        let many = (0..1025u32).map(|row| ((0..16).map(|bit| row >> bit & 1).collect(), 1.0 / 1025.0)).collect();
        let error = Table::new(2, many).unwrap_err().to_string();
        assert_eq!(error, "the table has 1025 rows; of 16 tokens, it takes 1024");
    }
}
