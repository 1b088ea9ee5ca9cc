//! A device that is ready for a model before the weights are there: all that its config alone decides.

#[cfg(not(target_family = "wasm"))]
use super::foreign;
use super::{Config, ModelError, Place};
#[cfg(not(target_family = "wasm"))]
use crate::forward::gpu::GpuError;
use crate::forward::gpu::{Precision, Prepared};

/// A place, and there the kernels for a net.
#[derive(Debug)]
pub struct Warm {
    pub(super) place: Place,
    pub(super) precision: Precision,
    pub(super) kernels: Option<Prepared>,
}

impl From<Place> for Warm {
    /// A place where nothing was made yet, for f32.
    fn from(place: Place) -> Self {
        Self { place, precision: Precision::F32, kernels: None }
    }
}

impl Warm {
    /// Makes a GPU's kernels for the net of a `config.json`. Where there is another way to compute it, kernels that are
    /// refused are no error; for f16 there is always f32.
    ///
    /// # Errors
    /// [`ModelError`] about the config; in a browser [`ModelError::NoGpu`] with the reason of a refusal.
    pub async fn up(place: Place, config: &[u8], precision: Precision) -> Result<Self, ModelError> {
        #[cfg(not(target_family = "wasm"))]
        if foreign::is_foreign(config) {
            return Ok(place.into());
        }
        let shape = Config::from_bytes(config)?.shape();
        let Some(handle) = place.gpu.clone() else { return Ok(place.into()) };
        match Prepared::new(handle, shape, precision).await {
            Ok(kernels) => Ok(Self { place, precision, kernels: Some(kernels) }),
            Err(_) if precision == Precision::F16 => Ok(place.into()),
            #[cfg(not(target_family = "wasm"))]
            Err(GpuError::Refused(_)) => Ok(place.into()),
            Err(error) => Err(ModelError::NoGpu(error.to_string())),
        }
    }

    /// The same place, for a net in this precision; kernels made for another are of no use.
    pub(super) fn within(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }
}
