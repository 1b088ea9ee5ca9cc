//! The tensors of another family's weights, taken out by name; what is left over in the end is named.

use std::{cell::RefCell, collections::BTreeSet};

use burn::{prelude::*, tensor::TensorData};
use safetensors::SafeTensors;

use super::parts::{LayerNorm, Linear, RmsNorm};
use crate::model::{ModelError, weights};

/// Tensors on their way to a device.
pub struct Reader<'a> {
    file: SafeTensors<'a>,
    device: &'a Device,
    taken: RefCell<BTreeSet<String>>,
    parameters: RefCell<usize>,
}

impl<'a> Reader<'a> {
    /// Of the bytes of a safetensors file.
    ///
    /// # Errors
    /// [`ModelError::NotSafetensors`], [`ModelError::Truncated`].
    pub fn new(bytes: &'a [u8], device: &'a Device) -> Result<Self, ModelError> {
        Ok(Self { file: weights::open(bytes)?, device, taken: RefCell::default(), parameters: RefCell::default() })
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.file.tensor(name).is_ok()
    }

    /// A vector `[size]`.
    ///
    /// # Errors
    /// [`ModelError`] names the tensor: missing, of another shape, or of no floats.
    pub fn vector(&self, name: &str, size: usize) -> Result<Tensor<1>, ModelError> {
        let values = self.take(name, &[size])?;
        Ok(Tensor::from_data(TensorData::new(values, [size]), self.device))
    }

    /// A table `[rows, columns]`.
    ///
    /// # Errors
    /// As [`Reader::vector`].
    pub fn table(&self, name: &str, rows: usize, columns: usize) -> Result<Tensor<2>, ModelError> {
        let values = self.take(name, &[rows, columns])?;
        Ok(Tensor::from_data(TensorData::new(values, [rows, columns]), self.device))
    }

    /// The layer `name` from `from` to `to` numbers, stored as `[to, from]`.
    ///
    /// # Errors
    /// As [`Reader::vector`].
    pub fn linear(&self, name: &str, from: usize, to: usize, bias: bool) -> Result<Linear, ModelError> {
        let weight = self.table(&format!("{name}.weight"), to, from)?.transpose();
        let bias = if bias { Some(self.vector(&format!("{name}.bias"), to)?) } else { None };
        Ok(Linear { weight, bias })
    }

    /// The layer norm `name`. Old files call its two vectors gamma and beta.
    ///
    /// # Errors
    /// As [`Reader::vector`].
    pub fn layer_norm(&self, name: &str, size: usize, epsilon: f64, bias: bool) -> Result<LayerNorm, ModelError> {
        let part = |new: &str, old: &str| {
            let (new, old) = (format!("{name}.{new}"), format!("{name}.{old}"));
            self.vector(if self.has(&old) && !self.has(&new) { &old } else { &new }, size)
        };
        let (weight, bias) = (part("weight", "gamma")?, if bias { Some(part("bias", "beta")?) } else { None });
        Ok(LayerNorm { weight, bias, epsilon })
    }

    /// The RMS norm `name`.
    ///
    /// # Errors
    /// As [`Reader::vector`].
    pub fn rms_norm(&self, name: &str, size: usize, epsilon: f64) -> Result<RmsNorm, ModelError> {
        Ok(RmsNorm { weight: self.vector(&format!("{name}.weight"), size)?, epsilon })
    }

    /// How many weights were taken, once nothing is left over but what `extra` says does no harm.
    ///
    /// # Errors
    /// [`ModelError::UnknownTensor`] for what is.
    pub fn finish(self, extra: impl Fn(&str) -> bool) -> Result<usize, ModelError> {
        let taken = self.taken.into_inner();
        let mut names = self.file.names();
        names.sort_unstable();
        match names.into_iter().find(|&name| !taken.contains(name) && !extra(name)) {
            Some(name) => Err(ModelError::UnknownTensor { name: name.to_owned() }),
            None => Ok(self.parameters.into_inner()),
        }
    }

    fn take(&self, name: &str, expected: &[usize]) -> Result<Vec<f32>, ModelError> {
        let tensor = self.file.tensor(name).map_err(|_| ModelError::MissingTensor { name: name.to_owned() })?;
        if tensor.shape() != expected {
            let (found, expected) = (tensor.shape().to_vec(), expected.to_vec());
            return Err(ModelError::TensorShape { name: name.to_owned(), found, expected });
        }
        let values = weights::values(name, &tensor)?;
        if self.taken.borrow_mut().insert(name.to_owned()) {
            *self.parameters.borrow_mut() += values.len();
        }
        Ok(values)
    }
}
