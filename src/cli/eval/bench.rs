//! The runs of a sweep, made and measured on a device that may be lost.

use anyhow::Context;
use unmask::{
    denoiser::DenoiserError,
    forecast::predicted,
    law::Profile,
    order::Order,
    quality::Grams,
    sampler::SamplerError,
    strategy::Strategy,
    sweep::{HeldOut, Interval, Quality, Ruler, Run, Share, Sweep, SweepError},
};

use super::Command;
use crate::cli::{
    forecast::measure,
    print::Progress,
    subject::{Source, Subject, survive},
};

/// All that runs take.
pub struct Bench {
    subject: Subject,
    judge: Option<Subject>,
    grams: Option<Grams>,
    start: Vec<u32>,
    /// Where the masks are.
    fresh: Vec<usize>,
    /// Of the held-out text, where it was measured.
    profile: Option<Profile>,
}

impl Bench {
    /// `start` `[length]` is what runs start from, with masks at `fresh`.
    pub fn new(
        subject: Subject,
        judge: Option<Subject>,
        grams: Option<Grams>,
        start: Vec<u32>,
        fresh: Vec<usize>,
    ) -> Self {
        Self { subject, judge, grams, start, fresh, profile: None }
    }

    /// Where the model is.
    pub fn device(&self) -> String {
        self.subject.model.place().name.clone()
    }

    /// Measures the held-out text, where this share has to, and judges windows of it.
    pub fn hold_out(
        &mut self,
        sweep: &Sweep,
        share: Share,
        strategies: &[Strategy],
        source: Option<&Source>,
        command: &Command,
    ) -> anyhow::Result<Option<HeldOut>> {
        let Some(source) = source else { return Ok(None) };
        let made_for_it =
            |strategy: &Strategy| matches!(strategy, Strategy::Scheduled { schedule, .. } if schedule.needs_profile());
        if share.index != 1 && !strategies.iter().any(made_for_it) {
            return Ok(None);
        }
        let windows = source.windows(command.text.windows());
        let measured = measure(&mut self.subject, &windows, command.text.points(), command.seed);
        let name = || command.file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        let measured = measured.with_context(name)?;
        self.profile = Some(measured.profile()?);
        if share.index != 1 {
            return Ok(None);
        }
        // The profile is that of the model's own distribution, at random places in a window of which nothing is given.
        let told = sweep.temperature == 1.0 && sweep.masked == sweep.length;
        let predicted = sweep.cells().into_iter().map(|cell| match strategies[cell.strategy] {
            Strategy::Scheduled { schedule, order: Order::Random, .. } if told => {
                let mean = predicted(&measured, schedule, cell.steps)?;
                Ok(Some(Interval::of(mean, measured.windows())))
            }
            _ => Ok(None),
        });
        let predicted = predicted.collect::<anyhow::Result<_>>()?;
        let mut windows = vec![];
        for tokens in source.windows(sweep.runs) {
            windows.push(self.quality(&tokens)?);
        }
        Ok(Some(HeldOut { predicted, windows }))
    }

    /// Makes and measures the runs of a share.
    pub fn runs(&mut self, sweep: &Sweep, share: Share) -> anyhow::Result<Vec<Run>> {
        let progress = Progress::new();
        let numbers: Vec<usize> = share.numbers(sweep.size()).collect();
        let mut runs = vec![];
        for (index, &number) in numbers.iter().enumerate() {
            progress.tell(format_args!("run {} of {} ...", index + 1, numbers.len()));
            let (calls, tokens) = loop {
                let profile = self.profile.as_ref().map(Profile::h);
                match pollster::block_on(sweep.run(number, &mut self.subject.model, &self.start, profile)) {
                    Err(SweepError::Sampler(SamplerError::Denoiser(error))) if self.survive(&error)? => {}
                    other => break other?,
                }
            };
            let quality = self.quality(&tokens)?;
            runs.push(sweep.record(number, calls, quality));
        }
        Ok(runs)
    }

    /// What a text `[length]` is worth.
    fn quality(&mut self, tokens: &[u32]) -> anyhow::Result<Quality> {
        loop {
            let (judge, grams) = (self.judge.as_mut().map(|judge| &mut judge.model), self.grams.as_ref());
            let mut ruler = Ruler { judge, grams, end: self.subject.model.config().eot_id };
            match pollster::block_on(ruler.measure(tokens, &self.fresh)) {
                Err(SweepError::Judge(error)) if self.survive(&error)? => {}
                other => return Ok(other?),
            }
        }
    }

    /// Model and judge were on one device; where it fails, both go on on the CPU.
    fn survive(&mut self, error: &DenoiserError) -> anyhow::Result<bool> {
        survive([&mut self.subject].into_iter().chain(&mut self.judge), error)
    }
}
