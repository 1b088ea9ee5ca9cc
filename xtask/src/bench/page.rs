//! What the page weighs, and how soon its model shows something.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use site::{Mount, Server};

use super::tables::{show, table};
use crate::{process::run, root, setup, sizes};

/// The built page that is given, or `dist/`, built if it is not there.
pub fn dist(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(dist) = given {
        return Ok(std::path::absolute(dist)?);
    }
    let dist = root().join("dist");
    if !dist.join("files.json").exists() {
        // A process of its own, whose words are no part of the tables.
        run(Command::new(std::env::current_exe()?).arg("web").stdout(std::io::stderr()))?;
    }
    Ok(dist.canonicalize()?)
}

/// Prints sizes and times of a page.
pub fn measure(dist: &Path, quick: bool) -> anyhow::Result<()> {
    let rows: Vec<_> = sizes::parts(dist, true)?
        .into_iter()
        .map(|part| {
            let [gzip, brotli] =
                part.packed.map_or_else(Default::default, |packed| packed.map(|size| size.to_string()));
            [part.name.to_owned(), part.bytes.to_string(), gzip, brotli]
        })
        .collect();
    println!("\n## The page");
    show("Bytes", "cargo xtask web --check-sizes", &table(["bytes", "raw", "gzip -9", "brotli 11"], &rows));

    println!("\n### From the navigation to the first frame\n\n`cargo xtask bench --only page`: medians\n");
    let browser = setup::browser()?;
    let server = Server::start(vec![Mount::folder("/", dist.to_path_buf())], 18_000)?;
    run(Command::new("cargo")
        .args(["run", "--release", "--locked", "--quiet", "--package", "browser-tests", "--example", "first_frame"])
        .current_dir(root())
        .env("UNMASK_TURNS", if quick { "1" } else { "3" })
        .env("UNMASK_MBIT", if quick { "0" } else { "0,50" })
        .env("UNMASK_PAGE", server.url())
        .env("CHROMIUM", browser.chromium)
        .env("CHROMEDRIVER", browser.driver))
}
