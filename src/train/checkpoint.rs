//! A training run on the disk: one file, whole or not there.

use std::{collections::HashMap, fs, path::Path};

use safetensors::{
    SafeTensors,
    tensor::{Dtype, TensorView},
};
use serde::{Deserialize, Serialize};

use super::{Progress, Settings, TrainError};
use crate::whole_file::write_whole;

/// The checkpoint's name in a run's folder.
pub const CHECKPOINT: &str = "checkpoint.safetensors";

/// The key under which it says so, with the number of this format.
const ABOUT: &str = "unmask training run, format 1";

/// All that a run goes on from, but for its texts and tokenizer.
#[derive(Debug)]
pub struct Checkpoint {
    /// What is said about it.
    pub about: About,
    /// The weights in f32, as a safetensors file.
    pub weights: Vec<u8>,
    /// Their running mean, likewise.
    pub average: Vec<u8>,
    /// What the optimizer remembers, as burn writes it.
    pub optimizer: Vec<u8>,
}

/// What a checkpoint says about its run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// What the run was told.
    pub settings: Settings,
    /// How far it is.
    pub progress: Progress,
    /// SHA-256 of the text, of the held-out text and of the tokenizer.
    pub hashes: [String; 3],
    /// The name of the device on which the run began.
    pub device: String,
}

impl Checkpoint {
    /// Writes the checkpoint into `folder`.
    ///
    /// # Errors
    /// [`TrainError::Write`]; an earlier checkpoint is then still there.
    pub fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let path = folder.join(CHECKPOINT);
        let broken = |what: String| TrainError::Checkpoint { path: path.clone(), what };
        let parts = [("weights", &self.weights), ("average", &self.average), ("optimizer", &self.optimizer)];
        let views =
            parts.map(|(name, bytes)| TensorView::new(Dtype::U8, vec![bytes.len()], bytes).map(|view| (name, view)));
        let views: Vec<_> = views.into_iter().collect::<Result<_, _>>().map_err(|error| broken(error.to_string()))?;
        let about = serde_json::to_string(&self.about).map_err(|error| broken(error.to_string()))?;
        let about = HashMap::from([(ABOUT.to_owned(), about)]);
        let bytes = safetensors::serialize(views, Some(about)).map_err(|error| broken(error.to_string()))?;
        Ok(write_whole(&path, &bytes)?)
    }

    /// Reads the checkpoint in `folder`.
    ///
    /// # Errors
    /// [`TrainError::Read`] and [`TrainError::Checkpoint`].
    pub fn read(folder: &Path) -> Result<Self, TrainError> {
        let path = folder.join(CHECKPOINT);
        let bytes = fs::read(&path).map_err(|source| TrainError::Read { path: path.clone(), source })?;
        let broken = |what: String| TrainError::Checkpoint { path: path.clone(), what };
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| broken(error.to_string()))?;
        let about = header.metadata().as_ref().and_then(|about| about.get(ABOUT));
        let about = about.ok_or_else(|| broken(format!("it does not call itself `{ABOUT}`")))?;
        let about = serde_json::from_str(about).map_err(|error| broken(error.to_string()))?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| broken(error.to_string()))?;
        let part = |name: &str| match file.tensor(name) {
            Ok(tensor) => Ok(tensor.data().to_vec()),
            Err(error) => Err(broken(error.to_string())),
        };
        Ok(Self { about, weights: part("weights")?, average: part("average")?, optimizer: part("optimizer")? })
    }
}
