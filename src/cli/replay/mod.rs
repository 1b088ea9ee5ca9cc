//! `unmask replay`: a trace, in a terminal call by call, elsewhere as text.

mod view;

use std::{
    env, fmt,
    fs::File,
    io::{self, BufReader, IsTerminal},
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use unmask::trace;

use super::{
    paint::Colours,
    print::{of_elsewhere, print, wrong_usage},
    screen::{Screen, on_request_to_end},
};
use view::View;

/// Rows of the view.
const ROWS: u16 = 24;

/// The longest that a request to end goes unheard.
const LISTEN: Duration = Duration::from_millis(200);

/// Frames a second, at least and at most.
const SPEEDS: [f64; 2] = [0.25, 64.0];

/// Look at a trace again, call by call.
///
/// In a terminal: space plays and pauses, ← and → go a call back and on, Home and End to the ends, + and - set the speed, c
/// changes what the colours say, Tab and Shift-Tab look at a cell, q leaves. Elsewhere, or with --plain, the text is printed.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask generate --trace run.jsonl
  unmask replay run.jsonl
  unmask replay run.jsonl --colour entropy --speed 2
  unmask replay run.jsonl --plain --call 5")]
pub struct Replay {
    /// A trace, as `generate --trace` and the page write it
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the colours say: when a token was revealed, how likely it was, how open the choice was
    #[arg(long, value_enum, default_value_t = ColourBy::Step)]
    colour: ColourBy,
    /// Frames a second, 0.25 to 64
    #[arg(long, value_name = "N", default_value_t = 4.0, value_parser = speed, allow_negative_numbers = true)]
    speed: f64,
    /// The call to begin with, or to print the text after; 0 is before the first. The first; with --plain, the last
    #[arg(long, value_name = "K")]
    call: Option<usize>,
    /// Print the text alone, even in a terminal
    #[arg(long)]
    plain: bool,
}

/// What the colours say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColourBy {
    /// The call that revealed it
    Step,
    /// Its probability then
    Confidence,
    /// The entropy of the choice
    Entropy,
    /// Nothing
    None,
}

impl fmt::Display for ColourBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Step => "step",
            Self::Confidence => "confidence",
            Self::Entropy => "entropy",
            Self::None => "nothing",
        })
    }
}

impl ColourBy {
    fn next(self) -> Self {
        match self {
            Self::Step => Self::Confidence,
            Self::Confidence => Self::Entropy,
            Self::Entropy => Self::None,
            Self::None => Self::Step,
        }
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let [least, most] = SPEEDS;
    match text.parse() {
        Ok(speed) if (least..=most).contains(&speed) => Ok(speed),
        _ => Err(format!("must be a number from {least} to {most}")),
    }
}

impl Replay {
    /// Shows or prints it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let name = self.file.display();
        let file = File::open(&self.file).with_context(|| format!("{name} cannot be read"))?;
        let trace = trace::read(BufReader::new(file)).with_context(|| name.to_string())?;
        if trace.frames.is_empty() {
            return Err(anyhow!("{name} has a header and no frame: its run was stopped before it began"));
        }
        let mut view = View::new(trace, Colours::of_terminal(), self.colour, self.speed);
        if let Some(call) = self.call.filter(|&call| call > view.last()) {
            wrong_usage(&anyhow!("--call is {call}; {name} has calls 0 to {}", view.last()));
        }
        let dumb = env::var_os("TERM").is_some_and(|kind| kind == "dumb");
        if self.plain || dumb || !io::stdout().is_terminal() {
            view.seek(self.call.unwrap_or(view.last()) as isize);
            print(&(of_elsewhere(&view.plain()) + "\n"))?;
        } else {
            view.seek(self.call.unwrap_or(0) as isize);
            show(&mut view)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Draws the view and hears keys until the user leaves, or the system asks for it.
fn show(view: &mut View) -> anyhow::Result<()> {
    let asked = Arc::new(AtomicBool::new(false));
    let flag = asked.clone();
    on_request_to_end(move || flag.store(true, Ordering::Relaxed))?;
    let mut screen = Screen::open(ROWS)?;
    let (mut shown, mut fresh) = (Instant::now(), true);
    while !asked.load(Ordering::Relaxed) {
        if fresh {
            screen.draw(|frame| view.draw(frame));
        }
        let frame_time = Duration::from_secs_f64(1.0 / view.speed);
        let wait = if view.playing { frame_time.saturating_sub(shown.elapsed()) } else { LISTEN };
        if event::poll(wait.min(LISTEN))? {
            let event = event::read()?;
            if let Event::Key(key) = event
                && key.kind == KeyEventKind::Press
                && !heard(view, key)
            {
                break;
            }
            fresh = true; // a change of size is drawn too
        } else {
            fresh = view.playing && shown.elapsed() >= frame_time;
            if fresh {
                view.seek(view.at() as isize + 1);
                shown = Instant::now();
            }
        }
    }
    screen.close();
    Ok(())
}

/// Does what a key asks for; whether the view stays.
fn heard(view: &mut View, key: KeyEvent) -> bool {
    let at = view.at() as isize;
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return false,
        KeyCode::Char('q') | KeyCode::Esc => return false,
        KeyCode::Char(' ') => {
            if view.at() == view.last() {
                view.seek(0);
            }
            view.playing = !view.playing;
        }
        KeyCode::Left => paused(view, at - 1),
        KeyCode::Right => paused(view, at + 1),
        KeyCode::Home => paused(view, 0),
        KeyCode::End => paused(view, isize::MAX),
        KeyCode::Char('+' | '=') => view.speed = (view.speed * 2.0).min(SPEEDS[1]),
        KeyCode::Char('-') => view.speed = (view.speed / 2.0).max(SPEEDS[0]),
        KeyCode::Char('c') => view.by = view.by.next(),
        KeyCode::Tab => view.select(1),
        KeyCode::BackTab => view.select(-1),
        _ => {}
    }
    true
}

fn paused(view: &mut View, at: isize) {
    view.playing = false;
    view.seek(at);
}
