//! A chromedriver with a Chromium, for as long as a test lasts.

use std::{
    io::{BufRead, BufReader},
    panic,
    path::Path,
    process::{Child, Command, Stdio},
};

use fantoccini::ClientBuilder;
use serde_json::json;

use super::{Page, named};

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
        // Whether a page is there, it says itself. On a busy machine a browser's first page has been seen never to load: it is
        // asked for again.
        let timeouts = json!({ "pageLoad": 20_000 }); // ms
        let capabilities = json!({ "goog:chromeOptions": options, "pageLoadStrategy": "none", "timeouts": timeouts });
        let capabilities = capabilities.as_object().unwrap().clone();
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
