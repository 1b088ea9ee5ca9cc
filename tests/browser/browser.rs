//! The page in a real Chromium: `cargo xtask test --only browser` serves `dist/` and runs these.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;

use std::{fs, process::Command};

use fantoccini::key::Key;
use serde_json::{Value, json};

use page::{NO_GPU, SOFTWARE_GPU, Scratch, browse, lines, named, saved};

/// The small model of `tests/model`: 32 positions.
const TEST_MODEL: &str = "?model=test&autorun=0";

#[test]
fn on_webgpu_it_becomes_ready_and_a_run_leaves_no_mask() {
    let scratch = Scratch::new("webgpu");
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        let ready = page.open(&format!("{TEST_MODEL}&backend=gpu"), "ready").await;
        assert_eq!(page.data("backend").await, "gpu");
        assert!(page.text("#status").await.contains("the address asks for it"));
        page.fill("#prompt", "Once upon").await;
        page.fill("#steps", "6").await;
        page.finish().await;
        let per_call = page.text("#ms-a").await;
        println!("WebGPU by SwiftShader, test model: ready after {ready} ms, {per_call} a call");

        page.press("#scrubber", Key::End).await;
        assert_eq!(page.count("#cells-a [data-position]").await, 32);
        assert_eq!(page.count("#cells-a [data-state=masked]").await, 0);
        assert!(!page.text("#cells-a").await.contains('░'));
        let calls: usize = page.text("#calls-a").await.parse().unwrap();
        assert!(calls <= 6 && calls == page.count("#bars-a button").await, "{calls} calls");
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
        page.finish().await;
        page.press("#scrubber", Key::End).await; // the run may still be playing its first frame, where Home moves nothing
        page.press("#scrubber", Key::Home).await;
        assert_eq!(page.text("#at").await, format!("call 0 of {}", page.text("#calls-a").await));
        assert_eq!(page.count("#cells-a [data-state=masked]").await, 32);
        let size = "return Number(document.querySelector('#bars-a button').dataset.size)";
        let first = page.run(size, vec![]).await.as_u64().unwrap() as usize;
        page.press("#scrubber", Key::Right).await;
        let fresh = page.count("#cells-a [data-state=fresh]").await;
        assert!(fresh > 0 && fresh == first, "{fresh} fresh cells, a bar of {first}");
        assert_eq!(page.count("#cells-a [data-state=masked]").await, 32 - fresh);
        page.press("#scrubber", Key::End).await;
        assert_eq!(page.count("#cells-a [data-state=masked]").await, 0);
    });
}

#[test]
fn stop_stops_within_one_call() {
    let scratch = Scratch::new("stop");
    // Where a call takes a second, so that a message's way between page and worker is nothing beside it.
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        page.open(&format!("{TEST_MODEL}&backend=gpu"), "ready").await;
        page.fill("#prompt", "").await;
        page.fill("#steps", "30").await;
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
        assert!(page.count("#cells-a [data-state=masked]").await > 0);
        assert!(page.text("#summary-a").await.starts_with("Stopped after"));
        // The worker is free for the next run.
        page.fill("#steps", "2").await;
        page.finish().await;
    });
}

#[test]
fn without_webgpu_the_default_model_runs_on_the_cpu_and_its_trace_is_that_of_the_command_line() {
    let scratch = Scratch::new("trace");
    let folder = scratch.path().to_owned();
    browse(NO_GPU, scratch.path(), |page| async move {
        let ready = page.open("?autorun=0", "ready").await;
        assert_eq!(page.data("backend").await, "cpu");
        let status = page.text("#status").await;
        assert!(status.contains("this browser found no graphics adapter for WebGPU"), "{status}");
        let settings =
            [("--prompt", "#prompt", "Lily & <b>Tom</b>"), ("--steps", "#steps", "20"), ("--seed", "#seed", "11")];
        for (_, field, text) in settings {
            page.fill(field, text).await;
        }
        for (schedule, order, temperature) in [("adaptive-dtc", "random", "1"), ("cosine", "most-confident", "0.7")] {
            page.choose("#schedule", schedule).await;
            page.choose("#order", order).await;
            page.fill("#temperature", temperature).await;
            page.finish().await;
            page.press("#scrubber", Key::End).await;
            assert!(page.text("#cells-a").await.contains("<"), "the prompt is text");
            assert_eq!(page.count("#cells-a b, #plain-a b").await, 0, "and never HTML");
            page.click("#save-trace").await;
            let of_page = lines(&saved(&folder, "unmask-trace.jsonl").await);

            let file = folder.join("native.jsonl");
            let status = Command::new(named("UNMASK"))
                .args(["generate", "--plain", "--device", "cpu", "--trace"])
                .arg(&file)
                .args(settings.iter().flat_map(|(option, _, text)| [*option, *text]))
                .args(["--schedule", schedule, "--order", order, "--temperature", temperature])
                .status()
                .unwrap();
            assert!(status.success());
            assert!(of_page.len() > 1 && of_page[0]["version"] == 2, "a header and its frames");
            assert_alike(&json!(of_page), &json!(lines(&fs::read(&file).unwrap())), "trace");
        }
        println!("CPU in Chromium, default model: ready after {ready} ms, {} a call", page.text("#ms-a").await);
    });
}

/// The same run: statistics, the only numbers with a point, to 1e-4; all else, sizes, order and tokens among it, exactly.
fn assert_alike(page: &Value, native: &Value, at: &str) {
    match (page, native) {
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().for_each(|(index, (a, b))| assert_alike(a, b, &format!("{at}[{index}]")));
        }
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().zip(b.values()).for_each(|((key, a), b)| assert_alike(a, b, &format!("{at}.{key}")));
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let apart = (a.as_f64().unwrap() - b.as_f64().unwrap()).abs();
            assert!(apart <= 1e-4, "{at}: {a} on the page, {b} natively");
        }
        _ => assert_eq!(page, native, "{at}"),
    }
}

#[test]
fn a_gpu_lost_in_the_middle_of_a_run_hands_it_over_to_the_cpu() {
    let scratch = Scratch::new("lost");
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        page.open(&format!("{TEST_MODEL}&backend=gpu"), "ready").await;
        page.fill("#prompt", "").await;
        page.fill("#steps", "32").await;
        page.choose("#order", "left-to-right").await;
        page.click("#generate").await;
        page.until_frames(4).await;
        page.lose_gpu().await;
        page.until("run", "finished").await;
        assert_eq!(page.data("backend").await, "cpu");
        let status = page.text("#status").await;
        assert!(status.contains("the GPU was lost during a run"), "{status}");
        // Nothing that was on screen is gone or made twice.
        assert_eq!(page.text("#calls-a").await, "32");
        assert_eq!(page.text("#revealed-a").await, "32 of 32");
        page.press("#scrubber", Key::End).await;
        assert_eq!(page.count("#cells-a [data-state=masked]").await, 0);
        page.finish().await; // and the CPU goes on serving
    });
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
        page.open("?backend=gpu", "error").await;
        let error = page.text("#error-text").await;
        assert!(error.starts_with("The GPU was asked for, but this browser found no graphics adapter"), "{error}");
        page.click("#use-cpu").await;
        page.until("run", "finished").await;

        page.open("?model=none", "error").await;
        let error = page.text("#error-text").await;
        assert!(error.contains("models/none/model.safetensors") && error.contains("404"), "{error}");
        page.open("?model=..%2Fsecret", "error").await;
        assert!(page.text("#error-text").await.contains("is not accepted"));
    });
}

#[test]
fn on_a_narrow_screen_nothing_sticks_out() {
    let scratch = Scratch::new("narrow");
    browse(NO_GPU, scratch.path(), |page| async move {
        page.narrow(360).await;
        page.open(TEST_MODEL, "ready").await;
        page.finish().await;
        let width = page.run("return [innerWidth, document.documentElement.scrollWidth]", vec![]).await;
        assert_eq!(width, json!([360, 360]));
        // What can be touched is large enough to be touched.
        let small = page
            .run(
                "return [...document.querySelectorAll('button, select, textarea, input:not([type=range], [type=checkbox], .unseen), label.check, label.button, summary')]
                   .filter(element => element.offsetHeight > 0 && element.offsetHeight < 44)
                   .map(element => element.id || element.textContent)",
                vec![],
            )
            .await;
        assert_eq!(small, json!([]));
    });
}
