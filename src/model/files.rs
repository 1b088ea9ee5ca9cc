//! The files of a model, as bytes: embedded in the binary, read from a folder, or handed over by the page.

use std::borrow::Cow;
#[cfg(not(target_family = "wasm"))]
use std::collections::BTreeMap;

/// The bytes of a model's files.
#[derive(Clone, Debug)]
pub struct ModelFiles {
    /// `model.safetensors`.
    pub weights: Cow<'static, [u8]>,
    /// `config.json`.
    pub config: Cow<'static, [u8]>,
    /// `tokenizer.json`.
    pub tokenizer: Cow<'static, [u8]>,
    /// `self_test.json`, which a model may lack.
    pub self_test: Option<Cow<'static, [u8]>>,
    /// By name: files of [`COMPANIONS`], which may say what the mask is called.
    #[cfg(not(target_family = "wasm"))]
    pub companions: BTreeMap<&'static str, Vec<u8>>,
    /// How many files the weights were in.
    #[cfg(not(target_family = "wasm"))]
    pub shards: usize,
}

/// What may lie beside the tokenizer of another family.
#[cfg(not(target_family = "wasm"))]
pub const COMPANIONS: [&str; 2] = ["special_tokens_map.json", "tokenizer_config.json"];

#[cfg(not(target_family = "wasm"))]
impl ModelFiles {
    /// The default model, which every binary carries.
    pub fn embedded() -> Self {
        Self {
            weights: include_bytes!("../../assets/model/model.safetensors").into(),
            config: include_bytes!("../../assets/model/config.json").into(),
            tokenizer: include_bytes!("../../assets/model/tokenizer.json").into(),
            self_test: Some(include_bytes!("../../assets/model/self_test.json").into()),
            companions: BTreeMap::new(),
            shards: 1,
        }
    }

    /// The judge of the default model's samples, which every binary carries; it has that model's tokenizer.
    pub fn judge() -> Self {
        Self {
            weights: include_bytes!("../../assets/judge/model.safetensors").into(),
            config: include_bytes!("../../assets/judge/config.json").into(),
            tokenizer: include_bytes!("../../assets/model/tokenizer.json").into(),
            self_test: None,
            companions: BTreeMap::new(),
            shards: 1,
        }
    }

    /// Reads a folder. Weights in several files are put together into one.
    ///
    /// # Errors
    /// [`super::ModelError::Read`] names the file; only `self_test.json` and [`COMPANIONS`] may be missing.
    /// [`super::ModelError::Shards`], [`super::ModelError::Shard`] for weights that cannot be put together.
    pub fn read(folder: &std::path::Path) -> Result<Self, super::ModelError> {
        let need = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|source| super::ModelError::Read { path, source })
        };
        let find = |name: &str| match need(name) {
            Err(super::ModelError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
            other => other.map(Some),
        };
        let (weights, shards) = match (find("model.safetensors")?, find(super::shards::INDEX)?) {
            (None, Some(index)) => super::shards::put_together(folder, &index)?,
            (Some(weights), _) => (weights, 1),
            (None, None) => (need("model.safetensors")?, 1),
        };
        let (config, tokenizer) = (need("config.json")?, need("tokenizer.json")?);
        let self_test = find("self_test.json")?.map(Into::into);
        let mut companions = BTreeMap::new();
        for name in COMPANIONS {
            companions.extend(find(name)?.map(|bytes| (name, bytes)));
        }
        let (weights, config, tokenizer) = (weights.into(), config.into(), tokenizer.into());
        Ok(Self { weights, config, tokenizer, self_test, companions, shards })
    }
}
