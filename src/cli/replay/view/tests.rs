//! The replay on a screen of memory.

use std::{fs::File, io::BufReader};

use ratatui::{buffer::Buffer, style::Color};
use unmask::trace;

use super::*;
use crate::cli::screen::drawn;

fn view() -> View {
    let file = File::open("assets/traces/adaptive-min.jsonl").unwrap();
    View::new(trace::read(BufReader::new(file)).unwrap(), Colours::Many, ColourBy::Step, 4.0)
}

fn screen(view: &View) -> (Vec<String>, Buffer) {
    drawn(100, 24, |frame| view.draw(frame))
}

#[test]
fn a_screen_is_golden() {
    let mut view = View::new(
        trace::read(&include_bytes!("golden/trace.jsonl")[..]).unwrap(),
        Colours::None,
        ColourBy::Entropy,
        2.0,
    );
    view.seek(1);
    view.select(3);
    assert_eq!(drawn(80, 16, |frame| view.draw(frame)).0.join("\n") + "\n", include_str!("golden/screen.txt"));
}

#[test]
fn a_frame_is_shown_with_its_call_and_its_keys() {
    let mut view = view();
    let (rows, buffer) = screen(&view);
    assert!(rows[0].starts_with("adaptive-min · random · 32 steps · temperature 1 · seed "), "{}", rows[0]);
    assert!(rows[2].starts_with("Once upon a time ░░ ░░"), "{}", rows[2]);
    assert!(buffer[(0, 2)].modifier.contains(Modifier::UNDERLINED));
    assert!(
        rows[20].starts_with("call 0 of 32 · 0 tokens · playing, 4 frames a second · colour by step"),
        "{}",
        rows[20]
    );
    view.seek(40);
    let (rows, buffer) = screen(&view);
    assert!(rows[20].starts_with("call 32 of 32 · ") && rows[20].contains("paused"), "{}", rows[20]);
    assert!(!rows.concat().contains('░'));
    assert!((0..100).any(|x| matches!(buffer[(x, 2)].fg, Color::Indexed(_))));
    assert!(rows[2].starts_with(view.plain().split('\n').next().unwrap().get(..40).unwrap()));
}

#[test]
fn a_cell_tells_what_the_model_said_of_it() {
    let mut view = view();
    view.select(1);
    assert!(view.foot().contains("position 0: \"Once\", given"), "{}", view.foot());
    view.select(4);
    assert!(
        view.foot().contains("position 4: \"░\", masked"),
        "before the first call nothing is known: {}",
        view.foot()
    );
    view.seek(1);
    assert!(view.foot().contains("position 4: masked; entropy ") || view.foot().contains("revealed in call 1"));
    view.seek(32);
    let told = view.foot();
    assert!(
        told.contains("revealed in call ") && told.contains(" with probability ") && told.contains("guesses \""),
        "{told}"
    );
    view.select(-5);
    assert!(view.foot().contains("position 127: "), "{}", view.foot());
}

#[test]
fn colours_say_what_is_asked() {
    let mut view = view();
    view.seek(32);
    let colours = |view: &View| {
        let buffer = screen(view).1;
        (0..100).map(|x| buffer[(x, 2)].fg).collect::<Vec<_>>()
    };
    let by_step = colours(&view);
    view.by = view.by.next();
    let by_confidence = colours(&view);
    view.by = view.by.next();
    let by_entropy = colours(&view);
    view.by = view.by.next();
    assert!(by_step != by_confidence && by_confidence != by_entropy);
    assert!(colours(&view).iter().all(|&colour| colour == Color::Reset));
}
