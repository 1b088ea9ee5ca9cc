//! What the page asks of a run without its model: strings and numbers in, JSON out. In the module without a net.

use serde_json::json;
use wasm_bindgen::prelude::*;

use super::{Wanted, told};
use crate::{
    forecast::Told,
    order::{Order, Remasking, Rule},
    preview,
    random::MAX_SEED,
    sampler::MAX_TEMPERATURE,
    schedule::Schedule,
    trace,
};

/// The schedules, orders, rules and remaskings with a line on each, and the ranges of the settings. What takes
/// parameters is also spelled out, to be changed.
#[wasm_bindgen]
pub fn choices() -> String {
    let schedules = Schedule::ALL.map(|schedule| json!({ "name": schedule.name(), "about": schedule.about() }));
    let orders = Order::ALL.map(|order| json!({ "name": order.name(), "about": order.about() }));
    let rules =
        Rule::ALL.map(|rule| json!({ "name": rule.name(), "about": rule.about(), "spelled": rule.to_string() }));
    let remaskings =
        Remasking::ALL.map(|one| json!({ "name": one.name(), "about": one.about(), "spelled": one.to_string() }));
    let limits = json!({ "temperature": [0, MAX_TEMPERATURE], "seed": [0, MAX_SEED] });
    json!({ "schedules": schedules, "orders": orders, "rules": rules, "remaskings": remaskings, "limits": limits })
        .to_string()
}

/// Reads a trace to its end, and says in which line it is broken.
#[wasm_bindgen]
pub fn check_trace(text: &str) -> Result<(), JsError> {
    trace::read(text.as_bytes()).map(drop).map_err(told)
}

/// What the first call of a run from `tokens` would reveal, if the model says `predictions`: `[[position, token], ...]`.
#[wasm_bindgen]
pub async fn would_reveal(
    settings: String,
    tokens: Vec<u32>,
    predictions: String,
    mask: u32,
) -> Result<String, JsError> {
    let wanted: Wanted = serde_json::from_str(&settings).map_err(told)?;
    let predictions = serde_json::from_str(&predictions).map_err(told)?;
    let settings = wanted.settings()?;
    let revealed = preview::would_reveal(tokens, mask, predictions, settings).await.map_err(told)?;
    Ok(json!(revealed.iter().map(|one| (one.position, one.token)).collect::<Vec<_>>()).to_string())
}

/// What a schedule is expected to lose by a measured profile, in nats; `given` tokens stand already.
#[wasm_bindgen]
pub fn forecast(profile: &str, schedule: &str, steps: usize, given: usize) -> Result<f64, JsError> {
    let profile: Told = serde_json::from_str(profile).map_err(told)?;
    profile.expected(schedule.parse().map_err(told::<crate::schedule::ScheduleError>)?, steps, given).map_err(told)
}

/// What calls of these sizes lose by a measured profile, in nats.
#[wasm_bindgen]
pub fn loss(profile: &str, sizes: Vec<usize>, given: usize) -> Result<f64, JsError> {
    let profile: Told = serde_json::from_str(profile).map_err(told)?;
    profile.drawn(&sizes, given).map_err(told)
}
