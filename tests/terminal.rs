//! The live views in a real terminal, that of tmux.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

/// A shell in a terminal.
struct Terminal {
    socket: String,
}

static TERMINALS: AtomicU32 = AtomicU32::new(0);

impl Terminal {
    fn open(columns: u32, rows: u32) -> Self {
        let number = TERMINALS.fetch_add(1, Ordering::Relaxed);
        let terminal = Self { socket: format!("unmask-{}-{number}", std::process::id()) };
        let size = [columns.to_string(), rows.to_string()];
        let shell = "env -u NO_COLOR -u COLORTERM PS1='$ ' sh";
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &size[0], "-y", &size[1], shell]);
        terminal.until("a prompt", |screen| screen.starts_with('$'));
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-u", "-L", &self.socket]).args(arguments).output();
        let output = output.expect("tmux; `cargo xtask setup` installs it");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// Runs `unmask` and prints its exit code after it.
    fn unmask(&self, before: &str, arguments: &str) {
        self.keys(&["clear", "Enter"]); // so that nothing is taken for what came before
        self.until("a clear screen", |screen| screen.trim_end() == "$");
        let line = format!("{before} {} {arguments}; echo code $?", env!("CARGO_BIN_EXE_unmask"));
        self.tmux(&["send-keys", "-l", &line]);
        self.keys(&["Enter"]);
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    fn until(&self, what: &str, found: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if found(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no {what} in:\n{screen}");
            thread::sleep(Duration::from_millis(30));
        }
    }

    /// Waits for a line.
    fn until_line(&self, wanted: &str) -> String {
        self.until(wanted, |screen| screen.lines().any(|line| line == wanted))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}

fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("unmask-terminal-{}-{name}", std::process::id()))
}

const RUN: &str = "generate --device cpu --length 40 --seed 3";

#[test]
fn a_run_is_shown_live_and_its_last_picture_stays() {
    let terminal = Terminal::open(100, 40);
    terminal.unmask("", &format!("{RUN} --steps 30"));
    let live = terminal.until("a call", |screen| screen.contains("call 3 of 30 · "));
    assert!(live.contains("adaptive-min · random · 30 steps") && live.contains('░'), "{live}");
    let last = terminal.until_line("code 0");
    assert!(last.contains("36 tokens in 30 calls") && !last.contains('░'), "{last}");
    assert!(last.lines().any(|line| line.starts_with("Once upon a time")), "{last}");
    assert!(last.contains('█'), "{last}");
    // The terminal is as it was: the shell hears, and shows what is typed.
    terminal.keys(&["echo heard", "Enter"]);
    terminal.until_line("heard");
}

#[test]
fn q_stops_a_run_within_a_call_and_its_trace_says_so() {
    let file = scratch("stopped.jsonl");
    let terminal = Terminal::open(100, 40);
    terminal.unmask("", &format!("generate --device cpu --seed 3 --steps 120 --trace {}", file.display()));
    terminal.until("a third call", |screen| screen.contains("call 3 of 120"));
    terminal.keys(&["q"]);
    let last = terminal.until_line("code 130");
    assert!(last.contains("stopped after") && last.contains('░'), "{last}");
    let text = fs::read_to_string(&file).unwrap();
    let trace = unmask::trace::read(text.as_bytes()).unwrap();
    assert!(trace.stopped && (4..100).contains(&trace.frames.len()), "{} frames", trace.frames.len());
    terminal.unmask("", &format!("replay {} --call 2", file.display()));
    let shown = terminal.until("the replay", |screen| screen.contains("call 2 of"));
    assert!(shown.contains(&format!("stopped after call {}", trace.frames.len() - 1)), "{shown}");
    fs::remove_file(file).unwrap();
}

#[test]
fn colours_are_those_of_the_terminal_and_none_where_none_are_wanted() {
    let terminal = Terminal::open(100, 40);
    let styled = |before: &str| {
        terminal.unmask(before, &format!("{RUN} --steps 6"));
        terminal.until_line("code 0");
        terminal.tmux(&["capture-pane", "-p", "-e"])
    };
    // The numbers of the colours in the text; the first sixteen are those of old.
    let colours = |screen: &str| -> Vec<u8> {
        let number = |part: &str| part.split('m').next().and_then(|number| number.parse().ok()).unwrap();
        screen.split("\x1b[38;5;").skip(1).map(number).collect()
    };
    let many = styled("TERM=xterm-256color");
    assert!(colours(&many).iter().any(|&colour| colour > 15), "{many:?}");
    let full = styled("COLORTERM=truecolor TERM=xterm-256color");
    assert!(full.contains("\x1b[38;2;"), "{full:?}");
    let few = styled("TERM=xterm");
    assert!(!colours(&few).is_empty() && colours(&few).iter().all(|&colour| colour < 16), "{few:?}");
    let none = styled("NO_COLOR=1 TERM=xterm-256color");
    assert!(colours(&none).is_empty() && none.contains("Once upon"), "{none:?}");
    let dumb = styled("TERM=dumb");
    assert!(!dumb.contains('\x1b') && dumb.contains("36 tokens in 6 calls"), "{dumb:?}");
}

#[test]
fn settings_are_compared_side_by_side_then_in_a_table() {
    let terminal = Terminal::open(110, 50);
    terminal.unmask("", "compare adaptive-min uniform 'p2 --steps 12' --device cpu --steps 8 --length 40 --seed 3");
    let live = terminal.until("a call", |screen| screen.contains("call 2 of 8"));
    let heads = live.lines().find(|line| line.contains("adaptive-min ·")).unwrap();
    assert!(heads.contains("uniform ·") && heads.contains("p2:eta=1 ·"), "{live}");
    let last = terminal.until_line("code 0");
    let row =
        |name: &str| last.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name} in {last}"));
    assert!(row("uniform ").contains("  4 to 5  "), "{last}");
    assert!(row("p2 --steps 12").split_whitespace().nth(4) == Some("12"), "{last}");
    assert!(last.contains("call 8 of 8"), "{last}");
    // A narrow terminal has them one under the other.
    let terminal = Terminal::open(50, 60);
    terminal.unmask("", "compare adaptive-min uniform --device cpu --steps 4 --length 30 --seed 3");
    let last = terminal.until_line("code 0");
    let beginnings = last.lines().filter(|line| line.starts_with("Once upon a time")).count();
    assert_eq!(beginnings, 2, "{last}");
}

#[test]
fn a_view_survives_changes_of_size() {
    let terminal = Terminal::open(100, 40);
    terminal.unmask("", "generate --device cpu --seed 3 --steps 60");
    for (columns, rows) in [("40", "20"), ("120", "50"), ("10", "5"), ("90", "30")] {
        terminal.until("a view", |screen| screen.contains('░') || screen.contains("code"));
        terminal.tmux(&["resize-window", "-x", columns, "-y", rows]);
        thread::sleep(Duration::from_millis(150));
    }
    let last = terminal.until("an end", |screen| screen.contains("code "));
    assert!(last.contains("code 0") && !last.contains("panicked"), "{last}");
}

#[test]
fn a_trace_is_replayed_by_keys() {
    let terminal = Terminal::open(100, 40);
    terminal.unmask("", "replay assets/traces/uniform.jsonl --speed 0.25");
    let at = |call: &str| terminal.until(call, |screen| screen.contains(&format!("call {call} of 32 · ")));
    at("0");
    terminal.keys(&["Right"]);
    terminal.keys(&["Right"]);
    assert!(at("2").contains("paused"));
    terminal.keys(&["End"]);
    assert!(!at("32").contains('░'));
    terminal.keys(&["Home"]);
    at("0");
    terminal.keys(&["Tab"]);
    terminal.until("a cell", |screen| screen.contains("position 0: \"Once\", given"));
    terminal.keys(&["c"]);
    terminal.until("a colour", |screen| screen.contains("colour by confidence"));
    terminal.keys(&["+"]);
    terminal.until("a speed", |screen| screen.contains("0.5 frames a second"));
    terminal.keys(&["q"]);
    terminal.until_line("code 0");
}

#[test]
fn a_replay_that_is_ended_from_outside_gives_the_terminal_back() {
    let terminal = Terminal::open(100, 40);
    terminal.unmask("", "replay assets/traces/uniform.jsonl --speed 0.25");
    terminal.until("the replay", |screen| screen.contains("call 0 of 32"));
    let pane: u32 = terminal.tmux(&["display-message", "-p", "#{pane_pid}"]).trim().parse().unwrap();
    let killed = Command::new("pkill").args(["-TERM", "-P", &pane.to_string(), "unmask"]).status().unwrap();
    assert!(killed.success());
    terminal.until_line("code 0");
    // What is typed is shown, and heard line by line.
    terminal.keys(&["clear; stty -a | tr ' ;' '\\n\\n' | grep -xc -e icanon -e echo", "Enter"]);
    terminal.until_line("2");
}

#[test]
fn a_view_whose_terminal_goes_away_ends() {
    for run in ["replay assets/traces/uniform.jsonl --speed 0.25", "generate --device cpu --seed 3 --steps 120"] {
        let file = scratch("pid");
        let terminal = Terminal::open(100, 40);
        // The shell's place is taken by the program, which then has its number.
        terminal.unmask(&format!("echo $$ > {}; exec", file.display()), run);
        terminal.until("a view", |screen| screen.contains('░'));
        let process = fs::read_to_string(&file).unwrap().trim().to_owned();
        fs::remove_file(file).unwrap();
        let alive = || Command::new("kill").args(["-0", &process]).output().unwrap().status.success();
        assert!(alive());
        drop(terminal);
        let begun = Instant::now();
        while alive() {
            assert!(begun.elapsed() < Duration::from_secs(10), "{run} goes on without a terminal");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn wide_and_combining_signs_take_their_columns() {
    let file = scratch("wide.jsonl");
    let header = r#"{"version":2,"model":"","tokenizer":"","prompt":"","length":6,"schedule":"uniform","order":"random",
        "steps":1,"temperature":1.0,"seed":1,"device":"cpu","mask":0,
        "vocabulary":["<mask>","日本","e","\u0301","\\xE2\\x9C","\\x93","|"]}"#;
    let frame = r#"{"step":0,"tokens":[1,2,3,4,5,6],"revealed":[],"predictions":[]}"#;
    fs::write(&file, format!("{}\n{frame}\n", header.replace("\n        ", ""))).unwrap();
    let terminal = Terminal::open(60, 30);
    terminal.unmask("", &format!("replay {}", file.display()));
    terminal.until("the text", |screen| screen.lines().any(|line| line == "日本e\u{301}✓|"));
    terminal.keys(&["q"]);
    terminal.until_line("code 0");
    fs::remove_file(file).unwrap();
}
