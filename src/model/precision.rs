//! In which numbers a GPU makes its products: `auto | f32 | f16`, and in words why.

use std::{error::Error, fmt, iter::successors, str::FromStr};

use super::{Model, ModelError, ModelFiles, Place, Warm};
use crate::forward::gpu::{Handle, Precision};

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrecisionChoice {
    /// f16 on a real GPU that offers it and whose self-test agrees, else f32.
    #[default]
    Auto,
    /// f32.
    F32,
    /// f16 or an error; a software adapter counts.
    F16,
}

impl FromStr for PrecisionChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "auto" => Ok(Self::Auto),
            "f32" => Ok(Self::F32),
            "f16" => Ok(Self::F16),
            _ => Err(format!("unknown precision `{name}`; the precisions are auto, f32, f16")),
        }
    }
}

impl fmt::Display for PrecisionChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::F32 => "f32",
            Self::F16 => "f16",
        })
    }
}

impl From<Precision> for PrecisionChoice {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::F32 => Self::F32,
            Precision::F16 => Self::F16,
        }
    }
}

impl PrecisionChoice {
    /// What is tried first on a device, before anything is known of a model.
    pub fn first(self, place: &Place) -> Precision {
        if self.why_not(place).is_none() { Precision::F16 } else { Precision::F32 }
    }

    /// What is told where f16 is not tried on a device.
    fn why_not(self, place: &Place) -> Option<&'static str> {
        match self {
            Self::F16 => None,
            Self::F32 => Some("in f32"),
            Self::Auto if place.software => Some("in f32, as auto takes f16 on real GPUs alone"),
            Self::Auto if !place.gpu.as_ref().is_some_and(Handle::f16) => Some("in f32, as the device offers no f16"),
            Self::Auto => None,
        }
    }
}

impl Model {
    /// Loads a model onto a GPU and runs its self-test there, in f32 where f16 is not to be had and was not asked for by name.
    /// Tells in words what it computes in, and if that is f32, why.
    ///
    /// # Errors
    /// As [`Model::on_gpu`]; [`ModelError::NoF16`] where f16 was asked for.
    pub async fn on_gpu_in(
        files: &ModelFiles,
        place: impl Into<Warm>,
        choice: PrecisionChoice,
    ) -> Result<(Self, String), ModelError> {
        let warm = place.into();
        let place = warm.place.clone();
        let untried = choice.why_not(&place);
        let (warm, told) = match untried {
            Some(told) => (warm, told.to_owned()),
            None => match Self::on_gpu(files, warm.within(Precision::F16)).await {
                Ok(model) => return Ok((model, "in f16".into())),
                Err(error @ (ModelError::NoF16 { .. } | ModelError::SelfTest { .. } | ModelError::SelfTestRun(_)))
                    if choice == PrecisionChoice::Auto =>
                {
                    (place.into(), format!("in f32, as {}", with_causes(&error)))
                }
                Err(error) => return Err(error),
            },
        };
        let model = Self::on_gpu(files, warm.within(Precision::F32)).await?;
        // A net without kernels of its own has no f16, whatever the device.
        let by_burn = untried.is_some() && model.dispatches().is_none();
        Ok((model, if by_burn { "in f32, by burn's operations".into() } else { told }))
    }
}

fn with_causes(error: &ModelError) -> String {
    let all = successors(Some(error as &dyn Error), |&error| error.source());
    all.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
