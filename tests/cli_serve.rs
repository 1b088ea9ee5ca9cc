//! `unmask serve` as its users meet it.

#![allow(clippy::unwrap_used, clippy::expect_used)] // helpers of tests

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

/// A folder of its own, gone in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("unmask-cli-serve-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// With a page in it.
    fn page(name: &str) -> Self {
        let scratch = Self::new(name);
        fs::create_dir_all(scratch.0.join("dist/lab")).unwrap();
        fs::write(scratch.0.join("dist/index.html"), "<!doctype html><title>a page</title>").unwrap();
        fs::write(scratch.0.join("dist/lab/main.js"), "export {};").unwrap();
        fs::write(scratch.0.join("secret.txt"), "secret").unwrap();
        scratch
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn unmask(folder: &Scratch, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_unmask"));
    command.current_dir(&folder.0).arg("serve").args(arguments);
    command
}

/// A server that is up.
struct Serving {
    child: Child,
    /// Host and port.
    address: String,
}

impl Serving {
    fn start(folder: &Scratch, arguments: &[&str]) -> Self {
        let mut child = unmask(folder, arguments).arg("--no-open").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.strip_prefix("Unmask is at http://").and_then(|rest| rest.strip_suffix("/ (Ctrl-C ends it)\n"));
        Self { child, address: address.unwrap_or_else(|| panic!("{line}")).to_owned() }
    }

    /// The answer to a request for `host`.
    fn asked(&self, request: &str, host: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = vec![];
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn ask(&self, request: &str) -> String {
        self.asked(request, &self.address)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_folder_is_served_to_this_machine_and_nothing_beside_it() {
    let scratch = Scratch::page("folder");
    let server = Serving::start(&scratch, &["--port", "0", "--dir", "dist"]);
    assert!(server.address.starts_with("127.0.0.1:"), "{}", server.address);
    let page = server.ask("GET /");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.ends_with("<title>a page</title>"), "{page}");
    for header in
        ["content-type: text/html; charset=utf-8", "cache-control: no-cache", "x-content-type-options: nosniff"]
    {
        assert!(page.contains(&format!("\r\n{header}\r\n")), "{header}: {page}");
    }
    assert!(server.ask("GET /lab/main.js").contains("\r\ncontent-type: text/javascript"));
    let head = server.ask("HEAD /");
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("content-length: 36") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
    for path in ["/../secret.txt", "/%2e%2e/secret.txt", "/lab/..%2f..%2fsecret.txt", "//etc/passwd", "/none"] {
        let answer = server.ask(&format!("GET {path}"));
        assert!(answer.starts_with("HTTP/1.1 404") && !answer.contains("secret"), "{path}: {answer}");
    }
    assert!(server.ask("POST /").starts_with("HTTP/1.1 405"));
    assert!(server.asked("GET /", "evil.example").starts_with("HTTP/1.1 421"));
}

#[test]
fn a_port_in_use_is_left_to_whoever_has_it() {
    let scratch = Scratch::page("port");
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let server = Serving::start(&scratch, &["--port", &port, "--dir", "dist"]);
    assert!(!server.address.ends_with(&format!(":{port}")), "{}", server.address);
    assert!(server.ask("GET /").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_folder_without_a_page_is_named() {
    let scratch = Scratch::new("missing");
    let refused = |arguments: &[&str]| {
        let output = unmask(&scratch, arguments).arg("--no-open").output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    for folder in ["none", "."] {
        let (code, notes) = refused(&["--dir", folder]);
        assert!(code == 1 && notes.contains(&format!("{folder} holds no page")), "{notes}");
        assert!(notes.contains("cargo xtask web"), "{notes}");
    }
    let (code, notes) = refused(&["--port", "65536"]);
    assert!(code == 2 && notes.contains("65535"), "{notes}");
}

#[cfg(not(feature = "page"))]
#[test]
fn without_a_page_of_its_own_it_takes_dist_or_says_what_to_do() {
    let scratch = Scratch::page("own");
    assert!(Serving::start(&scratch, &["--port", "0"]).ask("GET /").contains("a page"));
    fs::remove_dir_all(scratch.0.join("dist")).unwrap();
    let output = unmask(&scratch, &["--no-open"]).output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{notes}");
    for part in ["built without the page", "--dir", "--features page", "cargo xtask web"] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
}

#[cfg(feature = "page")]
#[test]
fn the_page_is_in_the_binary_whatever_the_folder() {
    let scratch = Scratch::new("built-in");
    let server = Serving::start(&scratch, &["--port", "0"]);
    assert!(server.ask("GET /").contains("<title>Unmask</title>"));
    let listed = server.ask("GET /files.json");
    let urls: Vec<&str> = listed.split("\"url\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(urls.iter().any(|url| url.ends_with(".wasm")) && urls.iter().any(|url| url.ends_with(".safetensors")));
    for url in urls {
        assert!(server.ask(&format!("GET /{url}")).starts_with("HTTP/1.1 200"), "{url}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_as_stopped_by_the_user() {
    let scratch = Scratch::page("stop");
    let mut server = Serving::start(&scratch, &["--port", "0", "--dir", "dist"]);
    let stopped = Command::new("kill").args(["-INT", &server.child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(server.child.wait().unwrap().code(), Some(130));
    assert!(TcpStream::connect(&server.address).is_err());
}
