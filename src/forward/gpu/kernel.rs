//! A WGSL kernel: its text with the constants of a net filled in, its bindings and its pipeline.

use wgpu::{
    BindGroup, BindGroupEntry, BindGroupLayout, BindGroupLayoutEntry, BindingResource, BindingType, BufferBindingType,
    ComputePipeline, Device, PipelineCompilationOptions, ShaderSource, ShaderStages,
};

/// What a kernel does to the buffer of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A kernel that can be dispatched.
#[derive(Debug)]
pub(super) struct Kernel {
    pub pipeline: ComputePipeline,
    pub layout: BindGroupLayout,
}

/// The text of a kernel with `{{ name }}` replaced by its value.
pub(super) fn filled(text: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{ {name} }}}}"), value))
}

/// A layout with a storage buffer a binding.
pub(super) fn layout(device: &Device, name: &str, accesses: &[Access]) -> BindGroupLayout {
    let entry = |(binding, access): (u32, &Access)| BindGroupLayoutEntry {
        binding,
        visibility: ShaderStages::COMPUTE,
        ty: BindingType::Buffer {
            ty: BufferBindingType::Storage { read_only: *access == Access::Read },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    };
    let entries: Vec<_> = (0..).zip(accesses).map(entry).collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(name), entries: &entries })
}

impl Kernel {
    pub fn new(device: &Device, name: &str, text: String, layout: &BindGroupLayout) -> Self {
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label: Some(name),
            source: ShaderSource::Wgsl(text.into()),
        });
        let layouts = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(name),
            bind_group_layouts: &[Some(layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(name),
            layout: Some(&layouts),
            module: &module,
            entry_point: Some("main"),
            // Every kernel writes what it reads of it.
            compilation_options: PipelineCompilationOptions {
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        Self { pipeline, layout: layout.clone() }
    }
}

/// Buffers for the bindings of a layout, in their order.
pub(super) fn bound(device: &Device, layout: &BindGroupLayout, buffers: Vec<BindingResource<'_>>) -> BindGroup {
    let entry = |(binding, resource)| BindGroupEntry { binding, resource };
    let entries: Vec<_> = (0..).zip(buffers).map(entry).collect();
    device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_their_names_did() {
        let values = [("d", "256".to_owned()), ("eps", "0.5".to_owned())];
        assert_eq!(filled("{{ d }}u / {{ eps }} + {{ d }}", &values), "256u / 0.5 + 256");
    }
}
