//! What a training run leaves on the disk: the checkpoint it goes on from, and the model it has become.

use std::{fs, io::ErrorKind, path::Path};

use burn::{module::Module, tensor::DType};
use half::f16;
use safetensors::SafeTensors;

use super::{Checkpoint, Progress, TrainError, Trainer, checkpoint::About};
use crate::{
    model::{Config, Model, ModelError, ModelFiles, Place, SelfTest, save},
    text::Text,
    whole_file::{WriteError, write_whole},
};

impl Trainer {
    /// What the run can go on from.
    ///
    /// # Errors
    /// When burn cannot read the weights back.
    pub fn checkpoint(&self) -> Result<Checkpoint, TrainError> {
        let about = About {
            settings: self.settings.clone(),
            progress: self.progress.clone(),
            hashes: self.hashes.clone(),
            device: self.device.clone(),
        };
        let optimizer = self.optimizer.into_bytes().map_err(|error| TrainError::Optimizer(error.to_string()))?;
        Ok(Checkpoint {
            about,
            weights: save(&self.net.valid(), DType::F32)?,
            average: save(&self.average, DType::F32)?,
            optimizer: optimizer.to_vec(),
        })
    }

    /// Writes the checkpoint and the curve into `folder`.
    ///
    /// # Errors
    /// [`TrainError::Write`]; what was there before is then still there.
    pub fn save(&self, folder: &Path) -> Result<(), TrainError> {
        self.checkpoint()?.write(folder)?;
        Ok(write_whole(&folder.join("curve.csv"), self.progress.csv().as_bytes())?)
    }

    /// The model as it is now: the mean of the weights.
    ///
    /// # Errors
    /// [`TrainError::Text`] when the tokenizer cannot be read, which a run has read before.
    pub fn model(&self) -> Result<Model, TrainError> {
        let text = Text::from_bytes(&self.tokenizer)?;
        Ok(Model::assemble(self.config.clone(), self.average.clone(), text, self.place.clone()))
    }

    /// Writes the model as it is now into `folder`: tokenizer, config, weights in f16, and for a denoiser the answers by which
    /// a GPU is tested.
    ///
    /// # Errors
    /// [`TrainError::Write`]; each file is whole, old or new.
    pub fn keep(&self, folder: &Path) -> Result<(), TrainError> {
        let Progress { step, tokens, seconds, best, .. } = &self.progress;
        let config = Config {
            params: Some(self.parameters() as u64),
            steps: Some(*step),
            tokens: Some(*tokens),
            train_seconds: Some(*seconds as u64),
            val_nelbo_nats_per_token: best.map(|(_, best)| best.nats),
            ..self.config.clone()
        };
        let config = serde_json::to_string_pretty(&config).map(|text| text + "\n");
        let config = config.map_err(|source| TrainError::Json { name: "config.json", source })?;
        let weights = save(&self.average, DType::F16)?;
        if !all_finite(&weights)? {
            return Err(TrainError::Overflow { step: *step });
        }
        let test = if self.config.causal() { None } else { Some(self.self_test(&weights, &config)?) };
        let write = |name: &str, bytes: &[u8]| write_whole(&folder.join(name), bytes);
        write("tokenizer.json", &self.tokenizer)?;
        // Old answers beside new weights would be a GPU that fails; none at all are computed when they are needed.
        let self_test = folder.join("self_test.json");
        match fs::remove_file(&self_test) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(WriteError { path: self_test, source }.into());
            }
            _ => {}
        }
        write("model.safetensors", &weights)?;
        write("config.json", config.as_bytes())?;
        if let Some(test) = test {
            write("self_test.json", test.as_bytes())?;
        }
        Ok(())
    }

    /// The answers of the CPU with these weights.
    fn self_test(&self, weights: &[u8], config: &str) -> Result<String, TrainError> {
        let files = ModelFiles {
            weights: weights.to_vec().into(),
            config: config.as_bytes().to_vec().into(),
            tokenizer: self.tokenizer.clone().into(),
            self_test: None,
            companions: std::collections::BTreeMap::new(),
            shards: 1,
        };
        let test = pollster::block_on(SelfTest::record(&mut Model::load(&files, Place::cpu())?))?;
        let test = serde_json::to_string(&test).map(|text| text + "\n");
        test.map_err(|source| TrainError::Json { name: "self_test.json", source })
    }
}

/// Whether a safetensors file of f16 holds numbers alone: what is over 65504 is none there.
fn all_finite(weights: &[u8]) -> Result<bool, TrainError> {
    let file =
        SafeTensors::deserialize(weights).map_err(|error| TrainError::Weights(ModelError::NotSafetensors(error)))?;
    let finite = |bytes: &[u8]| bytes.chunks_exact(2).all(|pair| f16::from_le_bytes([pair[0], pair[1]]).is_finite());
    Ok(file.tensors().iter().all(|(_, tensor)| finite(tensor.data())))
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::{Dtype, TensorView, serialize};

    use super::*;

    #[test]
    fn what_f16_cannot_hold_is_seen() {
        let file = |number: f32| {
            let bytes: Vec<u8> = [1.0, number].into_iter().flat_map(|x| f16::from_f32(x).to_le_bytes()).collect();
            serialize([("w", TensorView::new(Dtype::F16, vec![2], &bytes).unwrap())], None).unwrap()
        };
        assert!(all_finite(&file(65504.0)).unwrap());
        assert!(!all_finite(&file(7e4)).unwrap() && !all_finite(&file(f32::NAN)).unwrap());
    }
}
