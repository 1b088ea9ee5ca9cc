//! The engine's edge to the page: strings and bytes in, JSON out. Lives in the page's worker.

use serde_json::json;
use wasm_bindgen::prelude::*;

use super::told;
use crate::{
    denoiser::Denoiser,
    model::{Model, ModelFiles, Place, gpu},
    order::{Order, Remasking, Rule},
    random::MAX_SEED,
    sampler::{Frame, MAX_TEMPERATURE, Sampler, Settings},
    schedule::Schedule,
    strategy::Words,
    trace::{self, Header},
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

/// What the page asks for; the words of a trace's header. A schedule and an order, or a rule, or a remasking.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    prompt: String,
    schedule: Option<String>,
    order: Option<String>,
    rule: Option<String>,
    remasking: Option<String>,
    block_length: Option<usize>,
    early_stop: Option<f32>,
    steps: usize,
    temperature: f32,
    seed: u64,
}

const NO_RUN: &str = "no run has been started";

/// A model on a device, and the run it is in.
#[wasm_bindgen]
pub struct Engine {
    model: Model,
    run: Option<Sampler>,
}

#[wasm_bindgen]
impl Engine {
    /// Loads a model from the bytes of its files onto `gpu` or `cpu`; a GPU must pass the self-test.
    pub async fn load(
        weights: Vec<u8>,
        config: Vec<u8>,
        tokenizer: Vec<u8>,
        self_test: Option<Vec<u8>>,
        backend: String,
    ) -> Result<Engine, JsError> {
        let files = ModelFiles {
            weights: weights.into(),
            config: config.into(),
            tokenizer: tokenizer.into(),
            self_test: self_test.map(Into::into),
        };
        let model = match backend.as_str() {
            "gpu" => Model::on_gpu(&files, gpu().await.map_err(told)?).await.map_err(told)?,
            "cpu" => Model::load(&files, Place::cpu()).map_err(told)?,
            other => return Err(JsError::new(&format!("unknown backend `{other}`; the backends are gpu, cpu"))),
        };
        Ok(Self { model, run: None })
    }

    /// What there is to know of the model and its device.
    pub fn info(&self) -> String {
        let config = self.model.config();
        json!({
            "model": self.model.hash(),
            "length": config.seq_len,
            "parameters": self.model.parameters(),
            "vocab": config.vocab_size,
            "mask": config.mask_id,
            "device": self.model.place().name,
        })
        .to_string()
    }

    /// What each token looks like alone, by id.
    pub fn vocabulary(&self) -> String {
        json!(self.model.text().display_forms()).to_string()
    }

    /// Tokens as text, masks as `░`.
    pub fn decode(&self, tokens: Vec<u32>) -> Result<String, JsError> {
        self.model.text().decode(&tokens, self.model.mask_id()).map_err(told)
    }

    /// Begins a run and returns its header, the first line of its trace.
    pub fn start(&mut self, settings: &str) -> Result<String, JsError> {
        let wanted: Wanted = serde_json::from_str(settings).map_err(told)?;
        let Wanted { prompt, schedule, order, rule, remasking, block_length, early_stop, steps, temperature, seed } =
            wanted;
        let words = Words { schedule, order, rule, remasking, block_length, early_stop };
        let strategy = words.strategy().map_err(told)?;
        let length = self.model.config().seq_len;
        let tokens = self.model.start(&prompt, length).map_err(told)?;
        let settings = Settings { strategy, steps, temperature, seed };
        self.run = Some(Sampler::new(tokens, self.model.mask_id(), settings).map_err(told)?);
        let header = Header::new(&prompt, length, &settings, &self.model);
        trace::line(&header).map_err(told)
    }

    /// How many calls the run makes at most; nothing before one was started.
    pub fn calls(&self) -> Option<usize> {
        self.run.as_ref().map(Sampler::calls)
    }

    /// Goes on from a frame of the run that was started: a line of its trace.
    pub fn resume(&mut self, frame: &str) -> Result<(), JsError> {
        let Some(run) = &mut self.run else { return Err(JsError::new(NO_RUN)) };
        let frame: Frame = serde_json::from_str(frame).map_err(told)?;
        run.resume(&frame).map_err(told)
    }

    /// The next frame as a line of the trace; nothing after the last.
    pub async fn next(&mut self) -> Result<Option<String>, JsError> {
        let Some(run) = &mut self.run else { return Err(JsError::new(NO_RUN)) };
        let frame = run.next(&mut self.model).await.map_err(told)?;
        frame.map(|frame| trace::line(&frame).map_err(told)).transpose()
    }
}
