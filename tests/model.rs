//! The net against the golden values of the reference implementation, on the CPU and on wgpu.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

mod reference;

use std::path::Path;

use burn::tensor::DType;
use safetensors::SafeTensors;
use unmask::{
    denoiser::{Ask, Denoiser, DenoiserError, Extent, Masked, Prediction},
    judge,
    model::{Config, JUDGE_ARCH, Model, ModelError, ModelFiles, Net, Place, SelfTest, gpu, load as load_net, save},
    text::Text,
};

struct Golden(SafeTensors<'static>);

impl Golden {
    fn read() -> Self {
        Self(SafeTensors::deserialize(include_bytes!("reference/golden.safetensors")).unwrap())
    }

    fn words(&self, name: &str) -> Vec<u32> {
        self.0.tensor(name).unwrap().data().chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        self.words(name).into_iter().map(f32::from_bits).collect()
    }
}

/// The largest distance of any logit from its golden value.
fn distance(model: &Model) -> f32 {
    let golden = Golden::read();
    let vocab = model.config().vocab_size;
    let short_positions: Vec<u32> = (0..32).step_by(4).collect();
    let long = (golden.words("tokens"), 128, golden.words("positions"), golden.floats("logits"));
    let short = (golden.words("short_tokens"), 32, short_positions, golden.floats("short_logits"));
    let mut distance = 0f32;
    for (tokens, length, positions, wanted) in [long, short] {
        let cases = tokens.chunks(length).zip(wanted.chunks(positions.len() * vocab));
        for (tokens, wanted) in cases {
            let logits = pollster::block_on(model.logits(tokens, tokens.len())).unwrap();
            for (&position, wanted) in positions.iter().zip(wanted.chunks(vocab)) {
                let found = &logits[position as usize * vocab..][..vocab];
                distance = found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(distance, f32::max);
            }
        }
    }
    distance
}

fn on_gpu() -> Place {
    pollster::block_on(gpu()).expect("a Vulkan driver; `cargo xtask setup` installs one")
}

#[test]
fn logits_on_the_cpu_are_golden() {
    let distance = distance(&Model::load(&reference::files(), Place::cpu()).unwrap());
    println!("largest distance of a logit, flex: {distance:e}");
    assert!(distance < 1e-4, "{distance}");
}

#[test]
fn logits_on_wgpu_are_golden() {
    let distance = distance(&Model::load(&reference::files(), on_gpu()).unwrap());
    println!("largest distance of a logit, wgpu: {distance:e}");
    assert!(distance < 1e-4, "{distance}");
}

#[test]
fn half_precision_storage_changes_little() {
    let whole = reference::files();
    let config = Config::from_bytes(&whole.config).unwrap();
    let net = load_net(&whole.weights, &config, &Place::cpu().device).unwrap();
    let half = ModelFiles { weights: save(&net, DType::F16).unwrap().into(), ..whole };
    let distance = distance(&Model::load(&half, Place::cpu()).unwrap());
    println!("largest distance of a logit, f16 storage: {distance:e}");
    assert!(distance < 0.05, "{distance}");
}

#[test]
fn tokens_are_golden() {
    let golden: serde_json::Value = serde_json::from_slice(include_bytes!("reference/golden_tokens.json")).unwrap();
    let text = Text::from_bytes(&reference::files().tokenizer).unwrap();
    let ids = text.encode(golden["text"].as_str().unwrap()).unwrap();
    assert_eq!(serde_json::json!(ids), golden["ids"]);
    let decoded = text.decode(&ids, 2).unwrap();
    assert_eq!(decoded, golden["text"].as_str().unwrap());
}

#[test]
fn the_stored_self_tests_are_those_of_the_stored_models() {
    for folder in ["assets/model", "tests/model"] {
        let files = ModelFiles::read(Path::new(folder)).unwrap();
        let stored = SelfTest::from_bytes(files.self_test.as_ref().unwrap()).unwrap();
        let mut model = Model::load(&files, Place::cpu()).unwrap();
        pollster::block_on(stored.check(&mut model)).unwrap();
        pollster::block_on(Model::on_gpu(&files, on_gpu())).unwrap();
    }
}

#[test]
fn a_self_test_notices_another_model() {
    let mut other = reference::files();
    let mut weights = other.weights.to_vec();
    let tail = weights.len() - 4000;
    weights[tail..].fill(0x3c); // a thousand weights become 0.0115
    other.weights = weights.into();
    let stored =
        pollster::block_on(SelfTest::record(&mut Model::load(&reference::files(), Place::cpu()).unwrap())).unwrap();
    let mut model = Model::load(&other, Place::cpu()).unwrap();
    let error = pollster::block_on(stored.check(&mut model)).unwrap_err();
    assert!(matches!(error, ModelError::SelfTest { .. }), "{error}");
}

#[test]
fn both_devices_predict_alike() {
    let files = ModelFiles::read(Path::new("tests/model")).unwrap();
    let mut cpu = Model::load(&files, Place::cpu()).unwrap();
    let mut gpu = Model::load(&files, on_gpu()).unwrap();
    let mut tokens = cpu.start("Once upon a time", 32).unwrap();
    for step in 1..4 {
        let ask = Ask { seed: 5, step, temperature: 0.9, extent: Extent::USUAL };
        let (here, there) = pollster::block_on(async {
            (cpu.predict(&tokens, &ask).await.unwrap(), gpu.predict(&tokens, &ask).await.unwrap())
        });
        assert_eq!(here.len(), there.len());
        for (a, b) in here.iter().zip(&there) {
            assert_eq!((a.position, a.token), (b.position, b.token));
            assert!((a.log_prob - b.log_prob).abs() < 1e-4 && (a.entropy - b.entropy).abs() < 1e-4);
        }
        tokens[here[0].position as usize] = here[0].token;
    }
}

#[test]
fn predictions_cover_the_masks_and_nothing_else() {
    let mut model = Model::load(&ModelFiles::embedded(), Place::cpu()).unwrap();
    let ask = Ask { seed: 1, step: 1, temperature: 1.0, extent: Extent::USUAL };
    let tokens = model.start("Once upon a time<|mask|> there", 24).unwrap();
    let predictions = pollster::block_on(model.predict(&tokens, &ask)).unwrap();
    let masked: Vec<u32> = (0..24).filter(|&p| tokens[p as usize] == model.mask_id()).collect();
    assert_eq!(predictions.iter().map(|p| p.position).collect::<Vec<_>>(), masked);
    for p in &predictions {
        assert!(p.token != model.config().mask_id && p.token != model.config().pad_id);
        assert!(p.top.is_sorted_by(|a, b| a.1 >= b.1) && p.entropy >= 0.0 && p.log_prob <= 0.0);
    }
    let filled: Vec<u32> = tokens.iter().map(|&token| if token == model.mask_id() { 300 } else { token }).collect();
    assert!(pollster::block_on(model.predict(&filled, &ask)).unwrap().is_empty());
}

#[test]
fn a_call_says_more_when_asked() {
    let mut model = Model::load(&ModelFiles::embedded(), Place::cpu()).unwrap();
    let tokens = model.start("Once upon a time", 24).unwrap();
    let mut ask = Ask { seed: 1, step: 1, temperature: 1.0, extent: Extent::USUAL };
    let usual = pollster::block_on(model.predict(&tokens, &ask)).unwrap();
    ask.extent = Extent { everywhere: true, distributions: true };
    let all = pollster::block_on(model.predict(&tokens, &ask)).unwrap();
    assert_eq!(all.iter().map(|p| p.position).collect::<Vec<_>>(), (0..24).collect::<Vec<_>>());
    for prediction in &all {
        let row = &prediction.distribution;
        let total: f64 = row.iter().map(|&log_prob| f64::from(log_prob).exp()).sum();
        assert!((total - 1.0).abs() < 1e-5 && row.len() == 2048 && row[model.mask_id() as usize] == f32::NEG_INFINITY);
        assert!((row[prediction.token as usize] - prediction.log_prob).abs() < 1e-5);
    }
    let prompt = tokens.iter().filter(|&&token| token != model.mask_id()).count();
    for (here, there) in all[prompt..].iter().zip(&usual) {
        assert_eq!((here.position, here.token), (there.position, there.token));
    }
}

/// A model that scores as any denoiser does: by whole distributions.
struct Plain(Model);

impl Denoiser for Plain {
    fn mask_id(&self) -> u32 {
        self.0.mask_id()
    }

    async fn predict(&mut self, tokens: &[u32], ask: &Ask) -> Result<Vec<Prediction>, DenoiserError> {
        self.0.predict(tokens, ask).await
    }
}

#[test]
fn truths_score_alike_in_one_forward_and_by_whole_distributions() {
    let files = ModelFiles::read(Path::new("tests/model")).unwrap();
    let load = |place| Model::load(&files, place).unwrap();
    let masked = |tokens: &[u32], truth: &[(u32, u32)]| Masked { tokens: tokens.to_vec(), truth: truth.to_vec() };
    let batch = [
        masked(&[2, 300, 2, 17, 2], &[(0, 40), (2, 511), (4, 3)]),
        masked(&[2, 2, 2, 2, 2], &[(1, 2), (3, 1), (4, 5000)]), // a mask, padding, no token
        masked(&[5, 6, 7, 8, 9], &[]),
        masked(&[5, 6, 7, 8, 2], &[(4, 0)]),
    ];
    let plain = pollster::block_on(Plain(load(Place::cpu())).log_probs(&batch)).unwrap();
    assert_eq!(plain.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 0, 1]);
    assert_eq!(plain[1], [f32::NEG_INFINITY; 3]);
    for place in [Place::cpu(), on_gpu()] {
        let mut model = load(place);
        let found = pollster::block_on(model.log_probs(&batch)).unwrap();
        for (found, plain) in found.iter().flatten().zip(plain.iter().flatten()) {
            assert!(found == plain || (found - plain).abs() < 1e-4, "{}: {found} {plain}", model.place());
        }
        assert!(pollster::block_on(model.log_probs(&[])).unwrap().is_empty());
        let mut refused = |batch: &[Masked]| pollster::block_on(model.log_probs(batch)).unwrap_err().to_string();
        assert!(refused(&[masked(&[2, 3], &[(1, 3)])]).starts_with("position 1 holds no mask"));
        assert!(refused(&[masked(&[2, 3], &[(2, 3)])]).starts_with("position 2 holds no mask"));
        let uneven = [masked(&[2], &[]), masked(&[2, 2], &[])];
        assert_eq!(refused(&uneven), "2 tokens among sequences of 1; all must be of one length");
        assert_eq!(refused(&[masked(&[2, 512], &[(0, 3)])]), "token 512; the vocabulary has 512");
    }
    let mut plain = Plain(load(Place::cpu()));
    let error = pollster::block_on(plain.log_probs(&[masked(&[2, 3], &[(1, 3)])])).unwrap_err();
    assert!(error.to_string().starts_with("position 1 holds no mask"), "{error}");
}

#[test]
fn a_judge_that_reads_from_left_to_right_tells_what_cannot_be() {
    let files = ModelFiles::read(Path::new("tests/model")).unwrap();
    let mut config = Config::from_bytes(&files.config).unwrap();
    config.arch = JUDGE_ARCH.into();
    let config = serde_json::to_vec(&config).unwrap().into();
    let mut judge = Model::load_judge(&ModelFiles { config, ..files }, Place::cpu()).unwrap();
    let tokens = [40, 2, 41, 1, 42, 5000]; // a mask, padding, no token
    let found = pollster::block_on(judge::Judge::log_probs(&mut judge, &tokens)).unwrap();
    assert_eq!(
        found.iter().map(|found| found.is_finite()).collect::<Vec<_>>(),
        [true, false, true, false, true, false]
    );
    assert!(found.iter().all(|&found| found.is_finite() || found == f64::NEG_INFINITY));
    // What comes after does not matter.
    let alone = pollster::block_on(judge::Judge::log_probs(&mut judge, &tokens[..3])).unwrap();
    assert!((found[2] - alone[2]).abs() < 1e-5 && found[0] < 0.0, "{found:?} {alone:?}");
    let error = pollster::block_on(judge::Judge::log_probs(&mut judge, &[40; 33])).unwrap_err();
    assert_eq!(error.to_string(), "33 tokens; the model reads 1 to 32");
}

#[test]
fn what_cannot_be_read_is_refused_in_words() {
    let mut model = Model::load(&ModelFiles::embedded(), Place::cpu()).unwrap();
    let ask = Ask { seed: 1, step: 1, temperature: 1.0, extent: Extent::USUAL };
    let mut refused = |tokens: &[u32]| pollster::block_on(model.predict(tokens, &ask)).unwrap_err().to_string();
    assert_eq!(refused(&[2; 129]), "129 tokens; the model reads 1 to 128");
    assert_eq!(refused(&[2, 2048]), "token 2048; the vocabulary has 2048");
    let start = |prompt: &str, length| model.start(prompt, length).unwrap_err().to_string();
    assert_eq!(start("", 0), "length is 0; it must be between 1 and 128");
    assert!(start(&"word ".repeat(300), 128).contains("there is room for 128"));
    assert!(start("a<|pad|>b", 128).contains("padding"));
}

#[test]
fn pins_stand_among_the_masks_and_nowhere_else() {
    let model = Model::load(&ModelFiles::embedded(), Place::cpu()).unwrap();
    let tokens = model.start_with("Once upon a time", &[(6, 300), (9, 301)], 12).unwrap();
    let (plain, mask) = (model.start("Once upon a time", 12).unwrap(), model.config().mask_id);
    assert_eq!(tokens.iter().filter(|&&token| token == mask).count(), 6);
    assert_eq!((&tokens[..4], tokens[6], tokens[9]), (&plain[..4], 300, 301));
    let refused = |pins: &[(u32, u32)]| model.start_with("Once upon a time", pins, 12).unwrap_err().to_string();
    assert_eq!(refused(&[(3, 300)]), "token 300 cannot be pinned at position 3: the prompt stands there");
    assert_eq!(refused(&[(12, 300)]), "token 300 cannot be pinned at position 12: the positions are 0 to 11");
    assert_eq!(refused(&[(6, 2048)]), "token 2048 cannot be pinned at position 6: the vocabulary has 2048 tokens");
    assert!(refused(&[(6, mask)]).ends_with("it is no text, but the mask or padding"));
    assert!(refused(&[(6, 300), (6, 301)]).ends_with("another token is pinned there"));
}

#[test]
fn each_broken_file_has_its_own_error() {
    let error = |files: ModelFiles| match Model::load(&files, Place::cpu()) {
        Ok(_) => panic!("loaded"),
        Err(error) => error,
    };
    let good = ModelFiles::embedded;
    let config = |from: &str, to: &str| {
        let text = String::from_utf8(good().config.to_vec()).unwrap();
        assert!(text.contains(from));
        error(ModelFiles { config: text.replace(from, to).into_bytes().into(), ..good() })
    };
    assert!(matches!(config("\"d_ff\"", "\"d_fff\""), ModelError::Config(_)));
    assert!(matches!(config("\"n_head\": 4", "\"n_head\": 5"), ModelError::ConfigValue { key: "n_head", .. }));
    assert!(matches!(config("\"n_head\": 4", "\"n_head\": 0"), ModelError::ConfigValue { key: "n_head", .. }));
    let special = config("\"mask_id\": 2", "\"mask_id\": 7");
    assert_eq!(special.to_string(), "`mask_id` in config.json is 7; in tokenizer.json `<|mask|>` is 2");
    assert!(matches!(config("half-split", "interleaved"), ModelError::ConfigValue { key: "rope", .. }));
    assert!(matches!(config("\"mask_id\": 2", "\"mask_id\": 2048"), ModelError::ConfigValue { key: "mask_id", .. }));
    assert!(matches!(config("\"d_ff\": 688", "\"d_ff\": 687"), ModelError::TensorShape { .. }));
    assert!(matches!(config("\"vocab_size\": 2048", "\"vocab_size\": 2049"), ModelError::Vocabulary { .. }));
    assert!(matches!(error(ModelFiles { tokenizer: b"{}"[..].into(), ..good() }), ModelError::Text(_)));
    let cut = good().weights[..1000].to_vec();
    assert!(matches!(error(ModelFiles { weights: cut.into(), ..good() }), ModelError::Truncated { .. }));
    assert!(matches!(ModelFiles::read(Path::new("no/such")), Err(ModelError::Read { .. })));
}

/// The same model as burn runs it, which is what the kernels are held against.
fn by_burn(files: &ModelFiles) -> Model {
    let config = Config::from_bytes(&files.config).unwrap();
    let net = load_net(&files.weights, &config, &Place::cpu().device).unwrap();
    Model::assemble(config, net, Text::from_bytes(&files.tokenizer).unwrap(), Place::cpu())
}

fn furthest(model: &Model, other: &Model, tokens: &[u32]) -> f32 {
    let logits = |model: &Model| pollster::block_on(model.logits(tokens, tokens.len())).unwrap();
    let (found, wanted) = (logits(model), logits(other));
    assert_eq!(found.len(), wanted.len());
    found.iter().zip(wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// `length` tokens of which two of three are masked.
fn sequence(length: u32, mask_id: u32) -> Vec<u32> {
    (0..length).map(|at| if at % 3 == 0 { 3 + (at * 97) % 500 } else { mask_id }).collect()
}

#[test]
fn kernels_give_what_burn_gives_and_draw_the_same_tokens() {
    let files = ModelFiles::embedded();
    let mut burn = by_burn(&files);
    for place in [Place::cpu(), on_gpu()] {
        let mut model = Model::load(&files, place).unwrap();
        for length in [1, 37, 128] {
            let tokens = sequence(length, model.mask_id());
            let far = furthest(&model, &burn, &tokens);
            println!("{}, {length} tokens: {far:e}", model.place());
            assert!(far < 1e-4, "{far}");
            for seed in 0..3 {
                let ask = Ask { seed, step: 1, temperature: 1.0, extent: Extent::USUAL };
                let drawn = |told: Vec<Prediction>| told.iter().map(|one| one.token).collect::<Vec<_>>();
                let found = pollster::block_on(model.predict(&tokens, &ask)).unwrap();
                let wanted = pollster::block_on(burn.predict(&tokens, &ask)).unwrap();
                assert_eq!(drawn(found), drawn(wanted));
            }
        }
    }
}

#[test]
fn kernels_read_from_left_to_right_as_burn_does() {
    let files = ModelFiles::judge();
    let burn = by_burn(&files);
    for place in [Place::cpu(), on_gpu()] {
        let model = Model::load_judge(&files, place).unwrap();
        let far = furthest(&model, &burn, &sequence(77, 2));
        assert!(far < 1e-4, "{far}");
    }
}

#[test]
fn where_no_kernels_are_made_for_a_net_burn_runs_it() {
    let mut files = ModelFiles::read(Path::new("tests/model")).unwrap();
    let mut config = Config::from_bytes(&files.config).unwrap();
    config.n_head = 16; // heads of four
    files.config = serde_json::to_vec(&config).unwrap().into();
    files.weights = save(&Net::new(&config, &Place::cpu().device), DType::F32).unwrap().into();
    let (gpu, cpu) = (Model::load(&files, on_gpu()).unwrap(), Model::load(&files, Place::cpu()).unwrap());
    assert_eq!(gpu.dispatches(), None);
    let far = furthest(&gpu, &cpu, &sequence(20, 2));
    assert!(far < 1e-4, "{far}");
}
