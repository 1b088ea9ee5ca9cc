//! Static files on 127.0.0.1, for the demo and the browser tests.

use std::{
    convert::Infallible,
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Component, Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use anyhow::{Context, anyhow};
use http_body_util::Full;
use hyper::{
    Method, Request, Response,
    body::{Bytes, Incoming},
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::sync::oneshot;

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

/// A server that runs until it is dropped.
pub struct Server {
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Server {
    /// Serves the mounts, the longest prefix first, on `port` or the next free one.
    pub fn start(mut mounts: Vec<Mount>, port: u16) -> anyhow::Result<Self> {
        mounts.sort_by_key(|mount| std::cmp::Reverse(mount.prefix.len()));
        let last = port.saturating_add(99);
        let bound = (port..=last).find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
        let listener = bound.with_context(|| format!("no free port from {port} to {last}"))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr().context("the server has no address")?.port();
        let (stop, stopped) = oneshot::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                tokio::select! {
                    end = serve(listener, Arc::new(mounts)) => end,
                    _ = stopped => Ok(()),
                }
            })
        });
        Ok(Self { port, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// Waits for an end that only an error brings.
    pub fn wait(mut self) -> anyhow::Result<()> {
        self.thread.take().map_or(Ok(()), |thread| thread.join().map_err(|_| anyhow!("its thread has panicked"))?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both may be gone already, and then there is nothing to end.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A task a connection: browsers open some long before they ask for anything.
async fn serve(listener: TcpListener, mounts: Arc<Vec<Mount>>) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let mounts = mounts.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| std::future::ready(Ok::<_, Infallible>(answer(&request, &mounts))));
            // A visitor who has gone away needs no answer.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn answer(request: &Request<Incoming>, mounts: &[Mount]) -> Response<Full<Bytes>> {
    let (status, kind, body) = if !matches!(*request.method(), Method::GET | Method::HEAD) {
        (405, "text/plain", b"only GET and HEAD".to_vec())
    } else {
        match locate(request.uri().path(), mounts).and_then(|path| Some((kind(&path), fs::read(path).ok()?))) {
            Some((kind, body)) => (200, kind, body),
            None => (404, "text/plain", b"not found".to_vec()),
        }
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// The file that a URL names; nothing for one that leaves its folder.
fn locate(path: &str, mounts: &[Mount]) -> Option<PathBuf> {
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
        Some("jsonl") => "text/plain; charset=utf-8",
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
        let folder = std::env::temp_dir().join(format!("unmask-serve-{}", std::process::id()));
        for file in ["src/main.rs", "web/index.html", "web/main.js", "Cargo.toml"] {
            fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
            fs::write(folder.join(file), file).unwrap();
        }
        let mounts = vec![Mount::new("/", folder.join("src")), Mount::new("/page/", folder.join("web"))];
        let server = Server::start(mounts.clone(), 18_800).unwrap();
        let page = ask(&server, "GET /page/?a=b");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("text/html") && page.contains("no-cache"), "{page}");
        assert!(ask(&server, "GET /page/main.js").contains("text/javascript"));
        assert!(ask(&server, "GET /main%2Ers").starts_with("HTTP/1.1 200"));
        for path in ["/../Cargo.toml", "/%2e%2e/Cargo.toml", "/page/../../Cargo.toml", "/none", "/page//etc/passwd"] {
            assert!(ask(&server, &format!("GET {path}")).starts_with("HTTP/1.1 404"), "{path}");
        }
        assert!(ask(&server, "POST /main.rs").starts_with("HTTP/1.1 405"));
        // Connections on which nothing is asked for keep nobody waiting.
        let idle: Vec<TcpStream> =
            (0..40).map(|_| TcpStream::connect((Ipv4Addr::LOCALHOST, server.port)).unwrap()).collect();
        assert!(ask(&server, "GET /main.rs").starts_with("HTTP/1.1 200"));
        drop(idle);
        // The port is taken now: the next one is.
        let second = Server::start(mounts, server.port).unwrap();
        assert!(second.port > server.port);
        let gone = second.port;
        drop(second);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, gone)).is_err(), "a server that is dropped answers no more");
        fs::remove_dir_all(folder).unwrap();
    }
}
