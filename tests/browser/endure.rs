//! What the page goes through in use, in a real Chromium: many runs, a tab out of sight, another size of the window.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;

use std::{fs, time::Duration};

use fantoccini::key::Key;
use serde_json::json;

use page::{NO_GPU, Page, SOFTWARE_GPU, Scratch, browse};

/// The small model of `tests/model`: 32 positions.
const TEST_MODEL: &str = "?model=test&autorun=0";

/// What a page takes, once nothing that could be thrown away is left.
#[derive(Debug)]
struct Memory {
    /// Of the page's JavaScript, in bytes.
    heap: f64,
    nodes: f64,
    listeners: f64,
    /// Of the whole process, the workers and their WebAssembly included, in bytes; known on Linux alone.
    process: Option<u64>,
}

impl Memory {
    async fn of(page: &Page) -> Self {
        page.devtools("Memory.simulatePressureNotification", json!({ "level": "critical" })).await.unwrap();
        page.devtools("HeapProfiler.collectGarbage", json!({})).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let heap = page.devtools("Runtime.getHeapUsage", json!({})).await.unwrap();
        let found = page.devtools("Memory.getDOMCounters", json!({})).await.unwrap();
        Self {
            heap: heap["usedSize"].as_f64().unwrap(),
            nodes: found["nodes"].as_f64().unwrap(),
            listeners: found["jsEventListeners"].as_f64().unwrap(),
            process: renderer(),
        }
    }
}

/// Resident bytes of the largest process that shows pages for the browser of this test.
fn renderer() -> Option<u64> {
    let field = |process: u32, name: &str| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').split_whitespace().next()?.parse::<u64>().ok()
    };
    let ours = |mut process: u32| {
        while process > 1 && process != std::process::id() {
            process = field(process, "PPid").unwrap_or_default() as u32;
        }
        process == std::process::id()
    };
    let shows = |process: &u32| {
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("--type=renderer")
    };
    let processes = fs::read_dir("/proc").ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let sizes = processes.filter(shows).filter(|&process| ours(process)).filter_map(|one| field(one, "VmRSS"));
    Some(1024 * sizes.max()?)
}

async fn runs(page: &Page, count: usize) {
    for _ in 0..count {
        page.click("#again").await; // a new seed each time
        page.until("run", "finished").await;
    }
}

#[test]
fn two_hundred_runs_leave_no_more_behind_than_forty() {
    let scratch = Scratch::new("runs");
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open(TEST_MODEL, "ready").await;
        page.fill("#steps", "8").await;
        runs(&page, 40).await;
        let before = Memory::of(&page).await;
        runs(&page, 160).await;
        let after = Memory::of(&page).await;
        println!("after 40 runs {before:?}\nafter 200 runs {after:?}");
        // A run that is kept takes 85 KB here, 160 of them 13 MB, and a panel some hundred nodes.
        assert!(after.heap < before.heap + 2e6, "the heap grew");
        assert!(after.nodes < before.nodes + 500.0, "nodes are kept");
        assert!(after.listeners < before.listeners + 50.0, "listeners are kept");
        if let (Some(before), Some(after)) = (before.process, after.process) {
            assert!(after < before + 32_000_000, "the process grew from {before} to {after} bytes");
        }
        assert_eq!(page.count("#runs .run").await, 1);
    });
}

#[test]
fn a_run_goes_on_out_of_sight_and_is_all_there_afterwards() {
    let scratch = Scratch::new("hidden");
    // Where a call takes long enough for a tab to be hidden in the middle of a run.
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        page.open(&format!("{TEST_MODEL}&backend=gpu"), "ready").await;
        page.fill("#prompt", "").await;
        page.fill("#steps", "32").await;
        page.choose("#schedule", "uniform").await;
        page.run(
            "window.seen = [];
             const { dataset } = document.documentElement;
             document.addEventListener('visibilitychange', () =>
               window.seen.push([document.visibilityState, Number(dataset.frames), document.getElementById('at').textContent]));",
            vec![],
        )
        .await;
        page.click("#generate").await;
        page.until_frames(4).await;
        page.behind(Duration::from_secs(8)).await;
        page.until("run", "finished").await;
        let seen = page.run("return window.seen", vec![]).await;
        println!("out of sight: {seen}");
        let at = |which: usize, part: usize| &seen[which][part];
        assert_eq!((at(0, 0), at(1, 0)), (&json!("hidden"), &json!("visible")));
        assert!(at(0, 1).as_u64() < Some(33), "it was hidden in the middle of the run");
        assert!(at(1, 1).as_u64() > at(0, 1).as_u64(), "the model went on");
        assert_eq!((page.data("frames").await, page.text("#revealed-a").await), ("33".into(), "32 of 32".into()));
        // Nothing was lost on the way: every call has its frame, and playing comes to its end.
        page.until_text("#at", "call 32 of 32").await;
        for k in [0, 1, 16, 31, 32] {
            page.seek(k).await;
            assert_eq!(page.count("#cells-a [data-state=masked]").await, 32 - k);
        }
    });
}

/// How wide the page is, in CSS pixels; nothing sticks out of it.
async fn width_of(page: &Page) -> u64 {
    let script = "const { clientWidth, scrollWidth } = document.documentElement;
        const out = [...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > clientWidth);
        return [scrollWidth > clientWidth ? out.map(({ tagName, id, className }) => `${tagName} ${id} ${className}`) : [], clientWidth]";
    let found = page.run(script, vec![]).await;
    assert_eq!(found[0], json!([]), "of {} px", found[1]);
    found[1].as_u64().unwrap()
}

#[test]
fn the_window_may_change_its_size_in_the_middle_of_a_run() {
    let scratch = Scratch::new("resize");
    browse(SOFTWARE_GPU, scratch.path(), |page| async move {
        page.open(&format!("{TEST_MODEL}&backend=gpu"), "ready").await;
        page.fill("#prompt", "").await;
        page.fill("#steps", "32").await;
        page.choose("#schedule", "uniform").await;
        page.click("#generate").await;
        for width in [360, 768, 360] {
            let frames: usize = page.data("frames").await.parse().unwrap();
            page.narrow(width).await;
            assert_eq!(width_of(&page).await, u64::from(width));
            page.until_frames(frames + 2).await;
            assert_eq!(page.data("run").await, "running");
        }
        page.wide().await;
        assert!(width_of(&page).await > 1000);
        page.until("run", "finished").await;
        page.press("#scrubber", Key::End).await;
        assert_eq!(page.text("#revealed-a").await, "32 of 32");
        assert_eq!(page.count("#cells-a [data-state=masked]").await, 0);
        width_of(&page).await;
    });
}
