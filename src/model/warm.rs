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
    pub(super) kernels: Option<Prepared>,
}

impl From<Place> for Warm {
    /// A place where nothing was made yet.
    fn from(place: Place) -> Self {
        Self { place, kernels: None }
    }
}

impl Warm {
    /// Makes a GPU's kernels for the net of a `config.json`. Where there is another way to compute it, kernels that are
    /// refused are no error.
    ///
    /// # Errors
    /// [`ModelError`] about the config; in a browser [`ModelError::NoGpu`] with the reason of a refusal.
    pub async fn up(place: Place, config: &[u8]) -> Result<Self, ModelError> {
        #[cfg(not(target_family = "wasm"))]
        if foreign::is_foreign(config) {
            return Ok(place.into());
        }
        let shape = Config::from_bytes(config)?.shape();
        let Some(handle) = place.gpu.clone() else { return Ok(place.into()) };
        match Prepared::new(handle, shape, Precision::F32).await {
            Ok(kernels) => Ok(Self { place, kernels: Some(kernels) }),
            #[cfg(not(target_family = "wasm"))]
            Err(GpuError::Refused(_)) => Ok(place.into()),
            Err(error) => Err(ModelError::NoGpu(error.to_string())),
        }
    }
}
