//! The live terminal view: drawn in place, so that the last picture stays in the scroll-back.

use std::{
    process::ExitCode,
    sync::{atomic::Ordering, mpsc::RecvTimeoutError},
    time::{Duration, Instant},
};

use crossterm::event::{self, Event as Input, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::{
    layout::{Constraint, Layout, Rect},
    style::{Modifier, Style},
    text::Line,
    widgets::{Paragraph, Sparkline, Wrap},
};
use unmask::{sampler::Frame, text::MASK_SIGN};

use super::{
    paint::{Colours, lines},
    run::{self, Event, Opened, Request, Summary, count},
    screen::Screen,
};

/// Rows of the view, and the least time a frame stays: a fast GPU is done before the eye has seen anything.
const ROWS: u16 = 20;
const FRAME_TIME: Duration = Duration::from_millis(60);

/// Shows a run until it ends or the user stops it.
pub fn show(request: Request) -> anyhow::Result<ExitCode> {
    // Graphics drivers may print while the model is opened; the view begins after that.
    let (events, stop) = run::spawn(request)?;
    let mut view = View { colours: Colours::of_terminal(), ..View::default() };
    match events.recv() {
        Ok(Event::Failed(error)) => return Err(error),
        Ok(event) => view.take(event),
        Err(_) => anyhow::bail!(run::NO_END),
    }
    let mut screen = Screen::open(ROWS)?;
    screen.draw(|frame| view.draw(frame));
    let mut shown = Instant::now();
    let outcome = loop {
        if stop_wanted()? && stop.swap(true, Ordering::Relaxed) {
            break Ok(ExitCode::from(run::STOPPED)); // asked twice: not even the call it is in is waited for
        }
        if stop.load(Ordering::Relaxed) && !view.stopped {
            view.stopped = true; // the run ends after the call it is in
            screen.draw(|frame| view.draw(frame));
        }
        match events.recv_timeout(Duration::from_millis(20)) {
            Ok(Event::Failed(error)) => break Err(error),
            Ok(event) => {
                let waited = shown.elapsed();
                if matches!(event, Event::Frame { .. }) && waited < FRAME_TIME && !view.stopped {
                    std::thread::sleep(FRAME_TIME - waited);
                }
                view.take(event);
                screen.draw(|frame| view.draw(frame));
                shown = Instant::now();
                if let Some(summary) = &view.summary {
                    break Ok(if summary.stopped { ExitCode::from(run::STOPPED) } else { ExitCode::SUCCESS });
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break Err(anyhow::anyhow!(run::NO_END)),
        }
    };
    let (width, rows) = screen.size();
    screen.close();
    if let Some(summary) = view.summary.as_ref().filter(|_| !view.fits(width, rows)) {
        println!("{}", summary.text);
    }
    outcome
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
    frame: Option<Frame>,
    /// The call that revealed each position; 0 for the prompt and while masked.
    steps: Vec<u32>,
    sizes: Vec<u64>,
    milliseconds: f64,
    warning: Option<String>,
    summary: Option<Summary>,
    stopped: bool,
    colours: Colours,
}

impl View {
    fn take(&mut self, event: Event) {
        match event {
            Event::Opened(opened) => self.opened = Some(opened),
            Event::Warning(text) => self.warning = Some(text),
            Event::Frame { frame, milliseconds } => {
                self.steps.resize(frame.tokens.len(), 0);
                for reveal in &frame.revealed {
                    self.steps[reveal.position as usize] = frame.step;
                }
                for &position in &frame.remasked {
                    self.steps[position as usize] = 0;
                }
                if frame.step > 0 {
                    self.sizes.push(frame.revealed.len() as u64);
                }
                self.milliseconds += milliseconds;
                self.frame = Some(frame);
            }
            Event::Finished(summary) => self.summary = Some(summary),
            Event::Failed(_) => {}
        }
    }

    fn draw(&self, screen: &mut ratatui::Frame<'_>) {
        let [head, text, bars, foot] = areas(screen.area());
        screen.render_widget(Paragraph::new(self.head()).wrap(Wrap { trim: true }), head);
        screen.render_widget(Paragraph::new(self.text()).wrap(Wrap { trim: false }), text);
        let most = self.sizes.iter().max().copied().unwrap_or(1).max(4);
        let style = self.colours.shade(Style::new(), 0.5);
        screen.render_widget(Sparkline::default().data(&self.sizes).max(most).style(style), bars);
        screen.render_widget(Paragraph::new(self.foot()).wrap(Wrap { trim: true }), foot);
    }

    /// Whether the whole text can be seen in a view of this size. Words wrap early, so a line is not counted as full.
    fn fits(&self, columns: u16, rows: u16) -> bool {
        let [_, area, ..] = areas(Rect::new(0, 0, columns, rows));
        let usable = (usize::from(columns) * 4 / 5).max(1);
        let lines: usize = self.text().iter().map(|line| line.width().div_ceil(usable).max(1)).sum();
        lines <= usize::from(area.height)
    }

    fn head(&self) -> String {
        match &self.opened {
            None => String::new(),
            Some(opened) => format!("{} · {}: {}", opened.settings(" · "), opened.header.device, opened.why),
        }
    }

    fn foot(&self) -> String {
        if let Some(summary) = &self.summary {
            return summary.to_string();
        }
        let Some(opened) = &self.opened else { return String::new() };
        let calls = self.sizes.len();
        let last = count(self.sizes.last().map_or(0, |&size| size as usize), "token");
        let again = self.frame.as_ref().map_or(0, |frame| frame.remasked.len());
        let again = if again > 0 { format!(", {again} masked again") } else { String::new() };
        let revealed = self.steps.iter().filter(|&&step| step > 0).count();
        let each = self.milliseconds / calls.max(1) as f64;
        let state = if self.stopped { "stopping after call" } else { "call" };
        let warning = self.warning.as_ref().map(|text| format!(" · {text}")).unwrap_or_default();
        let most = if opened.open_ended() { "at most " } else { "" };
        let planned = opened.calls;
        format!(
            "{state} {calls} of {most}{planned} · {last}{again} · {revealed} revealed · {each:.1} ms a call{warning}"
        )
    }

    /// The text as it stands, token by token.
    fn text(&self) -> Vec<Line<'_>> {
        let (Some(opened), Some(frame)) = (&self.opened, &self.frame) else { return vec![] };
        // Where nobody knows how many calls there will be, the colours are spread over those that were made.
        let calls = if opened.open_ended() { frame.step as usize } else { opened.calls };
        lines(frame.tokens.iter().zip(&self.steps).map(|(&token, &step)| {
            if token == opened.mask_id {
                return (format!(" {MASK_SIGN}{MASK_SIGN}"), Style::new().add_modifier(Modifier::DIM));
            }
            (opened.forms.get(token as usize).cloned().unwrap_or_default(), self.style(step, frame.step, calls))
        }))
    }

    fn style(&self, step: u32, now: u32, calls: usize) -> Style {
        match step {
            0 => Style::new().add_modifier(Modifier::UNDERLINED), // the prompt
            _ if step == now => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            _ => self.colours.shade(Style::new(), f64::from(step - 1) / calls.max(1) as f64),
        }
    }
}

/// Head, text, bars and foot of a view.
fn areas(view: Rect) -> [Rect; 4] {
    Layout::vertical([Constraint::Length(2), Constraint::Min(3), Constraint::Length(4), Constraint::Length(2)])
        .areas(view)
}

#[cfg(test)]
mod tests;
