//! Keeping and sharing in a real Chromium: links, traces, pictures, and models of one's own.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;
mod shown;

use std::{fs, path::Path, time::Duration};

use fantoccini::key::Key;
use serde_json::{Value, json};

use page::{Page, lines, named, saved};
use shown::{TEST_MODEL, visit};

async fn trace(page: &Page, folder: &Path) -> Vec<u8> {
    page.click("#save-trace").await;
    saved(folder, "unmask-trace.jsonl").await
}

/// What every field of the form holds, and the colour.
async fn form(page: &Page) -> Value {
    let script = "const fields = [...document.querySelectorAll('#controls :is(input, select, textarea), #colour')];
        return Object.fromEntries(fields.filter(({ type }) => type !== 'file')
            .map((field) => [field.id, field.type === 'checkbox' ? field.checked : field.value]))";
    page.run(script, vec![]).await
}

#[test]
fn a_link_brings_back_the_settings_the_runs_and_the_call() {
    visit("link", |page, folder| async move {
        page.open(TEST_MODEL, "ready").await;
        let permissions = json!({ "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
        page.devtools("Browser.grantPermissions", permissions).await.unwrap();
        page.fill("#prompt", "Lily & <b>Tom</b>#?=").await;
        page.choose("#schedule", "cosine").await;
        page.choose("#order", "most-confident").await;
        for (field, value) in [("#steps", "6"), ("#temperature", "0.7"), ("#seed", "7")] {
            page.fill(field, value).await;
        }
        page.choose("#colour", "entropy").await;
        page.finish().await;
        page.press("#scrubber", Key::Home).await;
        page.click("#cells-a [data-position='25']").await;
        page.fill("#pin-text", " the").await;
        page.until_text("#pin-cut", "token").await;
        page.click("#pin").await;
        page.click("#compare").await;
        page.fill("#b-seed", "8").await;
        page.choose("#b-schedule", "uniform").await;
        page.finish().await;
        page.seek(3).await;
        page.click("#copy-link").await;
        page.until_text("#kept", "Link copied.").await;
        let link = page.run("return navigator.clipboard.readText()", vec![]).await;
        let (link, page_is_at) = (link.as_str().unwrap(), named("UNMASK_PAGE"));
        let (settings, rest) = (form(&page).await, link.strip_prefix(&format!("{page_is_at}{TEST_MODEL}")).unwrap());
        let texts = [page.text("#plain-a").await, page.text("#plain-b").await];
        page.seek(0).await;
        page.click("#save-trace").await; // one file a run
        let first = lines(&saved(&folder, "unmask-trace-first.jsonl").await);
        assert_eq!(first[0]["pins"].as_array().unwrap().len(), 1);

        // Whoever follows it sees the same call of the same runs.
        page.open(&format!("?model=test{rest}"), "ready").await;
        page.until("run", "finished").await;
        assert_eq!(form(&page).await, settings);
        assert_eq!(page.text("#link-fault").await, "");
        assert_eq!(page.text("#at").await, "call 3 of 6");
        assert_eq!([page.text("#plain-a").await, page.text("#plain-b").await], texts);
        assert_eq!(page.count("#cells-a [data-position='25'][data-state=pinned]").await, 1);
        // A link that is typed over the address is followed.
        page.run("location.hash = '#v=1&steps=5&schedule=uniform'", vec![]).await;
        page.until_text("#caption-a", "uniform, random order, 5 steps").await;
        page.until("run", "finished").await;
        assert_eq!(page.value("#prompt").await, "Once upon a time");
    });
}

#[test]
fn a_link_that_is_not_understood_is_explained_and_nothing_of_it_is_used() {
    visit("bad-link", |page, _| async move {
        page.open(TEST_MODEL, "ready").await;
        let first = form(&page).await;
        for (hash, words) in [
            ("#v=2&steps=3", "version 2, made by a newer page; this page reads version 1"),
            ("#steps=3", "does not say its version"),
            ("#v=1&steps=3&tempo=2", "“tempo”, which this page does not know"),
            ("#v=1&steps=3&seed=-1", "seed is “-1”; accepted are whole numbers from 0"),
            (&format!("#v=1&steps=3&prompt={}", "a".repeat(2048)), "a link has at most 2048"),
        ] {
            page.open(&format!("{TEST_MODEL}{hash}"), "ready").await;
            let fault = page.text("#link-fault").await;
            assert!(fault.starts_with("The link is not used: ") && fault.contains(words), "{fault}");
            assert_eq!(form(&page).await, first, "{hash}");
        }
    });
}

#[test]
fn a_saved_trace_opens_as_the_run_that_it_was_and_saves_as_the_same_file() {
    visit("opened", |page, folder| async move {
        page.open(TEST_MODEL, "ready").await;
        page.fill("#prompt", "Once upon").await;
        page.fill("#steps", "6").await;
        page.finish().await;
        let written = trace(&page, &folder).await;
        page.press("#scrubber", Key::End).await;
        // What every cell says, and how many calls there were.
        let shown = "return [[...document.querySelectorAll('#cells-a [data-position]')].map((cell) => cell.ariaLabel),
            document.querySelectorAll('#bars-a button').length]";
        let (cells, caption) = (page.run(shown, vec![]).await, page.text("#caption-a").await);
        let file = folder.join("mine.jsonl");
        fs::write(&file, &written).unwrap();

        page.fill("#steps", "2").await;
        page.finish().await;
        page.give("#files", std::slice::from_ref(&file)).await;
        page.until("origin", "file").await;
        assert_eq!(page.text("#title-a").await, "A run from a file");
        assert_eq!(page.text("#caption-a").await, caption);
        page.press("#scrubber", Key::End).await;
        assert_eq!(page.run(shown, vec![]).await, cells);
        page.click("#cells-a [data-position='25']").await;
        assert!(page.text("#readout-second").await.starts_with("Drawn with probability"));
        page.press("#scrubber", Key::Home).await;
        assert_eq!(page.count("#cells-a [data-state=fresh]").await, 0);
        assert_eq!(trace(&page, &folder).await, written);

        // A broken one is refused by the number of its line, and the run stays.
        let text = String::from_utf8(written).unwrap();
        let broken: Vec<&str> = text.lines().collect();
        let cut = &broken[3][..broken[3].len() / 2];
        let version = broken[0].replace("\"version\":2", "\"version\":9");
        for (lines, words) in [
            ([&broken[..3], &[cut], &broken[4..]].concat(), "line 4: not a valid frame"),
            ([&broken[..2], &broken[3..]].concat(), "line 3: frame 2 where frame 1 must stand"),
            ([&[version.as_str()], &broken[1..]].concat(), "line 1: trace version 9; this program reads version 2"),
            (vec![], "the trace is empty"),
        ] {
            fs::write(&file, lines.join("\n")).unwrap();
            page.give("#files", std::slice::from_ref(&file)).await;
            page.until_text("#files-fault", words).await;
            assert_eq!((page.data("origin").await, page.text("#caption-a").await), ("file".into(), caption.clone()));
        }
        // The model is still there.
        page.finish().await;
        assert_eq!(page.data("origin").await, "live");
    });
}

/// What Chromium makes of an image: width, height, frames, and whether it goes on for ever.
async fn decoded(page: &Page, kind: &str, bytes: &[u8]) -> (u64, u64, usize, bool) {
    let script = "return (async () => {
        const decoder = new ImageDecoder({ type: arguments[0], data: Uint8Array.from(arguments[1]) });
        await Promise.all([decoder.tracks.ready, decoder.completed]);
        const { selectedTrack: { frameCount, repetitionCount } } = decoder.tracks;
        const { image } = await decoder.decode({ frameIndex: frameCount - 1 });
        return [image.displayWidth, image.displayHeight, frameCount, repetitionCount === Infinity];
    })()";
    serde_json::from_value(page.run(script, vec![json!(kind), json!(bytes)]).await).unwrap()
}

#[test]
fn pictures_are_saved_and_a_film_can_be_cancelled() {
    visit("pictures", |page, folder| async move {
        page.open(TEST_MODEL, "ready").await;
        page.fill("#prompt", "Once upon").await;
        page.choose("#schedule", "uniform").await;
        page.fill("#steps", "32").await;
        page.finish().await;
        page.press("#scrubber", Key::End).await;
        let frames: usize = page.data("frames").await.parse().unwrap();
        assert!(frames > 20, "{frames}");

        page.click("#save-svg").await;
        let svg = String::from_utf8(saved(&folder, "unmask.svg").await).unwrap();
        page.until_text("#kept", "Saved as unmask.svg.").await;
        let caption = page.text("#caption-a").await;
        assert!(svg.starts_with("<svg") && svg.contains(&caption), "{caption}: {}", &svg[..400]);
        let fault = "return new DOMParser().parseFromString(arguments[0], 'image/svg+xml').querySelector('parsererror, script')";
        assert_eq!(page.run(fault, vec![json!(svg)]).await, Value::Null);

        page.click("#save-png").await;
        let png = saved(&folder, "unmask.png").await;
        assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
        let (width, height, ..) = decoded(&page, "image/png", &png).await;
        assert!(width >= 800 && height >= 400, "{width} by {height}");

        // Cancelled as soon as it has drawn something.
        page.run(
            "new MutationObserver((_, watch) => {
               if (!document.getElementById('kept').textContent.startsWith('Drawing')) return;
               watch.disconnect();
               document.getElementById('cancel-save').click();
             }).observe(document.getElementById('kept'), { childList: true });",
            vec![],
        )
        .await;
        page.click("#save-gif").await;
        page.until_text("#kept", "Cancelled: nothing was saved.").await;
        assert_eq!(page.count("#cancel-save[hidden]").await, 1);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(fs::read_dir(&folder).unwrap().next().is_none(), "a file was saved");

        page.click("#save-gif").await;
        let gif = saved(&folder, "unmask.gif").await;
        page.until_text("#kept", "Saved as unmask.gif.").await;
        assert_eq!(gif[..6], *b"GIF89a");
        let (width, height, drawn, forever) = decoded(&page, "image/gif", &gif).await;
        assert_eq!((drawn, forever), (frames, true));
        println!("a GIF of {drawn} frames of {width} by {height}: {} KB", gif.len() / 1000);
    });
}

#[test]
fn a_model_of_ones_own_runs_from_three_files_and_a_wrong_one_is_named() {
    visit("own", |page, folder| async move {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model").canonicalize().unwrap();
        let files = ["model.safetensors", "config.json", "tokenizer.json"].map(|name| model.join(name));
        page.open("?autorun=0", "ready").await;
        let words = page.text("#model-words").await;
        assert!(words.contains("128 tokens"), "{words}");
        page.fill("#steps", "30").await;

        // Not all of it.
        page.give("#files", &files[..2]).await;
        let fault = page.until_text("#files-fault", "missing").await;
        assert!(fault.contains("missing: tokenizer.json; given: model.safetensors, config.json"), "{fault}");
        assert_eq!(page.data("state").await, "ready");

        // In the middle of a run of the model before: that one is over, and nothing waits for it.
        page.click("#generate").await;
        page.until_frames(2).await;
        page.give("#files", &files).await;
        page.until_script("return document.querySelectorAll('#cells-a [data-position]').length === 32").await;
        page.until("run", "finished").await;
        assert!(page.text("#model-words").await.contains("32 tokens, vocabulary 512"));
        assert_eq!(page.count("#cells-a [data-position]").await, 32);
        assert_eq!(page.text("#files-fault").await, "");
        page.press("#scrubber", Key::End).await;
        assert_eq!(page.count("#cells-a [data-state=masked]").await, 0);
        assert!(page.text("#expected-a").await.contains('–'), "its profile was not measured");
        // Steps that its length has no room for are refused.
        page.fill("#steps", "33").await;
        assert!(page.text("#steps-fault").await.contains("from 1 to 32"));
        page.fill("#steps", "8").await;

        // Weights of another shape than the config says.
        let config = fs::read_to_string(&files[1]).unwrap();
        assert!(config.contains("\"d_ff\": 176"));
        let wrong = folder.join("config.json");
        fs::write(&wrong, config.replace("\"d_ff\": 176", "\"d_ff\": 160")).unwrap();
        let wrong = [files[0].clone(), wrong, files[2].clone()];
        let words = "tensor `blocks.0.w13.weight` of model.safetensors is [352, 64]; config.json asks for [320, 64]";
        page.give("#files", &wrong).await;
        page.until_text("#files-fault", words).await;
        // The model that was there goes on.
        assert!(page.text("#model-words").await.contains("32 tokens, vocabulary 512"));
        page.finish().await;
        assert_eq!(page.data("state").await, "ready");

        // Where there is none yet, the same holds, and the right files end the trouble.
        page.open("?model=none", "error").await;
        page.give("#files", &wrong).await;
        page.until_text("#files-fault", words).await;
        page.give("#files", &files).await;
        page.until_script("return document.documentElement.dataset.state !== 'error'").await;
        page.until("origin", "live").await;
        page.until("run", "finished").await;
        assert_eq!(page.count("#error[hidden]").await, 1);
    });
}
