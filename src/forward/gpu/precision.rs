//! In which numbers the products of a net are made.

use half::f16;
use wgpu::Features;

use super::{GpuError, Handle, kernel::filled};

/// The numbers that products multiply; their sums, and all that stands between products, are f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits: half the memory, and on many GPUs twice the speed, where the device offers it.
    F16,
}

/// The longest vectors of four weights, and of four numbers that they are multiplied with: no product of two reaches 65504,
/// the greatest of f16.
const LONGEST_WEIGHTS: f32 = 32.0;
const LONGEST_FACTORS: f32 = 2000.0;

impl Precision {
    /// As WGSL and people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
        }
    }

    /// # Errors
    /// [`GpuError::NoF16`] where a device does not offer it.
    pub(super) fn offered(self, handle: &Handle) -> Result<(), GpuError> {
        if self == Self::F32 || handle.f16() {
            return Ok(());
        }
        Err(GpuError::NoF16("the device offers none".into()))
    }

    /// The text of a product in these numbers.
    pub(super) fn fill(self, text: &str) -> String {
        let most = LONGEST_FACTORS * LONGEST_FACTORS;
        let values = [
            ("number", self.name().to_owned()),
            ("f16", (self == Self::F16).to_string()),
            ("most", format!("{most:?}")),
        ];
        let text = filled(text, &values);
        if self == Self::F16 { format!("enable f16;\n{text}") } else { text }
    }

    /// The bytes of a product's weights, whose rows are a multiple of four long.
    ///
    /// # Errors
    /// [`GpuError::NoF16`] names a tensor with weights that are too large for it.
    pub(super) fn stored(self, name: &str, weights: &[f32]) -> Result<Vec<u8>, GpuError> {
        if self == Self::F32 {
            return Ok(bytemuck::cast_slice(weights).to_vec());
        }
        let length = |four: &[f32]| four.iter().map(|x| x * x).sum::<f32>().sqrt();
        match weights.chunks(4).map(length).find(|length| !(0.0..=LONGEST_WEIGHTS).contains(length)) {
            None => Ok(weights.iter().flat_map(|&weight| f16::from_f32(weight).to_le_bytes()).collect()),
            Some(long) => Err(GpuError::NoF16(format!(
                "four neighbouring weights of `{name}` are a vector of length {long}; up to {LONGEST_WEIGHTS} can be \
                 multiplied in f16"
            ))),
        }
    }
}

impl Handle {
    /// Whether kernels may compute in f16.
    pub fn f16(&self) -> bool {
        self.device.features().contains(Features::SHADER_F16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_f16_cannot_multiply_are_refused_by_name() {
        let stored = |weights: &[f32]| Precision::F16.stored("blocks.3.w2", weights);
        assert_eq!(stored(&[1.0, -2.0, 0.0, 0.5]).unwrap(), [0, 0x3c, 0, 0xc0, 0, 0, 0, 0x38]);
        for large in [33.0, -1e6, f32::INFINITY, f32::NAN] {
            let error = stored(&[0.0, 0.0, 0.0, 0.0, 1.0, large, 0.0, 0.0]).unwrap_err().to_string();
            assert!(error.contains("`blocks.3.w2`") && error.contains("up to 32"), "{error}");
        }
        assert_eq!(Precision::F32.stored("emb", &[1e30]).unwrap(), 1e30f32.to_le_bytes());
    }

    #[test]
    fn texts_say_what_numbers_they_use() {
        let text = "array<vec4<{{ number }}>> {{ f16 }} {{ most }}";
        assert_eq!(Precision::F32.fill(text), "array<vec4<f32>> false 4000000.0");
        assert_eq!(Precision::F16.fill(text), "enable f16;\narray<vec4<f16>> true 4000000.0");
    }
}
