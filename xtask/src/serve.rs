//! Static files on 127.0.0.1, for the demo and the browser tests.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Component, Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use anyhow::{Context, anyhow};
use percent_encoding::percent_decode_str;
use tiny_http::{Header, Method, Request, Response};

const THREADS: usize = 4;

/// A folder that answers to the paths under a prefix.
#[derive(Clone, Debug)]
pub struct Mount {
    prefix: &'static str,
    folder: PathBuf,
}

impl Mount {
    /// `prefix` begins and ends with a slash.
    pub fn new(prefix: &'static str, folder: PathBuf) -> Self {
        Self { prefix, folder }
    }
}

/// A server that runs until the process ends.
pub struct Server {
    port: u16,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Serves the mounts, the longest prefix first, on `port` or the next free one.
    pub fn start(mut mounts: Vec<Mount>, port: u16) -> anyhow::Result<Self> {
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
        let last = port.saturating_add(99);
        let bound = (port..=last).find_map(|port| tiny_http::Server::http((Ipv4Addr::LOCALHOST, port)).ok());
        let server = Arc::new(bound.with_context(|| format!("no free port from {port} to {last}"))?);
        let port = server.server_addr().to_ip().context("the server has no address")?.port();
        let mounts = Arc::new(mounts);
        let threads = (0..THREADS).map(|_| {
            let (server, mounts) = (server.clone(), mounts.clone());
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    answer(request, &mounts);
                }
            })
        });
        Ok(Self { port, threads: threads.collect() })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Waits for an end that only an error brings.
    pub fn wait(self) -> anyhow::Result<()> {
        self.threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread has panicked")))
    }
}

fn answer(request: Request, mounts: &[Mount]) {
    let (status, kind, body) = if !matches!(request.method(), Method::Get | Method::Head) {
        (405, "text/plain", b"only GET and HEAD".to_vec())
    } else {
        match locate(request.url(), mounts).and_then(|path| Some((kind(&path), fs::read(path).ok()?))) {
            Some((kind, body)) => (200, kind, body),
            None => (404, "text/plain", b"not found".to_vec()),
        }
    };
    let headers = [("Content-Type", kind), ("Cache-Control", "no-cache")];
    let mut response = Response::from_data(body).with_status_code(status);
    for header in headers.iter().filter_map(|(name, value)| Header::from_bytes(*name, *value).ok()) {
        response.add_header(header);
    }
    // A visitor who has gone away needs no answer.
    let _ = request.respond(response);
}

/// The file that a URL names; nothing for one that leaves its folder.
fn locate(url: &str, mounts: &[Mount]) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    let mount = mounts.iter().find(|mount| path.starts_with(mount.prefix))?;
    let inside = Path::new(&path[mount.prefix.len()..]);
    if !inside.components().all(|part| matches!(part, Component::Normal(_))) || path.contains('\\') {
        return None;
    }
    let file = mount.folder.join(inside);
    Some(if file.is_dir() { file.join("index.html") } else { file })
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        net::TcpStream,
    };

    fn ask(server: &Server, request: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn files_are_served_with_their_type_and_nothing_else_is() {
        let source = crate::root().join("xtask");
        let mounts = vec![Mount::new("/", source.join("src")), Mount::new("/page/", source.join("../web"))];
        let server = Server::start(mounts.clone(), 18_800).unwrap();
        let page = ask(&server, "GET /page/?a=b");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("text/html") && page.contains("no-cache"));
        assert!(ask(&server, "GET /page/main.js").contains("text/javascript"));
        assert!(ask(&server, "GET /main%2Ers").starts_with("HTTP/1.1 200"));
        for path in ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "/page/../../Cargo.toml", "/none", "/page//etc/passwd"] {
            assert!(ask(&server, &format!("GET {path}")).starts_with("HTTP/1.1 404"), "{path}");
        }
        assert!(ask(&server, "POST /main.rs").starts_with("HTTP/1.1 405"));
        // The port is taken now: the next one is.
        let second = Server::start(mounts, server.port).unwrap();
        assert!(second.port > server.port);
    }
}
