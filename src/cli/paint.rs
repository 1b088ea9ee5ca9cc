//! Tokens as the terminal views show them: in lines, and in as many colours as the terminal has.

use std::env;

use ratatui::{
    style::{Color, Style},
    text::{Line, Span},
};

/// Early to late, or little to much: 256-colour terminals' nearest to viridis.
const MANY: [u8; 8] = [61, 67, 67, 73, 72, 114, 149, 184];

/// The nearest that every terminal with colours has.
const FEW: [Color; 8] =
    [Color::Magenta, Color::Blue, Color::Blue, Color::Cyan, Color::Cyan, Color::Green, Color::Green, Color::Yellow];

/// Tokens one after the other, each in its style, broken into lines where they break.
pub fn lines<'a>(tokens: impl Iterator<Item = (String, Style)>) -> Vec<Line<'a>> {
    let mut lines = vec![Line::default()];
    for (form, style) in tokens {
        for (index, part) in form.split('\n').enumerate() {
            if index > 0 {
                lines.push(Line::default());
            }
            if let Some(line) = lines.last_mut() {
                line.push_span(Span::styled(part.to_owned(), style));
            }
        }
    }
    lines
}

/// How many colours there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    /// None, or none are wanted.
    #[default]
    None,
    /// The sixteen of old.
    Few,
    /// 256 or more.
    Many,
}

impl Colours {
    /// What the terminal says of itself, and its user by `NO_COLOR`.
    pub fn of_terminal() -> Self {
        let told = |name: &str| env::var(name).unwrap_or_default();
        Self::told(&told("NO_COLOR"), &told("COLORTERM"), &told("TERM"))
    }

    fn told(no_color: &str, colorterm: &str, term: &str) -> Self {
        match () {
            () if !no_color.is_empty() => Self::None,
            () if !colorterm.is_empty() || term.contains("256color") || term.contains("direct") => Self::Many,
            () => Self::Few,
        }
    }

    /// `style` in the colour of a share, from 0, early or little, to 1.
    pub fn shade(self, style: Style, share: f64) -> Style {
        let place = ((share.clamp(0.0, 1.0) * MANY.len() as f64) as usize).min(MANY.len() - 1);
        match self {
            Self::None => style,
            Self::Few => style.fg(FEW[place]),
            Self::Many => style.fg(Color::Indexed(MANY[place])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_those_that_the_terminal_has_and_its_user_wants() {
        assert_eq!(Colours::told("1", "truecolor", "xterm-256color"), Colours::None);
        assert_eq!(Colours::told("", "", "xterm-256color"), Colours::Many);
        assert_eq!(Colours::told("", "truecolor", "alacritty"), Colours::Many);
        assert_eq!(Colours::told("", "", "linux"), Colours::Few);
    }

    #[test]
    fn a_share_outside_its_range_has_the_colour_of_the_nearest() {
        let shade = |share| Colours::Many.shade(Style::new(), share).fg;
        assert_eq!((shade(-1.0), shade(9.0)), (shade(0.0), shade(1.0)));
        assert_ne!(shade(0.0), shade(1.0));
        assert_eq!(Colours::None.shade(Style::new(), 0.5), Style::new());
    }
}
