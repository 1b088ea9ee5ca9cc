//! The live view on a screen of memory.

use super::*;
use crate::cli::{run::Opening, screen::drawn};
use ratatui::{
    buffer::Buffer,
    style::{Color, Modifier},
};
use unmask::{
    sampler::{Frame, Reveal},
    trace::Header,
};

fn view() -> View {
    several(1)
}

/// A view of so many runs, of which the first has made a call.
fn several(runs: usize) -> View {
    let header = Header {
        version: unmask::trace::VERSION,
        model: String::new(),
        tokenizer: String::new(),
        prompt: "One".into(),
        pins: vec![],
        length: 4,
        schedule: Some("uniform".into()),
        order: Some("random".into()),
        rule: None,
        remasking: None,
        block_length: None,
        early_stop: None,
        steps: 2,
        temperature: 1.0,
        seed: 7,
        cache: None,
        precision: None,
        device: "cpu".into(),
        mask: 2,
        vocabulary: vec![],
    };
    let forms = ["?", "?", "<mask>", "One", " day", "\n", "Tom"].map(String::from).to_vec();
    let mut view = View { colours: Colours::Many, all: true, ..View::default() };
    let openings = (0..runs as u64).map(|run| Header { seed: header.seed + run, ..header.clone() });
    let openings = openings.map(|header| Opening { header, calls: 2 }).collect();
    let why = "asked for".into();
    view.take(Event::Opened(Box::new(Opened { why, forms, mask_id: 2, first: 0, of: runs, runs: openings })));
    let frame = |step, tokens: &[u32], revealed: &[(u32, u32)]| Event::Frame {
        run: 0,
        frame: Frame {
            step,
            tokens: tokens.to_vec(),
            revealed: revealed.iter().map(|&(position, token)| Reveal { position, token, log_prob: -1.0 }).collect(),
            ..Frame::default()
        },
        milliseconds: 5.0,
    };
    view.take(frame(0, &[3, 2, 2, 2], &[]));
    view.take(frame(1, &[3, 4, 5, 2], &[(1, 4), (2, 5)]));
    view
}

fn screen(view: &View) -> (Vec<String>, Buffer) {
    drawn(60, 12, |frame| view.draw(frame))
}

#[test]
fn screens_are_golden() {
    let rows = |runs, columns, rows| drawn(columns, rows, |frame| several(runs).draw(frame)).0.join("\n") + "\n";
    assert_eq!(rows(1, 60, 12), include_str!("golden/one.txt"));
    assert_eq!(rows(3, 120, 12), include_str!("golden/three.txt"));
    assert_eq!(rows(2, 40, 24), include_str!("golden/narrow.txt"));
}

#[test]
fn the_screen_shows_masks_fresh_tokens_sizes_and_numbers() {
    let (rows, buffer) = screen(&view());
    assert_eq!(rows[0], "uniform · random · 2 steps · temperature 1 · seed 7 · cpu:");
    assert_eq!(rows[2], "One day");
    assert_eq!(rows[3], " ░░");
    assert_eq!(rows[7..10], ["", "█", "█"]); // two tokens on a scale of four
    assert_eq!(rows[10], "call 1 of 2 · 2 tokens · 2 revealed · 10.0 ms a call");
    assert!(buffer[(0, 2)].modifier.contains(Modifier::UNDERLINED));
    assert!(buffer[(4, 2)].modifier.contains(Modifier::REVERSED));
    assert!(!buffer[(1, 3)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn earlier_tokens_are_coloured_by_when_they_were_revealed() {
    let mut view = view();
    let frame = Frame {
        step: 2,
        tokens: vec![3, 4, 5, 6],
        revealed: vec![Reveal { position: 3, token: 6, log_prob: -1.0 }],
        ..Frame::default()
    };
    view.take(Event::Frame { run: 0, frame, milliseconds: 5.0 });
    let (rows, buffer) = screen(&view);
    assert_eq!(rows[3], "Tom");
    assert_eq!(buffer[(4, 2)].fg, Color::Indexed(61));
    view.colours = Colours::None;
    assert_eq!(screen(&view).1[(4, 2)].fg, Color::Reset);
}

#[test]
fn a_run_of_unknown_length_shows_the_calls_made_and_what_was_masked_again() {
    let mut view = view();
    let mut opened = view.opened.take().unwrap();
    let header = &mut opened.runs[0].header;
    *header = Header { schedule: None, order: None, rule: Some("klass".into()), ..header.clone() };
    view.take(Event::Opened(opened));
    let revealed =
        vec![Reveal { position: 1, token: 4, log_prob: -1.0 }, Reveal { position: 2, token: 5, log_prob: -1.0 }];
    let frame = Frame { step: 1, tokens: vec![3, 4, 5, 2], revealed, ..Frame::default() };
    view.take(Event::Frame { run: 0, frame, milliseconds: 5.0 });
    let frame = Frame { step: 2, tokens: vec![3, 2, 5, 2], remasked: vec![1], ..Frame::default() };
    view.take(Event::Frame { run: 0, frame, milliseconds: 5.0 });
    let (rows, buffer) = screen(&view);
    assert_eq!(rows[0], "klass · at most 2 steps · temperature 1 · seed 7 · cpu:");
    assert!(rows[10].starts_with("call 2 of at most 2 · 0 tokens, 1 masked again · 1 revealed"), "{}", rows[10]);
    assert!(buffer[(4, 2)].modifier.contains(Modifier::DIM));
}

#[test]
fn a_text_that_does_not_fit_is_noticed() {
    let view = view();
    assert!(view.fits(60, 12));
    assert!(!view.fits(2, 12));
    assert!(!view.fits(60, 1));
}

#[test]
fn a_stopped_run_says_so() {
    let mut view = view();
    view.stopped = true;
    assert!(screen(&view).0[10].starts_with("stopping after call 1 of 2"));
    let total = Total { runs: 1, revealed: 2, calls: 1, milliseconds: 5.0, device: "cpu".into(), stopped: true };
    view.take(Event::Finished(total));
    assert_eq!(screen(&view).0[10], "stopped after 2 tokens in 1 call, 5.0 ms a call, on cpu");
}

#[test]
fn runs_stand_side_by_side_where_there_is_room_and_else_one_under_the_other() {
    let view = several(2);
    let drawn = |columns, rows| drawn(columns, rows, |frame| view.draw(frame)).0;
    let wide = drawn(82, 12);
    assert!(wide[0].starts_with("uniform · random · 2 steps ·") && wide[0][45..].contains("uniform"), "{wide:#?}");
    assert!(wide[10].starts_with("call 1 of 2") && wide[10].contains("call 0 of 2"), "{wide:#?}");
    assert!(wide[2].starts_with("One day"));
    let narrow = drawn(50, 24);
    assert!(narrow[2].starts_with("One day") && narrow[10].starts_with("call 1 of 2"), "{narrow:#?}");
    assert!(narrow[12].starts_with("uniform") && narrow[22].starts_with("call 0 of 2"), "{narrow:#?}");
    assert!(view.is_last(1) && !view.is_last(0));
}

#[test]
fn of_a_batch_the_first_run_is_shown_and_its_place_told() {
    let mut view = several(3);
    view.all = false;
    let opened = view.opened.take().unwrap();
    view.take(Event::Opened(Box::new(Opened { first: 4, of: 9, ..*opened })));
    let frame =
        |run| Event::Frame { run, frame: Frame { tokens: vec![3, 6, 6, 6], ..Frame::default() }, milliseconds: 1.0 };
    view.take(frame(5)); // of another run
    assert!(!screen(&view).0[2].contains("Tom"));
    view.take(frame(4));
    let rows = screen(&view).0;
    assert!(rows[..2].concat().contains("the first of runs 5 to 7 of 9"), "{rows:#?}");
    assert!(rows[2].contains("TomTomTom"));
}
