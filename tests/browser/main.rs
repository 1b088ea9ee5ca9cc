//! The page in a real Chromium: `cargo xtask test --only browser` builds nothing, serves `dist/` and runs these.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;

use std::{
    fs::{self, File},
    io::BufReader,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use fantoccini::key::Key;
use serde_json::json;
use unmask::{
    denoiser::Prediction,
    sampler::Frame,
    trace::{self, Trace},
};

use page::{NO_GPU, Page, SOFTWARE_GPU, Scratch, browse};

/// The small model of `tests/model`: 32 positions.
const TEST_MODEL: &str = "model=test&autorun=0";

async fn finish(page: &Page) {
    page.click("#generate").await;
    page.until("run", "finished").await;
}

#[test]
fn on_webgpu_it_becomes_ready_and_a_run_leaves_no_mask() {
    let scratch = Scratch::new("webgpu");
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        let ready = page.open(&format!("{TEST_MODEL}&backend=gpu"), "ready").await;
        assert_eq!(page.data("backend").await, "gpu");
        assert!(page.text("#status").await.contains("the address asks for it"));
        page.fill("#prompt", "Once upon").await;
        page.fill("#steps", "6").await;
        finish(&page).await;
        let per_call = page.text("#ms-per-call").await;
        println!("WebGPU by SwiftShader, test model: ready after {ready} ms, {per_call} a call");

        page.press("#scrubber", Key::End).await;
        assert_eq!(page.count("#cells [data-position]").await, 32);
        assert_eq!(page.count("#cells [data-state=masked]").await, 0);
        assert!(!page.text("#cells").await.contains('░'));
        let calls: usize = page.text("#calls").await.parse().unwrap();
        assert!(calls <= 6 && calls == page.count("#bars button").await, "{calls} calls");
        // Every request went to the page's own host.
        let origins = page
            .run("return performance.getEntriesByType('resource').map(e => new URL(e.name).origin === origin)", vec![])
            .await;
        let origins = origins.as_array().unwrap();
        assert!(!origins.is_empty() && origins.iter().all(|own| own == &json!(true)));
    });
}

#[test]
fn scrubbing_back_shows_every_token_masked_and_forward_the_text() {
    let scratch = Scratch::new("scrub");
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open(TEST_MODEL, "ready").await;
        page.fill("#prompt", "").await;
        page.fill("#steps", "8").await;
        finish(&page).await;
        page.press("#scrubber", Key::Home).await;
        assert_eq!(page.text("#at").await, format!("call 0 of {}", page.text("#calls").await));
        assert_eq!(page.count("#cells [data-state=masked]").await, 32);
        let first: usize = page.text("#bars button:first-child").await.parse().unwrap_or_default();
        page.press("#scrubber", Key::Right).await;
        let fresh = page.count("#cells [data-state=fresh]").await;
        assert!(fresh > 0 && (first == 0 || first == fresh), "{fresh} fresh cells, a bar of {first}");
        assert_eq!(page.count("#cells [data-state=masked]").await, 32 - fresh);
        page.press("#scrubber", Key::End).await;
        assert_eq!(page.count("#cells [data-state=masked]").await, 0);
    });
}

#[test]
fn stop_stops_within_one_call() {
    let scratch = Scratch::new("stop");
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open("autorun=0", "ready").await;
        page.fill("#steps", "100").await;
        page.choose("#schedule", "uniform").await;
        // Clicked in the very moment in which the page has heard of frame 3: by then the next call may have begun.
        page.run(
            "const root = document.documentElement;
             new MutationObserver((_, watch) => {
               if (Number(root.dataset.frames) < 4) return;
               watch.disconnect();
               document.getElementById('stop').click();
             }).observe(root, { attributes: true, attributeFilter: ['data-frames'] });",
            vec![],
        )
        .await;
        page.click("#generate").await;
        page.until("run", "stopped").await;
        let frames: usize = page.data("frames").await.parse().unwrap();
        assert!((4..=5).contains(&frames), "{frames} frames");
        page.press("#scrubber", Key::End).await;
        assert!(page.count("#cells [data-state=masked]").await > 0);
        assert!(page.text("#summary").await.starts_with("Stopped after"));
        // The worker is free for the next run.
        page.fill("#steps", "2").await;
        finish(&page).await;
    });
}

#[test]
fn without_webgpu_the_default_model_runs_on_the_cpu_and_its_trace_is_that_of_the_command_line() {
    let scratch = Scratch::new("trace");
    let folder = scratch.path().to_owned();
    browse(NO_GPU, scratch.path(), |page| async move {
        let ready = page.open("autorun=0", "ready").await;
        assert_eq!(page.data("backend").await, "cpu");
        assert!(page.text("#status").await.contains("this browser has no WebGPU"), "{}", page.text("#status").await);
        let settings =
            [("--prompt", "#prompt", "Lily & <b>Tom</b>"), ("--steps", "#steps", "20"), ("--seed", "#seed", "11")];
        for (_, field, text) in settings {
            page.fill(field, text).await;
        }
        for (schedule, order, temperature) in [("adaptive-dtc", "random", "1"), ("cosine", "most-confident", "0.7")] {
            page.choose("#schedule", schedule).await;
            page.choose("#order", order).await;
            page.fill("#temperature", temperature).await;
            finish(&page).await;
            page.press("#scrubber", Key::End).await;
            assert!(page.text("#cells").await.contains("<"), "the prompt is text");
            assert_eq!(page.count("#cells b, #plain b").await, 0, "and never HTML");
            page.click("#save-trace").await;
            let of_page = saved(&folder).await;

            let file = folder.join("native.jsonl");
            let status = Command::new(env!("CARGO_BIN_EXE_unmask"))
                .args(["generate", "--plain", "--device", "cpu", "--trace"])
                .arg(&file)
                .args(settings.iter().flat_map(|(option, _, text)| [*option, *text]))
                .args(["--schedule", schedule, "--order", order, "--temperature", temperature])
                .status()
                .unwrap();
            assert!(status.success());
            assert_alike(&of_page, &read(&file));
        }
        println!("CPU in Chromium, default model: ready after {ready} ms, {} a call", page.text("#ms-per-call").await);
    });
}

/// The trace that the page has saved; taken out of the folder, so that the next one gets the same name.
async fn saved(folder: &Path) -> Trace {
    let file = folder.join("unmask-trace.jsonl");
    let begun = Instant::now();
    while !file.exists() {
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing was saved");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let trace = read(&file);
    fs::remove_file(file).unwrap();
    trace
}

fn read(file: &Path) -> Trace {
    trace::read(BufReader::new(File::open(file).unwrap())).unwrap()
}

/// The same run: sizes, order and tokens equal; statistics to 1e-4.
fn assert_alike(page: &Trace, native: &Trace) {
    assert_eq!(page.header, native.header);
    assert_eq!(page.frames.len(), native.frames.len());
    let near = |a: f32, b: f32| assert!((a - b).abs() <= 1e-4, "{a} and {b}");
    for (page, native) in page.frames.iter().zip(&native.frames) {
        assert_eq!(page.tokens, native.tokens);
        let drawn =
            |frame: &Frame| -> Vec<_> { frame.revealed.iter().map(|reveal| (reveal.position, reveal.token)).collect() };
        assert_eq!(drawn(page), drawn(native));
        page.revealed.iter().zip(&native.revealed).for_each(|(a, b)| near(a.log_prob, b.log_prob));
        assert_eq!(page.predictions.len(), native.predictions.len());
        for (a, b) in page.predictions.iter().zip(&native.predictions) {
            assert_eq!((a.position, a.token), (b.position, b.token));
            let numbers = |of: &Prediction| [of.log_prob, of.entropy, of.margin];
            numbers(a).into_iter().zip(numbers(b)).for_each(|(a, b)| near(a, b));
            a.top.iter().zip(&b.top).for_each(|(a, b)| near(a.1, b.1));
        }
    }
}

#[test]
fn auto_never_takes_a_software_adapter() {
    let scratch = Scratch::new("auto");
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        page.open(TEST_MODEL, "ready").await;
        assert_eq!(page.data("backend").await, "cpu");
        let status = page.text("#status").await;
        assert!(
            status.contains("the only WebGPU adapter is software") && status.contains("auto never takes"),
            "{status}"
        );
    });
}

#[test]
fn a_gpu_that_is_not_there_and_a_file_that_is_not_there_are_named() {
    let scratch = Scratch::new("errors");
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open("backend=gpu", "error").await;
        assert!(page.text("#error-text").await.starts_with("The GPU was asked for, but this browser has no WebGPU"));
        page.click("#use-cpu").await;
        page.until("run", "finished").await;

        page.open("model=none", "error").await;
        let error = page.text("#error-text").await;
        assert!(error.contains("models/none/model.safetensors") && error.contains("404"), "{error}");
        page.open("model=..%2Fsecret", "error").await;
        assert!(page.text("#error-text").await.contains("is not accepted"));
    });
}

#[test]
fn on_a_narrow_screen_nothing_sticks_out() {
    let scratch = Scratch::new("narrow");
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open(TEST_MODEL, "ready").await;
        finish(&page).await;
        // An own frame of that width: a headless window has a smallest width of its own.
        let wide = page
            .run(
                "document.body.style.width = '360px'; document.body.style.margin = '0';
                 return [...document.body.querySelectorAll('*')].filter(element => {
                   const { right, width } = element.getBoundingClientRect();
                   return width > 1 && right > 361 && !element.closest('.table, #bars, svg');
                 }).map(element => element.id || element.tagName)",
                vec![],
            )
            .await;
        assert_eq!(wide, json!([]));
    });
}
