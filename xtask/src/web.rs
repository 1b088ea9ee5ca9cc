//! The page: wasm modules, scripts and model, as static files in `dist/`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::{
    manifest,
    process::{output, run},
    root, setup, sizes,
};

/// What the release of this crate is compiled against; checked against Cargo.lock.
const BINDGEN: &str = "0.2.130";

/// Builds the page and returns its folder.
pub fn build(check_sizes: bool) -> anyhow::Result<PathBuf> {
    let wasm = setup::wasm()?;
    println!("Compiling for the browser; the first time takes a while ...");
    let modules = target()?.join("wasm32-unknown-unknown");
    for options in [ENGINE, PURE] {
        let mut cargo = wasm.cargo("rustc");
        cargo.args(options).args(["-p", "unmask", "--lib", "--crate-type", "cdylib", "--locked"]);
        run(cargo.current_dir(root()))?;
    }

    let dist = root().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist).context("the old dist/ cannot be removed")?;
    }
    copy(&root().join("web"), &dist)?;
    copy(&root().join("assets/model"), &dist.join("models/default"))?;
    copy(&root().join("assets/traces"), &dist.join("traces"))?;
    for (module, name) in [("web/unmask.wasm", "unmask"), ("pure/unmask.wasm", "pure")] {
        bind(Bindgen::new().input_path(modules.join(module)).out_name(name).remove_name_section(true), &dist)?;
    }
    sizes::report(&dist, check_sizes)?;
    manifest::write(&dist)?;
    Ok(dist)
}

/// How the engine's module is compiled.
pub const ENGINE: &[&str] = &["--profile", "web", "--no-default-features", "--features", "engine"];

/// How the module without a net is compiled.
pub const PURE: &[&str] = &["--profile", "pure", "--no-default-features", "--features", "pure"];

/// JavaScript glue for a module, written beside it.
fn bind(module: &mut Bindgen, folder: &Path) -> anyhow::Result<()> {
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    if !lock.contains(&format!("name = \"wasm-bindgen\"\nversion = \"{BINDGEN}\"")) {
        bail!("Cargo.lock has another wasm-bindgen than {BINDGEN}, which xtask speaks; pin both to one version");
    }
    module.web(true)?.typescript(false).generate(folder).context("wasm-bindgen could not read the module")
}

/// Where cargo puts what it builds.
pub fn target() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("CARGO_TARGET_DIR") {
        return Ok(root().join(folder));
    }
    let metadata =
        output(Command::new("cargo").args(["metadata", "--format-version", "1", "--no-deps"]).current_dir(root()));
    let folder = metadata.as_deref().and_then(|text| text.split("\"target_directory\":\"").nth(1)?.split('"').next());
    Ok(PathBuf::from(folder.context("cargo metadata names no target directory")?))
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("{} cannot be read", from.display()))? {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).with_context(|| format!("{} cannot be copied", path.display()))?;
        }
    }
    Ok(())
}
