//! The live terminal view: drawn in place, so that the last picture stays in the scroll-back.

mod panel;

use std::{
    process::ExitCode,
    sync::mpsc::RecvTimeoutError,
    time::{Duration, Instant},
};

use crossterm::event::{self, Event as Input, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::layout::{Constraint, Layout, Rect};

use super::{
    STOPPED,
    paint::Colours,
    print::harmless,
    run::{self, Event, Opened, Request, Summary, Total},
    screen::Screen,
};
use panel::{Look, Panel};

/// Rows of the view, of each panel where they stand one under the other, and columns that a panel beside others needs.
const ROWS: u16 = 20;
const STACKED_ROWS: u16 = 12;
const COLUMNS: u16 = 36;

/// The least time a frame stays: a fast GPU is done before the eye has seen anything.
const FRAME_TIME: Duration = Duration::from_millis(60);

/// What was shown.
pub struct Shown {
    pub code: ExitCode,
    /// The runs, in the end.
    pub done: Vec<Summary>,
}

/// Shows runs until they end or the user stops them: each where each has its own calls, else the first of a batch.
pub fn show(request: Request) -> anyhow::Result<Shown> {
    let (all, several) = (!request.together, request.runs.len() > 1);
    // Graphics drivers may print while the model is opened; the view begins after that.
    let mut running = run::spawn(request)?;
    let mut view = View { colours: Colours::of_terminal(), all, ..View::default() };
    match running.next() {
        Some(Event::Failed(error)) => return Err(error),
        Some(event) => view.take(event),
        None => anyhow::bail!(run::NO_END),
    }
    let mut screen = Screen::open(view.rows(crossterm::terminal::size().map_or(80, |(columns, _)| columns)))?;
    screen.draw(|frame| view.draw(frame));
    let mut shown = Instant::now();
    let outcome = loop {
        if stop_wanted()? && running.stop() {
            screen.close();
            std::process::exit(STOPPED.into()); // asked twice: not even the call it is in is waited for
        }
        if running.stopping() && !view.stopped {
            view.stopped = true; // the runs end after the call they are in
            screen.draw(|frame| view.draw(frame));
        }
        match running.next_within(Duration::from_millis(20)) {
            Ok(Event::Failed(error)) => break Err(error),
            Ok(event) => {
                // The last panel's frame closes a round.
                let paced = matches!(event, Event::Frame { run, .. } if view.is_last(run));
                let waited = shown.elapsed();
                if paced && waited < FRAME_TIME && !view.stopped {
                    std::thread::sleep(FRAME_TIME - waited);
                }
                view.take(event);
                screen.draw(|frame| view.draw(frame));
                if paced {
                    shown = Instant::now();
                }
                if let Some(total) = &view.total {
                    break Ok(if total.stopped { ExitCode::from(STOPPED) } else { ExitCode::SUCCESS });
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break Err(anyhow::anyhow!(run::NO_END)),
        }
    };
    let (width, rows) = screen.size();
    screen.close();
    let code = outcome?;
    if several && !all {
        for summary in &view.done {
            println!("--- seed {}\n{}", summary.seed(), harmless(&summary.text));
        }
        if let Some(total) = &view.total {
            println!("{total}");
        }
    } else if let (Some(summary), false, false) = (view.done.first(), several, view.fits(width, rows)) {
        println!("{}", harmless(&summary.text));
    }
    Ok(Shown { code, done: view.done })
}

/// Whether the user has pressed `q`, Esc or Ctrl-C.
fn stop_wanted() -> anyhow::Result<bool> {
    while event::poll(Duration::ZERO)? {
        if let Input::Key(key) = event::read()? {
            let control_c = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
            if key.kind == KeyEventKind::Press && (control_c || matches!(key.code, KeyCode::Char('q') | KeyCode::Esc)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Everything that is drawn.
#[derive(Default)]
struct View {
    opened: Option<Box<Opened>>,
    /// Whether every run has its panel, or the first of a batch alone.
    all: bool,
    panels: Vec<Panel>,
    warning: Option<String>,
    done: Vec<Summary>,
    total: Option<Total>,
    stopped: bool,
    colours: Colours,
}

impl View {
    fn take(&mut self, event: Event) {
        match event {
            Event::Opened(opened) => {
                let shown = if self.all { opened.runs.len() } else { 1 };
                self.panels = opened.runs.iter().take(shown).cloned().map(Panel::new).collect();
                self.opened = Some(opened);
            }
            Event::Warning(text) => self.warning = Some(text),
            Event::Frame { run, frame, milliseconds } => {
                let first = self.opened.as_ref().map_or(0, |opened| opened.first);
                if let Some(panel) = self.panels.get_mut(run - first) {
                    panel.take(frame, milliseconds);
                }
            }
            Event::Done(summary) => self.done.push(*summary),
            Event::Finished(total) => self.total = Some(total),
            Event::Failed(_) => {}
        }
    }

    /// Whether a run has the last panel.
    fn is_last(&self, run: usize) -> bool {
        self.opened.as_ref().is_some_and(|opened| run + 1 == opened.first + self.panels.len())
    }

    fn draw(&self, screen: &mut ratatui::Frame<'_>) {
        let Some(opened) = &self.opened else { return };
        // One scale for all, so that bars can be compared.
        let most = self.panels.iter().map(Panel::most).max().unwrap_or(0).max(4);
        let look = Look { colours: self.colours, opened, most };
        let area = screen.area();
        for (panel, area) in self.panels.iter().zip(self.areas(area)) {
            panel.draw(screen, area, &look, [self.head(panel, opened), self.foot(panel, opened)]);
        }
    }

    /// Rows that the view wants in a terminal of so many columns.
    fn rows(&self, columns: u16) -> u16 {
        if self.beside(columns) { ROWS } else { STACKED_ROWS * self.panels.len() as u16 }
    }

    fn beside(&self, columns: u16) -> bool {
        self.panels.len() < 2 || columns / self.panels.len() as u16 >= COLUMNS
    }

    fn areas(&self, area: Rect) -> Vec<Rect> {
        let shares = vec![Constraint::Fill(1); self.panels.len()];
        let layout =
            if self.beside(area.width) { Layout::horizontal(shares).spacing(2) } else { Layout::vertical(shares) };
        layout.split(area).to_vec()
    }

    /// Whether the whole text can be seen in a view of this size.
    fn fits(&self, columns: u16, rows: u16) -> bool {
        let areas = self.areas(Rect::new(0, 0, columns, rows));
        let Some(opened) = &self.opened else { return true };
        self.panels.iter().zip(areas).all(|(panel, area)| panel.fits(area, opened))
    }

    fn head(&self, panel: &Panel, opened: &Opened) -> String {
        if self.panels.len() > 1 {
            return panel.settings();
        }
        let batch = opened.first + 1..=opened.first + opened.runs.len();
        let among = match opened.of {
            1 => String::new(),
            of => format!(" · the first of runs {} to {} of {of}", batch.start(), batch.end()),
        };
        format!("{} · {}: {}{among}", panel.settings(), opened.runs[0].header.device, opened.why)
    }

    fn foot(&self, panel: &Panel, opened: &Opened) -> String {
        let single = self.panels.len() < 2;
        match &self.total {
            Some(total) if single => total.to_string(),
            _ => {
                let warning = self.warning.as_ref().map(|text| format!(" · {text}")).unwrap_or_default();
                let device = if single { String::new() } else { format!(" on {}", opened.runs[0].header.device) };
                let state = match (self.stopped, &self.total) {
                    (false, _) => "call",
                    (true, None) => "stopping after call",
                    (true, Some(_)) => "stopped after call",
                };
                format!("{}{device}{warning}", panel.numbers(state))
            }
        }
    }
}

#[cfg(test)]
mod tests;
