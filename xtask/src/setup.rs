//! What must be there before anything can be built or tested: found, installed, or named.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::bail;

use crate::process::{exists, find, output, run, succeeds_within};

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

/// Finds or installs what the tests need beside Rust: a browser with its driver, and a Vulkan driver.
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
