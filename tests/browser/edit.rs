//! Editing in a real Chromium: pins hold, masks come back, and every edit can be undone.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;
mod shown;

use fantoccini::key::Key;
use serde_json::json;

use shown::{LENGTH, TEST_MODEL, Trace, cell, cells, in_state, set, visit};

#[test]
fn what_is_pinned_stands_in_every_frame_until_it_is_taken_out_and_undo_brings_it_back() {
    visit("pins", |page, folder| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "uniform", "random", 8).await;
        page.finish().await;
        page.press("#scrubber", Key::Home).await;
        // By typing.
        page.click(&cell(20)).await;
        page.fill("#pin-text", " the cat").await;
        page.until_text("#pin-cut", "token").await;
        page.click("#pin").await;
        assert!(page.text("#edit-said").await.starts_with("Pinned from position 20 on"));
        let typed = in_state(&page, "a", "drafted").await;
        assert!(typed.len() >= 2 && typed.iter().copied().eq(20..20 + typed.len()), "{typed:?}");
        // One of the model's guesses.
        page.click(&cell(27)).await;
        let guess = page.run("return Number(document.querySelector('#guesses button').dataset.token)", vec![]).await;
        page.click("#guesses button").await;
        page.finish().await;
        let both = Trace::of(&page, &folder).await;
        let positions: Vec<usize> = both.pins().iter().map(|pin| pin.0).collect();
        assert_eq!(positions, [&typed[..], &[27]].concat());
        assert_eq!(json!(both.last()[27]), guess);
        let text: String = both.pins().iter().take(typed.len()).map(|pin| both.form(&json!(pin.1))).collect();
        assert_eq!(text, " the cat");
        both.assert_pins_never_change();
        for end in [Key::Home, Key::End] {
            page.press("#scrubber", end).await;
            assert_eq!(in_state(&page, "a", "pinned").await, positions);
        }
        assert!(cells(&page, "a").await[27].label.ends_with(", pinned"));
        let pinned = page.text("#pins-words").await;
        // Taken out, the place is free again.
        page.click("#unpin").await;
        assert!(page.text("#edit-said").await.starts_with("1 pin taken out"), "{}", page.text("#edit-said").await);
        page.finish().await;
        let one = Trace::of(&page, &folder).await;
        assert_eq!(one.pins(), both.pins()[..typed.len()]);
        assert_eq!(one.tokens(0)[27], one.mask());
        one.assert_pins_never_change();
        // Undone: the pin and the run that was there.
        page.click("#undo").await;
        assert_eq!(page.text("#edit-said").await, "Undone.");
        assert_eq!(page.text("#pins-words").await, pinned);
        let again = Trace::of(&page, &folder).await;
        assert_eq!((again.header, again.frames), (both.header, both.frames));
        page.click("#unpin-all").await;
        page.finish().await;
        assert_eq!(Trace::of(&page, &folder).await.pins(), []);
    });
}

#[test]
fn what_is_masked_again_is_run_on_and_all_else_stays() {
    visit("remask", |page, folder| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "uniform", "random", 8).await;
        page.finish().await;
        let before = Trace::of(&page, &folder).await;
        let prompt = in_state(&page, "a", "prompt").await.len();
        page.press("#scrubber", Key::End).await;
        page.click(&cell(12)).await;
        let keys: String = [Key::Shift, Key::Right, Key::Right, Key::Right].map(char::from).iter().collect();
        page.type_into(&cell(12), &keys).await;
        assert_eq!(page.count("#cells-a [aria-selected=true]").await, 4);
        page.click("#remask").await;
        page.until("run", "finished").await;
        assert_eq!(page.text("#edit-said").await, format!("On from call 8: {} tokens kept.", LENGTH - prompt - 4));
        let after = Trace::of(&page, &folder).await;
        let masked: Vec<usize> = (0..LENGTH).filter(|&at| after.tokens(0)[at] == after.mask()).collect();
        assert_eq!(masked, [12, 13, 14, 15]);
        after.assert_pins_never_change();
        let kept = |tokens: Vec<u64>| [&tokens[..12], &tokens[16..]].concat();
        assert_eq!(kept(after.last()), kept(before.last()));
        assert!(!after.last().contains(&after.mask()));

        page.click("#undo").await;
        assert_eq!(page.text("#at").await, "call 8 of 8");
        let again = Trace::of(&page, &folder).await;
        assert_eq!((again.header, again.frames), (before.header.clone(), before.frames.clone()));

        // On from a call in the middle: what stands there is kept.
        page.seek(3).await;
        page.click("#run-on").await;
        page.until("run", "finished").await;
        let on = Trace::of(&page, &folder).await;
        assert_eq!(on.tokens(0), before.tokens(3));
        on.assert_pins_never_change();
        page.click("#undo").await;
        assert_eq!(page.text("#at").await, "call 3 of 8");
    });
}

#[test]
fn an_edit_that_cannot_be_is_explained_and_changes_nothing() {
    visit("edits", |page, _| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "uniform", "random", 4).await;
        page.finish().await;
        page.press("#scrubber", Key::End).await;
        let prompt = in_state(&page, "a", "prompt").await.len();
        page.fill("#pin-text", " the cat").await;
        page.until_text("#pin-cut", "token").await;
        for (position, words) in [
            (0, format!("Position 0 belongs to the prompt, which takes the first {prompt};")),
            (LENGTH - 1, format!("positions from {} on; the text ends at {}.", LENGTH - 1, LENGTH - 1)),
        ] {
            page.click(&cell(position)).await;
            page.click("#pin").await;
            let said = page.text("#edit-said").await;
            assert!(said.contains(&words), "{said}");
            assert_eq!(in_state(&page, "a", "drafted").await, [] as [usize; 0]);
        }
        page.click(&cell(0)).await;
        page.click("#remask").await;
        assert!(page.text("#edit-said").await.contains("never masked"), "{}", page.text("#edit-said").await);
        assert_eq!(page.count("#undo[aria-disabled=true]").await, 1);
        // A prompt that grows over a pin is refused by the model, which names the place.
        page.click(&cell(prompt)).await;
        page.click("#pin").await;
        page.fill("#prompt", "Once upon a time there was").await;
        page.click("#generate").await;
        let refused = page.until_text("#refused", "position").await;
        assert!(refused.contains(&format!("position {prompt}")) && refused.contains("prompt"), "{refused}");
        page.click("#unpin-all").await;
        page.finish().await;
        assert_eq!(page.text("#refused").await, "");
    });
}
