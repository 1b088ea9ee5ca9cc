//! The files of a model, as bytes: embedded in the binary, read from a folder, or handed over by the page.

use std::borrow::Cow;

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
}

#[cfg(not(target_family = "wasm"))]
impl ModelFiles {
    /// The default model, which every binary carries.
    pub fn embedded() -> Self {
        Self {
            weights: include_bytes!("../../assets/model/model.safetensors").into(),
            config: include_bytes!("../../assets/model/config.json").into(),
            tokenizer: include_bytes!("../../assets/model/tokenizer.json").into(),
            self_test: Some(include_bytes!("../../assets/model/self_test.json").into()),
        }
    }

    /// The judge of the default model's samples, which every binary carries; it has that model's tokenizer.
    pub fn judge() -> Self {
        Self {
            weights: include_bytes!("../../assets/judge/model.safetensors").into(),
            config: include_bytes!("../../assets/judge/config.json").into(),
            tokenizer: include_bytes!("../../assets/model/tokenizer.json").into(),
            self_test: None,
        }
    }

    /// Reads a folder.
    ///
    /// # Errors
    /// [`super::ModelError::Read`] names the file; only `self_test.json` may be missing.
    pub fn read(folder: &std::path::Path) -> Result<Self, super::ModelError> {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|source| super::ModelError::Read { path, source })
        };
        let (weights, config, tokenizer) = (read("model.safetensors")?, read("config.json")?, read("tokenizer.json")?);
        let self_test = match read("self_test.json") {
            Err(super::ModelError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => None,
            other => Some(other?.into()),
        };
        Ok(Self { weights: weights.into(), config: config.into(), tokenizer: tokenizer.into(), self_test })
    }
}
