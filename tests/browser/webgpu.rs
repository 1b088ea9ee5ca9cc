//! The four ways in which WebGPU can fail a visitor, each told in words of its own with the way on beside it: a browser
//! without it, one without an adapter (`browser.rs`), an adapter that refuses a limit, and a GPU that is lost. And when one
//! compiles its kernels.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;
mod site;
mod slow_line;

use std::path::Path;

use fantoccini::key::Key;

use page::{NO_GPU, Page, SOFTWARE_GPU, Scratch, browse, named};
use site::Site;

/// The page, whose worker does this before anything else: what WebGPU a browser has can only be changed where it is asked.
fn site(scratch: &Scratch, first: &str) -> Site {
    let site = Site::start(Path::new(&named("UNMASK_DIST")), scratch.path());
    let worker = String::from_utf8(site.file("worker.js")).unwrap();
    site.change("worker.js", format!("{first}\n{worker}"));
    site
}

#[test]
fn a_browser_without_webgpu_is_told_apart_from_one_without_an_adapter() {
    let scratch = Scratch::new("no-api");
    let site = site(&scratch, "Object.defineProperty(navigator, 'gpu', { value: undefined });");
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open_at(&site.url(), "?backend=gpu", "error").await;
        let error = page.text("#error-text").await;
        assert!(error.starts_with("The GPU was asked for, but this browser has no WebGPU"), "{error}");
        assert_eq!(page.data("fault").await, "no-api");
        page.click("#use-cpu").await;
        page.until("backend", "cpu").await;
        page.open_at(&site.url(), "", "ready").await;
        let status = page.text("#status").await;
        assert!(status.contains("this browser has no WebGPU"), "{status}");
    });
}

#[test]
fn a_limit_that_the_adapter_refuses_is_named() {
    let scratch = Scratch::new("refused");
    // The browser's own refusal, of a limit that no adapter has.
    let first = "const ask = GPUAdapter.prototype.requestDevice;
        GPUAdapter.prototype.requestDevice = function (wanted) {
          return ask.call(this, { ...wanted, requiredLimits: { ...wanted?.requiredLimits, maxBindGroups: 1e6 } });
        };";
    let site = site(&scratch, first);
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        page.open_at(&site.url(), "?backend=gpu", "error").await;
        let error = page.text("#error-text").await;
        assert!(error.contains("refused a device") && error.contains("maxBindGroups"), "{error}");
        assert_eq!(page.data("fault").await, "refused");
        page.click("#use-cpu").await;
        page.until("backend", "cpu").await;
    });
}

#[test]
fn a_gpu_lost_while_two_runs_are_compared_leaves_both_to_the_cpu() {
    let scratch = Scratch::new("lost-two");
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        let two = "#v=1&prompt=&steps=12&compare=1&b.schedule=cosine";
        page.open(&format!("?model=test&autorun=0&backend=gpu{two}"), "ready").await;
        page.click("#generate").await;
        page.until_frames(3).await;
        page.lose_gpu().await;
        page.until("run", "finished").await;
        assert_eq!(page.data("backend").await, "cpu");
        let status = page.text("#status").await;
        assert!(status.contains("the GPU was lost during a run"), "{status}");
        page.press("#scrubber", Key::End).await;
        for one in ["a", "b"] {
            assert_eq!(page.text(&format!("#calls-{one}")).await, "12");
            assert_eq!(page.count(&format!("#cells-{one} [data-state=masked]")).await, 0);
        }
    });
}

/// When a part of what brings up a model began and ended, in ms; none that never was.
async fn part(page: &Page, name: &str) -> Option<[f64; 2]> {
    let script = "const [one] = performance.getEntriesByName(arguments[0]);
        return one ? [one.startTime, one.startTime + one.duration] : null";
    serde_json::from_value(page.run(script, vec![name.into()]).await).unwrap()
}

#[test]
fn kernels_are_compiled_while_the_weights_are_on_their_way_and_the_cpu_asks_for_none() {
    let scratch = Scratch::new("warm-up");
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        let site = slow_line::to(&named("UNMASK_PAGE"), 30.0); // 10.5 MB of weights take three seconds
        page.open_at(&site, "?autorun=0&backend=gpu", "ready").await;
        let [begun, _] = part(&page, "kernels compiled").await.unwrap();
        let [_, arrived] = part(&page, "model fetched").await.unwrap();
        assert!(begun + 500.0 < arrived, "kernels from {begun} ms on, weights there after {arrived} ms");
        page.open_at(&site, "?autorun=0&backend=cpu", "ready").await;
        assert_eq!(part(&page, "kernels compiled").await, None);
        assert_eq!(page.data("backend").await, "cpu");
    });
}
