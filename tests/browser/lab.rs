//! The lab in a real Chromium: `cargo xtask test --only browser` serves `dist/` and runs these.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;

use std::{
    process::Command,
    time::{Duration, Instant},
};

use fantoccini::key::Key;
use serde_json::{Value, json};

use page::{NO_GPU, Page, Scratch, browse, named};

/// A chart redraw while a slider moves, in the worker, of 256 tokens: milliseconds.
const REDRAW: f64 = 100.0;

fn lab<V: Future<Output = ()> + Send + 'static>(name: &str, visit: impl FnOnce(Page) -> V) {
    let scratch = Scratch::new(name);
    browse(NO_GPU, scratch.path(), visit);
}

/// Waits until the charts show what was asked for last; a wish that is refused asks for the last good one again.
async fn settled(page: &Page) {
    let begun = Instant::now();
    let script = "const { asked, shown } = document.documentElement.dataset; return asked === shown";
    while page.run(script, vec![]).await != json!(true) {
        assert!(
            begun.elapsed().as_secs() < 60,
            "{} is shown, not {}",
            page.data("shown").await,
            page.data("asked").await
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The cells of a table's body, row by row.
async fn table(page: &Page, id: &str) -> Vec<Vec<String>> {
    let script = "return [...document.querySelectorAll(`#${arguments[0]} tbody tr`)]
        .map((row) => [...row.children].map((cell) => cell.textContent))";
    serde_json::from_value(page.run(script, vec![json!(id)]).await).unwrap()
}

/// `1.2 × 10⁻⁵ (below the axis)` -> 1.2e-5.
fn shown_number(cell: &str) -> f64 {
    let superscript = |sign: char| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().zip('0'..='9').find(|(raised, _)| *raised == sign);
    let plain = |sign: char| superscript(sign).map_or(sign, |(_, digit)| digit);
    let text = cell.split(" (").next().unwrap_or(cell).replace(" × 10", "e").replace('⁻', "-");
    text.chars().map(plain).collect::<String>().parse().unwrap_or_else(|_| panic!("{cell}"))
}

async fn set(page: &Page, id: &str, value: &str) {
    let script = "const field = document.getElementById(arguments[0]);
        field.value = arguments[1];
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.dispatchEvent(new Event('change', { bubbles: true }));";
    page.run(script, vec![json!(id), json!(value)]).await;
    settled(page).await;
}

#[test]
fn the_lab_shows_the_numbers_of_the_command_line() {
    lab("lab-numbers", |page| async move {
        let ready = page.open("lab/", "ready").await;
        println!("lab: ready after {ready} ms");
        for (law, length) in [("reed-solomon:k=57,q=256", "64"), ("mixture:0.1,0.9", "48")] {
            set(&page, "law", law).await;
            set(&page, "length", length).await;
            let rows = table(&page, "curves-table").await;
            let mut schedules: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
            schedules.dedup();
            assert!(schedules.len() >= 5, "{schedules:?}");
            let arguments = ["lab", "--law", law, "--length", length, "--steps", "2,8,16", "--format", "json"];
            let command = Command::new(named("UNMASK"))
                .args(arguments)
                .args(["--schedule", &schedules.join(",")])
                .output()
                .unwrap();
            let report: Value = serde_json::from_slice(&command.stdout).unwrap();
            for row in report["rows"].as_array().unwrap() {
                let same = |shown: &&Vec<String>| {
                    row["schedule"] == shown[0] && row["steps"].as_u64() == shown[1].parse().ok()
                };
                let shown = rows.iter().find(same).unwrap_or_else(|| panic!("{row} is not in the table"));
                for (field, cell) in [("kl_grid", &shown[2]), ("kl_law", &shown[3])] {
                    let Some(wanted) = row[field].as_f64() else {
                        assert!(cell.contains("no closed form"), "{cell} for {row}");
                        continue;
                    };
                    let number = shown_number(cell);
                    // Three figures, two of a very small number.
                    let tolerance = wanted.abs() * if wanted.abs() < 1e-3 { 0.06 } else { 0.006 };
                    assert!((number - wanted).abs() <= tolerance, "{cell} for {row}");
                }
            }
        }
    });
}

#[test]
fn it_redraws_while_a_slider_moves() {
    lab("lab-speed", |page| async move {
        page.open("lab/", "ready").await;
        set(&page, "length", "256").await;
        for law in ["reed-solomon:k=57,q=256", "markov:flip=0.1", "mixture:0.1,0.9", "hmm:states=8,symbols=16,seed=1"] {
            set(&page, "law", law).await;
            let first = page.data("ms").await;
            let dragged = |id: &'static str, values: [&'static str; 7]| {
                let page = page.clone();
                async move {
                    let mut times = vec![];
                    for value in values {
                        set(&page, id, value).await;
                        times.push(page.data("ms").await.parse::<f64>().unwrap());
                    }
                    times.sort_by(f64::total_cmp);
                    (times[3], times[6])
                }
            };
            let (steps, most) = dragged("steps", ["5", "9", "17", "33", "65", "129", "200"]).await;
            println!("lab, {law}: first {first} ms; K moves: {steps:.1} ms a redraw (median), {most:.1} at most");
            assert!(steps < REDRAW, "{law}: {steps} ms");
            // Another length is another hidden chain, whose profile is sampled anew: no redraw, but a new law.
            if !law.starts_with("hmm") {
                let (length, most) = dragged("length", ["255", "254", "253", "252", "250", "248", "256"]).await;
                println!("lab, {law}: L moves: {length:.1} ms a redraw (median), {most:.1} at most");
                assert!(length < REDRAW, "{law}: {length} ms");
            }
        }
    });
}

#[test]
fn a_bad_law_that_is_typed_before_the_lab_is_there_is_told_and_a_good_one_works_then() {
    lab("lab-early", |page| async move {
        page.slow(1500).await;
        page.open("lab/", "loading").await;
        page.until_script("return document.readyState === 'complete'").await; // its scripts listen
        // Before the module is there; the wish waits for it.
        page.run(
            "const law = document.getElementById('law'); law.value = 'fair'; law.dispatchEvent(new Event('change'))",
            vec![],
        )
        .await;
        let begun = Instant::now();
        while page.text("#law-fault").await.is_empty() {
            assert!(begun.elapsed().as_secs() < 60, "{}", page.text("#status").await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(page.text("#law-fault").await.contains("unknown law `fair`"));
        set(&page, "law", "parity:q=2").await;
        page.until("state", "ready").await;
        assert!(page.text("#profile-caption").await.starts_with("parity:q=2"));
    });
}

#[test]
fn a_law_that_cannot_be_is_told_and_the_last_good_one_stays() {
    lab("lab-bad", |page| async move {
        page.open("lab/", "ready").await;
        set(&page, "law", "parity:q=2").await;
        let before = table(&page, "curves-table").await;
        for (law, words) in [
            ("reed-solomon:k=3,q=6", "q of `reed-solomon` is `6`"),
            ("fair", "unknown law `fair`; the laws are product"),
            ("markov:flip=NaN", "it must be a number from 0 to 1"),
        ] {
            set(&page, "law", law).await;
            let fault = page.text("#law-fault").await;
            assert!(fault.contains(words), "{fault}");
            assert_eq!(table(&page, "curves-table").await, before);
        }
        set(&page, "law", "repetition:q=2").await;
        assert_eq!(page.text("#law-fault").await, "");
        assert_ne!(table(&page, "curves-table").await, before);
        // More calls than tokens cannot be typed either.
        page.fill("#steps", "999").await;
        assert!(page.text("#steps-fault").await.contains("64"), "{}", page.text("#steps-fault").await);
    });
}

#[test]
fn grids_are_drawn_with_fresh_randomness_and_a_fixed_one_says_that_it_is_fixed() {
    lab("lab-draws", |page| async move {
        page.open("lab/", "ready").await;
        let mut sizes = vec![];
        for _ in 0..6 {
            page.click("#draw").await;
            settled(&page).await;
            sizes.push(table(&page, "grids-table").await[0][2].clone());
        }
        let total = |row: &String| row.split(", ").map(|size| size.parse::<usize>().unwrap()).sum::<usize>();
        assert!(sizes.iter().all(|row| total(row) == 64), "{sizes:?}");
        assert!(sizes.iter().any(|row| *row != sizes[0]), "six draws alike: {sizes:?}");
        page.choose("#focus", "uniform").await;
        settled(&page).await;
        assert!(page.text("#grids-note").await.contains("every draw is the same"));
        let draws = table(&page, "grids-table").await;
        assert!(draws.iter().all(|row| row[2] == "8, 8, 8, 8, 8, 8, 8, 8"), "{draws:?}");
        // Left to itself it goes on drawing until it is told to stop.
        page.click("#keep").await;
        let asked: u64 = page.data("asked").await.parse().unwrap();
        page.until("asked", &(asked + 2).to_string()).await;
        page.click("#keep").await;
        assert_eq!(page.count("#keep[aria-pressed=false]").await, 1);
    });
}

#[test]
fn charts_are_read_by_keyboard_and_cards_set_the_controls() {
    lab("lab-keys", |page| async move {
        page.open("lab/", "ready").await;
        for (chart, key, words) in [
            ("profile", Key::Right, "of entropy"),
            ("grids", Key::Right, "call"),
            ("curves-a", Key::Right, "(B)"),
            ("curves-b", Key::Down, "(A)"),
            ("presence", Key::Right, "probability"),
        ] {
            let readout = format!("#{chart}-readout");
            let before = page.text(&readout).await;
            page.press(&format!("#{chart}"), key).await;
            let after = page.text(&readout).await;
            assert!(after != before && after.contains(words), "{chart}: {after}");
        }
        let button = "button[data-law='reed-solomon:k=56,q=256']";
        page.run("document.querySelector(arguments[0]).click()", vec![json!(button)]).await;
        settled(&page).await;
        let value = page.run("return document.getElementById('law').value", vec![]).await;
        assert_eq!(value, "reed-solomon:k=56,q=256");
        assert!(page.text("#profile-caption").await.starts_with("reed-solomon:k=56,q=256, L = 64"));
        assert!(page.text("#said").await.starts_with("Set: reed-solomon:k=56,q=256, 64 tokens, 8 calls"));
    });
}

#[test]
fn it_fits_a_phone_and_the_two_views_lead_to_each_other() {
    lab("lab-phone", |page| async move {
        page.narrow(360).await;
        page.open("lab/", "ready").await;
        let wide = page.run("return document.documentElement.scrollWidth", vec![]).await.as_u64().unwrap();
        assert!(wide <= 360, "{wide} px");
        page.click("nav a[href='../']").await;
        page.until("state", "ready").await;
        assert_eq!(page.count("#generate").await, 1);
        page.click("nav a[href='lab/']").await;
        page.until("state", "ready").await;
        assert_eq!(page.count("#law").await, 1);
    });
}
