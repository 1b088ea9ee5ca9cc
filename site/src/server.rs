//! The server: a thread that listens, and one for each connection.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{connection::converse, mount::Mount};

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// Something else listens on every port that was tried.
    #[error("no free port from {first} to {last}")]
    Ports {
        /// The first that was tried.
        first: u16,
        /// The last.
        last: u16,
    },
    /// The system has no socket or thread to give.
    #[error("nothing can be served: {0}")]
    Io(#[from] io::Error),
}

/// How many ports are tried.
const PORTS: u16 = 100;

/// A server that runs until it is stopped or dropped.
pub struct Server {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// Stops a [`Server`], from any thread.
#[derive(Clone, Debug)]
pub struct Stop {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Stop {
    /// Stops it: from now on it answers nobody.
    pub fn now(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that listens; where that has ended already, nobody answers.
        let _ = TcpStream::connect(self.address);
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

impl Server {
    /// Serves `mounts` on 127.0.0.1 alone, on `port` or the next free one; for 0, on any that is free.
    ///
    /// # Errors
    /// [`SiteError`].
    pub fn start(mounts: Vec<Mount>, port: u16) -> Result<Self, SiteError> {
        let last = port.saturating_add(PORTS - 1);
        let bound = (port..=last).find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
        let listener = bound.ok_or(SiteError::Ports { first: port, last })?;
        let stop = Stop { address: listener.local_addr()?, stopped: Arc::default() };
        let heard = stop.clone();
        let thread = thread::Builder::new().spawn(move || listen(&listener, &Arc::from(mounts), &heard))?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}/", self.stop.address)
    }

    /// What stops it.
    pub fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// Waits until it is stopped.
    pub fn wait(mut self) {
        // It has no reason to panic, and if it has, it has said so.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.stop.now();
            let _ = thread.join();
        }
    }
}

fn listen(listener: &TcpListener, mounts: &Arc<[Mount]>, stop: &Stop) {
    for stream in listener.incoming() {
        if stop.is_stopped() {
            return;
        }
        let (mounts, stop) = (mounts.clone(), stop.clone());
        // A visitor who has gone away needs no answer.
        let begun =
            stream.and_then(|stream| thread::Builder::new().spawn(move || drop(converse(stream, &mounts, &stop))));
        if begun.is_err() {
            // Too many connections at once: some will end.
            thread::sleep(Duration::from_millis(20));
        }
    }
}
