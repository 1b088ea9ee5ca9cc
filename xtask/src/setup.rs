//! What must be there before anything can be built or tested: found, installed, or named.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, bail};

use crate::{
    manifest,
    process::{exists, find, output, run, succeeds_within},
    web,
};

const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's own Rust builds WebAssembly where rustup cannot download its target: it compiles the standard library anew.
const DEBIAN_RUST: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy", "lld-22"];

/// Who compiles for the browser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wasm {
    /// The toolchain that compiles everything else, with its target for WebAssembly.
    Rustup,
    /// Debian's packages.
    Debian,
}

impl Wasm {
    /// `cargo SUBCOMMAND --target ...` for the browser.
    pub fn cargo(self, subcommand: &str) -> Command {
        let mut command = match self {
            Self::Rustup => Command::new("cargo"),
            Self::Debian => {
                let mut command = Command::new("/usr/bin/cargo");
                command
                    .env("PATH", format!("/usr/bin:{}", std::env::var("PATH").unwrap_or_default()))
                    .env("RUSTC", "/usr/bin/rustc")
                    .env("RUSTC_BOOTSTRAP", "1")
                    .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-ld-22");
                // What `cargo run` leaves behind would lead to the other toolchain.
                for name in ["CARGO", "LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN", "RUSTDOC"] {
                    command.env_remove(name);
                }
                command
            }
        };
        command.args([subcommand, "--target", TARGET]);
        if self == Self::Debian {
            command.arg("-Zbuild-std=std,panic_abort");
        }
        command
    }
}

/// Finds or installs all there is.
pub fn all() -> anyhow::Result<()> {
    wasm()?;
    browser()?;
    axe().map(drop)
}

/// Finds or installs a compiler for the browser.
pub fn wasm() -> anyhow::Result<Wasm> {
    let installed = output(Command::new("rustup").args(["target", "list", "--installed"]));
    if installed.is_some_and(|list| list.lines().any(|line| line == TARGET)) {
        return Ok(Wasm::Rustup);
    }
    let debian = exists("dpkg-query") && exists("apt-get");
    if debian && missing(&DEBIAN_RUST).is_empty() {
        return Ok(Wasm::Debian);
    }
    if exists("rustup") {
        println!("Adding the target {TARGET} with rustup (a minute at most) ...");
        if succeeds_within(Command::new("rustup").args(["target", "add", TARGET]), Duration::from_secs(60)) {
            return Ok(Wasm::Rustup);
        }
        println!("rustup could not add it.");
    }
    if !debian {
        bail!("the Rust target {TARGET} is missing; run: rustup target add {TARGET}");
    }
    install(&DEBIAN_RUST)?;
    Ok(Wasm::Debian)
}

/// The browser that the tests drive, and its driver.
#[derive(Debug)]
pub struct Browser {
    /// Chromium or Chrome; its driver wants the whole path.
    pub chromium: PathBuf,
    /// Its WebDriver.
    pub driver: PathBuf,
}

/// Finds or installs what the tests need beside Rust: a browser with its driver, a Vulkan driver, and a terminal.
pub fn browser() -> anyhow::Result<Browser> {
    let chromium = || ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find);
    let vulkan = || {
        !cfg!(target_os = "linux")
            || ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"]
                .iter()
                .any(|folder| Path::new(folder).read_dir().is_ok_and(|mut entries| entries.next().is_some()))
    };
    let wanted = [
        (chromium().is_some(), "chromium"),
        (exists("chromedriver"), "chromium-driver"),
        (vulkan(), "mesa-vulkan-drivers"),
        (vulkan(), "libvulkan1"),
        (!cfg!(unix) || exists("tmux"), "tmux"), // a terminal for the tests of the live views
    ];
    let missing: Vec<&str> = wanted.into_iter().filter(|(there, _)| !there).map(|(_, package)| package).collect();
    if !missing.is_empty() {
        if !exists("apt-get") {
            bail!("the tests need these, by whatever name your system has them: {}", missing.join(", "));
        }
        install(&missing)?;
    }
    match (chromium(), find("chromedriver")) {
        (Some(chromium), Some(driver)) => Ok(Browser { chromium, driver }),
        _ => bail!("chromium and chromedriver are not on the PATH although their packages are installed"),
    }
}

/// What looks for obstacles to people with disabilities, from npm: one version, one content.
const AXE: [&str; 2] = ["axe-core@4.14.1", "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"];

/// Finds or downloads axe-core, into the target directory.
pub fn axe() -> anyhow::Result<PathBuf> {
    let folder = web::target()?.join("axe");
    let file = folder.join("node_modules/axe-core/axe.min.js");
    if !file.exists() {
        if !exists("npm") {
            if !exists("apt-get") {
                bail!("the tests need npm, for {}; it comes with Node.js", AXE[0]);
            }
            install(&["npm"])?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        println!("Downloading {} ...", AXE[0]);
        run(Command::new("npm")
            .args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"])
            .arg(&folder)
            .arg(AXE[0]))?;
    }
    let found = manifest::sha256(&std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?);
    if found != AXE[1] {
        bail!("{} has SHA-256 {found} instead of {}; delete it", file.display(), AXE[1]);
    }
    Ok(file)
}

fn missing<'a>(packages: &[&'a str]) -> Vec<&'a str> {
    let installed = |package: &str| {
        output(Command::new("dpkg-query").args(["-W", "-f=${Status}", package]))
            .is_some_and(|status| status.ends_with("install ok installed"))
    };
    packages.iter().copied().filter(|package| !installed(package)).collect()
}

fn install(packages: &[&str]) -> anyhow::Result<()> {
    let missing = missing(packages);
    if missing.is_empty() {
        return Ok(());
    }
    let root = output(Command::new("id").arg("-u")).is_some_and(|id| id.trim() == "0");
    if !root {
        bail!("packages are missing; run: sudo apt-get install --no-install-recommends {}", missing.join(" "));
    }
    println!("Installing {} ...", missing.join(", "));
    let apt = || {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run(apt().args(["update", "-qq"]))?;
    run(apt().args(["install", "-y", "-qq", "--no-install-recommends"]).args(missing))
}
