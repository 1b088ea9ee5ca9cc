//! The page in a browser of its own, for as long as a test wants to look at it.

#![allow(dead_code, unused_imports)] // each file of tests uses its own part

mod driver;
mod files;

use std::{
    env,
    path::PathBuf,
    time::{Duration, Instant},
};

use fantoccini::{Client, Locator, elements::Element, key::Key, wd::WebDriverCompatibleCommand};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

pub use driver::browse;
pub use files::{Scratch, lines, saved};

/// WebGPU by a software adapter, which a browser hands out only when told to.
pub const SOFTWARE_GPU: &[&str] = &["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
/// No adapter for WebGPU: the browser alone hands out none that is software.
pub const NO_GPU: &[&str] = &["--disable-gpu"];

const PATIENCE: Duration = Duration::from_secs(180);

/// What `cargo xtask test` tells the tests.
pub fn named(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set; run these tests with `cargo xtask test`"))
}

/// A command of Chromium's DevTools protocol, which chromedriver passes on.
#[derive(Debug)]
struct DevTools {
    name: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.name, "params": self.parameters }).to_string()))
    }
}

/// A page that a test looks at.
#[derive(Clone)]
pub struct Page {
    client: Client,
}

impl Page {
    /// Goes to what follows the page's address; milliseconds until it is in `state`.
    pub async fn open(&self, path: &str, state: &str) -> u128 {
        self.open_at(&named("UNMASK_PAGE"), path, state).await
    }

    /// The same on another server.
    pub async fn open_at(&self, site: &str, path: &str, state: &str) -> u128 {
        let begun = Instant::now();
        self.go(site, path).await;
        self.until("state", state).await;
        begun.elapsed().as_millis()
    }

    /// Goes there, and waits for nothing.
    pub async fn go(&self, site: &str, path: &str) {
        let address = format!("{site}{path}");
        // By way of nowhere: another hash alone would load nothing.
        for place in ["about:blank", &address] {
            let mut tries = 1;
            while let Err(fault) = self.client.goto(place).await {
                assert!(tries < 3, "{place} does not load: {fault}");
                tries += 1;
            }
        }
    }

    /// Waits until the page says `value` of `name`; a page in error says so at once.
    pub async fn until(&self, name: &str, value: &str) {
        let begun = Instant::now();
        loop {
            let now = self.data(name).await;
            if now == value {
                return;
            }
            let state = if name == "state" { now.clone() } else { self.data("state").await };
            assert_ne!(state, "error", "{name} should become {value}: {}", self.text("#error").await);
            assert!(begun.elapsed() < PATIENCE, "{name} is {now}, not {value}: {}", self.text("#status").await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until there is something of a CSS selector to see.
    pub async fn until_shown(&self, selector: &str) {
        let shown = format!("return document.querySelector({})?.checkVisibility() === true", json!(selector));
        self.until_script(&shown).await;
    }

    /// Waits until a script says `true`; one that fails, as while a page loads, says no.
    pub async fn until_script(&self, script: &str) {
        let begun = Instant::now();
        while self.client.execute(script, vec![]).await.ok() != Some(json!(true)) {
            assert!(begun.elapsed() < PATIENCE, "never true: {script}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What axe-core finds wrong with the page as it stands.
    pub async fn axe(&self) -> Vec<String> {
        let source = std::fs::read_to_string(named("AXE")).unwrap();
        self.run(&source, vec![]).await;
        let script = "const { violations } = await axe.run(document, { resultTypes: ['violations'] });
             return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target} ${node.failureSummary}`))";
        serde_json::from_value(self.run(script, vec![]).await).unwrap()
    }

    /// Light or dark, as the system would say.
    pub async fn scheme(&self, scheme: &str) {
        let parameters = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", parameters).await.unwrap();
    }

    /// How many bytes a site may keep.
    pub async fn quota(&self, site: &str, bytes: u64) {
        let parameters = json!({ "origin": site.trim_end_matches('/'), "quotaSize": bytes });
        self.devtools("Storage.overrideQuotaForOrigin", parameters).await.unwrap();
    }

    /// Waits until a run has as many frames.
    pub async fn until_frames(&self, count: usize) {
        let begun = Instant::now();
        while self.data("frames").await.parse().unwrap_or(0) < count {
            assert!(begun.elapsed() < PATIENCE, "{} frames, not {count}", self.data("frames").await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What the page says of itself: `state`, `run`, `frames`, `backend`.
    pub async fn data(&self, name: &str) -> String {
        // Between two documents there is nothing to ask.
        let script = "return document.documentElement.dataset[arguments[0]] ?? ''";
        let value = self.client.execute(script, vec![json!(name)]).await.unwrap_or_default();
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script in the page.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.unwrap()
    }

    /// Makes the window as wide as a phone's screen, in CSS pixels: the browser's own windows have a least width.
    pub async fn narrow(&self, width: u32) {
        let parameters = json!({ "width": width, "height": 740, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", parameters).await.unwrap();
    }

    /// Gives the window its own size back.
    pub async fn wide(&self) {
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await.unwrap();
    }

    /// Runs what the form asks for, to its end.
    pub async fn finish(&self) {
        self.click("#generate").await;
        self.until("run", "finished").await;
    }

    /// Moves the scrubber to a call.
    pub async fn seek(&self, call: usize) {
        let script = "const scrubber = document.getElementById('scrubber');
            scrubber.value = arguments[0];
            scrubber.dispatchEvent(new Event('input', { bubbles: true }));";
        self.run(script, vec![json!(call)]).await;
        assert!(self.text("#at").await.starts_with(&format!("call {call} of")), "{}", self.text("#at").await);
    }

    /// Puts another tab in front of the page for a while.
    pub async fn behind(&self, meanwhile: Duration) {
        let own = self.client.window().await.unwrap();
        let other = self.client.new_window(true).await.unwrap();
        self.client.switch_to_window(other.handle).await.unwrap();
        tokio::time::sleep(meanwhile).await;
        self.client.close_window().await.unwrap();
        self.client.switch_to_window(own).await.unwrap();
        self.devtools("Page.bringToFront", json!({})).await.unwrap();
    }

    /// Makes the window of this size, in CSS pixels.
    pub async fn resize(&self, width: u32, height: u32) {
        let parameters = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.devtools("Emulation.setDeviceMetricsOverride", parameters).await.unwrap();
    }

    /// Makes the CPU so many times slower.
    pub async fn throttle(&self, times: u32) {
        self.devtools("Emulation.setCPUThrottlingRate", json!({ "rate": times })).await.unwrap();
    }

    /// Runs a script before those of every page to come.
    pub async fn before_scripts(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await.unwrap();
    }

    /// Lets every answer of the network wait, in milliseconds.
    pub async fn slow(&self, latency: u32) {
        self.devtools("Network.enable", json!({})).await.unwrap();
        let parameters =
            json!({ "offline": false, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", parameters).await.unwrap();
    }

    /// Ends the process that talks to the GPU, as a driver does that breaks down.
    pub async fn lose_gpu(&self) {
        // The answer may be lost with the process.
        let _ = self.devtools("Browser.crashGpuProcess", json!({})).await;
    }

    /// What is to be seen in the window, as PNG.
    pub async fn screenshot(&self) -> Vec<u8> {
        self.client.screenshot().await.unwrap()
    }

    /// Asks Chromium itself.
    pub async fn devtools(&self, name: &'static str, parameters: Value) -> Result<Value, fantoccini::error::CmdError> {
        self.client.issue_cmd(DevTools { name, parameters }).await
    }

    /// The one element of a CSS selector.
    async fn find(&self, selector: &str) -> Element {
        self.client.find(Locator::Css(selector)).await.unwrap()
    }

    /// How many there are of something.
    pub async fn count(&self, selector: &str) -> usize {
        self.client.find_all(Locator::Css(selector)).await.unwrap().len()
    }

    /// The text that a visitor sees.
    pub async fn text(&self, selector: &str) -> String {
        self.find(selector).await.text().await.unwrap()
    }

    /// Clicks as a visitor would.
    pub async fn click(&self, selector: &str) {
        self.find(selector).await.click().await.unwrap();
    }

    /// Hands files to a file input, as its dialog would.
    pub async fn give(&self, selector: &str, files: &[PathBuf]) {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        self.find(selector).await.send_keys(&names.join("\n")).await.unwrap();
    }

    /// What a field holds.
    pub async fn value(&self, selector: &str) -> String {
        self.find(selector).await.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Waits until an element's text holds some words; the text.
    pub async fn until_text(&self, selector: &str, words: &str) -> String {
        let begun = Instant::now();
        loop {
            let text = self.text(selector).await;
            if text.contains(words) {
                return text;
            }
            assert!(begun.elapsed() < PATIENCE, "{selector} says “{text}”, not “{words}”");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Presses a key on an element.
    pub async fn press(&self, selector: &str, key: Key) {
        self.find(selector).await.send_keys(&String::from(char::from(key))).await.unwrap();
    }

    /// Types on an element.
    pub async fn type_into(&self, selector: &str, text: &str) {
        self.find(selector).await.send_keys(text).await.unwrap();
    }

    /// Types over what a field holds.
    pub async fn fill(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Chooses from a list.
    pub async fn choose(&self, selector: &str, value: &str) {
        self.find(selector).await.select_by_value(value).await.unwrap();
    }
}
