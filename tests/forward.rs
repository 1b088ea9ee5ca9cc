//! The forward's kernels against the golden values of the reference implementation.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::time::Instant;

use safetensors::SafeTensors;
use unmask::{
    denoiser::twin::Draw,
    forward::{
        Shape, Weights,
        gpu::{Forward, GpuError, Handle, Precision, Prepared, Question, What},
    },
};

struct File(SafeTensors<'static>);

impl File {
    fn words(&self, name: &str) -> Result<Vec<u32>, String> {
        let tensor = self.0.tensor(name).map_err(|error| error.to_string())?;
        Ok(tensor.data().chunks_exact(4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap())).collect())
    }

    fn floats(&self, name: &str) -> Result<Vec<f32>, String> {
        Ok(self.words(name)?.into_iter().map(f32::from_bits).collect())
    }
}

fn reference() -> (Shape, Weights) {
    let config: serde_json::Value = serde_json::from_slice(include_bytes!("reference/config.json")).unwrap();
    let number = |key: &str| config[key].as_u64().unwrap() as usize;
    let shape = Shape {
        vocab_size: number("vocab_size"),
        d_model: number("d_model"),
        n_layer: number("n_layer"),
        n_head: number("n_head"),
        d_ff: number("d_ff"),
        emb_scale: config["emb_scale"].as_f64().unwrap() as f32,
        rope_base: config["rope_base"].as_f64().unwrap(),
        norm_eps: config["norm_eps"].as_f64().unwrap() as f32,
        causal: false,
    };
    let file = File(SafeTensors::deserialize(include_bytes!("reference/model.safetensors")).unwrap());
    let weights = Weights::fold(&shape, |name| file.floats(name)).unwrap();
    (shape, weights)
}

fn made(shape: Shape, weights: &Weights, precision: Precision) -> Result<Forward, GpuError> {
    let (handle, info) = pollster::block_on(Handle::open()).expect("a Vulkan driver; `cargo xtask setup` installs one");
    let begun = Instant::now();
    let prepared = pollster::block_on(Prepared::new(handle, shape, precision))?;
    println!("{}: kernels in {:?}", info.name, begun.elapsed());
    Forward::new(prepared, weights, 128)
}

/// Each within its largest distance of a logit.
#[test]
fn logits_on_the_gpu_are_golden_in_either_precision() {
    let (shape, weights) = reference();
    let bytes = [(Precision::F32, 1e-4), (Precision::F16, 2e-2)].map(|(precision, most)| {
        let forward = made(shape, &weights, precision).unwrap();
        assert_eq!(forward.precision(), precision);
        assert_golden(&forward, most);
        forward.weight_bytes()
    });
    let embedding = 4 * (shape.vocab_size * shape.d_model) as u64; // in f32, as are the few weights of norms
    assert!(bytes[1] - embedding < (bytes[0] - embedding) * 51 / 100, "{bytes:?}");
}

#[test]
fn weights_that_f16_cannot_hold_are_refused_by_name() {
    let (shape, mut weights) = reference();
    weights.blocks[1].w13[5] = 70_000.0;
    let error = made(shape, &weights, Precision::F16).unwrap_err().to_string();
    assert!(error.starts_with("no f16: ") && error.contains("`blocks.1.w13`"), "{error}");
    made(shape, &weights, Precision::F32).unwrap();
}

fn assert_golden(forward: &Forward, most: f32) {
    let golden = File(SafeTensors::deserialize(include_bytes!("reference/golden.safetensors")).unwrap());
    let short: Vec<u32> = (0..32).step_by(4).collect();
    let cases = [
        (golden.words("tokens").unwrap(), 128, golden.words("positions").unwrap(), golden.floats("logits").unwrap()),
        (golden.words("short_tokens").unwrap(), 32, short, golden.floats("short_logits").unwrap()),
    ];
    for (tokens, length, positions, wanted) in cases {
        let sequences = forward.sequences(&tokens, length);
        let rows =
            (0..tokens.len() / length).flat_map(|row| positions.iter().map(move |at| (row * length) as u32 + at));
        let places: Vec<u32> = rows.collect();
        let keys = vec![[1, 2, 3]; places.len()];
        let draw = Draw { temperature: 0.0, mask_id: 2, pad_id: 1 };
        let what = What::Predictions { keys: &keys, draw, logits: true, reveal: &[] };
        let question = Question { places: &places, what };
        let told = pollster::block_on(forward.ask(&sequences, &question).read()).unwrap();
        let far = told.logits.iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0f32, f32::max);
        assert_eq!(told.logits.len(), wanted.len());
        println!("{length}, {:?}: {far:e}", forward.precision());
        assert!(far < most, "{far}");
    }
}
