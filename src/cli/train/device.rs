//! Where a net is trained.

use clap::ValueEnum;
use unmask::model::{Place, gpu};

/// Where to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Device {
    /// A real GPU by wgpu, else the CPU
    Auto,
    /// The CPU, by burn's flex
    #[value(alias = "flex")]
    Cpu,
    /// The GPU by wgpu: Vulkan, Metal, DX12
    #[value(alias = "wgpu")]
    Gpu,
    /// An NVIDIA GPU by CUDA, in a program built with the feature `cuda`
    Cuda,
}

impl Device {
    /// The device itself.
    ///
    /// # Errors
    /// When it was asked for by name and is not there.
    pub fn open(self) -> anyhow::Result<Place> {
        let gpu = || pollster::block_on(gpu());
        match self {
            Self::Cpu => Ok(Place::cpu()),
            Self::Gpu => Ok(gpu()?),
            Self::Auto => Ok(gpu().ok().filter(|place| !place.software).unwrap_or_else(Place::cpu)),
            Self::Cuda => cuda(),
        }
    }
}

#[cfg(feature = "cuda")]
fn cuda() -> anyhow::Result<Place> {
    Ok(Place { device: burn::prelude::Device::cuda(0), gpu: None, name: "cuda".into(), software: false })
}

#[cfg(not(feature = "cuda"))]
fn cuda() -> anyhow::Result<Place> {
    anyhow::bail!("this program was built without CUDA; build it with --features cuda, or train with --device gpu")
}
