//! How long from the navigation to the first frame that the model itself has computed, cold and warm, and what the parts of
//! that take: `cargo xtask bench --only page` serves the page and prints this.
//!
//! The visits are by a link to a run of another seed: the recorded run, which is there first, has that place until the model
//! has made the same one to its end.
//!
//! `UNMASK_TURNS` visits of each kind, each cold one in a browser that has never been there, each warm one in the same browser,
//! started anew. `UNMASK_MBIT` are the lines' speeds, with commas; 0 is the machine's own.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a tool of the repository, as the tests are

mod page;
mod slow_line;

use std::{collections::BTreeMap, env, sync::mpsc};

use serde_json::Value;

use page::{NO_GPU, SOFTWARE_GPU, Scratch, browse, named};

/// Runs in the page before its own scripts: notes when frames are on screen, the first of all and the first of a call that
/// was made here. That is the next picture after what the page says of them.
const WATCH: &str = "
    window.seen = {};
    addEventListener('DOMContentLoaded', () => {
      const root = document.documentElement;
      const note = (name) => requestAnimationFrame(() => (seen[name] ??= performance.now()));
      const look = () => {
        if (Number(root.dataset.frames) > 0) note('recorded');
        const call = /^call [1-9]/.test(document.getElementById('at').textContent);
        if (root.dataset.origin === 'live' && Number(root.dataset.frames) > 1 && call) note('live');
      };
      new MutationObserver(look).observe(root, { attributes: true, subtree: true, childList: true, characterData: true });
    });";

/// What was seen, and what the page measured of itself.
const TOLD: &str = "
    const parts = performance.getEntriesByType('measure').map(({ name, duration }) => [name, duration]);
    return { ...seen, parts: Object.fromEntries(parts) };";

const DEVICES: [(&str, &str, &[&str]); 2] = [("CPU", "cpu", NO_GPU), ("WebGPU (SwiftShader)", "gpu", SOFTWARE_GPU)];

fn main() {
    let turns: usize = env::var("UNMASK_TURNS").map_or(3, |turns| turns.parse().unwrap());
    let speeds = env::var("UNMASK_MBIT").unwrap_or_else(|_| "0".into());
    println!("| device | line | visit | a frame ms | live frame ms | parts of it, ms |\n|---|---|---|---|---|---|");
    for speed in speeds.split(',').map(|speed| speed.parse::<f64>().unwrap()) {
        let own = named("UNMASK_PAGE");
        let site = if speed > 0.0 { slow_line::to(&own, speed) } else { own };
        let line = if speed > 0.0 { format!("{speed} Mbit/s") } else { "this machine".into() };
        for (device, backend, flags) in DEVICES {
            let mut told: [Vec<Value>; 2] = Default::default();
            for _ in 0..turns {
                let profile = Scratch::new("first-frame");
                for visit in &mut told {
                    visit.push(visited(&site, backend, flags, &profile));
                }
            }
            for (visit, told) in ["cold", "warm"].into_iter().zip(&told) {
                println!("| {device} | {line} | {visit} | {} |", row(told));
            }
        }
    }
}

/// A browser of its own, until it has seen what there is to see and keeps what it will want next time.
fn visited(site: &str, backend: &str, flags: &[&str], profile: &Scratch) -> Value {
    let own = format!("--user-data-dir={}", profile.path().join("profile").display());
    let (tell, told) = mpsc::channel();
    let (site, path) = (site.to_owned(), format!("?backend={backend}#v=1&seed=7"));
    browse(&[flags, &[&own]].concat(), profile.path(), |page| async move {
        page.before_scripts(WATCH).await;
        page.go(&site, &path).await;
        page.until_script("return seen.live > 0").await;
        page.until("offline", "ready").await;
        tell.send(page.run(TOLD, vec![]).await).unwrap();
    });
    told.recv().unwrap()
}

/// Medians.
fn row(told: &[Value]) -> String {
    let of = |name: &str| median(told.iter().map(|one| one[name].as_f64().unwrap()).collect());
    let mut parts: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (name, ms) in told.iter().flat_map(|one| one["parts"].as_object().unwrap()) {
        parts.entry(name).or_default().push(ms.as_f64().unwrap());
    }
    let parts: Vec<_> = parts.into_iter().map(|(name, times)| format!("{name} {:.0}", median(times))).collect();
    format!("{:.0} | {:.0} | {}", of("recorded"), of("live"), parts.join(", "))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
