//! What a browser is answered, and others are not.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
};

use site::{Mount, Server, SiteError};

/// A folder of its own, gone in the end.
struct Scratch(PathBuf);

impl Scratch {
    /// With files that hold their own names.
    fn new(name: &str, files: &[&str]) -> Self {
        let folder = std::env::temp_dir().join(format!("unmask-site-{}-{name}", std::process::id()));
        for file in files {
            fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
            fs::write(folder.join(file), file).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn address(server: &Server) -> String {
    server.url().trim_start_matches("http://").trim_end_matches('/').to_owned()
}

/// The answer to a request, with a `Host` or with none.
fn asked(server: &Server, request: &str, host: Option<&str>) -> String {
    let stream = TcpStream::connect(address(server)).unwrap();
    let host = host.map(|host| format!("Host: {host}\r\n")).unwrap_or_default();
    said(stream, &format!("{request} HTTP/1.1\r\n{host}Connection: close\r\n\r\n"))
}

/// All that is answered to `text`.
fn said(mut stream: TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn ask(server: &Server, request: &str) -> String {
    asked(server, request, Some("127.0.0.1:80"))
}

#[test]
fn files_are_served_with_their_type_and_nothing_else_is() {
    let files = ["src/main.rs", "web/index.html", "web/main.js", "web/lab/index.html", "Cargo.toml"];
    let scratch = Scratch::new("files", &files);
    let mounts = vec![Mount::folder("/", scratch.0.join("src")), Mount::folder("/page/", scratch.0.join("web"))];
    let server = Server::start(mounts, 0).unwrap();
    let page = ask(&server, "GET /page/?a=b");
    assert!(page.starts_with("HTTP/1.1 200") && page.ends_with("\r\n\r\nweb/index.html"), "{page}");
    for header in [
        "content-type: text/html; charset=utf-8",
        "content-length: 14",
        "cache-control: no-cache",
        "x-content-type-options: nosniff",
        "content-security-policy: frame-ancestors 'none'",
        "cross-origin-opener-policy: same-origin",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(page.contains(&format!("\r\n{header}\r\n")), "{header}: {page}");
    }
    assert!(ask(&server, "GET /page/main.js").contains("text/javascript"));
    assert!(ask(&server, "GET /main%2Ers").starts_with("HTTP/1.1 200"));
    assert!(ask(&server, "GET /page/lab/").ends_with("web/lab/index.html"));
    let folder = ask(&server, "GET /page/lab");
    assert!(folder.starts_with("HTTP/1.1 301") && folder.contains("\r\nlocation: /page/lab/\r\n"), "{folder}");
    for path in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/..%2fCargo.toml",
        "/..%5cCargo.toml",
        "/page/../../Cargo.toml",
        "/none",
        "/page//etc/passwd",
        "/%ff",
        "/",
    ] {
        let answer = ask(&server, &format!("GET {path}"));
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("nosniff"), "{path}: {answer}");
    }
}

#[test]
fn only_reading_and_only_by_the_name_of_this_machine() {
    let scratch = Scratch::new("host", &["index.html"]);
    let server = Server::start(vec![Mount::folder("/", scratch.0.clone())], 0).unwrap();
    let head = ask(&server, "HEAD /");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-length: 10"), "{head}");
    assert!(head.ends_with("\r\n\r\n"), "{head}");
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = ask(&server, &format!("{method} /"));
        assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("\r\nallow: GET, HEAD\r\n"), "{answer}");
    }
    for host in ["127.0.0.1", "localhost", "localhost:8000", &address(&server)] {
        assert!(asked(&server, "GET /", Some(host)).starts_with("HTTP/1.1 200"), "{host}");
    }
    for host in
        ["evil.example", "127.0.0.1.evil.example:8000", "localhost.evil.example", "evil.example:127", "", "[::1]"]
    {
        let answer = asked(&server, "GET /", Some(host));
        assert!(answer.starts_with("HTTP/1.1 421") && !answer.ends_with("index.html"), "{host}: {answer}");
    }
    assert!(asked(&server, "GET /", None).starts_with("HTTP/1.1 421"));
    let whole = asked(&server, "GET http://evil.example/", Some("localhost"));
    assert!(whole.starts_with("HTTP/1.1 421"), "{whole}");
    let twice = asked(&server, "GET /", Some("localhost\r\nHost: evil.example"));
    assert!(twice.starts_with("HTTP/1.1 421"), "{twice}");
    // One connection, several requests; what follows a body is not read as one.
    let two =
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD /none HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answers = said(TcpStream::connect(address(&server)).unwrap(), two);
    assert!(answers.contains("\r\n\r\nindex.htmlHTTP/1.1 404"), "{answers}");
    let body = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 37\r\n\r\n";
    let answers = said(
        TcpStream::connect(address(&server)).unwrap(),
        &format!("{body}GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    );
    assert_eq!(answers.matches("HTTP/1.1").count(), 1, "{answers}");
    let noise = said(TcpStream::connect(address(&server)).unwrap(), "noise\r\n\r\n");
    assert!(noise.starts_with("HTTP/1.1 400"), "{noise}");
}

#[test]
fn idle_connections_keep_nobody_waiting_and_a_port_in_use_is_left_alone() {
    let scratch = Scratch::new("port", &["index.html"]);
    let mounts = vec![Mount::folder("/", scratch.0.clone())];
    let server = Server::start(mounts.clone(), 18_800).unwrap();
    let idle: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(address(&server)).unwrap()).collect();
    assert!(ask(&server, "GET /").starts_with("HTTP/1.1 200"));
    drop(idle);
    let port: u16 = address(&server).rsplit_once(':').unwrap().1.parse().unwrap();
    let second = Server::start(mounts.clone(), port).unwrap();
    let gone = address(&second);
    assert_ne!(gone, address(&server));
    drop(second);
    assert!(TcpStream::connect(gone).is_err(), "a server that is dropped answers no more");
    // Nor does one that is stopped, on connections that it has.
    let mut kept = TcpStream::connect(address(&server)).unwrap();
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    kept.write_all(request.as_bytes()).unwrap();
    let mut answer = vec![];
    while !answer.ends_with(b"\r\n\r\nindex.html") {
        let mut more = [0; 512];
        let read = kept.read(&mut more).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&answer));
        answer.extend(&more[..read]);
    }
    let stop = server.stop();
    stop.now();
    server.wait();
    assert_eq!(said(kept, request), "");
    let taken = std::net::TcpListener::bind(("127.0.0.1", u16::MAX));
    let error = Server::start(mounts, u16::MAX).err();
    // Where something else has the last port already, that does as well.
    drop(taken);
    assert!(matches!(error, Some(SiteError::Ports { first: u16::MAX, last: u16::MAX })), "{error:?}");
}
