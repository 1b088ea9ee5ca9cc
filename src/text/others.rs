//! Tokenizers of other families, taken as their files say: WordPiece, BPE and Unigram.

use super::{MASK_SIGN, Text, TextError, Tokenizer, bytes_of, sha256};

/// How such a tokenizer treats text.
pub(super) struct Manners {
    /// One more than the highest id.
    pub vocab_size: usize,
    /// The tokens before every text.
    pub before: Vec<u32>,
    /// And after.
    pub after: Vec<u32>,
    /// A letter in tokens. What a token looks like after it shows whether a space stands between.
    letter: Vec<u32>,
    /// The letter as text.
    letter_text: String,
}

impl Text {
    /// From the bytes of a `tokenizer.json` of any kind. Its length limit and its padding are left out.
    ///
    /// # Errors
    /// [`TextError::Unknown`] when they are not that, [`TextError::Encode`] and [`TextError::Decode`] when it cannot be used.
    pub fn of_others(bytes: &[u8]) -> Result<Self, TextError> {
        let mut tokenizer: Tokenizer =
            serde_json::from_slice(bytes).map_err(|error| TextError::Unknown(error.into()))?;
        tokenizer.with_truncation(None).map_err(TextError::Unknown)?;
        tokenizer.with_padding(None);
        let encode = |framed| Ok(tokenizer.encode("a", framed).map_err(TextError::Encode)?.get_ids().to_vec());
        let (letter, framed): (Vec<u32>, Vec<u32>) = (encode(false)?, encode(true)?);
        let letter_text = tokenizer.decode(&letter, false).map_err(TextError::Decode)?;
        // Where the frame shows no text, there is none.
        let at = framed.windows(letter.len().max(1)).position(|part| part == letter);
        let (before, after) = match at {
            Some(at) => (framed[..at].to_vec(), framed[at + letter.len()..].to_vec()),
            None => (vec![], vec![]),
        };
        let vocab_size = tokenizer.get_vocab(true).into_values().max().map_or(0, |id| id as usize + 1);
        let others = Manners { vocab_size, before, after, letter, letter_text };
        Ok(Self { tokenizer, hash: sha256(bytes), others: Some(others) })
    }
}

impl Manners {
    /// See [`Text::decode`].
    pub fn decode(&self, tokenizer: &Tokenizer, tokens: &[u32], mask_id: u32) -> Result<String, TextError> {
        let tokens = tokens.strip_prefix(self.before.as_slice()).unwrap_or(tokens);
        let tokens = tokens.strip_suffix(self.after.as_slice()).unwrap_or(tokens);
        // Masks take part: whether there are spaces around them is for the decoder to say.
        let text = tokenizer.decode(tokens, false).map_err(TextError::Decode)?;
        Ok(match tokenizer.id_to_token(mask_id) {
            Some(mask) if !mask.is_empty() => text.replace(&mask, &MASK_SIGN.to_string()),
            _ => text,
        })
    }

    /// See [`Text::display_forms`]: the token as it looks after a letter.
    pub fn display(&self, tokenizer: &Tokenizer, id: u32) -> String {
        let name = tokenizer.id_to_token(id).unwrap_or_default();
        if tokenizer.get_added_vocabulary().is_special_token(&name) {
            return name;
        }
        let after = tokenizer.decode(&[self.letter.as_slice(), &[id]].concat(), false).unwrap_or_default();
        let shown = match after.strip_prefix(&self.letter_text) {
            Some(shown) => shown.to_owned(),
            None => tokenizer.decode(&[id], false).unwrap_or_default(),
        };
        if !shown.contains(char::REPLACEMENT_CHARACTER) {
            return shown;
        }
        // A part of a character: a byte by its number, or symbols of the byte-level alphabet.
        match name.strip_prefix("<0x").and_then(|rest| rest.strip_suffix('>')) {
            Some(byte) => format!("\\x{byte}"),
            None => bytes_of(&name),
        }
    }
}
