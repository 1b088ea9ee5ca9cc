//! What a request is answered.

use std::borrow::Cow;

use crate::mount::{Found, Mount, find};

/// As much of a request as matters here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, ...
    pub method: String,
    /// What is asked for: a path, or a whole URL.
    pub target: String,
    /// Whom it is meant for: each `Host` there is, of which there should be one.
    pub hosts: Vec<String>,
}

/// An answer, but for how long it is and whether another one may follow.
pub struct Answer {
    /// Number and words.
    pub status: &'static str,
    /// What is in the body.
    pub kind: &'static str,
    /// A header that goes with the status.
    pub more: Option<(&'static str, String)>,
    /// The file, or words.
    pub body: Cow<'static, [u8]>,
}

/// In every answer. What the page may load it says itself; that no other site may frame it, open it or read from it has to be
/// said here.
pub const HEADERS: [(&str, &str); 7] = [
    ("cache-control", "no-cache"),
    ("content-security-policy", "frame-ancestors 'none'"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

/// What `request` is answered.
pub fn answer(request: &Request, mounts: &[Mount]) -> Answer {
    let (authority, path) = parts(&request.target);
    let for_us = matches!(&request.hosts[..], [host] if is_ours(host)) && authority.is_none_or(is_ours);
    if !for_us {
        return said("421 Misdirected Request", "only 127.0.0.1 and localhost are served");
    }
    if !matches!(&request.method[..], "GET" | "HEAD") {
        let allowed = Some(("allow", "GET, HEAD".to_owned()));
        return Answer { more: allowed, ..said("405 Method Not Allowed", "only GET and HEAD") };
    }
    match find(path, mounts) {
        Found::File(name, body) => Answer { status: "200 OK", kind: kind(&name), more: None, body },
        Found::Folder => {
            let place = Some(("location", format!("{path}/")));
            Answer { more: place, ..said("301 Moved Permanently", "a folder") }
        }
        Found::Nothing => said("404 Not Found", "not found"),
    }
}

/// Words instead of a file.
pub fn said(status: &'static str, words: &'static str) -> Answer {
    Answer { status, kind: "text/plain; charset=utf-8", more: None, body: words.as_bytes().into() }
}

/// Host and port, where a target names them, and the path.
fn parts(target: &str) -> (Option<&str>, &str) {
    let (authority, path) = match target.strip_prefix("http://") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            (Some(authority), if path.is_empty() { "/" } else { path })
        }
        None => (None, target),
    };
    (authority, path.split(['?', '#']).next().unwrap_or_default())
}

/// Whether a host is this machine. A site elsewhere may have its own name lead to 127.0.0.1, so that its scripts read from here
/// as from itself; but then that name is in their requests.
fn is_ours(authority: &str) -> bool {
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    port.bytes().all(|digit| digit.is_ascii_digit())
        && ["127.0.0.1", "localhost"].iter().any(|ours| host.eq_ignore_ascii_case(ours))
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("jsonl" | "md") => "text/plain; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
