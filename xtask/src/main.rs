//! `cargo xtask`: what a user types, and what CI types.

mod bench;
mod manifest;
mod process;
mod record;
mod setup;
mod shots;
mod sizes;
mod test;
mod web;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use site::{Mount, Server};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, show and test Unmask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the page, serve it on this machine and open the browser
    Demo {
        /// The first port to try; the next free one is taken
        #[arg(long, default_value_t = 8000)]
        port: u16,
        /// Do not open a browser
        #[arg(long)]
        no_open: bool,
    },
    /// Build the page into dist/
    Web {
        /// Also print compressed sizes and fail when one is over its limit
        #[arg(long)]
        check_sizes: bool,
    },
    /// Set everything up, then check format and lints and run every test
    Test {
        /// Run one stage alone
        #[arg(long, value_name = "STAGE")]
        only: Option<test::Stage>,
    },
    /// Record the runs that the page shows before its model is there, into assets/traces/
    Record,
    /// Measure calls, runs and the page, and print the tables of docs/performance.md
    Bench(bench::Bench),
    /// Take pictures of the page for the documentation, into docs/shots/
    Shots,
    /// Install or name what the tests need
    Setup,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::Demo { port, no_open } => demo(port, no_open),
        Command::Web { check_sizes } => web::build(check_sizes).map(drop),
        Command::Test { only } => test::run_all(only),
        Command::Bench(bench) => bench.run(),
        Command::Record => record::record(),
        Command::Shots => shots::take(),
        Command::Setup => setup::all(),
    }
}

/// The workspace's root, where every path begins. As cargo says when it runs this: where it was compiled may be another
/// checkout, with which the target directory is shared.
fn root() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), |folder| PathBuf::from(folder).join(".."))
}

fn demo(port: u16, no_open: bool) -> anyhow::Result<()> {
    let dist = web::build(false)?;
    let server = Server::start(vec![Mount::folder("/", dist)], port)?;
    let url = server.url();
    println!("\nUnmask is at {url} (Ctrl-C ends it)");
    if !no_open && !site::open(&url) {
        println!("No browser could be opened here; open that address yourself.");
    }
    server.wait();
    Ok(())
}
