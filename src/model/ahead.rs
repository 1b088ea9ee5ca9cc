//! Calls that a GPU makes before they are asked for: each writes what it reveals where the next reads it, and what it says
//! comes back while those after it run.

use std::collections::VecDeque;

use crate::{
    denoiser::{Ask, Foreseen, Prediction, twin::Draw},
    forward::gpu::{Forward, Pending, Question, Sequences, What},
    random::{Purpose, Stream},
};

/// Calls on their way at a time: enough that the GPU has the next one when it has finished one, and few enough that a run
/// that is given up leaves little behind.
const WINDOW: usize = 3;

/// A run of which the GPU is ahead.
pub struct Ahead {
    sequences: Sequences,
    /// The tokens as they are before the first call that nobody has asked for yet `[length]`.
    tokens: Vec<u32>,
    /// Masked positions, in order, before the first call that was not sent.
    masked: Vec<u32>,
    sent: VecDeque<Sent>,
    to_send: VecDeque<Foreseen>,
    mask_id: u32,
    pad_id: u32,
}

/// A call on its way.
pub struct Sent {
    call: Foreseen,
    /// Where something was asked, in order.
    pub places: Vec<u32>,
    /// What it will have said.
    pub pending: Pending,
}

impl Ahead {
    /// Begins with `tokens` `[length]`.
    pub fn new(forward: &Forward, tokens: &[u32], calls: Vec<Foreseen>, mask_id: u32, pad_id: u32) -> Self {
        let masked =
            (0u32..).zip(tokens).filter(|&(_, &token)| token == mask_id).map(|(position, _)| position).collect();
        let sequences = forward.sequences(tokens, tokens.len());
        let (tokens, to_send) = (tokens.to_vec(), calls.into());
        let mut ahead = Self { sequences, tokens, masked, sent: VecDeque::new(), to_send, mask_id, pad_id };
        ahead.send(forward);
        ahead
    }

    /// The call on its way that answers this question, if there is one; another is sent in its place.
    pub fn answer(&mut self, forward: &Forward, tokens: &[u32], ask: &Ask) -> Option<Sent> {
        self.sent.front().filter(|sent| sent.call.ask == *ask && self.tokens == tokens)?;
        let sent = self.sent.pop_front();
        self.send(forward);
        sent
    }

    /// Hears what a call has said, from which the tokens before the next one follow.
    pub fn hear(&mut self, reveal: &[u32], predictions: &[Prediction]) {
        for prediction in predictions.iter().filter(|prediction| reveal.contains(&prediction.position)) {
            self.tokens[prediction.position as usize] = prediction.token;
        }
    }

    /// Whether all has been asked for.
    pub fn is_done(&self) -> bool {
        self.sent.is_empty() && self.to_send.is_empty()
    }

    fn send(&mut self, forward: &Forward) {
        while self.sent.len() < WINDOW {
            let Some(call) = self.to_send.pop_front() else { return };
            let places = self.masked.clone();
            if places.is_empty() {
                return;
            }
            self.masked.retain(|position| !call.reveal.contains(position));
            let stream = Stream::new(call.ask.seed, Purpose::Tokens, call.ask.step);
            let keys: Vec<[u32; 3]> = places.iter().map(|&position| stream.key(position)).collect();
            let draw = Draw { temperature: call.ask.temperature, mask_id: self.mask_id, pad_id: self.pad_id };
            let revealed = (0u32..).zip(&places).filter(|(_, position)| call.reveal.contains(position));
            let reveal: Vec<u32> = revealed.map(|(index, _)| index).collect();
            let what = What::Predictions { keys: &keys, draw, logits: false, reveal: &reveal };
            let pending = forward.ask(&self.sequences, &Question { places: &places, what });
            self.sent.push_back(Sent { call, places, pending });
        }
    }
}

impl Sent {
    /// The positions whose draws are revealed after it.
    pub fn reveal(&self) -> &[u32] {
        &self.call.reveal
    }
}
