//! The files of a model with its weights in another type of numbers.

use std::{borrow::Cow, collections::HashMap};

use burn::tensor::DType;
use half::{bf16, f16};
use safetensors::{
    SafeTensors, View,
    tensor::{Dtype, TensorView},
};

use super::{Model, ModelError, ModelFiles, Place, SelfTest, weights};

/// The files of the same model with weights in `dtype`, one of [`DType::F32`], [`DType::F16`] and [`DType::BF16`], and with
/// the answers by which a GPU is tested, if it is a denoiser. Config and tokenizer stay as they are, as do tensors of no
/// floats.
///
/// # Errors
/// [`ModelError`] for a model that cannot be loaded, [`ModelError::Overflow`] for a number that f16 cannot hold.
pub fn converted(files: &ModelFiles, dtype: DType) -> Result<ModelFiles, ModelError> {
    let old = weights::open(&files.weights)?;
    let mut tensors = vec![];
    for (name, tensor) in old.tensors() {
        tensors.push((name.clone(), Stored::new(&name, &tensor, dtype)?));
    }
    let weights = safetensors::serialize(tensors, format(&files.weights)).map_err(ModelError::NotSafetensors)?;
    let ModelFiles { config, tokenizer, companions, .. } = files;
    let (config, tokenizer, companions) = (config.clone(), tokenizer.clone(), companions.clone());
    let mut files = ModelFiles { weights: weights.into(), config, tokenizer, self_test: None, companions, shards: 1 };
    let mut model = Model::load_judge(&files, Place::cpu())?;
    if !model.config().causal {
        let test = pollster::block_on(SelfTest::record(&mut model))?;
        let test = serde_json::to_string(&test).map_err(|error| ModelError::SelfTestFile(error.into()))? + "\n";
        files.self_test = Some(test.into_bytes().into());
    }
    Ok(files)
}

/// What other readers ask of a file of weights, where it says so.
fn format(weights: &[u8]) -> Option<HashMap<String, String>> {
    let (_, about) = SafeTensors::read_metadata(weights).ok()?;
    let format = about.metadata().as_ref()?.get("format")?;
    Some(HashMap::from([("format".to_owned(), format.clone())]))
}

/// A tensor on its way into a file.
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Stored {
    fn new(name: &str, tensor: &TensorView<'_>, dtype: DType) -> Result<Self, ModelError> {
        let shape = tensor.shape().to_vec();
        if !matches!(tensor.dtype(), Dtype::F32 | Dtype::F16 | Dtype::BF16) {
            return Ok(Self { dtype: tensor.dtype(), shape, bytes: tensor.data().to_vec() });
        }
        let values = weights::values(name, tensor)?;
        let (dtype, bytes) = match dtype {
            DType::F16 => {
                if values.iter().any(|&x| x.is_finite() && !f16::from_f32(x).is_finite()) {
                    let most = f16::MAX.to_f32();
                    return Err(ModelError::Overflow { name: name.to_owned(), dtype: "f16", most });
                }
                (Dtype::F16, values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect())
            }
            DType::BF16 => (Dtype::BF16, values.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes()).collect()),
            _ => (Dtype::F32, values.iter().flat_map(|x| x.to_le_bytes()).collect()),
        };
        Ok(Self { dtype, shape, bytes })
    }
}

impl View for Stored {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.bytes.as_slice().into()
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}
