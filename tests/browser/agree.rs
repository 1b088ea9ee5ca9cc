//! The form, the link and what is on screen are of the same run, whatever put it there.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;
mod shown;

use std::path::PathBuf;

use fantoccini::key::Key;
use serde_json::{Value, json};

use page::{NO_GPU, Scratch, browse};
use shown::{TEST_MODEL, Trace, cell, set, visit};

/// The address's hash, once it has followed.
async fn hash(page: &page::Page) -> String {
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    page.run("return location.hash", vec![]).await.as_str().unwrap().to_owned()
}

/// The command line, folded away.
async fn command(page: &page::Page) -> String {
    page.run("return document.getElementById('command').textContent", vec![]).await.as_str().unwrap().to_owned()
}

#[test]
fn a_run_goes_on_from_what_is_on_screen_and_nothing_else() {
    visit("gone", |page, folder| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "uniform", "random", 4).await;
        page.click("#compare").await;
        page.fill("#b-seed", "9").await;
        page.finish().await;
        // A cell of the second run is looked at, and that run goes.
        page.click("#cells-b [data-position='20']").await;
        page.click("#compare").await;
        page.fill("#prompt", "Tom").await;
        page.finish().await;
        page.press("#scrubber", Key::Home).await;
        let kept = Trace::of(&page, &folder).await;
        let given = kept.tokens(0).iter().filter(|&&token| token != kept.mask()).count();
        page.click("#run-on").await;
        let said = page.text("#edit-said").await;
        assert!(said.starts_with("On from call 0: 0 tokens kept"), "{given} are the prompt's: {said}");
    });
}

#[test]
fn a_seed_that_is_opened_is_what_the_form_the_link_and_the_command_say() {
    visit("opened", |page, _| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "uniform", "random", 3).await;
        page.fill("#seed", "100").await;
        page.click("#seeds-go").await;
        page.until_text("#seeds-words", "32 of 32 runs").await;
        page.click("#seeds .tile:nth-child(8)").await;
        page.until("run", "finished").await;
        assert_eq!(page.value("#seed").await, "107");
        assert!(hash(&page).await.contains("seed=107"));
        assert!(command(&page).await.contains("--seed 107"));
        // What a tile says stays in it.
        let out = "return [...document.querySelectorAll('.tile')].filter(tile => [...tile.children].some(part =>
            part.getBoundingClientRect().bottom > tile.getBoundingClientRect().bottom + 1)).length";
        assert_eq!(page.run(out, vec![]).await, json!(0));
    });
}

#[test]
fn a_recorded_run_brings_its_settings_along_and_is_gone_on_from_with_its_own_prompt() {
    let scratch = Scratch::new("recorded");
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open("?autorun=0", "ready").await;
        page.fill("#prompt", "My own words").await;
        page.choose("#recordings", "1").await;
        page.until_text("#caption-a", "uniform").await;
        assert_eq!(
            (page.value("#prompt").await.as_str(), page.value("#schedule").await.as_str()),
            ("Once upon a time", "uniform")
        );
        page.seek(30).await;
        page.fill("#prompt", "My own words").await;
        page.click("#run-on").await;
        assert_eq!(page.value("#prompt").await, "Once upon a time");
        page.until("origin", "live").await;
        page.until("run", "finished").await;
        assert!(page.text("#plain-a").await.starts_with("Once upon a time"));
    });
}

#[test]
fn what_is_refused_in_the_form_stays_there_and_takes_no_focus() {
    visit("refused", |page, _| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "uniform", "random", 4).await;
        page.finish().await;
        page.fill("#steps", "999").await;
        page.press("#scrubber", Key::Left).await;
        hash(&page).await;
        assert_eq!(page.run("return document.activeElement.id", vec![]).await, json!("scrubber"));
        page.choose("#colour", "entropy").await;
        assert_eq!(page.value("#steps").await, "999");
        assert!(hash(&page).await.contains("colour=entropy"));
        // A rule takes the schedule's place in the run, not in the words of the link.
        page.fill("#steps", "4").await;
        page.choose("#schedule", "rule threshold:tau=0.9").await;
        let hash = hash(&page).await;
        assert!(hash.contains("rule=threshold") && !hash.contains("undefined"), "{hash}");
    });
}

#[test]
fn a_model_of_ones_own_may_be_shorter_and_is_named_in_the_command() {
    visit("shorter", |page, _| async move {
        page.open("?autorun=0#v=1&steps=64", "ready").await;
        let files = ["model.safetensors", "config.json", "tokenizer.json"];
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../model"));
        page.give("#files", &files.map(|name| folder.join(name).canonicalize().unwrap())).await;
        page.until_text("#speed-words", "Steps are 32 now").await;
        page.until("run", "finished").await;
        assert_eq!(page.value("#steps").await, "32");
        assert!(command(&page).await.contains("--model DIR"));
        let cells: Value =
            page.run("return document.querySelectorAll('#cells-a [data-position]').length", vec![]).await;
        assert_eq!(cells, json!(32));
        page.press("#scrubber", Key::Home).await;
        page.click(&cell(20)).await;
        page.fill("#pin-text", "<|mask|>").await;
        page.until_text("#pin-cut", "token").await;
        page.click("#pin").await;
        page.until_text("#edit-said", "A mask cannot be pinned").await;
    });
}
