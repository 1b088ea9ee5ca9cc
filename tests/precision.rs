//! The model in f16 beside itself in f32, and f32 where f16 is not to be had.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::path::Path;

use burn::tensor::DType;
use half::f16;
use safetensors::SafeTensors;
use unmask::{
    denoiser::Denoiser,
    forward::gpu::{Handle, Precision},
    model::{Choice, Config, Model, ModelError, ModelFiles, Net, Place, PrecisionChoice, Warm, gpu, save},
    order::Order,
    sampler::{Sampler, Settings},
    schedule::Schedule,
    strategy::Strategy,
    trace::Header,
};

fn on_gpu() -> Place {
    pollster::block_on(gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one")
}

/// As if it were no software, which auto leaves alone.
fn real() -> Place {
    Place { software: false, ..on_gpu() }
}

fn small() -> ModelFiles {
    ModelFiles::read(Path::new("tests/model")).unwrap()
}

fn opened(files: &ModelFiles, place: Place, choice: PrecisionChoice) -> Result<(Model, String), ModelError> {
    pollster::block_on(Model::on_gpu_in(files, place, choice))
}

fn settings(seed: u64) -> Settings {
    let (schedule, order): (Schedule, _) = ("adaptive-min".parse().unwrap(), Order::Random);
    let strategy = Strategy::Scheduled { schedule, order, block_length: None, early_stop: None };
    Settings { strategy, steps: 32, temperature: 1.0, seed }
}

/// The tokens in the end, and those that stand before each call.
fn run(model: &mut Model, seed: u64) -> (Vec<u32>, Vec<Vec<u32>>) {
    let mut run = Sampler::new(vec![model.mask_id(); 128], model.mask_id(), settings(seed)).unwrap();
    let mut states = vec![];
    while let Some(frame) = pollster::block_on(run.next(model)).unwrap() {
        states.push(frame.tokens);
    }
    (states.pop().unwrap(), states)
}

fn logits(model: &Model, tokens: &[u32]) -> Vec<f32> {
    pollster::block_on(model.logits(tokens, tokens.len())).unwrap()
}

#[test]
fn in_f16_the_shipped_model_is_near_itself_on_the_cpu() {
    let files = ModelFiles::embedded();
    let mut cpu = Model::load(&files, Place::cpu()).unwrap();
    let (mut half, told) = opened(&files, on_gpu(), PrecisionChoice::F16).unwrap();
    assert_eq!((half.precision(), told.as_str()), (Precision::F16, "in f16"));
    let whole = Model::load(&files, on_gpu()).unwrap();
    let bytes = [&half, &whole].map(|model| model.weight_bytes().unwrap());
    println!("bytes of weights: {bytes:?}");
    assert!(bytes[0] < bytes[1] * 6 / 10, "{bytes:?}");

    let (tokens, states) = run(&mut cpu, 7);
    let mut furthest = 0f32;
    for tokens in states.iter().step_by(8).chain([&tokens]) {
        let far = logits(&half, tokens).into_iter().zip(logits(&cpu, tokens)).map(|(a, b)| (a - b).abs());
        furthest = far.fold(furthest, f32::max);
    }
    println!("largest distance of a logit: {furthest:e}");
    assert!(furthest < 2e-2, "{furthest}");

    let again = run(&mut half, 7).0;
    let same = tokens.iter().zip(&again).filter(|(one, other)| one == other).count();
    println!("of 128 tokens of a run, {same} are the same");
    assert!(same > 0, "a token that is drawn otherwise changes what comes after it, but not the first call");

    let told = |model: &Model| Header::new("", &[], 128, &settings(7), model).precision;
    assert_eq!((told(&half).as_deref(), told(&whole)), (Some("f16"), None));
}

#[test]
fn auto_takes_f16_on_real_gpus_that_offer_it() {
    let (model, told) = opened(&small(), real(), PrecisionChoice::Auto).unwrap();
    assert_eq!((model.precision(), told.as_str()), (Precision::F16, "in f16"));
    let (model, told) = opened(&small(), Place { software: true, ..on_gpu() }, PrecisionChoice::Auto).unwrap();
    assert_eq!((model.precision(), told.as_str()), (Precision::F32, "in f32, as auto takes f16 on real GPUs alone"));
    let (model, told) = opened(&small(), real(), PrecisionChoice::F32).unwrap();
    assert_eq!((model.precision(), told.as_str()), (Precision::F32, "in f32"));
}

#[test]
fn kernels_made_ahead_are_those_of_the_precision_or_not_used() {
    let files = small();
    for made in [Precision::F16, Precision::F32] {
        for (choice, precision) in [(PrecisionChoice::F16, Precision::F16), (PrecisionChoice::F32, Precision::F32)] {
            let warm = pollster::block_on(Warm::up(on_gpu(), &files.config, made)).unwrap();
            let (model, _) = pollster::block_on(Model::on_gpu_in(&files, warm, choice)).unwrap();
            assert_eq!(model.precision(), precision);
        }
    }
}

#[test]
fn a_device_that_offers_no_f16_runs_in_f32() {
    let place = |software| {
        let (device, queue) = pollster::block_on(async {
            let adapter = wgpu::Instance::default().request_adapter(&Default::default()).await.unwrap();
            let wanted = wgpu::DeviceDescriptor { required_limits: adapter.limits(), ..Default::default() };
            adapter.request_device(&wanted).await.unwrap()
        });
        Place { gpu: Some(Handle { device, queue }), software, ..on_gpu() }
    };
    let (model, told) = opened(&small(), place(false), PrecisionChoice::Auto).unwrap();
    assert_eq!((model.precision(), told.as_str()), (Precision::F32, "in f32, as the device offers no f16"));
    let refused = opened(&small(), place(true), PrecisionChoice::F16).map(drop).unwrap_err().to_string();
    assert!(refused.ends_with("does not compute this model in f16: the device offers none"), "{refused}");
}

/// The small model after `change` of the numbers of a tensor; what it should say is asked of the CPU.
fn changed(tensors: &[&str], change: impl Fn(f32) -> f32) -> ModelFiles {
    let files = small();
    let mut weights = files.weights.to_vec();
    let (size, header) = SafeTensors::read_metadata(&files.weights).unwrap();
    for name in tensors {
        let (begin, end) = header.info(name).unwrap().data_offsets;
        for bytes in weights[8 + size..][begin..end].chunks_exact_mut(2) {
            let number = f16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
            bytes.copy_from_slice(&f16::from_f32(change(number)).to_le_bytes());
        }
    }
    ModelFiles { weights: weights.into(), self_test: None, ..files }
}

/// Auto takes f32 on the same GPU, and says why; by name f16 is refused.
fn assert_in_f32(files: &ModelFiles, why: &str) {
    let (model, told) = opened(files, real(), PrecisionChoice::Auto).unwrap();
    assert!(!model.place().is_cpu() && model.precision() == Precision::F32);
    assert!(told.starts_with("in f32, as ") && told.contains(why), "{told}");
    let refused = opened(files, on_gpu(), PrecisionChoice::F16).map(drop).unwrap_err().to_string();
    assert!(told.starts_with(&format!("in f32, as {refused}")), "{told} / {refused}");
}

#[test]
fn weights_that_f16_cannot_multiply_are_named_and_run_in_f32() {
    assert_in_f32(&changed(&["blocks.1.w2.weight"], |x| x * 1000.0), "weights of `blocks.1.w2` are a vector of length");
}

#[test]
fn a_model_that_f16_is_too_coarse_for_runs_in_f32() {
    // What it says is the difference of large numbers, and their errors are large too.
    let large = ["norm.weight", "blocks.0.w2.weight", "blocks.0.proj.weight", "blocks.1.w13.weight"];
    assert_in_f32(&changed(&large, |x| x * 16.0), "in f16 disagrees: ");
}

#[test]
fn numbers_too_large_for_f16_are_noticed_between_products() {
    let large = ["norm.weight", "blocks.1.w13.weight", "blocks.1.w2.weight"];
    assert_in_f32(&changed(&large, |x| x * 32.0), "the predictions are not numbers");
}

#[test]
fn a_self_test_of_another_model_is_noticed_in_f16() {
    let other = ModelFiles { self_test: small().self_test, ..changed(&["blocks.0.w2.weight"], |x| 0.5 * x) };
    for choice in [PrecisionChoice::F16, PrecisionChoice::Auto] {
        let error = opened(&other, real(), choice).map(drop).unwrap_err();
        assert!(matches!(error, ModelError::SelfTest { .. }), "{error}");
    }
}

#[test]
fn without_kernels_of_its_own_a_net_has_no_f16() {
    let mut files = small();
    let mut config = Config::from_bytes(&files.config).unwrap();
    config.n_head = 16; // heads of four
    files.config = serde_json::to_vec(&config).unwrap().into();
    files.weights = save(&Net::new(&config, &Place::cpu().device), DType::F32).unwrap().into();
    files.self_test = None;
    assert_in_f32(&files, "a multiple of 8 up to 512 is needed");
    let other = ModelFiles::read(Path::new("tests/checkpoints/bert")).unwrap();
    assert_in_f32(&other, "burn runs nets of other families, in f32");
}

#[test]
fn the_cpu_has_no_f16() {
    let open =
        |choice| pollster::block_on(Model::open(&small(), Choice::Cpu, choice)).map(|(model, _)| model.precision());
    let refused = open(PrecisionChoice::F16).unwrap_err().to_string();
    assert_eq!(refused, "cpu does not compute this model in f16: it knows f32 alone (asked for)");
    assert_eq!(open(PrecisionChoice::Auto).unwrap(), Precision::F32);
}
