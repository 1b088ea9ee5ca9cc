//! `model.safetensors` -> [`Weights`], checked against the config tensor by tensor.

use half::{bf16, f16};
use safetensors::{
    SafeTensorError, SafeTensors,
    tensor::{Dtype, TensorView},
};

use super::{ModelError, config::Config};
use crate::forward::{Shape, Weights};

pub(super) const EMBEDDING: &str = "emb.weight";

/// Names and shapes of the tensors of a net, linear layers as `[out, in]`.
fn shapes(config: &Config) -> Vec<(String, Vec<usize>)> {
    let (d, ff, head) = (config.d_model, config.d_ff, config.head_dim());
    let mut shapes = vec![(EMBEDDING.to_owned(), vec![config.vocab_size, d]), ("norm.weight".to_owned(), vec![d])];
    for block in 0..config.n_layer {
        let parts = [
            ("norm1", vec![d]),
            ("qkv", vec![3 * d, d]),
            ("q_norm", vec![head]),
            ("k_norm", vec![head]),
            ("proj", vec![d, d]),
            ("norm2", vec![d]),
            ("w13", vec![2 * ff, d]),
            ("w2", vec![d, ff]),
        ];
        shapes.extend(parts.map(|(part, shape)| (format!("blocks.{block}.{part}.weight"), shape)));
    }
    shapes
}

/// The weights of the forward's kernels; f16, bf16 and f32 are stored, f32 is computed with.
///
/// # Errors
/// [`ModelError`] names the tensor, its shape and the shape that the config asks for; a file that was cut off and one that
/// never was a safetensors file are told apart.
pub fn fold(bytes: &[u8], config: &Config) -> Result<(Shape, Weights), ModelError> {
    let file = checked(bytes, config)?;
    let shape = config.shape();
    let weights = Weights::fold(&shape, |name| {
        let tensor = file.tensor(name).map_err(|_| ModelError::MissingTensor { name: name.to_owned() })?;
        values(name, &tensor)
    })?;
    Ok((shape, weights))
}

/// The tensors of a `model.safetensors`, those that the config asks for and no other.
pub(super) fn checked<'a>(bytes: &'a [u8], config: &Config) -> Result<SafeTensors<'a>, ModelError> {
    let file = open(bytes)?;
    check(&file, config)?;
    Ok(file)
}

/// The tensors of a safetensors file.
///
/// # Errors
/// [`ModelError::Truncated`] for a file that was cut off, [`ModelError::NotSafetensors`] for one that never was one.
pub(super) fn open(bytes: &[u8]) -> Result<SafeTensors<'_>, ModelError> {
    SafeTensors::deserialize(bytes).map_err(|error| refusal(bytes, error))
}

/// The numbers of a tensor, as they are stored one after the other.
pub(super) fn values(name: &str, tensor: &TensorView) -> Result<Vec<f32>, ModelError> {
    let data = tensor.data();
    match tensor.dtype() {
        Dtype::F32 => Ok(data.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()),
        Dtype::F16 => Ok(data.as_chunks().0.iter().map(|&bytes| f16::from_le_bytes(bytes).to_f32()).collect()),
        Dtype::BF16 => Ok(data.as_chunks().0.iter().map(|&bytes| bf16::from_le_bytes(bytes).to_f32()).collect()),
        other => Err(ModelError::TensorType { name: name.to_owned(), found: other.to_string() }),
    }
}

/// Every tensor that the config asks for is there in its shape, and no other.
fn check(file: &SafeTensors, config: &Config) -> Result<(), ModelError> {
    let shapes = shapes(config);
    for (name, expected) in &shapes {
        let Ok(tensor) = file.tensor(name) else {
            return Err(ModelError::MissingTensor { name: name.clone() });
        };
        if tensor.shape() != expected.as_slice() {
            let (found, expected) = (tensor.shape().to_vec(), expected.clone());
            return Err(ModelError::TensorShape { name: name.clone(), found, expected });
        }
    }
    let unknown = file.names().into_iter().find(|name| shapes.iter().all(|(known, _)| known != name));
    unknown.map_or(Ok(()), |name| Err(ModelError::UnknownTensor { name: name.to_owned() }))
}

/// A sound header that promises more bytes than there are means a file cut off.
fn refusal(bytes: &[u8], error: SafeTensorError) -> ModelError {
    let cut_in_the_tensors = matches!(error, SafeTensorError::MetadataIncompleteBuffer);
    let cut_in_the_header = matches!(error, SafeTensorError::InvalidHeaderLength) && bytes.get(8) == Some(&b'{');
    if cut_in_the_tensors || cut_in_the_header {
        ModelError::Truncated { bytes: bytes.len(), source: error }
    } else {
        ModelError::NotSafetensors(error)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::model) fn config() -> Config {
        let mut config = Config::from_bytes(include_bytes!("../../assets/model/config.json")).unwrap();
        (config.vocab_size, config.d_model, config.n_layer, config.n_head, config.d_ff) = (10, 8, 1, 2, 4);
        config
    }

    /// A file with zeros everywhere, after `change` of its list of tensors.
    fn file(dtype: Dtype, change: impl Fn(&mut Vec<(String, Vec<usize>)>)) -> Vec<u8> {
        let mut list = shapes(&config());
        change(&mut list);
        let zeros = vec![0u8; 4096];
        let size = dtype.bitsize() / 8;
        let views = list.into_iter().map(|(name, shape)| {
            let length = shape.iter().product::<usize>() * size;
            (name, TensorView::new(dtype, shape, &zeros[..length]).unwrap())
        });
        safetensors::serialize(views, None).unwrap()
    }

    fn error(bytes: &[u8]) -> ModelError {
        fold(bytes, &config()).unwrap_err()
    }

    #[test]
    fn every_stored_float_type_loads() {
        for dtype in [Dtype::F32, Dtype::F16, Dtype::BF16] {
            fold(&file(dtype, |_| ()), &config()).unwrap();
        }
    }

    #[test]
    fn a_missing_an_unknown_and_a_wrong_tensor_are_named() {
        let missing = error(&file(Dtype::F32, |list| list.retain(|(name, _)| name != "blocks.0.w2.weight")));
        assert_eq!(missing.to_string(), "model.safetensors has no tensor `blocks.0.w2.weight`");
        let unknown = error(&file(Dtype::F32, |list| list.push(("head.bias".into(), vec![3]))));
        assert!(unknown.to_string().contains("`head.bias`"), "{unknown}");
        let wrong = error(&file(Dtype::F32, |list| list[0].1 = vec![9, 8]));
        assert_eq!(
            wrong.to_string(),
            "tensor `emb.weight` of model.safetensors is [9, 8]; config.json asks for [10, 8]"
        );
        assert!(error(&file(Dtype::I32, |_| ())).to_string().contains("I32"));
    }

    #[test]
    fn a_file_cut_off_and_a_file_of_another_kind_are_told_apart() {
        let good = file(Dtype::F32, |_| ());
        assert!(matches!(error(&good[..good.len() - 1]), ModelError::Truncated { .. }));
        assert!(matches!(error(&good[..40]), ModelError::Truncated { .. }));
        for other in [&b""[..], b"PK\x03\x04 a zip archive", b"<!doctype html><p>404"] {
            assert!(matches!(error(other), ModelError::NotSafetensors(_)), "{other:?}");
        }
    }
}
