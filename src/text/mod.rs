//! Text to tokens and back.

#[cfg(not(target_family = "wasm"))]
mod others;

use std::error::Error;

use sha2::{Digest, Sha256};
use tokenizers::{TokenizerImpl, models::bpe::BPE, normalizers, pre_tokenizers::byte_level::ByteLevel};

/// How a masked position is shown.
pub const MASK_SIGN: char = '░';

/// Byte-level BPE. Naming the parts leaves every other kind of tokenizer out of the wasm module.
type Own = TokenizerImpl<BPE, normalizers::ByteLevel, ByteLevel, ByteLevel, ByteLevel>;
#[cfg(target_family = "wasm")]
type Tokenizer = Own;
/// Of any kind, as models of other families have them.
#[cfg(not(target_family = "wasm"))]
type Tokenizer = tokenizers::Tokenizer;

/// Why text cannot become tokens, or the other way round.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The file is not a tokenizer, or one of another kind.
    #[error("tokenizer.json is not a byte-level BPE tokenizer in the format of Hugging Face")]
    File(#[source] Box<dyn Error + Send + Sync>),
    /// The file is no tokenizer of any kind.
    #[error("tokenizer.json is not a tokenizer in the format of Hugging Face")]
    Unknown(#[source] Box<dyn Error + Send + Sync>),
    /// The text cannot be cut.
    #[error("the text cannot be cut into tokens")]
    Encode(#[source] Box<dyn Error + Send + Sync>),
    /// The tokens cannot be joined.
    #[error("the tokens cannot be joined into text")]
    Decode(#[source] Box<dyn Error + Send + Sync>),
}

/// A tokenizer, and how its tokens are shown one by one.
pub struct Text {
    tokenizer: Tokenizer,
    hash: String,
    /// Of a model of another family.
    #[cfg(not(target_family = "wasm"))]
    others: Option<others::Manners>,
}

impl Text {
    /// From the bytes of a `tokenizer.json`.
    ///
    /// # Errors
    /// [`TextError::File`] when they are not that.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TextError> {
        let own: Own = serde_json::from_slice(bytes).map_err(|error| TextError::File(error.into()))?;
        Ok(Self {
            #[cfg(target_family = "wasm")]
            tokenizer: own,
            #[cfg(not(target_family = "wasm"))]
            tokenizer: own.into(),
            hash: sha256(bytes),
            #[cfg(not(target_family = "wasm"))]
            others: None,
        })
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// How many tokens there are; of another family's, one more than the highest id.
    pub fn vocab_size(&self) -> usize {
        #[cfg(not(target_family = "wasm"))]
        if let Some(others) = &self.others {
            return others.vocab_size;
        }
        self.tokenizer.get_vocab_size(true)
    }

    /// The id of a token by its name.
    pub fn id(&self, name: &str) -> Option<u32> {
        self.tokenizer.token_to_id(name)
    }

    /// The name of a token, empty for an id that there is not.
    pub fn name(&self, id: u32) -> String {
        self.tokenizer.id_to_token(id).unwrap_or_default()
    }

    /// Whether a token is special: no part of any text.
    pub fn is_special(&self, id: u32) -> bool {
        self.tokenizer.get_added_vocabulary().is_special_token(&self.name(id))
    }

    /// How many bytes of text a token stands for; special tokens stand for none.
    pub fn bytes(&self, id: u32) -> usize {
        if self.is_special(id) {
            return 0;
        }
        #[cfg(not(target_family = "wasm"))]
        if let Some(others) = &self.others {
            return others.display(&self.tokenizer, id).len().max(1);
        }
        // One symbol a byte.
        self.tokenizer.id_to_token(id).map_or(0, |symbols| symbols.chars().count())
    }

    /// Cuts text into tokens. Special tokens written out, such as `<|mask|>`, become themselves.
    ///
    /// # Errors
    /// [`TextError::Encode`] with the tokenizer's reason.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TextError> {
        Ok(self.tokenizer.encode(text, false).map_err(TextError::Encode)?.get_ids().to_vec())
    }

    /// Tokens that stand before and after every text, as the tokenizer of another family may have them.
    pub fn frame(&self) -> (&[u32], &[u32]) {
        #[cfg(not(target_family = "wasm"))]
        if let Some(others) = &self.others {
            return (&others.before, &others.after);
        }
        (&[], &[])
    }

    /// Joins tokens into text without its frame; each mask becomes [`MASK_SIGN`].
    ///
    /// # Errors
    /// [`TextError::Decode`] with the tokenizer's reason.
    pub fn decode(&self, tokens: &[u32], mask_id: u32) -> Result<String, TextError> {
        #[cfg(not(target_family = "wasm"))]
        if let Some(others) = &self.others {
            return others.decode(&self.tokenizer, tokens, mask_id);
        }
        let mut text = String::new();
        for (index, run) in tokens.split(|&token| token == mask_id).enumerate() {
            if index > 0 {
                text.push(MASK_SIGN);
            }
            text += &self.tokenizer.decode(run, false).map_err(TextError::Decode)?;
        }
        Ok(text)
    }

    /// What each token looks like alone, by id: its text, or `\xNN` for bytes that are only part of a character.
    pub fn display_forms(&self) -> Vec<String> {
        (0..self.vocab_size() as u32).map(|id| self.display(id)).collect()
    }

    fn display(&self, id: u32) -> String {
        #[cfg(not(target_family = "wasm"))]
        if let Some(others) = &self.others {
            return others.display(&self.tokenizer, id);
        }
        let alone = self.tokenizer.decode(&[id], false).unwrap_or_default();
        if !alone.contains(char::REPLACEMENT_CHARACTER) {
            return alone;
        }
        bytes_of(&self.tokenizer.id_to_token(id).unwrap_or_default())
    }
}

/// A token of the byte-level alphabet, byte by byte.
fn bytes_of(symbols: &str) -> String {
    symbols.chars().map(|symbol| byte_of(symbol).map_or(symbol.into(), |byte| format!("\\x{byte:02X}"))).collect()
}

/// The byte that a symbol of the byte-level alphabet stands for (GPT-2's: printable Latin-1 stands for itself, the other
/// 68 bytes follow from U+0100 on).
fn byte_of(symbol: char) -> Option<u8> {
    let own = |byte: u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    match u32::from(symbol) {
        code @ 0..=0xFF => u8::try_from(code).ok().filter(|&byte| own(byte)),
        code => (0..=u8::MAX).filter(|&byte| !own(byte)).nth((code - 0x100) as usize),
    }
}

/// SHA-256 of a file, in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: u32 = 2;

    fn text() -> Text {
        Text::from_bytes(include_bytes!("../../assets/model/tokenizer.json")).unwrap()
    }

    #[test]
    fn text_survives_the_round_trip() {
        let text = text();
        for sample in ["Once upon a time, Lily said \"hi!\"\n\nThe end.", "", " naïve ✓ 日本", "a<|endoftext|>b"] {
            assert_eq!(text.decode(&text.encode(sample).unwrap(), MASK).unwrap(), sample);
        }
    }

    #[test]
    fn masks_are_shown_where_they_stand() {
        let text = text();
        let mut tokens = text.encode("Once upon").unwrap();
        tokens.insert(1, MASK);
        tokens.push(MASK);
        assert_eq!(text.decode(&tokens, MASK).unwrap(), "Once░ upon░");
        assert_eq!(text.encode("<|mask|>").unwrap(), [MASK]);
    }

    #[test]
    fn parts_of_characters_are_shown_as_bytes() {
        let text = text();
        let forms = text.display_forms();
        assert_eq!(forms.len(), text.vocab_size());
        let tick: Vec<&str> = text.encode("✓").unwrap().iter().map(|&id| forms[id as usize].as_str()).collect();
        assert_eq!(tick.concat(), "\\xE2\\x9C\\x93");
        assert!(forms.iter().any(|form| form == " the") && forms.iter().any(|form| form == "\n"));
        assert_eq!(forms[MASK as usize], "<|mask|>");
        assert!(forms.iter().all(|form| !form.contains(char::REPLACEMENT_CHARACTER)));
    }

    #[test]
    fn a_file_that_is_no_tokenizer_says_so() {
        assert!(matches!(Text::from_bytes(b"{\"version\":3}"), Err(TextError::File(_))));
    }

    #[test]
    fn sha256_of_nothing_is_the_published_value() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
