//! Static files on 127.0.0.1: the page for whoever runs `unmask serve`, for the demo and for the browser tests.
//!
//! [`Mount`] says where files come from, a folder or the binary itself; [`Server`] gives them to browsers on this machine, and
//! to nobody else. It knows as much of HTTP as that takes.

mod answer;
mod connection;
mod mount;
#[cfg(feature = "page")]
mod page;
mod server;

pub use mount::Mount;
pub use server::{Server, SiteError, Stop};

/// Opens a browser; whether there is one.
pub fn open(url: &str) -> bool {
    open::that_detached(url).is_ok()
}
