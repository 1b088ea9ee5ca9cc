//! A run on its own thread, told as events: the views only listen, so that they stay quick however long a call takes.

use std::{
    fmt,
    fs::File,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
    time::Instant,
};

use anyhow::Context;
use unmask::{
    denoiser::{Denoiser, DenoiserError},
    model::{Choice, Model, ModelFiles, Place},
    sampler::{Frame, Sampler, SamplerError, Settings},
    trace::{self, Header},
};

use super::model_options::of_folder;

/// Exit code of a run that its user stopped.
pub const STOPPED: u8 = 130;

/// How many tokens a run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The most that the model can.
    Longest,
    /// So many.
    Tokens(usize),
    /// As many as its prompt, which has the masks in it.
    OfPrompt,
}

/// What is to be run.
pub struct Request {
    pub prompt: String,
    pub length: Length,
    pub settings: Settings,
    /// Where nobody has said how many calls: one a mask, or so many if they are fewer, whatever `settings` says.
    pub most: Option<usize>,
    pub device: Choice,
    pub model: Option<PathBuf>,
    pub trace: Option<PathBuf>,
}

/// What the run tells.
pub enum Event {
    /// The model is there and the run begins.
    Opened(Box<Opened>),
    /// Something went wrong that the run survives.
    Warning(String),
    /// The next frame, and the milliseconds of its call (0 for frame 0).
    Frame { frame: Frame, milliseconds: f64 },
    /// There are no more frames.
    Finished(Summary),
    /// The run cannot go on.
    Failed(anyhow::Error),
}

/// What stays the same during a run.
pub struct Opened {
    pub header: Header,
    /// Why the run is on that device.
    pub why: String,
    /// What each token looks like, by id.
    pub forms: Vec<String>,
    pub mask_id: u32,
    /// How many calls the run will make, or may make at most.
    pub calls: usize,
}

impl Opened {
    /// Whether the run may take fewer calls than it may make.
    pub fn open_ended(&self) -> bool {
        self.header.rule.is_some() || self.header.early_stop.is_some()
    }

    /// The settings in words.
    pub fn settings(&self, between: &str) -> String {
        let Header { steps, temperature, seed, .. } = &self.header;
        let most = if self.open_ended() { "at most " } else { "" };
        let mut words = self.header.words().told();
        words.push(format!("{most}{steps} steps"));
        words.push(format!("temperature {temperature}"));
        words.push(format!("seed {seed}"));
        words.join(between)
    }
}

/// There is always an end: without one, its thread has broken down.
pub const NO_END: &str = "the run ended without a word";

/// The run in the end.
pub struct Summary {
    pub text: String,
    pub calls: usize,
    pub revealed: usize,
    pub milliseconds: f64,
    pub device: String,
    pub stopped: bool,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stopped = if self.stopped { "stopped after " } else { "" };
        let (tokens, calls) = (count(self.revealed, "token"), count(self.calls, "call"));
        let each = self.milliseconds / self.calls.max(1) as f64;
        write!(f, "{stopped}{tokens} in {calls}, {each:.1} ms a call, on {}", self.device)
    }
}

/// "1 token", "7 tokens".
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Starts the run. Setting the flag stops it before its next call; so does Ctrl-C or a request to end, and a second one
/// ends the program. The run is never ahead of its view by more than a frame.
///
/// # Errors
/// When signals cannot be listened to.
pub fn spawn(request: Request) -> anyhow::Result<(Receiver<Event>, Arc<AtomicBool>)> {
    let (sender, receiver) = mpsc::sync_channel(0);
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            // Nothing can be done about a terminal that is gone.
            let _ = crossterm::terminal::disable_raw_mode();
            std::process::exit(STOPPED.into());
        }
    })
    .context("Ctrl-C cannot be listened to")?;
    let flag = stop.clone();
    thread::spawn(move || {
        if let Err(error) = run(&request, &sender, &flag) {
            // Nobody listens any more: then nobody needs to know.
            let _ = sender.send(Event::Failed(error));
        }
    });
    Ok((receiver, stop))
}

fn run(request: &Request, sender: &SyncSender<Event>, stop: &AtomicBool) -> anyhow::Result<()> {
    let files = match &request.model {
        Some(folder) => ModelFiles::read(folder)?,
        None => ModelFiles::embedded(),
    };
    let opened = pollster::block_on(Model::open(&files, request.device));
    let (mut model, why) = opened.map_err(|error| of_folder(request.model.as_deref(), error))?;
    let length = match request.length {
        Length::Longest => model.config().seq_len,
        Length::Tokens(length) => length,
        Length::OfPrompt => model.text().encode(&request.prompt)?.len(),
    };
    let start = model.start(&request.prompt, length)?;
    let mut settings = request.settings;
    if let Some(most) = request.most {
        settings.steps = start.iter().filter(|&&token| token == model.mask_id()).count().clamp(1, most);
    }
    let mut sampler = Sampler::new(start, model.mask_id(), settings)?;
    let header = Header::new(&request.prompt, &[], length, &settings, &model);
    let mut file = match &request.trace {
        Some(path) => Some((File::create(path).with_context(|| unwritten(path))?, path)),
        None => None,
    };
    if let Some((file, path)) = &mut file {
        trace::write_line(file, &header).with_context(|| unwritten(path))?;
    }
    let (forms, mask_id, calls) = (model.text().display_forms(), model.mask_id(), sampler.calls());
    let _ = sender.send(Event::Opened(Box::new(Opened { header, why, forms, mask_id, calls })));

    let (mut tokens, mut calls, mut revealed, mut total) = (vec![], 0, 0, 0.0);
    loop {
        let begun = Instant::now();
        let frame = match pollster::block_on(sampler.next(&mut model)) {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            Err(SamplerError::Denoiser(DenoiserError::Device(cause))) if !model.place().is_cpu() => {
                let lost = &model.place().name;
                let _ = sender.send(Event::Warning(format!("{lost} failed ({cause}); going on on the CPU")));
                model = Model::load(&files, Place::cpu())?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let milliseconds = if frame.step == 0 { 0.0 } else { begun.elapsed().as_secs_f64() * 1000.0 };
        if let Some((file, path)) = &mut file {
            trace::write_line(file, &frame).with_context(|| unwritten(path))?;
        }
        tokens.clone_from(&frame.tokens);
        calls = frame.step as usize;
        revealed = revealed + frame.revealed.len() - frame.remasked.len();
        total += milliseconds;
        let _ = sender.send(Event::Frame { frame, milliseconds });
        // Looked at last: even a run that is stopped at once has its frame 0.
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    let _ = sender.send(Event::Finished(Summary {
        text: model.text().decode(&tokens, mask_id)?,
        calls,
        revealed,
        milliseconds: total,
        device: model.place().name.clone(),
        stopped: tokens.contains(&mask_id),
    }));
    Ok(())
}

fn unwritten(path: &std::path::Path) -> String {
    format!("the trace {} cannot be written", path.display())
}
