//! `unmask serve`: the page on this machine.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::Args;
use site::{Mount, Server};

use super::{STOPPED, print::print};

/// Show the page in the browser, from this machine.
///
/// It is served on 127.0.0.1 alone: no other machine sees it, and nothing leaves this one. Ctrl-C ends it, with exit code 130.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  unmask serve
  unmask serve --port 9000 --no-open
  unmask serve --dir dist")]
pub struct Serve {
    /// The first port to try, from 0 to 65535; the next free one is taken, and for 0 any that is free
    #[arg(long, value_name = "N", default_value_t = 8000)]
    port: u16,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
    /// Folder of a page that `cargo xtask web` has built; if not given, the page in this binary, or `dist` where it has none
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Serve {
    /// Serves until Ctrl-C.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let server = Server::start(vec![self.page()?], self.port)?;
        let stop = server.stop();
        ctrlc::set_handler(move || stop.now()).context("Ctrl-C cannot be listened to")?;
        let url = server.url();
        print(&format!("Unmask is at {url} (Ctrl-C ends it)\n"))?;
        if !self.no_open && !site::open(&url) {
            print("No browser could be opened here; open that address yourself.\n")?;
        }
        server.wait();
        Ok(ExitCode::from(STOPPED))
    }

    fn page(&self) -> anyhow::Result<Mount> {
        match &self.dir {
            Some(folder) => of_folder(folder),
            None => built_in(),
        }
    }
}

fn of_folder(folder: &Path) -> anyhow::Result<Mount> {
    if !folder.join("index.html").is_file() {
        bail!("{} holds no page: there is no index.html; `cargo xtask web` builds one, into dist", folder.display());
    }
    Ok(Mount::folder("/", folder.to_owned()))
}

#[cfg(feature = "page")]
fn built_in() -> anyhow::Result<Mount> {
    match unmask::model::ModelFiles::embedded().weights {
        std::borrow::Cow::Borrowed(weights) => Ok(Mount::page(weights)),
        std::borrow::Cow::Owned(_) => bail!("the built-in model is not built in"),
    }
}

#[cfg(not(feature = "page"))]
fn built_in() -> anyhow::Result<Mount> {
    of_folder(Path::new("dist")).context(
        "this binary was built without the page; name its folder with --dir, or build with --features page after `cargo xtask web`",
    )
}
