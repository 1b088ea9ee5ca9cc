//! Nobody is kept out: what axe-core finds on the page and in the lab, in both schemes and on both sizes of screen.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;

use fantoccini::key::Key;
use serde_json::json;

use page::{NO_GPU, Scratch, browse};

#[test]
fn axe_finds_nothing_on_the_page_with_all_of_it_in_use_and_nothing_in_the_lab() {
    let scratch = Scratch::new("axe");
    browse(NO_GPU, scratch.path(), |page| async move {
        for path in ["?model=test#v=1&compare=1&b.schedule=uniform&steps=4", "lab/"] {
            for (width, scheme) in [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")] {
                page.resize(width, 900).await;
                page.scheme(scheme).await;
                page.open(path, "ready").await;
                if path != "lab/" {
                    page.until("run", "finished").await;
                    page.press("#scrubber", Key::Home).await;
                    page.click("#cells-a [data-position='9']").await;
                    page.run("document.querySelectorAll('details').forEach(one => (one.open = true))", vec![]).await;
                }
                let found = page.axe().await;
                assert!(found.is_empty(), "{path}, {width} px, {scheme}: {}", found.join("; "));
            }
        }
    });
}

#[test]
fn the_keyboard_alone_steps_selects_pins_and_closes() {
    let scratch = Scratch::new("keys");
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open("?model=test#v=1&steps=4", "ready").await;
        page.until("run", "finished").await;
        page.press("body", Key::Home).await;
        assert_eq!(page.text("#at").await, "call 0 of 4");
        page.press("body", Key::Right).await;
        assert_eq!(page.text("#at").await, "call 1 of 4");
        let focused = "return document.activeElement.dataset.position ?? document.activeElement.id";
        page.run("document.querySelector('#cells-a [data-position=\"10\"]').focus()", vec![]).await;
        page.press("#cells-a [data-position='10']", Key::Right).await;
        assert_eq!(page.run(focused, vec![]).await, json!("11"));
        page.press("#cells-a [data-position='11']", Key::Enter).await;
        assert_eq!(page.count("#cells-a [aria-selected=true]").await, 1);
        assert!(page.text("#readout-first").await.starts_with("Position 11"));
        page.run("document.querySelector('.guess').focus()", vec![]).await;
        page.press(".guess", Key::Enter).await;
        assert_eq!(page.count("#cells-a [data-state=drafted]").await, 1);
        page.type_into("body", "?").await;
        page.until_shown("#keys").await;
        page.press("body", Key::Escape).await;
        page.until_script("return !document.getElementById('keys').open").await;
    });
}

#[test]
fn with_reduced_motion_nothing_is_animated() {
    let scratch = Scratch::new("motion");
    browse(&[NO_GPU, &["--force-prefers-reduced-motion"]].concat(), scratch.path(), |page| async move {
        page.open("?model=test#v=1&steps=4", "ready").await;
        page.until("run", "finished").await;
        assert_eq!(page.run("return document.getAnimations().length", vec![]).await, json!(0));
        // Finished is what is made; what is on screen may lag behind.
        page.until_script("return document.querySelector('[data-state=fresh] > span') !== null").await;
        let fresh = "return getComputedStyle(document.querySelector('[data-state=fresh] > span')).animationName";
        assert_eq!(page.run(fresh, vec![]).await, json!("none"));
    });
}
