//! The page in a browser of its own, for as long as a test wants to look at it.

use std::{
    env,
    io::{BufRead, BufReader},
    panic,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element, key::Key};
use serde_json::{Value, json};

/// WebGPU by a software adapter, which a browser hands out only when told to.
pub const SOFTWARE_GPU: &[&str] = &["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
/// No WebGPU at all.
pub const NO_GPU: &[&str] = &["--disable-blink-features=WebGPU"];

const PATIENCE: Duration = Duration::from_secs(180);

/// A running chromedriver.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new(named("CHROMEDRIVER")).arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = lines.filter_map(|line| line.rsplit_once("on port ")?.1.trim_end_matches('.').parse::<u16>().ok());
        let port = port.last().expect("chromedriver names its port");
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
fn named(variable: &str) -> String {
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
        let capabilities = json!({ "goog:chromeOptions": options }).as_object().unwrap().clone();
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
    /// Goes to the page with what follows `?` in its address; milliseconds until it is in `state`.
    pub async fn open(&self, asked: &str, state: &str) -> u128 {
        let begun = Instant::now();
        self.client.goto(&format!("{}?{asked}", named("UNMASK_PAGE"))).await.unwrap();
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
            let state = self.data("state").await;
            assert_ne!(state, "error", "{name} should become {value}: {}", self.text("#error").await);
            assert!(begun.elapsed() < PATIENCE, "{name} is {now}, not {value}: {}", self.text("#status").await);
            tokio::time::sleep(Duration::from_millis(20)).await;
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
