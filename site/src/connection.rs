//! Requests and answers on a connection: as much of HTTP/1.1 as files take.

use std::{
    io::{self, Read, Write},
    net::TcpStream,
    time::Duration,
};

use httparse::{EMPTY_HEADER, Status};

use crate::{
    answer::{Answer, HEADERS, Request, answer, said},
    mount::Mount,
    server::Stop,
};

/// How long a visitor may say nothing. Browsers open connections long before they ask for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// The longest request, and the most headers in it: a browser's own are far below, whatever cookies other servers on this
/// machine have left it.
const LONGEST: usize = 1 << 16;
const HEADERS_AT_MOST: usize = 100;

/// Answers one request after another, until one side has had enough.
///
/// # Errors
/// When the visitor goes away.
pub fn converse(mut stream: TcpStream, mounts: &[Mount], stop: &Stop) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut waiting = vec![];
    loop {
        let (request, last) = match next(&mut stream, &mut waiting)? {
            Next::Request { request, last } => (request, last),
            Next::End => return Ok(()),
            Next::Broken => {
                return write(&mut stream, &said("400 Bad Request", "not a request of HTTP/1.1"), true, true);
            }
        };
        // Whoever has stopped it wants no more answers.
        if stop.is_stopped() {
            return Ok(());
        }
        write(&mut stream, &answer(&request, mounts), request.method != "HEAD", last)?;
        if last {
            return Ok(());
        }
    }
}

/// What comes from a visitor.
enum Next {
    /// A request; whether nothing can follow it.
    Request { request: Request, last: bool },
    /// Nothing more.
    End,
    /// No request.
    Broken,
}

/// Reads the next request; `waiting` is what was read beyond the last one.
fn next(stream: &mut impl Read, waiting: &mut Vec<u8>) -> io::Result<Next> {
    loop {
        let mut headers = [EMPTY_HEADER; HEADERS_AT_MOST];
        let mut parsed = httparse::Request::new(&mut headers);
        match parsed.parse(waiting) {
            Ok(Status::Complete(end)) => {
                let next = understood(&parsed);
                waiting.drain(..end);
                return Ok(next);
            }
            Ok(Status::Partial) if waiting.len() < LONGEST => {}
            _ => return Ok(Next::Broken),
        }
        let mut more = [0; 4096];
        match stream.read(&mut more)? {
            0 => return Ok(Next::End),
            read => waiting.extend(&more[..read]),
        }
    }
}

fn understood(parsed: &httparse::Request<'_, '_>) -> Next {
    let values = |name: &'static str| {
        let named = parsed.headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name));
        named.map(|header| String::from_utf8_lossy(header.value).into_owned())
    };
    let closes = values("connection").any(|value| value.to_ascii_lowercase().contains("close"));
    // A body is not read, so that what follows it cannot be told from it.
    let has_body = values("content-length").any(|length| length != "0") || values("transfer-encoding").next().is_some();
    let request = Request {
        method: parsed.method.unwrap_or_default().to_owned(),
        target: parsed.path.unwrap_or_default().to_owned(),
        hosts: values("host").collect(),
    };
    Next::Request { request, last: closes || has_body || parsed.version != Some(1) }
}

fn write(stream: &mut impl Write, answer: &Answer, with_body: bool, last: bool) -> io::Result<()> {
    let Answer { status, kind, more, body } = answer;
    let mut head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", body.len());
    let more = more.iter().map(|(name, value)| (*name, value.as_str()));
    let last = last.then_some(("connection", "close"));
    for (name, value) in HEADERS.into_iter().chain(more).chain(last) {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    if with_body {
        stream.write_all(body)?;
    }
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A visitor who sends a few bytes at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let (now, later) = self.0.split_at(self.0.len().min(7));
            into[..now.len()].copy_from_slice(now);
            self.0 = later;
            Ok(now.len())
        }
    }

    #[test]
    fn requests_come_in_pieces_and_one_after_another() {
        let text = "GET /a?b HTTP/1.1\r\nHost: localhost\r\n\r\nHEAD / HTTP/1.1\r\nhost: x\r\nHost: y\r\nConnection: Close\r\n\r\n";
        let (mut stream, mut waiting) = (Slow(text.as_bytes()), vec![]);
        let mut told = || match next(&mut stream, &mut waiting).unwrap() {
            Next::Request { request: Request { method, target, hosts }, last } => {
                format!("{method} {target} {hosts:?} {last}")
            }
            Next::End => "end".to_owned(),
            Next::Broken => "broken".to_owned(),
        };
        assert_eq!(told(), "GET /a?b [\"localhost\"] false");
        assert_eq!(told(), "HEAD / [\"x\", \"y\"] true");
        assert_eq!(told(), "end");
    }

    #[test]
    fn what_is_no_request_or_has_no_end_is_broken() {
        let endless = format!("GET /{} HTTP/1.1\r\n", "a".repeat(2 * LONGEST));
        for text in ["\x16\x03\x01\x02", "GET / HTTP/1.1\r\nno header\r\n\r\n", &endless] {
            assert!(matches!(next(&mut Slow(text.as_bytes()), &mut vec![]).unwrap(), Next::Broken), "{text:.20}");
        }
        let body = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc";
        let found = next(&mut Slow(body.as_bytes()), &mut vec![]).unwrap();
        assert!(matches!(found, Next::Request { last: true, .. }));
    }
}
