//! The graphics adapters of this machine, by number, and how each is opened.

use burn::{
    prelude::*,
    tensor::{
        DeviceKind,
        wgpu::{
            WgpuBackend,
            wgpu::{Backend, DeviceType, Features, Instance, InstanceDescriptor},
        },
    },
};
use serde::Serialize;

use super::{ModelError, Place};

/// The graphics APIs that are asked, in the order in which the default GPU is looked for.
const APIS: [(Backend, WgpuBackend, &str); 4] = [
    (Backend::Vulkan, WgpuBackend::Vulkan, "Vulkan"),
    (Backend::Metal, WgpuBackend::Metal, "Metal"),
    (Backend::Dx12, WgpuBackend::Dx12, "DX12"),
    (Backend::Gl, WgpuBackend::Gl, "OpenGL"),
];

/// What an adapter is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adapter {
    /// Its number, as in `gpu:0`; the same as long as the machine and its drivers are.
    pub number: usize,
    /// By its driver.
    pub name: String,
    /// `discrete`, `integrated`, `virtual`, `software`, or `other`, which cannot be opened by number.
    pub kind: &'static str,
    /// The graphics API.
    pub api: &'static str,
    /// The driver, with its version.
    pub driver: String,
    /// Bytes in one buffer, at most.
    pub largest_buffer: u64,
    /// Bytes that a kernel sees of a buffer, at most.
    pub largest_binding: u64,
    /// Threads of a workgroup, at most.
    pub workgroup: u32,
    /// Whether kernels may compute in f16.
    pub f16: bool,
    #[serde(skip)]
    opened_as: Option<(DeviceKind, WgpuBackend)>,
}

/// All of them.
pub async fn adapters() -> Vec<Adapter> {
    let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
    let mut all: Vec<Adapter> = vec![];
    for (backend, api, api_name) in APIS {
        let mut known = [0; 4]; // burn counts each kind from 0, within an API
        for adapter in instance.enumerate_adapters(backend.into()).await {
            let (info, limits) = (adapter.get_info(), adapter.limits());
            let mut next = |kind: usize| {
                known[kind] += 1;
                known[kind] - 1
            };
            let (kind, opened_as) = match info.device_type {
                DeviceType::DiscreteGpu => ("discrete", Some(DeviceKind::DiscreteGpu(next(0)))),
                DeviceType::IntegratedGpu => ("integrated", Some(DeviceKind::IntegratedGpu(next(1)))),
                DeviceType::VirtualGpu => ("virtual", Some(DeviceKind::VirtualGpu(next(2)))),
                DeviceType::Cpu => ("software", (next(3) == 0).then_some(DeviceKind::Cpu)), // burn opens the first
                DeviceType::Other => ("other", None),
            };
            all.push(Adapter {
                number: all.len(),
                name: info.name,
                kind,
                api: api_name,
                driver: [info.driver, info.driver_info].join(" ").trim().to_owned(),
                largest_buffer: limits.max_buffer_size,
                largest_binding: limits.max_storage_buffer_binding_size,
                workgroup: limits.max_compute_invocations_per_workgroup,
                f16: adapter.features().contains(Features::SHADER_F16),
                opened_as: opened_as.map(|kind| (kind, api)),
            });
        }
    }
    all
}

/// Adapter number `number`, opened. Once a process, as burn opens one.
///
/// # Errors
/// [`ModelError::NoGpu`] when there is none of that number, or it cannot be opened.
pub async fn adapter(number: usize) -> Result<Place, ModelError> {
    let all = adapters().await;
    let numbers = match all.len() {
        0 => "this machine has none".to_owned(),
        1 => "this machine has gpu:0".to_owned(),
        count => format!("this machine has gpu:0 to gpu:{}", count - 1),
    };
    let found = all.into_iter().nth(number);
    let found = found.ok_or_else(|| ModelError::NoGpu(format!("there is no adapter gpu:{number}; {numbers}")))?;
    let (kind, api) = found.opened_as.ok_or_else(|| {
        ModelError::NoGpu(format!("{} ({}, {}) can be opened by no number", found.name, found.kind, found.api))
    })?;
    let options = Device::wgpu_options().device_kind(kind).graphics_api(api);
    let opened = options.init_with_setup_async().await;
    let (device, setup) = opened.map_err(|error| ModelError::NoGpu(super::device::reason(&error)))?;
    Ok(Place { name: found.name, software: found.kind == "software", ..super::device::place(device, &setup) })
}
