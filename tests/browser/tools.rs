//! The page's tools in a real Chromium: comparing, many seeds, and the guide.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;
mod shown;

use fantoccini::key::Key;

use shown::{LENGTH, TEST_MODEL, in_state, set, sizes, visit};

#[test]
fn two_runs_stand_side_by_side_under_one_scrubber_with_their_own_facts() {
    visit("compare", |page, _| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "uniform", "left-to-right", 4).await;
        page.click("#compare").await;
        page.fill("#b-steps", "16").await;
        page.finish().await;
        page.press("#scrubber", Key::End).await;
        assert_eq!(page.text("#at").await, "call 16 of 16");
        let prompt = in_state(&page, "a", "prompt").await;
        assert!(!prompt.is_empty() && prompt == in_state(&page, "b", "prompt").await, "{prompt:?}");
        let free = LENGTH - prompt.len();
        for (letter, calls) in [("a", 4), ("b", 16)] {
            assert_eq!(page.text(&format!("#calls-{letter}")).await, calls.to_string());
            assert_eq!(page.text(&format!("#instead-{letter}")).await, free.to_string());
            assert_eq!(page.text(&format!("#revealed-{letter}")).await, format!("{free} of {free}"));
            let sizes = sizes(&page, letter).await;
            assert_eq!((sizes.len(), sizes.iter().sum()), (calls, free), "{letter}: {sizes:?}");
            assert!(page.text(&format!("#summary-{letter}")).await.starts_with("Finished"));
            assert!(page.text(&format!("#caption-{letter}")).await.contains(&format!("{calls} steps")));
            page.until_text(&format!("#likelihood-{letter}"), "±").await;
        }
        // One call of both is shown at a time; the run that has ended rests at its last.
        let (a, b) = (sizes(&page, "a").await, sizes(&page, "b").await);
        for k in [2, 4, 9] {
            page.seek(k).await;
            assert_eq!(in_state(&page, "a", "fresh").await.len(), a[k.min(4) - 1], "call {k}");
            assert_eq!(in_state(&page, "a", "masked").await.len(), free - a.iter().take(k).sum::<usize>(), "call {k}");
            assert_eq!(in_state(&page, "b", "fresh").await.len(), b[k - 1], "call {k}");
            assert_eq!(in_state(&page, "b", "masked").await.len(), free - b.iter().take(k).sum::<usize>(), "call {k}");
        }
        // A bar of either chart leads there.
        page.click("#bars-b [data-step='3']").await;
        assert_eq!(page.text("#at").await, "call 3 of 16");

        // With nothing else set, the second is the first.
        page.fill("#b-steps", "").await;
        page.finish().await;
        page.press("#scrubber", Key::End).await;
        assert_eq!(page.text("#plain-a").await, page.text("#plain-b").await);
        page.click("#compare").await;
        page.finish().await;
        assert_eq!((page.count("#run-a").await, page.count("#run-b").await), (1, 0));
    });
}

#[test]
fn many_seeds_are_small_pictures_that_open() {
    visit("seeds", |page, _| async move {
        page.open(TEST_MODEL, "ready").await;
        set(&page, "Once upon", "uniform", "random", 4).await;
        page.fill("#seed", "100").await;
        page.click("#seeds-go").await;
        let words = page.until_text("#seeds-words", "32 of 32 runs").await;
        assert!(words.contains("standard deviation"), "{words}");
        assert_eq!(page.count("#seeds .tile:enabled").await, 32);
        assert_eq!(page.count("#seeds .tile:nth-child(5) rect").await, 4);
        assert!(page.text("#seeds .tile:nth-child(5)").await.starts_with("seed 104 "));
        page.click("#seeds .tile:nth-child(5)").await;
        page.until("run", "finished").await;
        assert!(page.text("#caption-a").await.ends_with("seed 104"));
        page.press("#scrubber", Key::End).await;
        let opened = page.text("#plain-a").await;
        // It is the run of that seed.
        page.fill("#seed", "104").await;
        page.finish().await;
        page.press("#scrubber", Key::End).await;
        assert_eq!(page.text("#plain-a").await, opened);
        // Stopped, those that there are stay.
        page.fill("#steps", "32").await;
        page.run(
            "new MutationObserver((_, watch) => {
               if (!document.querySelector('#seeds .tile:enabled')) return;
               watch.disconnect();
               document.getElementById('seeds-stop').click();
             }).observe(document.getElementById('seeds'), { subtree: true, attributes: true });",
            vec![],
        )
        .await;
        page.click("#seeds-go").await;
        page.until_text("#seeds-words", "1 of 32 runs").await;
        page.finish().await; // the worker is free
        assert_eq!(page.count("#seeds .tile:enabled").await, 1);
    });
}

#[test]
fn many_texts_judged_are_a_table_for_whoever_opens_it() {
    visit("judged", |page, _| async move {
        page.open(TEST_MODEL, "ready").await;
        page.click("#judged summary").await;
        page.until_text("#judged-words", "Held-out text itself").await;
        assert!(page.count("#judged-table tbody tr").await >= 4);
        let (perplexity, head) = (page.text("#judged-table tbody").await, page.text("#judged-table thead").await);
        assert!(head.contains("32") && head.contains("128") && perplexity.contains('±'), "{head} {perplexity}");
        page.choose("#judged-what", "predicted").await;
        page.until_text("#judged-words", "information profile").await;
        assert_ne!(page.text("#judged-table tbody").await, perplexity);
    });
}

#[test]
fn a_card_of_the_guide_sets_the_page_and_says_what_to_look_at() {
    visit("guide", |page, _| async move {
        page.open(TEST_MODEL, "ready").await;
        page.fill("#prompt", "My own").await;
        page.click("#guide .guide-titles li:nth-child(3) button").await;
        assert_eq!(page.text(".guide-place").await, "Card 3 of 6");
        let look = page.text(".guide-card-shown .guide-look").await;
        page.click(".guide-card-shown button").await;
        page.until("run", "finished").await;
        assert_eq!(page.value("#schedule").await, "uniform");
        assert_eq!(page.value("#b-schedule").await, "cosine");
        assert_eq!((page.value("#steps").await, page.value("#order").await), ("8".into(), "random".into()));
        assert_eq!(page.value("#prompt").await, "My own", "the prompt stays the reader's");
        assert!(page.text("#caption-a").await.starts_with("uniform, random order, 8 steps, temperature 1, seed 1"));
        assert!(page.text("#caption-b").await.starts_with("cosine"));
        let note = page.text(".guide-note p").await;
        assert!(!note.is_empty() && look.ends_with(&note), "{note}");
        let place = page.run("return document.getElementById('runs').getBoundingClientRect().top", vec![]).await;
        assert!(place.as_f64().unwrap().abs() < 100.0, "the runs are in sight: {place}");
        page.press(".guide-note", Key::Escape).await;
        assert_eq!(page.count(".guide-note[hidden]").await, 1);
    });
}
