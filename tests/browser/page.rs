//! The page in a browser of its own, for as long as a test wants to look at it.

#![allow(dead_code)] // each file of tests uses its own part

use std::{
    env,
    io::{BufRead, BufReader},
    panic,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, key::Key, wd::WebDriverCompatibleCommand};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// WebGPU by a software adapter, which a browser hands out only when told to.
pub const SOFTWARE_GPU: &[&str] = &["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
/// No adapter for WebGPU: the browser alone hands out none that is software.
pub const NO_GPU: &[&str] = &["--disable-gpu"];

const PATIENCE: Duration = Duration::from_secs(180);

/// A running chromedriver.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new(named("CHROMEDRIVER")).arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // Its first line repeats the 0, a later one names the port that it got.
        let port = lines.find_map(|line| match line.rsplit_once("on port ")?.1.trim_end_matches('.').parse::<u16>() {
            Ok(0) | Err(_) => None,
            Ok(port) => Some(port),
        });
        let port = port.expect("chromedriver names its port");
        // Read on, or it would stop at a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `cargo xtask test` tells the tests.
pub fn named(variable: &str) -> String {
    env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set; run these tests with `cargo xtask test`"))
}

/// A folder that is new, empty, and gone with its owner.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("unmask-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
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

/// Opens a browser with further `flags`, lets `visit` use it, and closes it whatever happens there. What the page
/// saves lands in `downloads`.
pub fn browse<V>(flags: &[&str], downloads: &Path, visit: impl FnOnce(Page) -> V)
where
    V: Future<Output = ()> + Send + 'static,
{
    let driver = Driver::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let arguments = [&["--headless=new", "--no-sandbox", "--window-size=1280,1000"], flags].concat();
        let options = json!({
            "binary": named("CHROMIUM"),
            "args": arguments,
            "prefs": { "download.default_directory": downloads, "download.prompt_for_download": false },
        });
        let timeouts = json!({ "pageLoad": 60_000 }); // ms
        let capabilities = json!({ "goog:chromeOptions": options, "timeouts": timeouts }).as_object().unwrap().clone();
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.url)
            .await
            .unwrap();
        let visited = tokio::spawn(visit(Page { client: client.clone() })).await;
        client.close().await.unwrap();
        if let Err(failure) = visited {
            panic::resume_unwind(failure.into_panic());
        }
    });
}

impl Page {
    /// Goes to what follows the page's address; milliseconds until it is in `state`.
    pub async fn open(&self, path: &str, state: &str) -> u128 {
        let begun = Instant::now();
        let address = format!("{}{path}", named("UNMASK_PAGE"));
        // On a busy machine a browser's first page has been seen to load for ever; the second try is the last.
        if self.client.goto(&address).await.is_err() {
            self.client.goto(&address).await.unwrap();
        }
        self.until("state", state).await;
        begun.elapsed().as_millis()
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
        let value = self.run("return document.documentElement.dataset[arguments[0]] ?? ''", vec![json!(name)]).await;
        value.as_str().unwrap().to_owned()
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

    async fn devtools(&self, name: &'static str, parameters: Value) -> Result<Value, fantoccini::error::CmdError> {
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

    /// Presses a key on an element.
    pub async fn press(&self, selector: &str, key: Key) {
        self.find(selector).await.send_keys(&String::from(char::from(key))).await.unwrap();
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
