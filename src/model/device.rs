//! Where a model runs: `auto | gpu | cpu`, and in words why.

#[cfg(not(target_family = "wasm"))]
use std::sync::OnceLock;
use std::{fmt, str::FromStr};

#[cfg(not(target_family = "wasm"))]
use burn::{
    prelude::*,
    tensor::wgpu::{WgpuInitError, WgpuSetup},
};
use wgpu::{AdapterInfo, DeviceType};

use super::{Model, ModelError, ModelFiles, PrecisionChoice, SelfTest, Warm};
use crate::forward::gpu::Handle;

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// A real GPU whose self-test agrees, else the CPU.
    #[default]
    Auto,
    /// The GPU or an error; a software adapter counts.
    Gpu,
    /// The adapter of this number, or an error.
    Adapter(usize),
    /// The CPU.
    Cpu,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "auto" => Ok(Self::Auto),
            "gpu" => Ok(Self::Gpu),
            "cpu" => Ok(Self::Cpu),
            _ => match name.strip_prefix("gpu:").map(str::parse) {
                Some(Ok(number)) => Ok(Self::Adapter(number)),
                _ => Err(format!("unknown device `{name}`; the devices are auto, gpu, cpu, and gpu:N for adapter N")),
            },
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Gpu => f.write_str("gpu"),
            Self::Adapter(number) => write!(f, "gpu:{number}"),
            Self::Cpu => f.write_str("cpu"),
        }
    }
}

/// A device and its name.
#[derive(Clone, Debug)]
pub struct Place {
    /// burn's handle.
    #[cfg(not(target_family = "wasm"))]
    pub device: Device,
    /// wgpu's, of a GPU that it opened.
    pub gpu: Option<Handle>,
    /// What to call it.
    pub name: String,
    /// Whether it is a GPU only in name.
    pub software: bool,
}

const CPU: &str = "cpu";

impl Place {
    /// The CPU.
    pub fn cpu() -> Self {
        Self {
            #[cfg(not(target_family = "wasm"))]
            device: Device::flex(),
            gpu: None,
            name: CPU.into(),
            software: false,
        }
    }

    /// Whether this is the CPU by name, the device that cannot be lost.
    pub fn is_cpu(&self) -> bool {
        self.name == CPU
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// burn opens its default GPU once a process, so the first place is kept.
#[cfg(not(target_family = "wasm"))]
static GPU: OnceLock<Place> = OnceLock::new();

/// The GPU, opened at the first call.
///
/// # Errors
/// [`ModelError::NoGpu`] with the reason of the graphics API.
#[cfg(not(target_family = "wasm"))]
pub async fn gpu() -> Result<Place, ModelError> {
    if let Some(place) = GPU.get() {
        return Ok(place.clone());
    }
    match opened().await {
        Ok(place) => Ok(GPU.get_or_init(|| place).clone()),
        // Another thread may have opened it in the meantime.
        Err(error) => GPU.get().cloned().ok_or(error),
    }
}

#[cfg(not(target_family = "wasm"))]
async fn opened() -> Result<Place, ModelError> {
    let opened = Device::wgpu_options().init_with_setup_async().await;
    opened.map(|(device, setup)| place(device, &setup)).map_err(|error| ModelError::NoGpu(reason(&error)))
}

/// The GPU, opened anew at every call: one that was lost is not come back to.
///
/// # Errors
/// [`ModelError::NoGpu`] with the reason of the browser.
#[cfg(target_family = "wasm")]
pub async fn gpu() -> Result<Place, ModelError> {
    let (handle, info) = Handle::open().await.map_err(|error| ModelError::NoGpu(error.to_string()))?;
    let (name, software) = described(info);
    Ok(Place { gpu: Some(handle), name, software })
}

/// What burn has opened.
#[cfg(not(target_family = "wasm"))]
pub(super) fn place(device: Device, setup: &WgpuSetup) -> Place {
    let handle = Handle { device: setup.device.clone(), queue: setup.queue.clone() };
    let (name, software) = described(setup.adapter.get_info());
    Place { device, gpu: Some(handle), name, software }
}

/// What to call it, and whether it is software.
fn described(info: AdapterInfo) -> (String, bool) {
    // A browser names no adapter; the page asks the browser itself.
    let name = if info.name.is_empty() { "WebGPU".to_owned() } else { info.name };
    (name, info.device_type == DeviceType::Cpu)
}

#[cfg(not(target_family = "wasm"))]
pub(super) fn reason(error: &WgpuInitError) -> String {
    match error {
        WgpuInitError::AdapterUnavailable { message, .. } => format!("no adapter ({message})"),
        WgpuInitError::RequestDevice { message } => format!("the adapter refused a device ({message})"),
        other => other.to_string(),
    }
}

impl Model {
    /// Loads a model where and in what `choice` and `precision` say, and tells in words why there and in that.
    ///
    /// # Errors
    /// [`ModelError`]: about the files whatever the choice; about the GPU, and about f16, only when it was asked for by name.
    pub async fn open(
        files: &ModelFiles,
        choice: Choice,
        precision: PrecisionChoice,
    ) -> Result<(Self, String), ModelError> {
        let cpu = async |why: String| {
            if precision == PrecisionChoice::F16 {
                return Err(ModelError::NoF16 { device: CPU.into(), why: format!("it knows f32 alone ({why})") });
            }
            Self::loaded(files, Place::cpu()).await.map(|model| (model, why))
        };
        let on_gpu = async |place: Place, why: &str| {
            let (model, numbers) = Self::on_gpu_in(files, place, precision).await?;
            Ok((model, format!("{why}; {numbers}")))
        };
        match choice {
            Choice::Cpu => cpu("asked for".into()).await,
            Choice::Gpu => on_gpu(gpu().await?, "asked for").await,
            #[cfg(not(target_family = "wasm"))]
            Choice::Adapter(number) => on_gpu(super::adapter(number).await?, "asked for").await,
            #[cfg(target_family = "wasm")]
            Choice::Adapter(_) => Err(ModelError::NoGpu("a browser numbers no adapters".into())),
            Choice::Auto => match gpu().await {
                Err(error) => cpu(error.to_string()).await,
                Ok(place) if place.software => {
                    cpu(format!("the only GPU adapter, {place}, is software; the CPU does better")).await
                }
                Ok(place) => match on_gpu(place, "its self-test agrees").await {
                    Err(error @ (ModelError::SelfTest { .. } | ModelError::SelfTestRun(_))) => {
                        cpu(error.to_string()).await
                    }
                    other => other,
                },
            },
        }
    }

    /// Loads a model onto a GPU and runs its self-test there.
    ///
    /// # Errors
    /// [`ModelError`] about the files, or [`ModelError::SelfTest`].
    pub async fn on_gpu(files: &ModelFiles, place: impl Into<Warm>) -> Result<Self, ModelError> {
        let mut model = Self::loaded(files, place).await?;
        let test = match &files.self_test {
            Some(bytes) => SelfTest::from_bytes(bytes)?,
            None => SelfTest::record(&mut Self::loaded(files, Place::cpu()).await?).await?,
        };
        test.check(&mut model).await?;
        Ok(model)
    }
}
