//! A line to a server that lets only so many bits a second through, from there to here; no delay but that.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// When the line is free again, whoever uses it.
type Free = Arc<Mutex<Instant>>;

/// The address at which a site is reached through such a line.
pub fn to(site: &str, mbit: f64) -> String {
    let host = site.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let free: Free = Arc::new(Mutex::new(Instant::now()));
    thread::spawn(move || {
        for visitor in listener.incoming().flatten() {
            let (host, free) = (host.clone(), free.clone());
            thread::spawn(move || carry(visitor, &host, mbit, &free));
        }
    });
    address
}

/// Carries a connection until either side ends it.
fn carry(visitor: TcpStream, host: &str, mbit: f64, free: &Free) -> io::Result<()> {
    let server = TcpStream::connect(host)?;
    visitor.set_nodelay(true)?;
    let (mut asks, mut asked) = (visitor.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut asks, &mut asked); // one that was cut off is over as well
        let _ = asked.shutdown(Shutdown::Write);
    });
    let (mut from, mut into) = (server, visitor);
    let mut bytes = [0; 8192];
    loop {
        let read = from.read(&mut bytes)?;
        if read == 0 {
            return into.shutdown(Shutdown::Write);
        }
        let takes = Duration::from_secs_f64(read as f64 * 8.0 / (mbit * 1e6));
        let until = {
            let mut free = free.lock().unwrap();
            *free = (*free).max(Instant::now()) + takes;
            *free
        };
        thread::sleep(until.saturating_duration_since(Instant::now()));
        into.write_all(&bytes[..read])?;
    }
}
