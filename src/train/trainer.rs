//! A training run, step by step.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use burn::{
    module::Module,
    optim::{GradientsParams, ModuleOptimizer},
    prelude::*,
    tensor::{Bytes, DType},
};

use super::{
    Checkpoint, Example, Objective, Progress, Settings, Step, TrainError, autoregressive,
    average::follow,
    batch::Batches,
    checkpoint::About,
    gradients::gather,
    masked,
    measure::number,
    objective::Asked,
    optimizer::{numbered, optimizer, rate},
    tokenizer::SPECIAL,
};
use crate::{
    corpus::Corpus,
    model::{Config, Net, Place, load, save, score::never},
    random::{Purpose, Stream},
    text::{Text, sha256},
};

/// What a run reads.
#[derive(Clone, Debug)]
pub struct Texts<'a> {
    /// Learned from.
    pub text: &'a str,
    /// Measured on.
    pub held_out: &'a str,
    /// The bytes of the `tokenizer.json` that cuts both.
    pub tokenizer: Vec<u8>,
}

impl Texts<'_> {
    /// SHA-256 of each.
    fn hashes(&self) -> [String; 3] {
        [self.text.as_bytes(), self.held_out.as_bytes(), &self.tokenizer].map(sha256)
    }
}

/// A run.
pub struct Trainer {
    pub(super) settings: Settings,
    pub(super) config: Config,
    pub(super) tokenizer: Vec<u8>,
    pub(super) hashes: [String; 3],
    batches: Batches,
    pub(super) held_out: Vec<Example>,
    /// Of held-out text.
    bytes_a_token: f64,
    /// Where, without autodiff.
    pub(super) place: Place,
    /// On which the run began.
    pub(super) device: String,
    pub(super) net: Net,
    pub(super) average: Net,
    pub(super) optimizer: ModuleOptimizer,
    pub(super) never: Tensor<2>,
    pub(super) progress: Progress,
    /// One of one thread for each part of a batch: burn's products then stay in it.
    pools: Vec<rayon::ThreadPool>,
}

impl Trainer {
    /// A new run on `place`.
    ///
    /// # Errors
    /// [`TrainError`]; settings are checked first.
    pub fn new(settings: Settings, texts: Texts<'_>, place: Place) -> Result<Self, TrainError> {
        settings.check()?;
        let weights = {
            // Drawn on the CPU, so that a seed gives the same ones everywhere.
            let (cpu, _drawing) = (Device::flex(), drawing());
            cpu.seed(settings.seed);
            save(&Net::new(&settings.config(), &cpu), DType::F32)?
        };
        let about =
            About { settings, progress: Progress::default(), hashes: texts.hashes(), device: place.name.clone() };
        let checkpoint = Checkpoint { about, average: weights.clone(), weights, optimizer: vec![] };
        Self::start(checkpoint, texts, place)
    }

    /// Goes on with the run of a checkpoint, on the same texts.
    ///
    /// # Errors
    /// [`TrainError::Other`] when they are not the same.
    pub fn resume(checkpoint: Checkpoint, texts: Texts<'_>, place: Place) -> Result<Self, TrainError> {
        let (found, known) = (texts.hashes(), &checkpoint.about.hashes);
        let pairs = found.iter().zip(known).zip(["text", "held-out text", "tokenizer"]);
        if let Some((_, what)) = pairs.into_iter().find(|((found, known), _)| found != known) {
            return Err(TrainError::Other { what });
        }
        checkpoint.about.settings.check()?;
        Self::start(checkpoint, texts, place)
    }

    fn start(checkpoint: Checkpoint, texts: Texts<'_>, place: Place) -> Result<Self, TrainError> {
        let Texts { text, held_out, tokenizer } = texts;
        let About { settings, progress, hashes, device } = checkpoint.about;
        let cut = Text::from_bytes(&tokenizer)?;
        let mut config = settings.config();
        if cut.vocab_size() != settings.vocab {
            let accepted = format!("as many as the tokenizer has, {}", cut.vocab_size());
            return Err(TrainError::Setting { name: "vocab", value: settings.vocab.to_string(), accepted });
        }
        let id = |index: usize| cut.id(SPECIAL[index]).ok_or(TrainError::Special(SPECIAL[index]));
        (config.eot_id, config.pad_id, config.mask_id) = (id(0)?, id(1)?, id(2)?);
        let held_out = Corpus::new(held_out, &cut, settings.length).map_err(TrainError::HeldOutText)?;
        let windows = held_out.apart(settings.held_out);
        if windows.len() < 2 {
            return Err(TrainError::HeldOut { windows: windows.len(), length: settings.length });
        }
        let bytes: usize = windows.iter().flatten().map(|&token| cut.bytes(token)).sum();
        let bytes_a_token = bytes as f64 / (windows.len() * settings.length) as f64;
        let mut rng = Stream::new(settings.seed, Purpose::Training, 0);
        let held_out = examples(settings.objective, &windows, &config, &mut rng);
        let batches = Batches::new(Corpus::new(text, &cut, settings.length)?, settings.seed);
        let weights =
            |bytes: &[u8], device: &Device| load(bytes, &config, device).map(numbered).map_err(TrainError::Weights);
        let net = weights(&checkpoint.weights, &place.device.clone().autodiff())?;
        let average = weights(&checkpoint.average, &place.device)?;
        let mut optimizer = optimizer(&settings)?;
        if !checkpoint.optimizer.is_empty() {
            let bytes = Bytes::from_bytes_vec(checkpoint.optimizer);
            optimizer = optimizer.from_bytes(bytes).map_err(|error| TrainError::Optimizer(error.to_string()))?;
        }
        let pool = |_| rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|_| TrainError::Thread);
        let pools = (0..settings.threads).map(pool).collect::<Result<_, _>>()?;
        let never = never(&(&config).into(), &place.device);
        Ok(Self {
            settings,
            config,
            tokenizer,
            hashes,
            batches,
            held_out,
            bytes_a_token,
            place,
            device,
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

    /// The name of the device on which the run began.
    pub fn began_on(&self) -> &str {
        &self.device
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

    /// Ends the run after other than the planned number of steps; `minutes` if the number will be another when it is known
    /// how many fit into these.
    pub fn plan(&mut self, steps: u64, minutes: Option<f64>) {
        (self.settings.steps, self.settings.minutes) = (steps, minutes);
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
        let Settings { batch, length, dropout, ema, seed, .. } = self.settings;
        let step = self.progress.step + 1;
        let mut rng = Stream::new(seed, Purpose::Training, step as u32);
        let windows = self.batches.windows(step, batch, &mut rng);
        let examples = examples(self.settings.objective, &windows, &self.config, &mut rng);
        // The zeros of a step follow from its number, as long as nobody else draws.
        let _drawing = (dropout > 0.0).then(drawing);
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
        let gradient = number(gradient)?;
        // Before anything is moved: what is not a number would be in every weight, and in the next checkpoint.
        if !loss.is_finite() || !gradient.is_finite() {
            return Err(TrainError::Diverged { step, loss, gradient });
        }
        let rate = rate(&self.settings, step);
        self.net = self.optimizer.step(rate, self.net.clone(), gradients);
        self.average = follow(self.average.clone(), &self.net.valid(), ema, step);
        let progress = &mut self.progress;
        progress.step = step;
        progress.tokens += (batch * length) as u64;
        progress.seconds += begun.elapsed().as_secs_f64();
        progress.losses += loss;
        progress.counted += 1;
        Ok(Step { step, loss, rate, gradient })
    }

    /// Deals `examples` out to the threads, as a card dealer does, and lets `work` be done on each share.
    pub(super) fn shared<T: Send>(
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
}

/// burn draws from one stream a process: whoever seeds it holds on to it until the numbers are drawn.
fn drawing() -> MutexGuard<'static, ()> {
    static DRAWING: Mutex<()> = Mutex::new(());
    DRAWING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn examples(objective: Objective, windows: &[Vec<u32>], config: &Config, rng: &mut Stream) -> Vec<Example> {
    match objective {
        Objective::Masked => masked(windows, config.mask_id, rng),
        Objective::Autoregressive => autoregressive(windows, config.eot_id),
    }
}
