//! The kernel on each of burn's backends.

use burn::{
    backend::{
        Backend, Flex, backend_extension,
        tensor::{FloatTensor, IntTensor},
    },
    tensor::{DType, Shape, TensorData},
};
use burn_cubecl::{
    CubeBackend,
    cubecl::{CubeCount, CubeDim, prelude::KernelId, server::KernelArguments},
    kernel::into_contiguous,
    template::{KernelSource, SourceKernel, SourceTemplate},
    tensor::CubeTensor,
};

use crate::denoiser::twin::{self, Draw, STATS};

/// Invocations a workgroup: within WebGPU's default limit, and enough for a vocabulary of thousands.
const LANES: u32 = 128;

/// Logits `[rows, vocab]` and keys `[rows, 3]` -> statistics `[rows, STATS]`.
#[backend_extension(Cube, Flex)]
pub trait PredictOps: Backend {
    /// See [`super::predict`].
    fn predict(
        logits: FloatTensor<Self>,
        keys: IntTensor<Self>,
        temperature: f32,
        mask_id: u32,
        pad_id: u32,
    ) -> FloatTensor<Self>;
}

#[derive(Debug)]
struct PredictSource;

impl KernelSource for PredictSource {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(include_str!("../../shaders/predict.wgsl")).register("lanes", LANES.to_string())
    }

    fn id(&self) -> KernelId {
        KernelId::new::<Self>().info(LANES)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

impl PredictOps for CubeBackend {
    fn predict(
        logits: FloatTensor<Self>,
        keys: IntTensor<Self>,
        temperature: f32,
        mask_id: u32,
        pad_id: u32,
    ) -> FloatTensor<Self> {
        let logits = into_contiguous(logits); // [rows, vocab]
        let keys = into_contiguous(keys); // [rows, 3]
        let (rows, vocab) = (logits.meta.shape()[0], logits.meta.shape()[1]);
        let shape = Shape::from(vec![rows, STATS]);
        let buffer = logits.client.empty(shape.num_elements() * size_of::<f32>());
        let stats = CubeTensor::new_contiguous(logits.client.clone(), logits.device.clone(), shape, buffer, DType::F32);
        let info = [vocab as u32, mask_id, pad_id, temperature.to_bits()];
        let info = logits.client.create_from_slice(bytemuck::cast_slice(&info));
        logits.client.launch(
            Box::new(SourceKernel::new(PredictSource, CubeDim::new_1d(LANES))),
            CubeCount::Static(rows as u32, 1, 1),
            KernelArguments::new().with_buffers(vec![
                logits.handle.clone().binding(),
                keys.handle.clone().binding(),
                stats.handle.clone().binding(),
                info.binding(),
            ]),
        );
        stats
    }
}

impl PredictOps for Flex {
    fn predict(
        logits: FloatTensor<Self>,
        keys: IntTensor<Self>,
        temperature: f32,
        mask_id: u32,
        pad_id: u32,
    ) -> FloatTensor<Self> {
        let logits = logits.to_contiguous().into_data();
        let (rows, vocab) = (logits.shape()[0], logits.shape()[1]);
        let words: Vec<u32> = keys.to_contiguous().into_data().iter::<i64>().map(|word| word as u32).collect();
        let keys = words.chunks_exact(3).map(|key| [key[0], key[1], key[2]]);
        let values: Vec<f32> = logits.iter::<f32>().collect();
        let stats = twin::predict(&values, vocab, keys, Draw { temperature, mask_id, pad_id });
        FloatTensor::<Self>::from_data(TensorData::new(stats, [rows, STATS]))
    }
}
