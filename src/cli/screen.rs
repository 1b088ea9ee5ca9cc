//! The terminal, taken over for as long as a view is shown, which is drawn in place: the last picture stays.

use std::{
    io::{self, IsTerminal, Stdout},
    process,
};

use super::STOPPED;
use anyhow::Context;
use crossterm::{
    execute,
    terminal::{self, BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use ratatui::{Frame, Terminal, TerminalOptions, Viewport, backend::CrosstermBackend};

/// Raw mode for as long as this lives, also through an error or a panic.
struct RawMode;

impl Drop for RawMode {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ = terminal::disable_raw_mode();
    }
}

/// Calls `asked` at Ctrl-C, where the terminal is not taken over, and whenever the system asks the program to end. Where the
/// terminal itself has gone away the program ends at once: who waits for a key of it would wait for ever.
///
/// # Errors
/// When signals cannot be listened to.
pub fn on_request_to_end(mut asked: impl FnMut() + Send + 'static) -> anyhow::Result<()> {
    let terminal = io::stdout().is_terminal();
    let heard = move || {
        if terminal && !io::stdout().is_terminal() {
            process::exit(STOPPED.into());
        }
        asked();
    };
    ctrlc::set_handler(heard).context("Ctrl-C cannot be listened to")
}

/// A view's place in the terminal.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    rows: u16,
    raw: RawMode,
}

impl Screen {
    /// Takes the terminal over, and `rows` of it or as many as there are.
    ///
    /// # Errors
    /// When the terminal does not do what is asked; --plain does without.
    pub fn open(rows: u16) -> anyhow::Result<Self> {
        terminal::enable_raw_mode().context("the terminal cannot be taken over; try --plain")?;
        let raw = RawMode;
        let rows = terminal::size().map_or(rows, |(_, there)| there.min(rows));
        let options = TerminalOptions { viewport: Viewport::Inline(rows) };
        let terminal = Terminal::with_options(CrosstermBackend::new(io::stdout()), options)
            .context("the terminal does not say where its cursor is; try --plain")?;
        Ok(Self { terminal, rows, raw })
    }

    /// Draws in one piece, where the terminal can. In a storm of resizes it may not say in time where its cursor is: that
    /// picture is lost, not the run.
    pub fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) {
        let _ = execute!(io::stdout(), BeginSynchronizedUpdate);
        let _ = self.terminal.draw(draw);
        let _ = execute!(io::stdout(), EndSynchronizedUpdate);
    }

    /// Columns and rows of the view.
    pub fn size(&self) -> (u16, u16) {
        (self.terminal.size().map_or(0, |size| size.width), self.rows)
    }

    /// Gives the terminal back, below the last picture.
    pub fn close(mut self) {
        // The cursor is where something changed last.
        let bottom = self.terminal.get_frame().area().bottom().saturating_sub(1);
        let _ = self.terminal.set_cursor_position((0, bottom));
        drop(self.raw);
        println!();
    }
}

/// What is drawn on a screen of memory: its rows as text, and all of it.
#[cfg(test)]
#[allow(clippy::unwrap_used)] // a test's
pub fn drawn(columns: u16, rows: u16, draw: impl FnOnce(&mut Frame<'_>)) -> (Vec<String>, ratatui::buffer::Buffer) {
    let mut terminal = Terminal::new(ratatui::backend::TestBackend::new(columns, rows)).unwrap();
    terminal.draw(draw).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let row = |y| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    ((0..rows).map(row).collect(), buffer)
}
