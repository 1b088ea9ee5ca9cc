//! The engine's edge to the page: strings and bytes in, JSON out. Lives in the page's worker.

use serde_json::json;
use wasm_bindgen::prelude::*;

use super::{Wanted, told};
use crate::{
    denoiser::{Ask, Denoiser, Extent},
    model::{Model, ModelFiles, Place, PrecisionChoice, Warm, gpu},
    profile::nelbo,
    sampler::{Frame, Sampler},
    trace::{self, Header},
};

/// A model on a device, and the runs it is in, by number.
#[wasm_bindgen]
pub struct Engine {
    model: Model,
    runs: Vec<(u32, Sampler)>,
}

/// An opened GPU with the kernels for a model, while the model's weights may still be on their way.
#[wasm_bindgen]
pub struct Kernels(Warm);

#[wasm_bindgen]
impl Kernels {
    /// Opens the GPU and compiles the kernels for the model of a `config.json`.
    pub async fn prepare(config: Vec<u8>) -> Result<Kernels, JsError> {
        let place = gpu().await.map_err(told)?;
        let precision = PrecisionChoice::Auto.first(&place);
        Warm::up(place, &config, precision).await.map(Self).map_err(told)
    }
}

#[wasm_bindgen]
impl Engine {
    /// Loads a model from the bytes of its files onto `gpu` or `cpu`; a GPU must pass the self-test. `kernels`, if they were
    /// prepared for its config, are those of the GPU.
    pub async fn load(
        weights: Vec<u8>,
        config: Vec<u8>,
        tokenizer: Vec<u8>,
        self_test: Option<Vec<u8>>,
        backend: String,
        kernels: Option<Kernels>,
    ) -> Result<Engine, JsError> {
        let files = ModelFiles {
            weights: weights.into(),
            config: config.into(),
            tokenizer: tokenizer.into(),
            self_test: self_test.map(Into::into),
        };
        let model = match backend.as_str() {
            "gpu" => {
                let warm = match kernels {
                    Some(Kernels(warm)) => warm,
                    None => gpu().await.map_err(told)?.into(),
                };
                Model::on_gpu_in(&files, warm, PrecisionChoice::Auto).await.map_err(told)?.0
            }
            "cpu" => Model::loaded(&files, Place::cpu()).await.map_err(told)?,
            other => return Err(JsError::new(&format!("unknown backend `{other}`; the backends are gpu, cpu"))),
        };
        Ok(Self { model, runs: vec![] })
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
            "precision": self.model.precision().name(),
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

    /// Text as tokens.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, JsError> {
        self.model.text().encode(text).map_err(told)
    }

    /// Begins a run and returns its header, the first line of its trace.
    pub fn start(&mut self, run: u32, settings: &str) -> Result<String, JsError> {
        let wanted: Wanted = serde_json::from_str(settings).map_err(told)?;
        let settings = wanted.settings()?;
        let length = self.model.config().seq_len;
        let tokens = self.model.start_with(&wanted.prompt, &wanted.pins, length).map_err(told)?;
        let sampler = Sampler::new(tokens, self.model.mask_id(), settings).map_err(told)?;
        self.forget(run);
        self.runs.push((run, sampler));
        trace::line(&Header::new(&wanted.prompt, &wanted.pins, length, &settings, &self.model)).map_err(told)
    }

    /// How many calls a run makes at most; nothing before it was started.
    pub fn calls(&self, run: u32) -> Option<usize> {
        self.runs.iter().find(|one| one.0 == run).map(|one| one.1.calls())
    }

    /// Goes on from a frame of a run that was started: a line of its trace.
    pub fn resume(&mut self, run: u32, frame: &str) -> Result<(), JsError> {
        let sampler = known(&mut self.runs, run)?;
        let frame: Frame = serde_json::from_str(frame).map_err(told)?;
        sampler.resume(&frame).map_err(told)
    }

    /// The next frame of a run as a line of its trace; nothing after the last.
    pub async fn next(&mut self, run: u32) -> Result<Option<String>, JsError> {
        let sampler = known(&mut self.runs, run)?;
        let frame = sampler.next(&mut self.model).await.map_err(told)?;
        frame.map(|frame| trace::line(&frame).map_err(told)).transpose()
    }

    /// A run is over, or no longer wanted.
    pub fn forget(&mut self, run: u32) {
        self.runs.retain(|one| one.0 != run);
    }

    /// One call on `batch` sequences that are all masked, told of at every position: what benchmarks time.
    pub async fn call(&mut self, batch: usize) -> Result<(), JsError> {
        let tokens = vec![self.model.mask_id(); self.model.config().seq_len];
        let ask = Ask { seed: 1, step: 1, temperature: 1.0, extent: Extent::USUAL };
        self.model.predict_batch(&vec![(&tokens[..], ask); batch]).await.map_err(told)?;
        Ok(())
    }

    /// The model's NELBO of what stands at the `free` positions of `tokens`, in nats a token, as `{nats, se}`: see
    /// [`nelbo`].
    pub async fn score(
        &mut self,
        tokens: Vec<u32>,
        free: Vec<u32>,
        seed: f64,
        draws: usize,
    ) -> Result<String, JsError> {
        let score = nelbo(&mut self.model, &tokens, &free, seed as u64, draws).await.map_err(told)?;
        serde_json::to_string(&score).map_err(told)
    }
}

fn known(runs: &mut [(u32, Sampler)], run: u32) -> Result<&mut Sampler, JsError> {
    let found = runs.iter_mut().find(|one| one.0 == run).map(|one| &mut one.1);
    found.ok_or_else(|| JsError::new(&format!("run {run} has not been started")))
}
