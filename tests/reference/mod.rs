//! The reference checkpoint: trained elsewhere, with golden values.

use unmask::model::ModelFiles;

/// Its files.
pub fn files() -> ModelFiles {
    ModelFiles {
        weights: include_bytes!("model.safetensors").into(),
        config: include_bytes!("config.json").into(),
        tokenizer: include_bytes!("tokenizer.json").into(),
        self_test: None,
        companions: std::collections::BTreeMap::new(),
        shards: 1,
    }
}
