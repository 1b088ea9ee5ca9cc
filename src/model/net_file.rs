//! [`Net`] from a `model.safetensors`, and back.

use burn::{
    prelude::*,
    store::{BurnToPyTorchAdapter, FloatCastAdapter, ModuleAdapter, ModuleSnapshot, SafetensorsStore},
    tensor::{DType, TensorData},
};

use super::{
    ModelError,
    config::Config,
    net::Net,
    weights::{self, EMBEDDING},
};

/// Loads the weights onto a device; f16, bf16 and f32 are stored, f32 is computed with.
///
/// # Errors
/// [`ModelError`] names the tensor, its shape and the shape that the config asks for; a file that was cut off and one that
/// never was a safetensors file are told apart.
pub fn load(bytes: &[u8], config: &Config, device: &Device) -> Result<Net, ModelError> {
    let file = weights::checked(bytes, config)?;
    Net::with_weights(config, device, |name| {
        let tensor = file.tensor(name).map_err(|_| ModelError::MissingTensor { name: name.to_owned() })?;
        let values = weights::values(name, &tensor)?;
        Ok(match *tensor.shape() {
            // The embedding is a table, not a linear layer.
            [out, into] if name != EMBEDDING => TensorData::new(transposed(&values, into), [into, out]),
            _ => TensorData::new(values, tensor.shape()),
        })
    })
}

/// A matrix with rows of `columns` numbers, column by column.
fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| values.iter().skip(column).step_by(columns).copied()).collect()
}

/// The bytes of a `model.safetensors` with the weights of `net` as `dtype`: f16 to ship, f32 to train on.
///
/// # Errors
/// [`ModelError::Store`] when burn cannot read the weights back from their device.
pub fn save(net: &Net, dtype: DType) -> Result<Vec<u8>, ModelError> {
    let adapter = BurnToPyTorchAdapter.chain(FloatCastAdapter::to(dtype));
    let mut store = SafetensorsStore::from_bytes(None).with_to_adapter(adapter).clear_metadata();
    net.save_into(&mut store).map_err(|error| ModelError::Store(Box::new(error)))?;
    store.get_bytes().map_err(|error| ModelError::Store(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::{super::weights::tests::config, *};

    #[test]
    fn what_is_saved_is_loaded() {
        let device = Device::flex();
        for dtype in [DType::F16, DType::F32] {
            let saved = save(&Net::new(&config(), &device), dtype).unwrap();
            let again = save(&load(&saved, &config(), &device).unwrap(), dtype).unwrap();
            assert_eq!(saved, again);
        }
    }
}
