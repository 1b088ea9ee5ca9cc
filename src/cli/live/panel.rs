//! One run as it is shown: its text, a bar for each call, and numbers.

use ratatui::{
    layout::{Constraint, Layout, Rect},
    style::{Modifier, Style},
    text::Line,
    widgets::{Paragraph, Sparkline, Wrap},
};
use unmask::{sampler::Frame, text::MASK_SIGN};

use crate::cli::{
    paint::{Colours, lines, whole_characters},
    run::{Opened, Opening, count},
};

/// What all panels are drawn by.
pub struct Look<'a> {
    pub colours: Colours,
    pub opened: &'a Opened,
    pub most: u64,
}

/// What is drawn of a run.
pub struct Panel {
    opening: Opening,
    frame: Frame,
    /// The call that revealed each position; 0 for what was given and while masked.
    steps: Vec<u32>,
    sizes: Vec<u64>,
    milliseconds: f64,
}

impl Panel {
    pub fn new(opening: Opening) -> Self {
        Self { opening, frame: Frame::default(), steps: vec![], sizes: vec![], milliseconds: 0.0 }
    }

    pub fn take(&mut self, frame: Frame, milliseconds: f64) {
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
        self.frame = frame;
    }

    /// The most that a call has revealed.
    pub fn most(&self) -> u64 {
        self.sizes.iter().max().copied().unwrap_or(0)
    }

    /// Draws it under `head`, over `foot`; a bar for `most` tokens is as high as there is room.
    pub fn draw(&self, screen: &mut ratatui::Frame<'_>, area: Rect, look: &Look<'_>, [head, foot]: [String; 2]) {
        let &Look { colours, opened, most } = look;
        let [top, middle, bars, bottom] = areas(area);
        screen.render_widget(Paragraph::new(head).wrap(Wrap { trim: true }), top);
        screen.render_widget(Paragraph::new(self.text(colours, opened)).wrap(Wrap { trim: false }), middle);
        let style = colours.shade(Style::new(), 0.5);
        screen.render_widget(Sparkline::default().data(&self.sizes).max(most).style(style), bars);
        screen.render_widget(Paragraph::new(foot).wrap(Wrap { trim: true }), bottom);
    }

    /// Whether the whole text can be seen in an area. Words wrap early, so a line is not counted as full.
    pub fn fits(&self, area: Rect, opened: &Opened) -> bool {
        let [_, middle, ..] = areas(area);
        let usable = (usize::from(area.width) * 4 / 5).max(1);
        let text = self.text(Colours::None, opened);
        let lines: usize = text.iter().map(|line| line.width().div_ceil(usable).max(1)).sum();
        lines <= usize::from(middle.height)
    }

    /// The settings in words.
    pub fn settings(&self) -> String {
        self.opening.settings(" · ")
    }

    /// How far it is, after the word for that.
    pub fn numbers(&self, state: &str) -> String {
        let calls = self.sizes.len();
        let last = count(self.sizes.last().map_or(0, |&size| size as usize), "token");
        let again = self.frame.remasked.len();
        let again = if again > 0 { format!(", {again} masked again") } else { String::new() };
        let revealed = self.steps.iter().filter(|&&step| step > 0).count();
        let each = self.milliseconds / calls.max(1) as f64;
        let most = if self.opening.open_ended() { "at most " } else { "" };
        let planned = self.opening.calls;
        format!("{state} {calls} of {most}{planned} · {last}{again} · {revealed} revealed · {each:.1} ms a call")
    }

    /// The text as it stands, token by token.
    fn text(&self, colours: Colours, opened: &Opened) -> Vec<Line<'static>> {
        // Where nobody knows how many calls there will be, the colours are spread over those that were made.
        let now = self.frame.step;
        let calls = if self.opening.open_ended() { now as usize } else { self.opening.calls };
        let forms = self.frame.tokens.iter().map(|&token| {
            let form = || opened.forms.get(token as usize).cloned().unwrap_or_default();
            if token == opened.mask_id { format!(" {MASK_SIGN}{MASK_SIGN}") } else { form() }
        });
        let styles = self.frame.tokens.iter().zip(&self.steps).map(|(&token, &step)| match step {
            _ if token == opened.mask_id => Style::new().add_modifier(Modifier::DIM),
            0 => Style::new().add_modifier(Modifier::UNDERLINED), // given
            _ if step == now => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
            _ => colours.shade(Style::new(), f64::from(step - 1) / calls.max(1) as f64),
        });
        lines(whole_characters(forms.collect()).into_iter().zip(styles))
    }
}

/// Head, text, bars and foot of a panel.
fn areas(area: Rect) -> [Rect; 4] {
    Layout::vertical([Constraint::Length(2), Constraint::Min(3), Constraint::Length(4), Constraint::Length(2)])
        .areas(area)
}
