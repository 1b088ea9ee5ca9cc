//! Runs on a thread of their own, told as events: the views only listen, so that they stay quick however long a call takes.

mod making;
mod output;

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use unmask::{
    model::{Choice, PrecisionChoice},
    sampler::{Frame, Settings},
    trace::Header,
};

use crate::cli::{STOPPED, screen::on_request_to_end};

/// How many tokens a run has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// The most that the model can; of another family's, a number that it bears.
    Usual,
    /// So many.
    Tokens(usize),
    /// As many as its prompt, which has the masks in it.
    OfPrompt,
}

/// What stands from a position on, and is never touched.
#[derive(Clone, Debug)]
pub struct Pinned {
    pub position: u32,
    pub what: What,
}

/// A text of one token or more, or the id of one.
#[derive(Clone, Debug)]
pub enum What {
    Text(String),
    Token(u32),
}

/// What all runs start from.
#[derive(Clone, Debug)]
pub struct Start {
    pub prompt: String,
    pub pins: Vec<Pinned>,
    pub length: Length,
}

/// A run that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What its trace is called in a folder.
    pub name: String,
    pub settings: Settings,
    /// Where nobody has said how many calls: one a mask, or so many if they are fewer, whatever `settings` says.
    pub most: Option<usize>,
}

/// What is to be run.
pub struct Request {
    pub start: Start,
    pub runs: Vec<Wanted>,
    /// So many runs are made at a time ...
    pub batch: usize,
    /// ... in one call of the model, or each in its own.
    pub together: bool,
    pub device: Choice,
    pub precision: PrecisionChoice,
    pub model: Option<PathBuf>,
    /// In how many calls all is computed once, if the others are to read what was kept.
    pub cache: Option<usize>,
    /// The file for the trace of the one run.
    pub trace: Option<PathBuf>,
    /// The folder for the traces and texts of all.
    pub out: Option<PathBuf>,
}

/// What the runs tell.
pub enum Event {
    /// The model is there and the runs of a batch begin.
    Opened(Box<Opened>),
    /// Something went wrong that the runs survive.
    Warning(String),
    /// The next frame of a run, and the milliseconds of its call (0 for frame 0).
    Frame { run: usize, frame: Frame, milliseconds: f64 },
    /// A run has ended; those of a batch end together, in order.
    Done(Box<Summary>),
    /// There are no more runs.
    Finished(Total),
    /// The runs cannot go on.
    Failed(anyhow::Error),
}

/// What stays the same during the runs of a batch.
pub struct Opened {
    /// Why the runs are on that device.
    pub why: String,
    /// What each token looks like, by id.
    pub forms: Vec<String>,
    pub mask_id: u32,
    /// The number of the first run of the batch, and how many there will be in all.
    pub first: usize,
    pub of: usize,
    pub runs: Vec<Opening>,
}

/// A run before its first call.
#[derive(Clone, Debug)]
pub struct Opening {
    pub header: Header,
    /// How many calls the run will make, or may make at most.
    pub calls: usize,
}

impl Opening {
    /// Whether the run may take fewer calls than it may make.
    pub fn open_ended(&self) -> bool {
        self.header.rule.is_some() || self.header.early_stop.is_some()
    }

    /// The settings in words.
    pub fn settings(&self, between: &str) -> String {
        self.header.told(self.open_ended()).join(between)
    }
}

/// There is always an end: without one, its thread has broken down.
pub const NO_END: &str = "the run ended without a word";

/// A run in the end.
#[derive(Clone, Debug)]
pub struct Summary {
    pub opening: Opening,
    pub text: String,
    pub tokens: Vec<u32>,
    /// The positions that were masked in the beginning.
    pub fresh: Vec<usize>,
    /// How many tokens each call revealed, and how many were masked again in all.
    pub sizes: Vec<usize>,
    pub remasked: usize,
    /// Of its calls, which it may have shared.
    pub milliseconds: f64,
    pub stopped: bool,
}

impl Summary {
    pub fn seed(&self) -> u64 {
        self.opening.header.seed
    }

    pub fn calls(&self) -> usize {
        self.sizes.len()
    }

    /// How many tokens are revealed in the end.
    pub fn revealed(&self) -> usize {
        self.sizes.iter().sum::<usize>() - self.remasked
    }
}

/// All runs in the end.
#[derive(Clone, Debug, Default)]
pub struct Total {
    pub runs: usize,
    pub revealed: usize,
    /// Of the model, each as many runs as it was for.
    pub calls: usize,
    pub milliseconds: f64,
    pub device: String,
    pub stopped: bool,
}

impl fmt::Display for Total {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stopped = if self.stopped { "stopped after " } else { "" };
        let (tokens, calls) = (count(self.revealed, "token"), count(self.calls, "call"));
        let each = self.milliseconds / self.calls.max(1) as f64;
        write!(f, "{stopped}{tokens}")?;
        if self.runs > 1 {
            let rate = self.revealed as f64 / (self.milliseconds / 1000.0).max(1e-9);
            return write!(
                f,
                " of {} runs in {calls}, {each:.1} ms a call, {rate:.0} tokens/s, on {}",
                self.runs, self.device
            );
        }
        write!(f, " in {calls}, {each:.1} ms a call, on {}", self.device)
    }
}

/// "1 token", "7 tokens".
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Runs on their way. Dropping them stops them before their next call and waits until their thread is through: a graphics
/// driver must not be in use while the program ends.
pub struct Running {
    events: Option<Receiver<Event>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    /// Stops the runs before their next call; whether that had been asked for before.
    pub fn stop(&self) -> bool {
        self.stop.swap(true, Ordering::Relaxed)
    }

    /// Whether they have been asked to stop.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The next event, waited for so long.
    ///
    /// # Errors
    /// When there is none in that time, or none any more.
    pub fn next_within(&self, time: Duration) -> Result<Event, RecvTimeoutError> {
        self.events.as_ref().map_or(Err(RecvTimeoutError::Disconnected), |events| events.recv_timeout(time))
    }
}

impl Iterator for Running {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.events.as_ref()?.recv().ok()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
        self.events = None; // nobody listens any more, so that nothing waits to be heard
        // One that has broken down has said so by itself.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Starts the runs. Ctrl-C or a request to end stops them before their next call; a second one ends the program. They are
/// never ahead of their view by more than a frame.
///
/// # Errors
/// When signals cannot be listened to.
pub fn spawn(request: Request) -> anyhow::Result<Running> {
    let (sender, receiver) = mpsc::sync_channel(0);
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    on_request_to_end(move || {
        if flag.swap(true, Ordering::Relaxed) {
            // Nothing can be done about a terminal that is gone.
            let _ = crossterm::terminal::disable_raw_mode();
            std::process::exit(STOPPED.into());
        }
    })?;
    let flag = stop.clone();
    let thread = thread::spawn(move || {
        if let Err(error) = making::run(&request, &sender, &flag) {
            // Nobody listens any more: then nobody needs to know.
            let _ = sender.send(Event::Failed(error));
        }
    });
    Ok(Running { events: Some(receiver), stop, thread: Some(thread) })
}
