//! A training run, step by step.

use std::{path::Path, time::Instant};

use burn::{
    module::Module,
    optim::{GradientsParams, ModuleOptimizer},
    prelude::*,
    tensor::{Bytes, DType},
};
use serde::{Deserialize, Serialize};

use super::{
    Checkpoint, Example, Objective, Settings, TrainError, autoregressive,
    average::follow,
    batch::Batches,
    checkpoint::About,
    gradients::gather,
    masked,
    objective::{Asked, never},
    optimizer::{numbered, optimizer, rate},
    tokenizer::SPECIAL,
};
use crate::{
    corpus::Corpus,
    files::write_whole,
    model::{Config, Model, Net, Place, load, save},
    random::{Purpose, Stream},
    text::{Text, sha256},
};

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps made.
    pub step: u64,
    /// Tokens read.
    pub tokens: u64,
    /// Seconds spent on steps.
    pub seconds: f64,
    /// Sum of the losses since the last measurement, and how many they are.
    pub losses: (f64, u64),
    /// The step and value of the best measurement.
    pub best: Option<(u64, Evaluation)>,
    /// All measurements.
    pub curve: Vec<Point>,
}

/// The NELBO of a denoiser, or the loss of a judge, on held-out text.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Nats per token.
    pub nats: f64,
    /// Its standard error over the windows.
    pub se: f64,
}

/// A measurement in the course of a run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// After which step.
    pub step: u64,
    /// After how many tokens.
    pub tokens: u64,
    /// After how many seconds of training.
    pub seconds: f64,
    /// The mean loss of the steps since the last measurement, in nats per token.
    pub loss: f64,
    /// On held-out text.
    pub held_out: Evaluation,
}

/// What a step tells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Which.
    pub step: u64,
    /// Its loss, in nats per token.
    pub loss: f64,
    /// The rate.
    pub rate: f64,
    /// The length of the gradient, before it was shortened.
    pub gradient: f64,
}

/// A run.
pub struct Trainer {
    settings: Settings,
    config: Config,
    tokenizer: Vec<u8>,
    hashes: [String; 3],
    batches: Batches,
    held_out: Vec<Example>,
    /// Of held-out text.
    bytes_a_token: f64,
    /// Where, without autodiff.
    place: Place,
    net: Net,
    average: Net,
    optimizer: ModuleOptimizer,
    never: Tensor<2>,
    progress: Progress,
    /// One of one thread for each part of a batch: burn's products then stay in it.
    pools: Vec<rayon::ThreadPool>,
}

impl Trainer {
    /// A new run on `place`, which reads `text`, is measured on `held_out` and cuts both by the `tokenizer.json` given.
    ///
    /// # Errors
    /// [`TrainError`]; settings are checked first.
    pub fn new(
        settings: Settings,
        tokenizer: Vec<u8>,
        text: &str,
        held_out: &str,
        place: Place,
    ) -> Result<Self, TrainError> {
        settings.check()?;
        place.device.seed(settings.seed);
        // The weights are drawn on the CPU, so that a seed gives the same ones everywhere.
        let cpu = Device::flex();
        cpu.seed(settings.seed);
        let weights = save(&Net::new(&settings.config(), &cpu), DType::F32)?;
        let hashes = [sha256(text.as_bytes()), sha256(held_out.as_bytes()), sha256(&tokenizer)];
        let about = About { settings, progress: Progress::default(), hashes };
        let checkpoint = Checkpoint { about, average: weights.clone(), weights, optimizer: vec![] };
        Self::start(checkpoint, tokenizer, text, held_out, place)
    }

    /// Goes on with the run of a checkpoint, on the same texts and tokenizer.
    ///
    /// # Errors
    /// [`TrainError::Other`] when they are not the same.
    pub fn resume(
        checkpoint: Checkpoint,
        tokenizer: Vec<u8>,
        text: &str,
        held_out: &str,
        place: Place,
    ) -> Result<Self, TrainError> {
        let found = [sha256(text.as_bytes()), sha256(held_out.as_bytes()), sha256(&tokenizer)];
        for ((found, known), what) in
            found.iter().zip(&checkpoint.about.hashes).zip(["text", "held-out text", "tokenizer"])
        {
            if found != known {
                return Err(TrainError::Other { what });
            }
        }
        checkpoint.about.settings.check()?;
        Self::start(checkpoint, tokenizer, text, held_out, place)
    }

    fn start(
        checkpoint: Checkpoint,
        tokenizer: Vec<u8>,
        text: &str,
        held_out: &str,
        place: Place,
    ) -> Result<Self, TrainError> {
        let About { settings, progress, hashes } = checkpoint.about;
        let cut = Text::from_bytes(&tokenizer)?;
        let mut config = settings.config();
        config.vocab_size = cut.vocab_size();
        let id = |index: usize| cut.id(SPECIAL[index]).ok_or(TrainError::Special(SPECIAL[index]));
        (config.eot_id, config.pad_id, config.mask_id) = (id(0)?, id(1)?, id(2)?);
        let held_out = Corpus::new(held_out, &cut, settings.length)?;
        if held_out.windows() < 2 {
            return Err(TrainError::HeldOut(held_out.windows()));
        }
        let windows = held_out.spread(settings.held_out);
        let bytes: usize = windows.iter().flatten().map(|&token| cut.bytes(token)).sum();
        let bytes_a_token = bytes as f64 / (windows.len() * settings.length) as f64;
        let mut rng = Stream::new(settings.seed, Purpose::Training, 0);
        let held_out = examples(settings.objective, &windows, &config, &mut rng);
        let batches = Batches::new(Corpus::new(text, &cut, settings.length)?, settings.seed);
        let net = numbered(load(&checkpoint.weights, &config, &place.device.clone().autodiff())?);
        let average = numbered(load(&checkpoint.average, &config, &place.device)?);
        let mut optimizer = optimizer(&settings)?;
        if !checkpoint.optimizer.is_empty() {
            let bytes = Bytes::from_bytes_vec(checkpoint.optimizer);
            optimizer = optimizer.from_bytes(bytes).map_err(|error| TrainError::Optimizer(error.to_string()))?;
        }
        let pool = |_| rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|_| TrainError::Thread);
        let pools = (0..settings.threads).map(pool).collect::<Result<_, _>>()?;
        let never = never(&config, &place.device);
        Ok(Self {
            settings,
            config,
            tokenizer,
            hashes,
            batches,
            held_out,
            bytes_a_token,
            place,
            net,
            average,
            optimizer,
            never,
            progress,
            pools,
        })
    }

    /// What the run was told.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How far it is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// What it reads.
    pub fn corpus(&self) -> &Corpus {
        self.batches.corpus()
    }

    /// Where it is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Bytes of text a token of held-out text.
    pub fn bytes_a_token(&self) -> f64 {
        self.bytes_a_token
    }

    /// Tokens a second, over the whole run.
    pub fn speed(&self) -> f64 {
        self.progress.tokens as f64 / self.progress.seconds
    }

    /// How many weights there are.
    pub fn parameters(&self) -> usize {
        self.net.num_params()
    }

    /// Ends the run after other than the planned number of steps.
    pub fn set_steps(&mut self, steps: u64) {
        self.settings.steps = steps;
    }

    /// Whether all steps are made, or measurements have not bettered for as long as is allowed.
    pub fn done(&self) -> bool {
        let best = self.progress.best.map_or(0, |(step, _)| step);
        let stale = self.progress.curve.iter().filter(|point| point.step > best).count() as u64;
        let patient = self.settings.patience.is_none_or(|patience| stale < patience);
        self.progress.step >= self.settings.steps || !patient
    }

    /// Makes a step.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] when the loss is no number; [`TrainError::Device`], [`TrainError::Thread`].
    pub fn step(&mut self) -> Result<Step, TrainError> {
        let begun = Instant::now();
        let Settings { batch, length, dropout, average, seed, .. } = self.settings;
        let step = self.progress.step + 1;
        let mut rng = Stream::new(seed, Purpose::Training, step as u32);
        let windows = self.batches.windows(step, batch, &mut rng);
        let examples = examples(self.settings.objective, &windows, &self.config, &mut rng);
        if dropout > 0.0 {
            self.place.device.seed(seed ^ step.rotate_left(32));
        }
        let device = self.place.device.clone().autodiff();
        let parts = self.shared(&examples, |part| {
            // A graph of its own, as two threads walk theirs at once.
            let net = self.net.clone().fork(&device);
            let never = Tensor::from_inner(self.never.clone());
            let loss = Asked::new(part, &device).loss(&net, &never, dropout) / batch as f64;
            let value = loss.clone().inner();
            (value, GradientsParams::from_grads(loss.backward(), &net))
        })?;
        let (losses, gradients): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let (gradients, gradient) = gather(&self.net, gradients, self.settings.clip, &self.place.device);
        let loss: f64 = losses.into_iter().map(number).sum::<Result<_, _>>()?;
        if !loss.is_finite() {
            return Err(TrainError::Diverged { step, loss });
        }
        let rate = rate(&self.settings, step);
        self.net = self.optimizer.step(rate, self.net.clone(), gradients);
        self.average = follow(self.average.clone(), &self.net.valid(), average, step);
        let gradient = number(gradient)?;
        let progress = &mut self.progress;
        progress.step = step;
        progress.tokens += (batch * length) as u64;
        progress.seconds += begun.elapsed().as_secs_f64();
        progress.losses = (progress.losses.0 + loss, progress.losses.1 + 1);
        Ok(Step { step, loss, rate, gradient })
    }

    /// Measures the mean of the weights on held-out text, and says whether it is the best so far.
    ///
    /// # Errors
    /// [`TrainError::Device`], [`TrainError::Thread`].
    pub fn evaluate(&mut self) -> Result<(Point, bool), TrainError> {
        let parts = self.shared(&self.held_out, |part| -> Result<Vec<f64>, TrainError> {
            let mut losses = vec![];
            for examples in part.chunks(16) {
                let log_probs = Asked::new(examples, &self.place.device).log_probs(&self.average, &self.never, 0.0);
                let mut rest = &*numbers(log_probs)?;
                for example in examples {
                    let (own, others) = rest.split_at(example.places.len());
                    losses.push(example.loss(own));
                    rest = others;
                }
            }
            Ok(losses)
        })?;
        let losses: Vec<f64> = parts.into_iter().collect::<Result<Vec<_>, _>>()?.concat();
        let held_out = Evaluation::of(&losses);
        let Progress { step, tokens, seconds, losses: (sum, count), .. } = self.progress;
        let point = Point { step, tokens, seconds, loss: sum / count as f64, held_out };
        let best = self.progress.best.is_none_or(|(_, best)| held_out.nats < best.nats);
        if best {
            self.progress.best = Some((step, held_out));
        }
        self.progress.losses = (0.0, 0);
        self.progress.curve.push(point);
        Ok((point, best))
    }

    /// Deals `examples` out to the threads, as a card dealer does, and lets `work` be done on each share.
    fn shared<T: Send>(
        &self,
        examples: &[Example],
        work: impl Fn(&[Example]) -> T + Sync,
    ) -> Result<Vec<T>, TrainError> {
        let threads = self.pools.len();
        let share = |thread: usize| examples.iter().skip(thread).step_by(threads).cloned().collect::<Vec<_>>();
        let shares: Vec<_> = (0..threads).map(share).collect();
        let work = &work;
        std::thread::scope(|scope| {
            let mut started = vec![];
            for (pool, share) in self.pools.iter().zip(&shares) {
                started.push(scope.spawn(move || pool.install(|| work(share))));
            }
            started.into_iter().map(|thread| thread.join().map_err(|_| TrainError::Thread)).collect()
        })
    }

    /// What the run can go on from.
    ///
    /// # Errors
    /// When burn cannot read the weights back.
    pub fn checkpoint(&self) -> Result<Checkpoint, TrainError> {
        let about =
            About { settings: self.settings.clone(), progress: self.progress.clone(), hashes: self.hashes.clone() };
        let optimizer = self.optimizer.into_bytes().map_err(|error| TrainError::Optimizer(error.to_string()))?;
        Ok(Checkpoint {
            about,
            weights: save(&self.net.valid(), DType::F32)?,
            average: save(&self.average, DType::F32)?,
            optimizer: optimizer.to_vec(),
        })
    }

    /// The model as it is now: the mean of the weights.
    ///
    /// # Errors
    /// [`TrainError::Text`] when the tokenizer cannot be read, which a run has read before.
    pub fn model(&self) -> Result<Model, TrainError> {
        let text = Text::from_bytes(&self.tokenizer)?;
        Ok(Model::assemble(self.config.clone(), self.average.clone(), text, self.place.clone()))
    }

    /// Writes the model as it is now into `folder`: tokenizer, config, weights in f16.
    ///
    /// # Errors
    /// [`TrainError::Write`]; each file is whole, old or new.
    pub fn keep(&self, folder: &Path) -> Result<(), TrainError> {
        let Progress { step, tokens, seconds, best, .. } = &self.progress;
        let config = Config {
            params: Some(self.parameters() as u64),
            steps: Some(*step),
            tokens: Some(*tokens),
            train_seconds: Some(*seconds as u64),
            val_nelbo_nats_per_token: best.map(|(_, best)| best.nats),
            ..self.config.clone()
        };
        let config = serde_json::to_string_pretty(&config).map_err(|error| TrainError::Device(error.into()))? + "\n";
        write_whole(&folder.join("tokenizer.json"), &self.tokenizer)?;
        write_whole(&folder.join("config.json"), config.as_bytes())?;
        Ok(write_whole(&folder.join("model.safetensors"), &save(&self.average, DType::F16)?)?)
    }
}

impl Evaluation {
    fn of(losses: &[f64]) -> Self {
        let count = losses.len() as f64;
        let nats = losses.iter().sum::<f64>() / count;
        let variance = losses.iter().map(|loss| (loss - nats).powi(2)).sum::<f64>() / (count - 1.0);
        Self { nats, se: (variance / count).sqrt() }
    }
}

fn examples(objective: Objective, windows: &[Vec<u32>], config: &Config, rng: &mut Stream) -> Vec<Example> {
    match objective {
        Objective::Masked => masked(windows, config.mask_id, rng),
        Objective::Autoregressive => autoregressive(windows, config.eot_id),
    }
}

fn numbers(tensor: Tensor<1>) -> Result<Vec<f32>, TrainError> {
    let data = pollster::block_on(tensor.into_data_async()).map_err(|error| TrainError::Device(Box::new(error)))?;
    data.try_into_vec::<f32>().map_err(|error| TrainError::Device(format!("{error:?}").into()))
}

fn number(tensor: Tensor<1>) -> Result<f64, TrainError> {
    Ok(numbers(tensor)?.first().copied().map_or(f64::NAN, f64::from))
}
