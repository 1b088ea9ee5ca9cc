//! What the browser keeps of the page: enough to open without a network, and never anything broken or old.

#![allow(clippy::unwrap_used, clippy::expect_used)] // tests

mod page;
mod site;

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use page::{NO_GPU, Page, Scratch, browse, named};
use site::Site;

const WEIGHTS: &str = "models/default/model.safetensors";

fn site(scratch: &Scratch) -> Site {
    Site::start(Path::new(&named("UNMASK_DIST")), scratch.path())
}

/// Where a file lies, under the name of its content.
fn url_of(site: &Site, name: &str) -> String {
    let listing: Value = serde_json::from_slice(&site.file("files.json")).unwrap();
    listing["files"][name]["url"].as_str().unwrap().to_owned()
}

/// Another version's icon.
const ICON: &[u8] = b"<svg xmlns='http://www.w3.org/2000/svg'/>";

/// From now on the server has another version, with another icon; the version before.
fn serve_another(site: &Site) -> String {
    let worker = String::from_utf8(site.file("sw.js")).unwrap();
    let after = |before: &str| worker.split(before).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (version, icon) = (after("const VERSION = \""), after("\"icon.svg\":\""));
    let digest: String = Sha256::digest(ICON).iter().map(|byte| format!("{byte:02x}")).collect();
    site.change("sw.js", worker.replace(&version, "another").replace(&icon, &digest).into_bytes());
    site.change("icon.svg", ICON);
    version
}

/// What the page's large files are kept under, and the bytes of the weights there.
async fn kept(page: &Page, url: &str) -> (Vec<String>, u64) {
    let found = page
        .run(
            "const cache = await caches.open('unmask-files');
             const answer = await cache.match(new URL(arguments[0], location));
             return [(await cache.keys()).map(request => new URL(request.url).pathname.slice(1)),
                     answer ? (await answer.arrayBuffer()).byteLength : 0];",
            vec![json!(url)],
        )
        .await;
    (serde_json::from_value(found[0].clone()).unwrap(), found[1].as_u64().unwrap())
}

#[test]
fn after_the_first_visit_the_page_opens_and_runs_with_no_server_at_all() {
    let scratch = Scratch::new("offline");
    let site = site(&scratch);
    browse(NO_GPU, scratch.path(), |page| async move {
        let url = site.url();
        page.open_at(&url, "", "ready").await;
        page.until("offline", "ready").await;
        page.until("origin", "live").await;
        page.open_at(&url, "lab/", "ready").await; // the lab is kept as well
        site.switch_off();
        page.open_at(&url, "?backend=cpu", "ready").await;
        page.until("origin", "live").await;
        page.fill("#seed", "5").await;
        page.click("#generate").await;
        page.until_text(".caption", "seed 5").await;
        page.until("run", "finished").await;
        page.until_script("return !document.querySelector('#cells-a [data-state=masked]')").await; // played to its end
        page.open_at(&url, "lab/", "ready").await;
    });
}

#[test]
fn a_download_that_arrives_broken_is_named_and_never_runs() {
    let scratch = Scratch::new("broken");
    let site = site(&scratch);
    browse(NO_GPU, scratch.path(), |page| async move {
        let url = url_of(&site, WEIGHTS);
        let mut bytes = site.file(&url);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        site.change(&url, bytes);
        page.open_at(&site.url(), "", "error").await;
        let error = page.text("#error-text").await;
        assert!(error.starts_with("models/default/model.safetensors arrived broken"), "{error}");
        assert_eq!(page.data("origin").await, "recorded", "what was recorded is there all the same");
        assert!(!kept(&page, &url).await.0.contains(&url), "and it is not kept");
    });
}

#[test]
fn what_was_kept_and_has_gone_bad_is_fetched_anew_and_what_is_old_is_thrown_away() {
    let scratch = Scratch::new("healed");
    let site = site(&scratch);
    browse(NO_GPU, scratch.path(), |page| async move {
        let url = url_of(&site, WEIGHTS);
        let whole = site.file(&url).len() as u64;
        page.open_at(&site.url(), "", "ready").await;
        let (names, bytes) = kept(&page, &url).await;
        assert!(names.contains(&url) && bytes == whole, "{names:?}, {bytes} bytes");
        page.run(
            "const cache = await caches.open('unmask-files');
             await cache.put(new URL(arguments[0], location), new Response(new Uint8Array(arguments[1])));
             await cache.put(new URL('models/default/model.000000000000.safetensors', location), new Response('old'));",
            vec![json!(url), json!(whole)],
        )
        .await;
        page.open_at(&site.url(), "?again", "ready").await;
        let (names, bytes) = kept(&page, &url).await;
        assert_eq!(bytes, whole);
        assert!(!names.iter().any(|name| name.contains("000000000000")), "{names:?}");
        let zeros = "const cache = await caches.open('unmask-files');
             const answer = await cache.match(new URL(arguments[0], location));
             return new Uint8Array(await answer.arrayBuffer()).every(byte => byte === 0)";
        assert_eq!(page.run(zeros, vec![json!(url)]).await, json!(false));
    });
}

#[test]
fn a_disk_that_is_full_costs_only_the_next_download() {
    let scratch = Scratch::new("quota");
    let site = site(&scratch);
    browse(NO_GPU, scratch.path(), |page| async move {
        page.quota(&site.url(), 100_000).await;
        page.open_at(&site.url(), "", "ready").await;
        let (names, _) = kept(&page, "none").await;
        assert!(!names.contains(&url_of(&site, WEIGHTS)), "{names:?}");
        page.until("origin", "live").await;
    });
}

#[test]
fn a_new_version_waits_until_its_reader_wants_it() {
    let scratch = Scratch::new("update");
    let site = site(&scratch);
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open_at(&site.url(), "?autorun=0", "ready").await;
        page.until("offline", "ready").await;
        page.run("await navigator.serviceWorker.ready; while (!navigator.serviceWorker.controller) await new Promise(go => setTimeout(go, 50))", vec![])
            .await;
        let own = site.file("icon.svg").len();
        let version = serve_another(&site);
        page.open_at(&site.url(), "?autorun=0", "ready").await;
        page.until_shown("#update button").await;
        assert!(page.text("#update").await.contains("A new version of this page is there."));
        let names = "return (await caches.keys()).filter(name => name.startsWith('unmask-page-')).sort()";
        let both = [format!("unmask-page-{version}"), "unmask-page-another".to_owned()];
        let found = page.run(names, vec![]).await;
        assert!(both.iter().all(|name| found.as_array().unwrap().contains(&json!(name))), "{found}");
        // Until then the old one is whole: its own icon, not the new one's.
        let icon = "return (await (await fetch('icon.svg')).text()).length";
        assert_eq!(page.run(icon, vec![]).await, json!(own));
        page.run("window.before = true", vec![]).await;
        page.click("#update button").await;
        page.until_script("return window.before === undefined && document.documentElement.dataset.state === 'ready'")
            .await;
        assert_eq!(page.run(names, vec![]).await, json!(["unmask-page-another"]));
        assert_eq!(page.run(icon, vec![]).await, json!(ICON.len()));
    });
}

#[test]
fn a_version_of_which_a_file_is_missing_or_another_one_is_not_installed() {
    let scratch = Scratch::new("mixed");
    let site = site(&scratch);
    browse(NO_GPU, scratch.path(), |page| async move {
        page.open_at(&site.url(), "?autorun=0", "ready").await;
        page.until("offline", "ready").await;
        let (icon, style) = (site.file("icon.svg"), site.file("style.css"));
        let version = serve_another(&site);
        let update = "const registration = await navigator.serviceWorker.getRegistration();
             await registration.update();
             const { installing } = registration;
             if (!installing) return 'none';
             while (installing.state === 'installing') await new Promise(go => setTimeout(go, 20));
             return installing.state";
        // Another version's list of files, with the icon of this one still on the server.
        site.change("icon.svg", icon);
        assert_eq!(page.run(update, vec![]).await, json!("redundant"));
        // The icon has come, and a stylesheet is not there yet.
        site.change("icon.svg", ICON);
        site.remove("style.css");
        assert_eq!(page.run(update, vec![]).await, json!("redundant"));
        let names = "return (await caches.keys()).filter(name => name.startsWith('unmask-page-'))";
        assert_eq!(page.run(names, vec![]).await, json!([format!("unmask-page-{version}")]));
        assert_eq!(page.run("return document.getElementById('update').hidden", vec![]).await, json!(true));
        // The page that is kept is whole.
        page.open_at(&site.url(), "?autorun=0", "ready").await;
        let status = "return (await fetch('style.css')).status";
        assert_eq!(page.run(status, vec![]).await, json!(200));
        site.change("style.css", style);
        assert_eq!(page.run(update, vec![]).await, json!("installed"));
        page.until_shown("#update button").await;
    });
}
