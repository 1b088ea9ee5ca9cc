//! How the runs of a request are made, batch by batch and call by call.

use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::SyncSender,
    },
    time::Instant,
};

use unmask::{
    denoiser::{Denoiser, DenoiserError},
    model::{Model, ModelFiles, Place},
    sampler::{Frame, Sampler, SamplerError, next_of_each},
    trace::{Header, Pin},
};

use super::{
    Event, Length, Opened, Opening, Pinned, Request, Start, Summary, Total, Wanted, What,
    output::{Lines, Output},
};
use crate::cli::model_options::of_folder;

/// Makes them all, or as many as there are when the flag is set.
pub fn run(request: &Request, sender: &SyncSender<Event>, stop: &AtomicBool) -> anyhow::Result<()> {
    let files = match &request.model {
        Some(folder) => ModelFiles::read(folder)?,
        None => ModelFiles::embedded(),
    };
    let opened = pollster::block_on(Model::open(&files, request.device, request.precision));
    let (mut model, why) = opened.map_err(|error| of_folder(request.model.as_deref(), error))?;
    if let Some(refresh) = request.cache {
        model.keep(refresh)?;
    }
    let (start, pins) = started(&model, &request.start)?;
    let mut making = Making { files, model, start, pins, sender, stop, total: Total::default() };
    let mut output = None; // opened when the settings are known to be good
    let (of, mut first) = (request.runs.len(), 0);
    for batch in request.runs.chunks(request.batch.max(1)) {
        let (mut samplers, mut runs) = (vec![], vec![]);
        for wanted in batch {
            let (sampler, opening) = making.begin(wanted, &request.start.prompt)?;
            samplers.push(sampler);
            runs.push(opening);
        }
        let output = match &mut output {
            Some(output) => output,
            None => output.insert(Output::open(request)?),
        };
        let lanes = batch.iter().zip(&runs).map(|(wanted, opening)| output.begin(&wanted.name, opening));
        let mut lanes =
            lanes.map(|files| Ok(Lane { files: files?, ..Lane::default() })).collect::<anyhow::Result<Vec<_>>>()?;
        let (forms, mask_id) = (making.model.text().display_forms(), making.model.mask_id());
        making.tell(Event::Opened(Box::new(Opened {
            why: why.clone(),
            forms,
            mask_id,
            first,
            of,
            runs: runs.clone(),
        })));
        making.make(first, &mut samplers, &mut lanes, request.together)?;
        for ((lane, opening), wanted) in lanes.into_iter().zip(runs).zip(batch) {
            let (summary, files) = making.end(lane, opening)?;
            output.end(&wanted.name, files, &summary)?;
            making.tell(Event::Done(Box::new(summary)));
        }
        first += batch.len();
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    making.total.stopped |= first < of;
    making.total.device.clone_from(&making.model.place().name);
    let _ = sender.send(Event::Finished(making.total));
    Ok(())
}

/// The tokens of a start, and its pins one by one.
fn started(model: &Model, start: &Start) -> anyhow::Result<(Vec<u32>, Vec<Pin>)> {
    let mut pins = vec![];
    for Pinned { position, what } in &start.pins {
        let tokens = match what {
            What::Text(text) => model.text().encode(text)?,
            What::Token(token) => vec![*token],
        };
        pins.extend((*position..).zip(tokens));
    }
    pins.sort_unstable();
    let length = match start.length {
        Length::Usual => model.config().usual_len,
        Length::Tokens(length) => length,
        Length::OfPrompt => model.length_of(&start.prompt)?,
    };
    Ok((model.start_with(&start.prompt, &pins, length)?, pins))
}

/// What has come of a run so far.
#[derive(Default)]
struct Lane {
    files: Vec<Lines>,
    tokens: Vec<u32>,
    sizes: Vec<usize>,
    remasked: usize,
    milliseconds: f64,
}

impl Lane {
    fn hear(&mut self, frame: &Frame, milliseconds: f64) -> anyhow::Result<()> {
        for file in &mut self.files {
            file.write(frame)?;
        }
        self.tokens.clone_from(&frame.tokens);
        if frame.step > 0 {
            self.sizes.push(frame.revealed.len());
            self.milliseconds += milliseconds;
        }
        self.remasked += frame.remasked.len();
        Ok(())
    }
}

/// All that the runs share.
struct Making<'a> {
    files: ModelFiles,
    model: Model,
    start: Vec<u32>,
    pins: Vec<Pin>,
    sender: &'a SyncSender<Event>,
    stop: &'a AtomicBool,
    total: Total,
}

impl Making<'_> {
    /// Where nobody listens any more, nobody needs to know, and nothing more be made.
    fn tell(&self, event: Event) {
        if self.sender.send(event).is_err() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn begin(&self, wanted: &Wanted, prompt: &str) -> anyhow::Result<(Sampler, Opening)> {
        let mask_id = self.model.mask_id();
        let mut settings = wanted.settings;
        if let Some(most) = wanted.most {
            settings.steps = self.start.iter().filter(|&&token| token == mask_id).count().clamp(1, most);
        }
        let sampler = Sampler::new(self.start.clone(), mask_id, settings)?;
        let header = Header::new(prompt, &self.pins, self.start.len(), &settings, &self.model);
        let opening = Opening { header, calls: sampler.calls() };
        Ok((sampler, opening))
    }

    /// Makes the runs of a batch, call by call, until all are done or the flag is set.
    fn make(
        &mut self,
        first: usize,
        samplers: &mut [Sampler],
        lanes: &mut [Lane],
        together: bool,
    ) -> anyhow::Result<()> {
        let width = if together { samplers.len() } else { 1 };
        loop {
            let mut more = false;
            for at in (0..samplers.len()).step_by(width) {
                let begun = Instant::now();
                let frames = self.call(&mut samplers[at..at + width])?;
                let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
                if frames.iter().flatten().any(|frame| frame.step > 0) {
                    self.total.calls += 1;
                    self.total.milliseconds += milliseconds;
                }
                for (index, frame) in (at..).zip(frames) {
                    let Some(frame) = frame else { continue };
                    more = true;
                    let milliseconds = if frame.step == 0 { 0.0 } else { milliseconds };
                    lanes[index].hear(&frame, milliseconds)?;
                    self.tell(Event::Frame { run: first + index, frame, milliseconds });
                }
            }
            // Looked at last: even a run that is stopped at once has its frame 0.
            if !more || self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
    }

    /// A frame of each, on the CPU where another device fails.
    fn call(&mut self, samplers: &mut [Sampler]) -> anyhow::Result<Vec<Option<Frame>>> {
        loop {
            match pollster::block_on(next_of_each(samplers, &mut self.model)) {
                Err(SamplerError::Denoiser(DenoiserError::Device(cause))) if !self.model.place().is_cpu() => {
                    let lost = &self.model.place().name;
                    self.tell(Event::Warning(format!("{lost} failed ({cause}); going on on the CPU")));
                    self.model = Model::load(&self.files, Place::cpu())?;
                }
                other => return Ok(other?),
            }
        }
    }

    fn end(&mut self, lane: Lane, opening: Opening) -> anyhow::Result<(Summary, Vec<Lines>)> {
        let Lane { files, tokens, sizes, remasked, milliseconds } = lane;
        let mask_id = self.model.mask_id();
        let (text, stopped) = (self.model.text().decode(&tokens, mask_id)?, tokens.contains(&mask_id));
        let fresh = (0..tokens.len()).filter(|&position| self.start[position] == mask_id).collect();
        let summary = Summary { opening, text, tokens, fresh, sizes, remasked, milliseconds, stopped };
        self.total.runs += 1;
        self.total.revealed += summary.revealed();
        self.total.stopped |= stopped;
        Ok((summary, files))
    }
}
