//! The edge to the page: strings and bytes in, JSON out, no logic of its own. One module for the engine, a small one for
//! the lab.

#[cfg(feature = "engine")]
mod engine;
#[cfg(feature = "lab")]
mod lab;

use std::{cell::RefCell, error::Error};

use wasm_bindgen::prelude::*;

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
