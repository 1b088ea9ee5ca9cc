//! Tokens as the terminal views show them: in lines, and in as many colours as the terminal has.

use std::env;

use ratatui::{
    style::{Color, Style},
    text::{Line, Span},
};

/// Early to late, or little to much: 256-colour terminals' nearest to viridis.
const MANY: [u8; 8] = [61, 67, 67, 73, 72, 114, 149, 184];

/// The same way in steps that no eye sees, where a terminal has all colours.
const FULL: [[u8; 3]; 7] =
    [[95, 95, 175], [95, 135, 175], [95, 175, 175], [95, 175, 135], [135, 215, 135], [175, 215, 95], [215, 215, 0]];

/// The nearest that every terminal with colours has.
const FEW: [Color; 8] =
    [Color::Magenta, Color::Blue, Color::Blue, Color::Cyan, Color::Cyan, Color::Green, Color::Green, Color::Yellow];

/// Characters that are cut into several tokens, put together again with the first of them: what a tokenizer tells of such a
/// token alone is `\xNN` for each byte.
pub fn whole_characters(mut forms: Vec<String>) -> Vec<String> {
    let mut at = 0;
    while at < forms.len() {
        let mut bytes = vec![];
        let mut end = at;
        // A character has four bytes at most; a token may hold the end of one and the beginning of the next.
        while let Some(more) = forms.get(end).and_then(|form| escaped(form)) {
            bytes.extend(more);
            end += 1;
            if let Ok(text) = str::from_utf8(&bytes) {
                forms[at] = text.to_owned();
                forms[at + 1..end].iter_mut().for_each(String::clear);
                break;
            }
        }
        at = end.max(at + 1);
    }
    forms
}

/// The bytes of a form that is all `\xNN`.
fn escaped(form: &str) -> Option<Vec<u8>> {
    let (bytes, rest) = form.as_bytes().as_chunks::<4>();
    let byte = |chunk: &[u8; 4]| match chunk {
        [b'\\', b'x', digits @ ..] => u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok(),
        _ => None,
    };
    if bytes.is_empty() || !rest.is_empty() { None } else { bytes.iter().map(byte).collect() }
}

/// Tokens one after the other, each in its style, broken into lines where they break.
pub fn lines<'a>(tokens: impl Iterator<Item = (String, Style)>) -> Vec<Line<'a>> {
    let mut lines = vec![Line::default()];
    for (form, style) in tokens {
        for (index, part) in form.split('\n').enumerate() {
            if index > 0 {
                lines.push(Line::default());
            }
            let Some(line) = lines.last_mut() else { continue };
            // What combines with the sign before it is drawn with it, whichever token it came in.
            let mut own = part;
            if let Some(last) = line.spans.last_mut() {
                let signs = part.chars().take_while(|sign| Span::raw(sign.to_string()).width() == 0);
                let (combining, rest) = part.split_at(signs.map(char::len_utf8).sum());
                last.content.to_mut().push_str(combining);
                own = rest;
            }
            if !own.is_empty() {
                line.push_span(Span::styled(own.to_owned(), style));
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
    /// 256.
    Many,
    /// All.
    Full,
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
            () if ["truecolor", "24bit"].contains(&colorterm) || term.contains("direct") => Self::Full,
            () if !colorterm.is_empty() || term.contains("256color") => Self::Many,
            () => Self::Few,
        }
    }

    /// `style` in the colour of a share, from 0, early or little, to 1.
    pub fn shade(self, style: Style, share: f64) -> Style {
        let share = share.clamp(0.0, 1.0);
        let place = ((share * MANY.len() as f64) as usize).min(MANY.len() - 1);
        match self {
            Self::None => style,
            Self::Few => style.fg(FEW[place]),
            Self::Many => style.fg(Color::Indexed(MANY[place])),
            Self::Full => {
                let way = share * (FULL.len() - 1) as f64;
                let from = (way as usize).min(FULL.len() - 2);
                let between = |part: usize| {
                    let [one, other] = [FULL[from][part], FULL[from + 1][part]].map(f64::from);
                    (one + (other - one) * (way - from as f64)).round() as u8
                };
                style.fg(Color::Rgb(between(0), between(1), between(2)))
            }
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
        assert_eq!(Colours::told("", "truecolor", "alacritty"), Colours::Full);
        assert_eq!(Colours::told("", "yes", "alacritty"), Colours::Many);
        assert_eq!(Colours::told("", "", "linux"), Colours::Few);
    }

    #[test]
    fn characters_that_are_cut_are_put_together() {
        let told = |forms: &[&str]| whole_characters(forms.iter().map(|&form| form.to_owned()).collect());
        assert_eq!(told(&["a", "\\xE6\\x97", "\\xA5", "b"]), ["a", "日", "", "b"]);
        assert_eq!(told(&["\\xC3", "\\xA9\\xC3", "\\xA9"]), ["éé", "", ""]);
        // A part whose rest is still masked stays as it is, and so does what only looks like one.
        assert_eq!(told(&["\\xE6", "░", "\\xA5"]), ["\\xE6", "░", "\\xA5"]);
        assert_eq!(told(&["\\x", "\\xzz", ""]), ["\\x", "\\xzz", ""]);
    }

    #[test]
    fn what_combines_is_drawn_with_the_sign_before_it() {
        let tokens = ["e", "\u{301}a", "日", "\n\u{301}", ""].map(|form| (form.to_owned(), Style::new()));
        let lines = lines(tokens.into_iter());
        let spans: Vec<&str> = lines[0].spans.iter().map(|span| &*span.content).collect();
        assert_eq!((spans, lines[0].width()), (vec!["e\u{301}", "a", "日"], 4));
        assert_eq!(lines[1].spans.len(), 1); // nothing stands before it
    }

    #[test]
    fn a_share_outside_its_range_has_the_colour_of_the_nearest() {
        let shade = |share| Colours::Many.shade(Style::new(), share).fg;
        assert_eq!((shade(-1.0), shade(9.0)), (shade(0.0), shade(1.0)));
        assert_ne!(shade(0.0), shade(1.0));
        let full = |share| Colours::Full.shade(Style::new(), share).fg;
        assert_eq!((full(-1.0), full(9.0)), (full(0.0), Some(Color::Rgb(215, 215, 0))));
        assert_eq!(full(0.25), Some(Color::Rgb(95, 155, 175))); // half way between the second and the third
        assert_eq!(Colours::None.shade(Style::new(), 0.5), Style::new());
    }
}
