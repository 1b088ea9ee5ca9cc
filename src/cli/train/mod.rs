//! `unmask train`: a model of one's own text.

mod deadline;
mod device;
mod lock;
mod report;
mod text;

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use anyhow::{Context, anyhow, bail};
use clap::Args;
use unmask::{
    model::Place,
    text::Text,
    train::{CHECKPOINT, Checkpoint, Objective, Settings, Size, Texts, Trainer, tokenizer},
    whole_file::write_whole,
};

use super::{STOPPED, print::wrong_usage, values::whole};
use deadline::Deadline;
use device::Device;
use lock::Lock;
use report::Report;

/// Train a model on text of your own.
///
/// The text is cut into stories at each `<|endoftext|>`, and a window of it is read from the start of each story; a text
/// without them, and a story of more than eight windows, are read whole. The folder that comes out holds the model that was
/// best on held-out text, ready for --model and for the page, and a checkpoint from which --resume goes on.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask train my.txt --minutes 10
  unmask train my.txt --out my-model --steps 4000
  unmask train my.txt --out my-model --resume
  unmask train train.txt --held-out valid.txt --size small --device gpu
  unmask generate --model my-model

The same text and settings, the seed and the threads among them, give the same weights, bit for bit on the CPU, also when
the run was stopped and resumed.
From the first measurement on the folder is a model, also while the run goes on: every file in it is whole at any time. Ctrl-C
writes a checkpoint and ends with 130.")]
pub struct Train {
    /// The text; several files are read one after the other
    #[arg(value_name = "TEXT", required = true)]
    text: Vec<PathBuf>,
    /// Text to measure on, which is not trained on; the last twentieth of the text if not given
    #[arg(long, value_name = "FILE")]
    held_out: Option<PathBuf>,
    /// The folder of the model
    #[arg(long, value_name = "DIR", default_value = "trained")]
    out: PathBuf,
    /// Go on from the checkpoint in the folder
    #[arg(long)]
    resume: bool,
    /// Where to train
    #[arg(long, value_enum, default_value_t = Device::Auto)]
    device: Device,
    /// What size of net: tiny (1.4 million weights, for two CPU cores), small (5.3 million, for a GPU)
    #[arg(long, conflicts_with = "resume")]
    size: Option<Size>,
    /// What it learns: masked (a denoiser), autoregressive (a judge of samples)
    #[arg(long)]
    objective: Option<Objective>,
    /// Steps in all; 6000, small 8000 if not given
    #[arg(long, value_name = "N", value_parser = whole::<u64>, allow_negative_numbers = true, conflicts_with = "minutes")]
    steps: Option<u64>,
    /// As many steps as fit into so many minutes, by the speed of the first ones
    #[arg(long, value_name = "M", allow_negative_numbers = true)]
    minutes: Option<f64>,
    /// A tokenizer.json to use; one is made from the text if not given
    #[arg(long, value_name = "FILE", conflicts_with_all = ["vocab", "resume"])]
    tokenizer: Option<PathBuf>,
    /// Tokens in the vocabulary; 2048 if not given
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    vocab: Option<usize>,
    /// Tokens in a window, the longest that the model can write; 128 if not given
    #[arg(long, value_name = "L", value_parser = whole::<usize>, allow_negative_numbers = true)]
    length: Option<usize>,
    /// Width of the net; 128, small 256
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    d_model: Option<usize>,
    /// Blocks of the net; 6
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    n_layer: Option<usize>,
    /// Attention heads; 4
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    n_head: Option<usize>,
    /// Width of the gated layer; 336, small 688
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    d_ff: Option<usize>,
    /// Windows a step; 32, small 128
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    batch: Option<usize>,
    /// The learning rate; 0.012, small 0.006
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    learning_rate: Option<f64>,
    /// The share of numbers zeroed in training; 0, small 0.1
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    dropout: Option<f64>,
    /// How strongly matrices are pulled to zero; 0.1
    #[arg(long, value_name = "W", allow_negative_numbers = true)]
    weight_decay: Option<f64>,
    /// Threads that share a step on the CPU; as many as there are cores if not given, and 1 with dropout
    #[arg(long, value_name = "N", value_parser = whole::<usize>, allow_negative_numbers = true)]
    threads: Option<usize>,
    /// Steps between two measurements; 250
    #[arg(long, value_name = "N", value_parser = whole::<u64>, allow_negative_numbers = true)]
    every: Option<u64>,
    /// Measurements without a better one after which the run ends, 0 for never; never, small 8
    #[arg(long, value_name = "N", value_parser = whole::<u64>, allow_negative_numbers = true)]
    patience: Option<u64>,
    /// The seed of weights, order and masks; 1
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = super::values::seed)]
    seed: Option<u64>,
}

impl Train {
    /// Trains.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(minutes) = self.minutes.filter(|minutes| !(*minutes > 0.0 && *minutes <= MOST_MINUTES)) {
            wrong_usage(&anyhow!("--minutes is {minutes}; it must be a number above 0 and at most {MOST_MINUTES}"));
        }
        let stop = stop_flag()?;
        let whole = text::read(&self.text)?;
        if whole.trim().is_empty() {
            bail!("the text is empty");
        }
        let (text, held_out) = match &self.held_out {
            Some(path) => (whole.as_str(), text::read(std::slice::from_ref(path))?),
            None => {
                let (text, held_out) = text::divide(&whole);
                (text, held_out.to_owned())
            }
        };
        let place = self.device.open()?;
        let begin = if self.resume { Self::resumed } else { Self::begun };
        let (mut trainer, _lock) = begin(&self, text, &held_out, place)?;
        self.train(&mut trainer, &stop)
    }

    fn begun(&self, text: &str, held_out: &str, place: Place) -> anyhow::Result<(Trainer, Lock)> {
        let checkpoint = self.out.join(CHECKPOINT);
        if checkpoint.exists() {
            bail!("{} is there already: go on with --resume, or name another --out", checkpoint.display());
        }
        if self.out.join("model.safetensors").exists() {
            bail!("{} holds a model already: name another --out", self.out.display());
        }
        let mut settings = Settings::of(self.size.unwrap_or_default());
        self.change(&mut settings);
        (settings.steps, settings.minutes) = (self.steps.unwrap_or(settings.steps), self.minutes);
        settings.threads = match self.threads {
            Some(threads) => threads,
            None if settings.dropout > 0.0 || !place.is_cpu() => 1,
            None => thread::available_parallelism().map_or(1, |cores| cores.get().min(settings.batch)),
        };
        settings.check().unwrap_or_else(|error| wrong_usage(&error.into()));
        let tokenizer = match &self.tokenizer {
            Some(path) => fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?,
            None => tokenizer::train(text, settings.vocab)?,
        };
        if let Some(path) = &self.tokenizer {
            let cut = Text::from_bytes(&tokenizer).with_context(|| format!("{} is no tokenizer", path.display()))?;
            settings.vocab = cut.vocab_size();
        }
        let trainer = Trainer::new(settings, Texts { text, held_out, tokenizer: tokenizer.clone() }, place)?;
        fs::create_dir_all(&self.out).with_context(|| format!("{} cannot be made", self.out.display()))?;
        let lock = Lock::of(&self.out)?;
        // From here on the folder is taken, and the run can be stopped.
        write_whole(&self.out.join(TOKENIZER), &tokenizer)?;
        trainer.save(&self.out)?;
        Ok((trainer, lock))
    }

    fn resumed(&self, text: &str, held_out: &str, place: Place) -> anyhow::Result<(Trainer, Lock)> {
        if !self.out.join(CHECKPOINT).exists() {
            bail!("{} has no run to go on with: leave --resume out to begin one", self.out.display());
        }
        let lock = Lock::of(&self.out)?;
        let mut checkpoint = Checkpoint::read(&self.out)?;
        let began = checkpoint.about.settings.clone();
        let mut asked = began.clone();
        self.change(&mut asked);
        (asked.every, asked.patience) = (began.every, began.patience);
        same(&began, &asked)?;
        self.change(&mut checkpoint.about.settings);
        // Minutes of which the steps were not made yet are begun anew.
        let minutes = if self.steps.is_some() { None } else { self.minutes.or(began.minutes) };
        (checkpoint.about.settings.steps, checkpoint.about.settings.minutes) =
            (self.steps.unwrap_or(began.steps), minutes);
        checkpoint.about.settings.check().unwrap_or_else(|error| wrong_usage(&error.into()));
        let made = checkpoint.about.progress.step;
        if let Some(steps) = self.steps.filter(|&steps| steps < made) {
            // Nobody need read it.
            let _ =
                writeln!(io::stderr(), "the run has made {made} steps already, more than {steps}: it ends where it is");
        }
        let path = self.out.join(TOKENIZER);
        let tokenizer = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok((Trainer::resume(checkpoint, Texts { text, held_out, tokenizer }, place)?, lock))
    }

    /// What was asked for by name, over what the settings are.
    fn change(&self, settings: &mut Settings) {
        fn set<T: Copy>(setting: &mut T, asked: Option<T>) {
            *setting = asked.unwrap_or(*setting);
        }
        set(&mut settings.objective, self.objective);
        set(&mut settings.vocab, self.vocab);
        set(&mut settings.length, self.length);
        set(&mut settings.d_model, self.d_model);
        set(&mut settings.n_layer, self.n_layer);
        set(&mut settings.n_head, self.n_head);
        set(&mut settings.d_ff, self.d_ff);
        set(&mut settings.batch, self.batch);
        set(&mut settings.learning_rate, self.learning_rate);
        set(&mut settings.dropout, self.dropout);
        set(&mut settings.weight_decay, self.weight_decay);
        set(&mut settings.threads, self.threads);
        set(&mut settings.every, self.every);
        settings.patience = self.patience.or(settings.patience).filter(|&patience| patience > 0);
        set(&mut settings.seed, self.seed);
    }

    /// Makes the steps that are left.
    fn train(&self, trainer: &mut Trainer, stop: &AtomicBool) -> anyhow::Result<ExitCode> {
        let report = Report::new(trainer);
        let mut deadline = trainer.settings().minutes.map(|minutes| Deadline::new(minutes, trainer));
        while !trainer.done() && !stop.load(Ordering::Relaxed) {
            let step = trainer.step()?;
            if let Some(deadline) = &mut deadline {
                deadline.step(trainer);
            }
            report.step(trainer, &step);
            if step.step.is_multiple_of(trainer.settings().every) {
                self.measure(trainer, &report)?;
                if let Some(deadline) = &deadline {
                    deadline.settle(trainer);
                }
            }
        }
        // A run that ends is measured where it ends, however it came to end there.
        if trainer.done() && trainer.progress().measured() != Some(trainer.progress().step) {
            self.measure(trainer, &report)?;
        }
        if !trainer.done() {
            trainer.save(&self.out)?;
            report.stopped(trainer, &self.out);
            return Ok(ExitCode::from(STOPPED));
        }
        report.finished(trainer, &self.out);
        Ok(ExitCode::SUCCESS)
    }

    fn measure(&self, trainer: &mut Trainer, report: &Report) -> anyhow::Result<()> {
        let (point, best) = trainer.evaluate()?;
        // The model first: a run killed between the two makes the steps again, and the same model.
        if best {
            trainer.keep(&self.out)?;
        }
        trainer.save(&self.out)?;
        report.measured(trainer, &point, best);
        report.sample(trainer)
    }
}

/// A run goes on with what it began with.
fn same(began: &Settings, asked: &Settings) -> anyhow::Result<()> {
    let (began, asked) = (serde_json::to_value(began)?, serde_json::to_value(asked)?);
    for (name, began) in began.as_object().into_iter().flatten() {
        let asked = &asked[name];
        if asked != began {
            bail!("{name} is {asked}; the run began with {began}, and keeps it");
        }
    }
    Ok(())
}

const TOKENIZER: &str = "tokenizer.json";

/// A year.
const MOST_MINUTES: f64 = 525_600.0;

/// Set by Ctrl-C or a request to end; a second one ends the program.
fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(STOPPED.into());
        }
    })
    .context("signals cannot be listened to")?;
    Ok(stop)
}
