//! A tokenizer made from the text itself: byte-level BPE (Sennrich et al. 2016; GPT-2's bytes), by Hugging Face.

use tokenizers::{
    AddedToken, TokenizerBuilder,
    models::bpe::{BPE, BpeTrainer},
    normalizers,
    pre_tokenizers::byte_level::ByteLevel,
};

use super::TrainError;
use crate::corpus::stories_of;

/// The tokens before all others, by id.
pub const SPECIAL: [&str; 3] = ["<|endoftext|>", "<|pad|>", "<|mask|>"];

/// The fewest tokens: the special ones and one a byte.
pub const FEWEST: usize = 256 + SPECIAL.len();

/// The bytes of a `tokenizer.json` with `vocab_size` tokens made from `text`.
///
/// # Errors
/// [`TrainError::Vocabulary`] when the text has not so many, [`TrainError::Tokenizer`] when they cannot be made.
pub fn train(text: &str, vocab_size: usize) -> Result<Vec<u8>, TrainError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| TrainError::Tokenizer(error);
    let special: Vec<AddedToken> = SPECIAL.iter().map(|&name| AddedToken::from(name, true)).collect();
    let mut trainer = BpeTrainer::builder()
        .vocab_size(vocab_size)
        .min_frequency(2)
        .show_progress(false)
        .special_tokens(special)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .build();
    let cut = ByteLevel::new(false, true, true);
    let mut tokenizer = TokenizerBuilder::<BPE, normalizers::ByteLevel, ByteLevel, ByteLevel, ByteLevel>::new()
        .with_model(BPE::default())
        .with_pre_tokenizer(Some(cut))
        .with_decoder(Some(ByteLevel::default()))
        .build()
        .map_err(failed)?;
    tokenizer.train(&mut trainer, stories_of(text)).map_err(failed)?;
    let found = tokenizer.get_vocab_size(true);
    if found != vocab_size {
        return Err(TrainError::Vocabulary { asked: vocab_size, found });
    }
    Ok(tokenizer.to_string(false).map_err(failed)?.into_bytes())
}
