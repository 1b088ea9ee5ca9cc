//! What a training run tells while it goes: lines for measurements and samples, and a bar where somebody watches.

use std::{
    io::{self, IsTerminal},
    path::Path,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use unmask::{
    order::Order,
    sampler::{Sampler, Settings},
    schedule::{Draw, Schedule, Weights},
    strategy::Strategy,
    train::{Objective, Point, Step, Trainer},
};

use crate::cli::print::harmless;

/// Calls of a sample.
const CALLS: usize = 32;

const SCHEDULE: Schedule = Schedule::Adaptive(Weights::Min, Draw::Systematic);

/// What is shown of a run.
pub struct Report {
    bar: ProgressBar,
}

impl Report {
    /// Tells what is to be trained.
    pub fn new(trainer: &Trainer) -> Self {
        let (corpus, settings) = (trainer.corpus(), trainer.settings());
        let watched = io::stderr().is_terminal();
        let bar = if watched { ProgressBar::new(settings.steps) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} steps  {msg}  {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_position(trainer.progress().step);
        bar.reset_eta();
        let report = Self { bar };
        let unread = 100.0 * (corpus.tokens() - corpus.read()) as f64 / corpus.tokens() as f64;
        report.line(&format!(
            "text: {} {}, {} tokens, {} windows of {}{}",
            corpus.stories(),
            if corpus.stories() == 1 { "story" } else { "stories" },
            corpus.tokens(),
            corpus.windows(),
            corpus.length(),
            match unread {
                0.0 => String::new(),
                0.0..0.5 => "; less than 1 % is not read, the rest of longer stories".to_owned(),
                _ => format!("; {unread:.0} % is not read, the rest of longer stories"),
            }
        ));
        report.line(&format!(
            "net: {} weights, vocabulary {}, on {}; {} windows a step",
            trainer.parameters(),
            settings.vocab,
            trainer.place(),
            settings.batch
        ));
        if trainer.began_on() != trainer.place().name {
            report.line(&format!("begun on {}: on another device the last digits differ", trainer.began_on()));
        }
        report
    }

    /// Moves the bar.
    pub fn step(&self, trainer: &Trainer, step: &Step) {
        self.bar.set_length(trainer.settings().steps);
        self.bar.set_position(step.step);
        self.bar.set_message(format!("loss {:.3}  {:.0} tokens/s", step.loss, trainer.speed()));
    }

    /// Tells a measurement.
    pub fn measured(&self, trainer: &Trainer, point: &Point, best: bool) {
        let (nats, se) = (point.held_out.nats, point.held_out.se);
        let name = match trainer.settings().objective {
            Objective::Masked => "NELBO",
            Objective::Autoregressive => "NLL",
        };
        self.line(&format!(
            "step {}: {:.1} M tokens, {}, {:.0} tokens/s; loss {:.3}; held-out {name} {nats:.3} ± {se:.3} nats a token, \
             {:.3} a byte, perplexity {:.1}{}",
            point.step,
            point.tokens as f64 / 1e6,
            minutes(point.seconds),
            trainer.speed(),
            point.loss,
            nats / trainer.bytes_a_token(),
            nats.exp(),
            if best { ", the best" } else { "" },
        ));
    }

    /// Writes a text as the model is now.
    pub fn sample(&self, trainer: &Trainer) -> anyhow::Result<()> {
        if trainer.settings().objective != Objective::Masked {
            return Ok(());
        }
        let mut model = trainer.model()?;
        let (mask_id, length) = (model.config().mask_id, model.config().seq_len);
        let strategy = Strategy::scheduled(SCHEDULE, Order::Random);
        let settings = Settings { strategy, steps: CALLS, temperature: 1.0, seed: trainer.progress().step };
        let mut sampler = Sampler::new(vec![mask_id; length], mask_id, settings)?;
        let mut tokens = vec![];
        while let Some(frame) = pollster::block_on(sampler.next(&mut model))? {
            tokens = frame.tokens;
        }
        // A young net draws any byte, also those by which a terminal is steered.
        let text = harmless(&model.text().decode(&tokens, mask_id)?);
        self.line(&format!("  {}", text.replace('\n', "\n  ")));
        Ok(())
    }

    /// The run was stopped.
    pub fn stopped(&self, trainer: &Trainer, folder: &Path) {
        self.bar.finish_and_clear();
        let steps = match trainer.settings().minutes {
            Some(minutes) => format!("as many as fit into {minutes} min"),
            None => trainer.settings().steps.to_string(),
        };
        let (step, folder) = (trainer.progress().step, folder.display());
        self.line(&format!("stopped after step {step} of {steps}; --resume --out {folder} goes on"));
    }

    /// The run is done.
    pub fn finished(&self, trainer: &Trainer, folder: &Path) {
        self.bar.finish_and_clear();
        let progress = trainer.progress();
        let Some((step, best)) = progress.best else { return };
        self.line(&format!(
            "done: {} steps in {}; the best is of step {step}, {:.3} nats a token, {:.3} a byte, and stands in {}",
            progress.step,
            minutes(progress.seconds),
            best.nats,
            best.nats / trainer.bytes_a_token(),
            folder.display()
        ));
    }

    /// A line above the bar, on the standard error.
    fn line(&self, text: &str) {
        if self.bar.is_hidden() {
            // Nobody need read it.
            let _ = io::Write::write_all(&mut io::stderr(), format!("{text}\n").as_bytes());
        } else {
            self.bar.println(text);
        }
    }
}

fn minutes(seconds: f64) -> String {
    match Duration::from_secs_f64(seconds).as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
