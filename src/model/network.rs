//! What computes a model: kernels of its own on the CPU or on a GPU, or burn.

#[cfg(not(target_family = "wasm"))]
use super::plain::{Plain, Stack};
use super::{Config, ModelError, Place, Warm, failed, kept::Kept, predict::Told, weights};
use crate::{
    denoiser::{
        Ask, DenoiserError,
        twin::{self, Draw},
    },
    forward::{
        cpu,
        gpu::{self, GpuError, Precision, Prepared, Question, What},
    },
};

/// A net with its weights, on its device.
pub enum Network {
    /// The CPU's forward.
    Cpu(Box<cpu::Forward>),
    /// The GPU's.
    Gpu(Box<gpu::Forward>),
    /// burn's operations, one after the other: nets of other families, a net in training, and where the GPU's forward
    /// cannot be.
    #[cfg(not(target_family = "wasm"))]
    Plain(Box<Plain>),
}

/// Sequences of one length, and where something is asked of them.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// `[batch * length]`.
    pub tokens: &'a [u32],
    pub length: usize,
    /// Rows of `tokens`, rising; at least one.
    pub places: &'a [u32],
}

impl Network {
    /// A net of this program's own from its file: on a GPU by burn where the kernels are not made for it.
    pub async fn load(bytes: &[u8], config: &Config, warm: Warm) -> Result<Self, ModelError> {
        let Warm { place, precision, kernels } = warm;
        let Some(handle) = place.gpu.clone() else {
            if precision == Precision::F16 {
                return Err(no_f16(&place, "it knows f32 alone".into()));
            }
            #[cfg(not(target_family = "wasm"))]
            if !place.is_cpu() {
                return Self::plain(bytes, config, &place);
            }
            let (shape, weights) = weights::fold(bytes, config)?;
            return Ok(Self::Cpu(Box::new(cpu::Forward::new(shape, &weights))));
        };
        let (shape, weights) = weights::fold(bytes, config)?;
        let made = async {
            let prepared = match kernels {
                Some(kernels) if (*kernels.shape(), kernels.precision()) == (shape, precision) => kernels,
                _ => Prepared::new(handle, shape, precision).await?,
            };
            gpu::Forward::new(prepared, &weights, config.seq_len)
        };
        match made.await {
            Ok(forward) => Ok(Self::Gpu(Box::new(forward))),
            Err(GpuError::NoF16(why) | GpuError::Refused(why)) if precision == Precision::F16 => {
                Err(no_f16(&place, why))
            }
            #[cfg(not(target_family = "wasm"))]
            Err(GpuError::Refused(_)) => Self::plain(bytes, config, &place),
            Err(error) => Err(ModelError::NoGpu(error.to_string())),
        }
    }

    #[cfg(not(target_family = "wasm"))]
    fn plain(bytes: &[u8], config: &Config, place: &Place) -> Result<Self, ModelError> {
        let net = super::load(bytes, config, &place.device)?;
        Ok(Self::Plain(Box::new(Plain::new(Stack::Own(net), &config.into(), &place.device))))
    }

    /// Statistics `[places, STATS]`, and if asked for logits `[places, vocab]`; `keys` are those of the places. With what is
    /// kept of runs, and what is asked of each sequence, not all is computed; only on the CPU.
    pub async fn predict(
        &self,
        asked: Asked<'_>,
        keys: &[[u32; 3]],
        draw: Draw,
        logits: bool,
        kept: Option<(&mut Kept, &[Ask])>,
    ) -> Result<Told, DenoiserError> {
        let Asked { tokens, length, places } = asked;
        match self {
            Self::Cpu(forward) => {
                let (found, stats) = ::forward::together(|| {
                    let found = match kept {
                        None => forward.logits_at(tokens, length, places),
                        Some((kept, asks)) => {
                            let all: Vec<u32> = (0..places.len() as u32).collect();
                            forward.logits(&kept.hidden(forward, asked, asks), &all)
                        }
                    };
                    let stats = twin::predict(&found, found.len() / places.len(), keys.iter().copied(), draw);
                    (found, stats)
                });
                Ok(Told { stats, logits: if logits { found } else { vec![] } })
            }
            Self::Gpu(forward) => {
                let what = What::Predictions { keys, draw, logits, reveal: &[] };
                let pending = forward.ask(&forward.sequences(tokens, length), &Question { places, what });
                pending.read().await.map(Told::from).map_err(lost)
            }
            #[cfg(not(target_family = "wasm"))]
            Self::Plain(net) => net.predict(asked, keys, draw, logits).await,
        }
    }

    /// Logits `[places, vocab]`, as they are.
    pub async fn logits(&self, asked: Asked<'_>) -> Result<Vec<f32>, DenoiserError> {
        let Asked { tokens, length, places } = asked;
        match self {
            Self::Cpu(forward) => Ok(forward.logits_at(tokens, length, places)),
            Self::Gpu(_) => {
                let draw = Draw { temperature: 0.0, mask_id: 0, pad_id: 0 };
                Ok(self.predict(asked, &vec![[0; 3]; places.len()], draw, true, None).await?.logits)
            }
            #[cfg(not(target_family = "wasm"))]
            Self::Plain(net) => net.all_logits(asked).await,
        }
    }

    /// `log p` of `truth` `[places]`, in nats, among all but mask and padding.
    pub async fn log_probs(
        &self,
        asked: Asked<'_>,
        truth: &[u32],
        mask_id: u32,
        pad_id: u32,
    ) -> Result<Vec<f32>, DenoiserError> {
        let Asked { tokens, length, places } = asked;
        match self {
            Self::Cpu(forward) => {
                let logits = forward.logits_at(tokens, length, places);
                let rows = logits.chunks(logits.len() / places.len()).zip(truth);
                Ok(rows.map(|(row, &token)| twin::log_prob(row, token, mask_id, pad_id)).collect())
            }
            Self::Gpu(forward) => {
                let what = What::Scores { truth, mask_id, pad_id };
                let pending = forward.ask(&forward.sequences(tokens, length), &Question { places, what });
                Ok(pending.read().await.map_err(lost)?.numbers)
            }
            #[cfg(not(target_family = "wasm"))]
            Self::Plain(net) => net.log_probs(asked, truth).await,
        }
    }

    /// How many weights there are.
    pub fn parameters(&self) -> usize {
        match self {
            Self::Cpu(forward) => forward.shape().parameters(),
            Self::Gpu(forward) => forward.shape().parameters(),
            #[cfg(not(target_family = "wasm"))]
            Self::Plain(net) => net.parameters(),
        }
    }

    /// What products are made in.
    pub fn precision(&self) -> Precision {
        match self {
            Self::Gpu(forward) => forward.precision(),
            _ => Precision::F32,
        }
    }

    /// Bytes of the weights on a GPU, where that is known.
    pub fn weight_bytes(&self) -> Option<u64> {
        match self {
            Self::Gpu(forward) => Some(forward.weight_bytes()),
            _ => None,
        }
    }

    /// How many operations were sent to the GPU so far, where that is known.
    pub fn dispatches(&self) -> Option<usize> {
        match self {
            Self::Gpu(forward) => Some(forward.dispatches()),
            _ => None,
        }
    }
}

fn no_f16(place: &Place, why: String) -> ModelError {
    ModelError::NoF16 { device: place.name.clone(), why }
}

/// f16 is asked for of a net that has no kernels of its own.
#[cfg(not(target_family = "wasm"))]
pub(super) fn by_burn(place: &Place) -> ModelError {
    no_f16(place, "burn runs nets of other families, in f32".into())
}

/// A GPU that failed.
pub(super) fn lost(error: GpuError) -> DenoiserError {
    failed(&error.to_string())
}
