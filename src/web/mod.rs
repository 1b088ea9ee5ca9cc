//! The edge to the page: strings and bytes in, JSON out, no logic of its own. One module for the engine, a small one for
//! all that needs no net.

#[cfg(feature = "engine")]
mod engine;
#[cfg(feature = "pure")]
mod film;
#[cfg(feature = "pure")]
mod lab;
#[cfg(feature = "pure")]
mod view;

use std::{cell::RefCell, error::Error};

use wasm_bindgen::prelude::*;

use crate::{sampler::Settings, strategy::Words};

thread_local! {
    static PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Panics and logged errors, a refused shader among them, go to the browser's console.
#[wasm_bindgen(start)]
pub fn begin() {
    std::panic::set_hook(Box::new(|panic| {
        let words = panic.to_string();
        web_sys::console::error_1(&words.as_str().into());
        PANIC.with(|last| last.replace(words));
    }));
    // A second start finds the logger in place.
    let _ = console_log::init_with_level(log::Level::Warn);
}

/// What the last panic said; empty before the first. JavaScript itself hears only that something "unreachable" was
/// reached.
#[wasm_bindgen]
pub fn panic_words() -> String {
    PANIC.with(|last| last.borrow().clone())
}

/// What the page asks for; the words of a trace's header. A schedule and an order, or a rule, or a remasking.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[cfg(feature = "engine")]
    prompt: String,
    #[cfg(feature = "engine")]
    #[serde(default)]
    pins: Vec<crate::trace::Pin>,
    schedule: Option<String>,
    order: Option<String>,
    rule: Option<String>,
    remasking: Option<String>,
    block_length: Option<usize>,
    early_stop: Option<f32>,
    steps: usize,
    #[serde(default)]
    temperature: f32,
    seed: u64,
}

impl Wanted {
    fn settings(&self) -> Result<Settings, JsError> {
        let Self { schedule, order, rule, remasking, block_length, early_stop, .. } = self;
        let words = Words {
            schedule: schedule.clone(),
            order: order.clone(),
            rule: rule.clone(),
            remasking: remasking.clone(),
            block_length: *block_length,
            early_stop: *early_stop,
        };
        let strategy = words.strategy().map_err(told)?;
        Ok(Settings { strategy, steps: self.steps, temperature: self.temperature, seed: self.seed })
    }
}

/// An error with its causes, as one sentence for the page.
fn told<E: Error>(error: E) -> JsError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    JsError::new(&text)
}
