//! What a replay shows: one frame of a trace, the sizes of all calls, and the cell that is looked at.

use ratatui::{
    layout::{Constraint, Layout},
    style::{Modifier, Style},
    text::Line,
    widgets::{Paragraph, Sparkline, Wrap},
};
use unmask::{denoiser::Prediction, text::MASK_SIGN, trace::Trace};

use super::ColourBy;
use crate::cli::{
    paint::{Colours, lines, whole_characters},
    run::count,
};

/// The entropy that has the last colour, in nats.
const MOST_ENTROPY: f32 = 4.0;

/// A trace, and what is shown of it.
pub struct View {
    trace: Trace,
    pub colours: Colours,
    pub by: ColourBy,
    /// Frames a second.
    pub speed: f64,
    pub playing: bool,
    at: usize,
    cell: Option<usize>,
}

impl View {
    pub fn new(trace: Trace, colours: Colours, by: ColourBy, speed: f64) -> Self {
        Self { trace, colours, by, speed, playing: true, at: 0, cell: None }
    }

    /// The number of the last call.
    pub fn last(&self) -> usize {
        self.trace.frames.len().saturating_sub(1)
    }

    pub fn at(&self) -> usize {
        self.at
    }

    /// Shows the frame after call `at`, or the nearest that there is.
    pub fn seek(&mut self, at: isize) {
        self.at = at.clamp(0, self.last() as isize) as usize;
        if self.at == self.last() {
            self.playing = false;
        }
    }

    /// Looks at the cell that lies so many cells on.
    pub fn select(&mut self, by: isize) {
        let length = self.trace.header.length as isize;
        let from = self.cell.map_or(if by > 0 { -1 } else { 0 }, |cell| cell as isize);
        self.cell = (length > 0).then(|| (from + by).rem_euclid(length) as usize);
    }

    /// The text after the call that is shown.
    pub fn plain(&self) -> String {
        let Some(frame) = self.trace.frames.get(self.at) else { return String::new() };
        whole_characters(frame.tokens.iter().map(|&token| self.form(token)).collect()).concat()
    }

    pub fn draw(&self, screen: &mut ratatui::Frame<'_>) {
        let parts = [2, 3, 4, 4].map(|rows| if rows == 3 { Constraint::Min(3) } else { Constraint::Length(rows) });
        let [head, text, bars, foot] = Layout::vertical(parts).areas(screen.area());
        screen.render_widget(Paragraph::new(self.head()).wrap(Wrap { trim: true }), head);
        screen.render_widget(Paragraph::new(self.text()).wrap(Wrap { trim: false }), text);
        let sizes: Vec<u64> = self.trace.frames.iter().skip(1).map(|frame| frame.revealed.len() as u64).collect();
        let most = sizes.iter().max().copied().unwrap_or(1).max(4);
        let shown = &sizes[..self.at.min(sizes.len())];
        let style = self.colours.shade(Style::new(), 0.5);
        screen.render_widget(Sparkline::default().data(shown).max(most).style(style), bars);
        screen.render_widget(Paragraph::new(self.foot()).wrap(Wrap { trim: true }), foot);
    }

    fn head(&self) -> String {
        let header = &self.trace.header;
        let mut words = header.told(false);
        words.push(header.device.clone());
        let cut = self.trace.frames.last().is_some_and(|frame| frame.tokens.contains(&header.mask));
        if cut {
            let how = if self.trace.stopped { "stopped" } else { "broken off" };
            words.push(format!("{how} after call {}", self.last()));
        }
        words.join(" · ")
    }

    fn foot(&self) -> String {
        let (at, last) = (self.at, self.last());
        let size = self.trace.frames.get(at).map_or(0, |frame| frame.revealed.len());
        let state = if self.playing { "playing" } else { "paused" };
        let cell = self.cell.map_or_else(|| "Tab looks at a cell".to_owned(), |cell| self.told(cell));
        format!(
            "call {at} of {last} · {} · {state}, {} frames a second · colour by {}\n{cell}\n\
             q leave, space play, ←→ call, Home End, +- speed, c colour, Tab cell",
            count(size, "token"),
            self.speed,
            self.by,
        )
    }

    /// What the model said of a cell.
    fn told(&self, cell: usize) -> String {
        let frame = &self.trace.frames[self.at];
        let token = frame.tokens[cell];
        let Some((call, said)) = self.said(cell) else {
            let known = if token == self.trace.header.mask { "masked" } else { "given" };
            return format!("position {cell}: {:?}, {known}", self.form(token));
        };
        let guesses = said.top.iter().filter(|guess| guess.1 > 0.0);
        let guesses: Vec<_> = guesses.map(|&(token, share)| format!("{:?} {share:.2}", self.form(token))).collect();
        let state = if token == self.trace.header.mask {
            "masked".to_owned()
        } else {
            format!("{:?}, revealed in call {call} with probability {:.2}", self.form(token), said.log_prob.exp())
        };
        format!("position {cell}: {state}; entropy {:.2} nats; guesses {}", said.entropy, guesses.join(", "))
    }

    /// The call that revealed a cell, or the one shown where it is masked, and what it said of it.
    fn said(&self, cell: usize) -> Option<(usize, &Prediction)> {
        let masked = self.trace.frames[self.at].tokens[cell] == self.trace.header.mask;
        let call = if masked { self.at } else { self.step(cell)? };
        let predictions = &self.trace.frames[call].predictions;
        Some((call, predictions.iter().find(|one| one.position as usize == cell)?))
    }

    /// The call that revealed a cell, if one did.
    fn step(&self, cell: usize) -> Option<usize> {
        let reveals = |at: &usize| self.trace.frames[*at].revealed.iter().any(|one| one.position as usize == cell);
        (1..=self.at).rev().find(reveals)
    }

    fn form(&self, token: u32) -> String {
        if token == self.trace.header.mask {
            return MASK_SIGN.to_string();
        }
        self.trace.header.vocabulary.get(token as usize).cloned().unwrap_or_default()
    }

    fn text(&self) -> Vec<Line<'_>> {
        let Some(frame) = self.trace.frames.get(self.at) else { return vec![] };
        let masked = |token: u32| token == self.trace.header.mask;
        let forms = frame
            .tokens
            .iter()
            .map(|&token| if masked(token) { format!(" {MASK_SIGN}{MASK_SIGN}") } else { self.form(token) });
        let styles = frame.tokens.iter().enumerate().map(|(cell, &token)| self.style(cell, masked(token)));
        lines(whole_characters(forms.collect()).into_iter().zip(styles))
    }

    fn style(&self, cell: usize, masked: bool) -> Style {
        let style = match (self.by, self.step(cell)) {
            _ if masked => Style::new().add_modifier(Modifier::DIM),
            (_, None) => Style::new().add_modifier(Modifier::UNDERLINED), // given
            (ColourBy::None, _) => Style::new(),
            (ColourBy::Step, Some(call)) => {
                self.colours.shade(Style::new(), (call - 1) as f64 / self.last().max(1) as f64)
            }
            (by, Some(_)) => match (by, self.said(cell)) {
                (ColourBy::Confidence, Some((_, said))) => {
                    self.colours.shade(Style::new(), f64::from(said.log_prob.exp()))
                }
                (_, Some((_, said))) => self.colours.shade(Style::new(), f64::from(said.entropy / MOST_ENTROPY)),
                (_, None) => Style::new(),
            },
        };
        match (self.step(cell) == Some(self.at) && self.at > 0, self.cell == Some(cell)) {
            (_, true) => style.add_modifier(Modifier::REVERSED | Modifier::UNDERLINED),
            (true, false) => style.add_modifier(Modifier::REVERSED | Modifier::BOLD),
            (false, false) => style,
        }
    }
}

#[cfg(test)]
mod tests;
