//! A device of wgpu, with all that its adapter offers.

use wgpu::{AdapterInfo, DeviceDescriptor, Features, PowerPreference, RequestAdapterOptions};

use super::GpuError;

/// A device of wgpu and its queue.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the names are wgpu's
pub struct Handle {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
}

impl Handle {
    /// Opens the fastest adapter there is.
    ///
    /// # Errors
    /// [`GpuError::None`] with the reason of the graphics API.
    pub async fn open() -> Result<(Self, AdapterInfo), GpuError> {
        let instance = wgpu::Instance::default();
        let options =
            RequestAdapterOptions { power_preference: PowerPreference::HighPerformance, ..Default::default() };
        let adapter = instance.request_adapter(&options).await;
        let adapter = adapter.map_err(|error| GpuError::None(format!("no adapter ({error})")))?;
        let wanted = DeviceDescriptor {
            label: Some("unmask"),
            required_features: adapter.features()
                & (Features::TIMESTAMP_QUERY | Features::SUBGROUP | Features::SHADER_F16),
            required_limits: adapter.limits(),
            ..Default::default()
        };
        let opened = adapter.request_device(&wanted).await;
        let refused = |error| GpuError::None(format!("the adapter refused a device ({error})"));
        let (device, queue) = opened.map_err(refused)?;
        Ok((Self { device, queue }, adapter.get_info()))
    }
}
