//! Examples on a device, and the loss of a net on them.

use burn::{prelude::*, tensor::TensorData};

use super::Example;
use crate::model::{Net, score::log_probs};

/// Examples as tensors.
pub struct Asked {
    /// What is shown `[rows, length]`.
    input: Tensor<2, Int>,
    /// Where, counted over all rows `[asked]`.
    places: Tensor<1, Int>,
    /// `[asked, 1]`.
    targets: Tensor<2, Int>,
    /// What a target counts: one over the targets of its row `[asked]`.
    weights: Tensor<1>,
}

impl Asked {
    /// `examples` `[rows]` of one length on `device`.
    pub fn new(examples: &[Example], device: &Device) -> Self {
        let length = examples.first().map_or(0, |example| example.input.len());
        let rows = || examples.iter().enumerate();
        let input: Vec<i32> = rows().flat_map(|(_, one)| one.input.iter().map(|id| id.cast_signed())).collect();
        let place = |row: usize, place: u32| (row * length) as i32 + place.cast_signed();
        let places: Vec<i32> = rows().flat_map(|(row, one)| one.places.iter().map(move |&at| place(row, at))).collect();
        let targets: Vec<i32> = rows().flat_map(|(_, one)| one.targets.iter().map(|id| id.cast_signed())).collect();
        let weights: Vec<f32> =
            rows().flat_map(|(_, one)| one.places.iter().map(|_| 1.0 / one.places.len() as f32)).collect();
        let asked = places.len();
        Self {
            input: Tensor::from_data(TensorData::new(input, [examples.len(), length]), device),
            places: Tensor::from_data(TensorData::new(places, [asked]), device),
            targets: Tensor::from_data(TensorData::new(targets, [asked, 1]), device),
            weights: Tensor::from_data(TensorData::new(weights, [asked]), device),
        }
    }

    /// `log p` of the targets `[asked]`. `never` `[1, vocab]` is added to the logits.
    pub fn log_probs(&self, net: &Net, never: &Tensor<2>, dropout: f64) -> Tensor<1> {
        let hidden = net.hidden_with(self.input.clone(), |x| drop(x, dropout)); // [rows, length, d_model]
        let [rows, length, d] = hidden.dims();
        let hidden = hidden.reshape([rows * length, d]).select(0, self.places.clone()); // [asked, d_model]
        log_probs(net.logits(hidden), never, self.targets.clone())
    }

    /// The sum over the rows of the mean of `-log p` over what is asked of each `[1]`, in nats.
    pub fn loss(&self, net: &Net, never: &Tensor<2>, dropout: f64) -> Tensor<1> {
        (self.log_probs(net, never, dropout) * self.weights.clone()).sum().neg()
    }
}

/// Zeros a share of the numbers, and scales the others so that the mean stays.
fn drop(x: Tensor<3>, share: f64) -> Tensor<3> {
    if share == 0.0 {
        return x;
    }
    let kept = x.random_like(burn::tensor::Distribution::Bernoulli(1.0 - share));
    x * kept / (1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        denoiser::{Ask, Denoiser, Extent},
        model::{Config, Model, ModelFiles, Place, load},
        random::{Purpose, Stream},
        train::masked,
    };

    fn files() -> ModelFiles {
        ModelFiles::read(std::path::Path::new("tests/model")).unwrap()
    }

    fn config() -> Config {
        Config::from_bytes(&files().config).unwrap()
    }

    #[test]
    fn the_loss_is_what_the_denoiser_says_of_the_same_masks() {
        let mut model = Model::load(&files(), Place::cpu()).unwrap();
        let windows: Vec<Vec<u32>> =
            (0..3).map(|row| (0..32).map(|at| 3 + (at * 7 + row * 31) % 500).collect()).collect();
        let examples = masked(&windows, 2, &mut Stream::new(4, Purpose::Training, 1));
        let device = Device::flex();
        let never = crate::model::score::never(model.config(), &device);
        let net = load(&files().weights, &config(), &device).unwrap();
        let loss = Asked::new(&examples, &device).loss(&net, &never, 0.0).into_scalar::<f32>();
        let extent = Extent { everywhere: false, distributions: true };
        let ask = Ask { seed: 0, step: 1, temperature: 0.0, extent };
        let mut expected = 0.0;
        for example in &examples {
            let predictions = pollster::block_on(model.predict(&example.input, &ask)).unwrap();
            let log_prob = |(one, &token): (&crate::denoiser::Prediction, &u32)| one.distribution[token as usize];
            let log_probs: Vec<f32> = predictions.iter().zip(&example.targets).map(log_prob).collect();
            expected += example.loss(&log_probs);
        }
        assert!((f64::from(loss) - expected).abs() < 1e-4, "{loss}, {expected}");
    }

    #[test]
    fn a_judge_sees_nothing_of_later_tokens() {
        let mut config = config();
        config.arch = crate::model::JUDGE_ARCH.into();
        let device = Device::flex();
        device.seed(3);
        let net = Net::new(&config, &device);
        let never = crate::model::score::never(&(&config).into(), &device);
        let windows = [vec![5, 6, 7, 8, 9], vec![5, 6, 7, 100, 200]];
        let examples = super::super::autoregressive(&windows, 0);
        let log_probs: Vec<f32> =
            Asked::new(&examples, &device).log_probs(&net, &never, 0.0).into_data().try_into_vec().unwrap();
        assert_eq!(log_probs[..3], log_probs[5..8]);
        assert_ne!(log_probs[3..5], log_probs[8..]);
    }

    #[test]
    fn dropout_zeros_its_share_and_keeps_the_mean() {
        let device = Device::flex();
        device.seed(1);
        let dropped: Vec<f32> = drop(Tensor::ones([10, 10, 100], &device), 0.2).into_data().try_into_vec().unwrap();
        let zeros = dropped.iter().filter(|&&x| x == 0.0).count() as f64 / 1e4;
        assert!((zeros - 0.2).abs() < 0.02 && dropped.iter().all(|&x| x == 0.0 || x == 1.25), "{zeros}");
    }
}
