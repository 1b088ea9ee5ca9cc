//! What the page's runs show, cell by cell, and what they are, as the page saves them.

#![allow(dead_code)] // each file of tests uses its own part

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::page::{NO_GPU, Page, Scratch, browse, lines, saved};

/// The small model of `tests/model`.
pub const TEST_MODEL: &str = "?model=test&autorun=0";
/// Its positions.
pub const LENGTH: usize = 32;

/// Opens a browser without a GPU; what the page saves lands in the folder that `visit` is told.
pub fn visit<V: Future<Output = ()> + Send + 'static>(name: &str, visit: impl FnOnce(Page, PathBuf) -> V) {
    let scratch = Scratch::new(name);
    let folder = scratch.path().to_owned();
    browse(NO_GPU, scratch.path(), |page| visit(page, folder));
}

/// Sets what the next run shall be.
pub async fn set(page: &Page, prompt: &str, schedule: &str, order: &str, steps: usize) {
    page.fill("#prompt", prompt).await;
    page.choose("#schedule", schedule).await;
    page.choose("#order", order).await;
    page.fill("#steps", &steps.to_string()).await;
}

/// What a cell shows.
#[derive(Debug)]
pub struct Cell {
    pub state: String,
    pub label: String,
    /// Its colour on light ground; empty where there is none.
    pub fill: String,
    /// How sure the model is of what is masked.
    pub sure: String,
    /// Whether it is marked as what something else would reveal.
    pub would: bool,
}

pub async fn cells(page: &Page, letter: &str) -> Vec<Cell> {
    let script = "return [...document.querySelectorAll(`#cells-${arguments[0]} [data-position]`)].map((cell) => [
        cell.dataset.state,
        cell.ariaLabel,
        cell.hasAttribute('data-tinted') ? cell.style.getPropertyValue('--fill-light') : '',
        cell.style.getPropertyValue('--sure'),
        cell.hasAttribute('data-would-reveal'),
    ])";
    let shown: Vec<(String, String, String, String, bool)> =
        serde_json::from_value(page.run(script, vec![json!(letter)]).await).unwrap();
    shown.into_iter().map(|(state, label, fill, sure, would)| Cell { state, label, fill, sure, would }).collect()
}

/// The positions of the cells that are so.
pub fn those(cells: &[Cell], so: impl Fn(&Cell) -> bool) -> Vec<usize> {
    (0..cells.len()).filter(|&at| so(&cells[at])).collect()
}

pub async fn in_state(page: &Page, letter: &str, state: &str) -> Vec<usize> {
    those(&cells(page, letter).await, |cell| cell.state == state)
}

pub fn cell(position: usize) -> String {
    format!("#cells-a [data-position='{position}']")
}

/// The tokens that a panel's calls revealed, one number a call.
pub async fn sizes(page: &Page, letter: &str) -> Vec<usize> {
    let script =
        "return [...document.querySelectorAll(`#bars-${arguments[0]} button`)].map((bar) => +bar.dataset.size)";
    serde_json::from_value(page.run(script, vec![json!(letter)]).await).unwrap()
}

/// The run on the stage, as the page saves it: a header and its frames.
pub struct Trace {
    pub header: Value,
    pub frames: Vec<Value>,
}

impl Trace {
    pub async fn of(page: &Page, folder: &Path) -> Self {
        page.click("#save-trace").await;
        let mut frames = lines(&saved(folder, "unmask-trace.jsonl").await);
        Self { header: frames.remove(0), frames }
    }

    pub fn tokens(&self, k: usize) -> Vec<u64> {
        serde_json::from_value(self.frames[k]["tokens"].clone()).unwrap()
    }

    pub fn last(&self) -> Vec<u64> {
        self.tokens(self.frames.len() - 1)
    }

    pub fn mask(&self) -> u64 {
        self.header["mask"].as_u64().unwrap()
    }

    pub fn form(&self, token: &Value) -> &str {
        self.header["vocabulary"][token.as_u64().unwrap() as usize].as_str().unwrap()
    }

    /// Positions with their tokens.
    pub fn pins(&self) -> Vec<(usize, u64)> {
        serde_json::from_value(self.header.get("pins").cloned().unwrap_or(json!([]))).unwrap()
    }

    /// The positions that call k revealed, rising.
    pub fn revealed(&self, k: usize) -> Vec<usize> {
        let one = |reveal: &Value| reveal["position"].as_u64().unwrap() as usize;
        let mut found: Vec<usize> = self.frames[k]["revealed"].as_array().unwrap().iter().map(one).collect();
        found.sort_unstable();
        found
    }

    /// What call k said of a position.
    pub fn prediction(&self, k: usize, position: usize) -> &Value {
        of_position(&self.frames[k]["predictions"], position).unwrap()
    }

    /// The call that revealed a position, and what it says of that.
    pub fn reveal(&self, position: usize) -> Option<(usize, &Value)> {
        (1..self.frames.len()).find_map(|k| Some((k, of_position(&self.frames[k]["revealed"], position)?)))
    }

    /// What is pinned stands in every frame, and no call looks at it.
    pub fn assert_pins_never_change(&self) {
        for (position, token) in self.pins() {
            for (k, frame) in self.frames.iter().enumerate() {
                assert_eq!(self.tokens(k)[position], token, "position {position} of frame {k}");
                for touched in ["revealed", "predictions"] {
                    assert!(of_position(&frame[touched], position).is_none(), "{touched} in frame {k} hold {position}");
                }
            }
        }
    }
}

fn of_position(told: &Value, position: usize) -> Option<&Value> {
    told.as_array().unwrap().iter().find(|one| one["position"] == position)
}
