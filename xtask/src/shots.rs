//! Pictures of the page for the documentation, taken in Chromium.

use std::process::Command;

use site::{Mount, Server};

use crate::{process::run, root, setup, web};

/// Builds the page and takes them all anew, into docs/shots/.
pub fn take() -> anyhow::Result<()> {
    let browser = setup::browser()?;
    let server = Server::start(vec![Mount::folder("/", web::build(false)?)], 18_000)?;
    run(Command::new("cargo")
        .args(["run", "--release", "--locked", "--package", "browser-tests", "--example", "shots"])
        .current_dir(root())
        .env("UNMASK_PAGE", server.url())
        .env("SHOTS", root().canonicalize()?.join("docs/shots"))
        .env("CHROMIUM", browser.chromium)
        .env("CHROMEDRIVER", browser.driver))
}
