//! The kernels of a net, made for its shape.

use std::sync::OnceLock;

use wgpu::{BindGroupLayout, ComputePipeline, Device};

use super::{
    GpuError, Handle, Precision,
    kernel::{
        Access::{self, Read, Write},
        Kernel, filled, layout,
    },
    tiles::{LARGE, MANY, SMALL, written_out},
};
use crate::forward::Shape;

/// A product and its two ways of being cut, of which the one for many rows is made when it is first needed.
#[derive(Debug)]
pub(super) struct Product {
    pub small: Kernel,
    large: OnceLock<Kernel>,
    device: Device,
    name: &'static str,
    /// With the placeholders of its tiles.
    text: String,
    out: u32,
}

impl Product {
    fn new(device: &Device, name: &'static str, text: String, out: usize) -> Self {
        let accesses = layout(device, name, &[Read, Read, Write, Read]);
        let small = Kernel::new(device, name, SMALL.fill(&text), &accesses);
        Self { small, large: OnceLock::new(), device: device.clone(), name, text, out: out as u32 }
    }

    /// The pipeline for so many rows, and its workgroups.
    pub fn for_rows(&self, rows: usize) -> (&ComputePipeline, [u32; 3]) {
        let large = || Kernel::new(&self.device, self.name, LARGE.fill(&self.text), &self.small.layout);
        let (kernel, tiles) = if rows < MANY { (&self.small, SMALL) } else { (self.large.get_or_init(large), LARGE) };
        (&kernel.pipeline, tiles.groups(rows as u32, self.out))
    }
}

/// All kernels of a net.
#[derive(Debug)]
pub(super) struct Kernels {
    pub embed: Kernel,
    pub qkv: Product,
    pub rotate: Kernel,
    pub attend: Kernel,
    pub proj: Product,
    pub gates: Product,
    pub down: Product,
    pub logits: Product,
    pub predict: Kernel,
    pub score: Kernel,
    pub reveal: Kernel,
    /// Vectors of four that a workgroup of `embed` makes, heads that one of `rotate` turns, queries of one of `attend`.
    pub embed_lanes: u32,
    pub heads_each: u32,
    pub queries: u32,
}

/// Invocations of `reveal` a workgroup.
pub(super) const REVEAL_LANES: u32 = 64;

impl Kernels {
    pub async fn new(handle: &Handle, shape: &Shape, precision: Precision) -> Result<Self, GpuError> {
        supported(handle, shape)?;
        precision.offered(handle)?;
        let device = &handle.device;
        let scope = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let kernels = Self::made(device, shape, precision);
        match scope.pop().await {
            None => Ok(kernels),
            Some(error) => Err(GpuError::Refused(error.to_string())),
        }
    }

    fn made(device: &Device, shape: &Shape, precision: Precision) -> Self {
        let Shape { vocab_size, d_model: d, d_ff, norm_eps, .. } = *shape;
        let head = shape.head_dim();
        let kernel = |name: &str, text: &str, accesses: &[Access], values: &[(&str, String)]| {
            Kernel::new(device, name, filled(text, values), &layout(device, name, accesses))
        };
        let number = |value: usize| value.to_string();
        let eps = format!("{norm_eps:?}");
        let (embed_lanes, quarters) = (64u32, head / 8);
        let heads_each = (64 / quarters).max(1);
        // A tile of keys and the queries within the 16 KiB of shared memory that there are everywhere.
        let queries = 8;
        let keys = (8192 / (16 * (head / 4 + 1))).min(32) / 8 * 8;
        let (keys_each, parts) = (keys as u32 / 8, (head as u32 / 4).div_ceil(8));
        let product = |name: &'static str, text: &str, into: usize, out: usize| {
            let values = [("into", number(into)), ("out", number(out)), ("eps", eps.clone())];
            let text = format!("{text}\n{}", include_str!("../../../shaders/product.wgsl"));
            Product::new(device, name, precision.fill(&filled(&text, &values)), out)
        };
        Self {
            embed: kernel(
                "embed",
                include_str!("../../../shaders/embed.wgsl"),
                &[Read, Read, Write, Read],
                &[("d", number(d)), ("lanes", embed_lanes.to_string()), ("scale", format!("{:?}", shape.emb_scale))],
            ),
            qkv: product("qkv", include_str!("../../../shaders/normed.wgsl"), d, 3 * d),
            rotate: kernel(
                "rotate",
                include_str!("../../../shaders/rotate.wgsl"),
                &[Write, Read, Read, Read],
                &[
                    ("d", number(d)),
                    ("head", number(head)),
                    ("lanes", number(heads_each * quarters)),
                    ("eps", eps.clone()),
                ],
            ),
            attend: kernel(
                "attend",
                &written_out(include_str!("../../../shaders/attend.wgsl"), &[("$key", keys_each), ("$part", parts)]),
                &[Read, Write, Read],
                &[
                    ("d", number(d)),
                    ("head", number(head)),
                    ("queries", number(queries)),
                    ("keys", number(keys)),
                    ("lanes", number(queries * 8)),
                    ("causal", shape.causal.to_string()),
                ],
            ),
            proj: product("proj", include_str!("../../../shaders/added.wgsl"), d, d),
            gates: product("gates", include_str!("../../../shaders/gated.wgsl"), d, 2 * d_ff),
            down: product("down", include_str!("../../../shaders/added.wgsl"), d_ff, d),
            logits: product("logits", include_str!("../../../shaders/logits.wgsl"), d, vocab_size),
            predict: kernel(
                "predict",
                include_str!("../../../shaders/predict.wgsl"),
                &[Write, Write, Write, Write],
                &[("lanes", "128".into())],
            ),
            score: kernel(
                "score",
                include_str!("../../../shaders/score.wgsl"),
                &[Write, Write, Write, Write],
                &[("lanes", "128".into())],
            ),
            reveal: kernel(
                "reveal",
                include_str!("../../../shaders/reveal.wgsl"),
                &[Read, Read, Write],
                &[("lanes", REVEAL_LANES.to_string())],
            ),
            embed_lanes,
            heads_each: heads_each as u32,
            queries: queries as u32,
        }
    }

    /// The layout of all products' bindings.
    pub fn product_layout(&self) -> &BindGroupLayout {
        &self.qkv.small.layout
    }
}

/// Whether the kernels can be made for a net on a device.
fn supported(handle: &Handle, shape: &Shape) -> Result<(), GpuError> {
    let limits = handle.device.limits();
    let refused = |what: String| Err(GpuError::Refused(what));
    if !shape.head_dim().is_multiple_of(8) || shape.head_dim() > 512 {
        return refused(format!("a head has {} numbers; a multiple of 8 up to 512 is needed", shape.head_dim()));
    }
    if !shape.d_ff.is_multiple_of(4) {
        return refused(format!("d_ff is {}; a multiple of 4 is needed", shape.d_ff));
    }
    if limits.max_compute_invocations_per_workgroup < 256 || limits.max_compute_workgroup_storage_size < 16384 {
        return refused("the device offers less than WebGPU promises of a workgroup".into());
    }
    Ok(())
}
