//! Looking inside in a real Chromium: what the page says of masks and tokens is what the model said.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;
mod shown;

use fantoccini::key::Key;
use serde_json::{Value, json};

use shown::{TEST_MODEL, Trace, cell, cells, in_state, set, those, visit};

/// A probability as the page says it.
fn percent(p: f64) -> String {
    match p {
        p if p > 0.0 && p < 0.001 => "under 0.1%".into(),
        p if p < 0.0995 => format!("{:.1}%", 100.0 * p),
        p => format!("{:.0}%", 100.0 * p),
    }
}

#[test]
fn masks_and_tokens_tell_what_the_model_said_of_them() {
    visit("inside", |page, folder| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "uniform", "random", 8).await;
        page.finish().await;
        let trace = Trace::of(&page, &folder).await;
        let guesses = async |told: &Value| {
            let shown = page.run("return [...document.querySelectorAll('#guesses button')].map((row) => [row.style.visibility, ...[...row.children].map((part) => part.textContent)])", vec![]).await;
            let top = told["top"].as_array().unwrap();
            assert_eq!(top.len(), 5);
            for (row, guess) in shown.as_array().unwrap().iter().zip(top) {
                let word = format!("“{}”", trace.form(&guess[0]).replace('\n', "↵"));
                assert_eq!(row, &json!(["", word, percent(guess[1].as_f64().unwrap())]));
            }
        };
        // A mask tells what the call that comes next said of it.
        let position = 20;
        page.press("#scrubber", Key::Home).await;
        page.click(&cell(position)).await;
        assert_eq!(page.text("#readout-first").await, format!("Position {position} · masked"));
        let said = trace.prediction(1, position);
        let words = |said: &Value| format!("entropy {:.2} nats", said["entropy"].as_f64().unwrap());
        assert_eq!(page.text("#readout-second").await, format!("The next call’s guesses, {}:", words(said)));
        guesses(said).await;
        // A token tells of the call that revealed it.
        let (k, reveal) = trace.reveal(position).unwrap();
        page.press("#scrubber", Key::End).await;
        let first = page.text("#readout-first").await;
        assert!(first.contains(trace.form(&reveal["token"]).trim()), "{first}");
        assert!(first.ends_with(&format!("revealed in call {k}")), "{first}");
        let second = page.text("#readout-second").await;
        let drawn = percent(reveal["log_prob"].as_f64().unwrap().exp());
        assert!(second.starts_with(&format!("Drawn with probability {drawn}, ")), "{second}");
        assert!(second.contains(&words(trace.prediction(k, position))), "{second}");
        guesses(trace.prediction(k, position)).await;
        // Nobody guessed the prompt.
        page.click(&cell(0)).await;
        assert!(page.text("#readout-first").await.ends_with("given in the prompt"));
        assert_eq!(page.count("#guesses button[style*='visibility: hidden']").await, 5);
        // The keyboard reads as well.
        page.press(&cell(0), Key::Right).await;
        assert!(page.text("#readout-first").await.starts_with("Position 1 ·"));
    });
}

#[test]
fn cells_have_the_colours_of_what_they_are_coloured_by() {
    visit("colours", |page, folder| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "cosine", "random", 8).await;
        page.finish().await;
        let trace = Trace::of(&page, &folder).await;
        page.press("#scrubber", Key::End).await;
        let calls = trace.frames.len() - 1;
        for (colour, ends) in
            [("step", ["first call", "last call"]), ("confidence", ["0%", "100%"]), ("entropy", ["0", "6 nats"])]
        {
            page.choose("#colour", colour).await;
            assert_eq!([page.text("#ramp-from").await, page.text("#ramp-to").await], ends);
            for (position, shown) in cells(&page, "a").await.iter().enumerate() {
                let Some((k, reveal)) = trace.reveal(position) else {
                    assert_eq!((shown.state.as_str(), shown.fill.as_str()), ("prompt", ""), "position {position}");
                    continue;
                };
                let place = match colour {
                    "step" => (k - 1) as f64 / (calls - 1) as f64,
                    "confidence" => reveal["log_prob"].as_f64().unwrap().exp(),
                    _ => trace.prediction(k, position)["entropy"].as_f64().unwrap() / 6.0,
                };
                let script = "return import(new URL('ramp.js', document.baseURI))
                    .then(({ colourAt }) => colourAt(Math.min(arguments[0], 1), 'light').fill)";
                assert_eq!(json!(shown.fill), page.run(script, vec![json!(place)]).await, "{colour}, {position}");
            }
        }
        page.choose("#colour", "none").await;
        assert!(cells(&page, "a").await.iter().all(|shown| shown.fill.is_empty()));
        // Masks are the fainter the less sure the model is.
        page.press("#scrubber", Key::Home).await;
        for (position, shown) in cells(&page, "a").await.iter().enumerate().filter(|(_, one)| one.state == "masked") {
            let best = trace.prediction(1, position)["top"][0][1].as_f64().unwrap();
            assert_eq!(shown.sure, format!("{:.2}", best.sqrt()), "position {position}");
        }
    });
}

#[test]
fn what_something_else_would_reveal_is_told_without_a_call_of_the_model() {
    visit("peek", |page, folder| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "", "uniform", "most-confident", 8).await;
        page.finish().await;
        let trace = Trace::of(&page, &folder).await;
        let would = async || those(&cells(&page, "a").await, |cell| cell.would);
        // The run's own settings would reveal what it revealed.
        page.press("#scrubber", Key::Home).await;
        page.choose("#peek-how", "uniform").await;
        page.choose("#peek-order", "most-confident").await;
        for k in [0, 3, 7] {
            page.seek(k).await;
            let words = "It would reveal 4 tokens (dashed). The run revealed 4 tokens, 4 of them the same.";
            page.until_text("#peek-words", words).await;
            assert_eq!(would().await, trace.revealed(k + 1), "from frame {k}");
        }
        // Another order and another number.
        page.seek(3).await;
        let masked = in_state(&page, "a", "masked").await;
        page.choose("#peek-order", "left-to-right").await;
        page.choose("#peek-how", "cosine").await;
        page.until_text("#peek-words", "It would reveal 1 token (dashed)").await;
        assert_eq!(would().await, masked[..1]);
        // Every rule reveals something, and only masks, or says why it cannot tell.
        let rules = "return [...document.querySelectorAll('#peek-how option')]
            .map((one) => one.value).filter((value) => value.startsWith('rule '))";
        let rules: Vec<String> = serde_json::from_value(page.run(rules, vec![]).await).unwrap();
        let mut told = 0;
        for rule in &rules {
            page.choose("#peek-how", "").await;
            assert_eq!(page.text("#peek-words").await, "");
            page.choose("#peek-how", rule).await;
            let words = page.until_text("#peek-words", " ").await;
            let found = would().await;
            if words.ends_with("looks at more than a frame keeps: it must be run") {
                assert!(found.is_empty(), "{rule}: {found:?}");
                continue;
            }
            assert!(!found.is_empty() && found.iter().all(|at| masked.contains(at)), "{rule}: {found:?}");
            assert!(words.starts_with(&format!("It would reveal {} token", found.len())), "{rule}: {words}");
            told += 1;
        }
        assert!(told >= 3, "{told} of {rules:?}");
        page.press("#scrubber", Key::End).await;
        page.until_text("#peek-words", "No call was made from here").await;
        assert_eq!(would().await, [] as [usize; 0]);
        assert_eq!(page.data("frames").await, "9");
    });
}
