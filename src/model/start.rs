//! Where runs begin: prompt and pins as tokens, and what is written down of a run before its first call.

use super::{Model, ModelError};
use crate::{
    forward::gpu::Precision,
    sampler::Settings,
    strategy::Words,
    trace::{self, Header, Pin},
};

/// How a mask is written in a prompt.
pub const MASK: &str = "<|mask|>";

impl Model {
    /// How many tokens a prompt alone is, with what stands around every text of the model.
    ///
    /// # Errors
    /// The tokenizer's.
    pub fn length_of(&self, prompt: &str) -> Result<usize, ModelError> {
        let (before, after) = self.text.frame();
        Ok(before.len() + self.encode(prompt)?.len() + after.len())
    }

    /// A prompt's tokens. In every prompt `<|mask|>` is a mask, whatever the model calls it.
    fn encode(&self, prompt: &str) -> Result<Vec<u32>, ModelError> {
        let mask = self.text.name(self.config.mask_id);
        Ok(if mask == MASK { self.text.encode(prompt) } else { self.text.encode(&prompt.replace(MASK, &mask)) }?)
    }

    /// A prompt and masks up to `length` tokens, within what stands around every text of the model.
    ///
    /// # Errors
    /// [`ModelError::Prompt`] for a prompt that leaves no room or holds padding, [`ModelError::Length`] for a length that
    /// the model cannot run.
    pub fn start(&self, prompt: &str, length: usize) -> Result<Vec<u32>, ModelError> {
        if !(1..=self.config.seq_len).contains(&length) {
            return Err(ModelError::Length { length, most: self.config.seq_len });
        }
        let mut tokens = self.encode(prompt)?;
        let (before, after) = self.text.frame();
        let room = length.saturating_sub(before.len() + after.len());
        if tokens.len() > room || room == 0 {
            return Err(ModelError::Prompt(format!("it is {} tokens long; there is room for {room}", tokens.len())));
        }
        // Without padding of its own a model has the mask's id for it.
        if self.config.pad_id != self.config.mask_id && tokens.contains(&self.config.pad_id) {
            return Err(ModelError::Prompt("it holds the padding token, which the model never reads".into()));
        }
        tokens.resize(room, self.config.mask_id);
        Ok([before, tokens.as_slice(), after].concat())
    }

    /// [`Model::start`] with tokens pinned among the masks.
    ///
    /// # Errors
    /// As there, and [`ModelError::Pin`] for a pin outside the masks, twice at one position, or of a token that the model
    /// never writes.
    pub fn start_with(&self, prompt: &str, pins: &[Pin], length: usize) -> Result<Vec<u32>, ModelError> {
        let mut tokens = self.start(prompt, length)?;
        let (vocab, mask_id) = (self.config.vocab_size, self.config.mask_id);
        let free: Vec<bool> = tokens.iter().map(|&token| token == mask_id).collect();
        for &(position, token) in pins {
            let what = match free.get(position as usize) {
                None => format!("the positions are 0 to {}", length - 1),
                Some(false) => "the prompt stands there".into(),
                Some(true) if tokens[position as usize] != mask_id => "another token is pinned there".into(),
                _ if token as usize >= vocab => format!("the vocabulary has {vocab} tokens"),
                _ if self.config.cannot_be(token) => "it is no text, but the mask or padding".into(),
                _ => {
                    tokens[position as usize] = token;
                    continue;
                }
            };
            return Err(ModelError::Pin { position, token, what });
        }
        Ok(tokens)
    }
}

impl Header {
    /// The header of a run of `model` over `length` tokens.
    pub fn new(prompt: &str, pins: &[Pin], length: usize, settings: &Settings, model: &Model) -> Self {
        let Words { schedule, order, rule, remasking, block_length, early_stop } = settings.strategy.words();
        Self {
            version: trace::VERSION,
            model: model.hash.clone(),
            tokenizer: model.text.hash().to_owned(),
            prompt: prompt.to_owned(),
            pins: pins.to_vec(),
            length,
            schedule,
            order,
            rule,
            remasking,
            block_length,
            early_stop,
            steps: settings.steps,
            temperature: settings.temperature,
            seed: settings.seed,
            cache: model.refresh(),
            precision: (model.precision() != Precision::F32).then(|| model.precision().name().to_owned()),
            device: model.place.name.clone(),
            mask: model.config.mask_id,
            vocabulary: model.text.display_forms(),
        }
    }
}
