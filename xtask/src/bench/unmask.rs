//! The program that is measured.

use std::{
    env::consts::EXE_EXTENSION,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::{process::run, root, web};

/// A release binary.
pub struct Unmask {
    /// Where it is.
    pub binary: PathBuf,
}

impl Unmask {
    /// The one that is given, or one that is built.
    pub fn new(binary: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(binary) = binary {
            let binary = std::path::absolute(binary)?;
            return Ok(Self { binary });
        }
        run(Command::new("cargo")
            .args(["build", "--release", "--locked", "--package", "unmask", "--bin", "unmask"])
            .current_dir(root()))?;
        Ok(Self { binary: web::target()?.join("release/unmask").with_extension(EXE_EXTENSION) })
    }

    /// What `unmask bench` tells, and the command as a reader would type it.
    pub fn bench(&self, arguments: &[String]) -> anyhow::Result<(Value, String)> {
        let target = web::target()?.display().to_string();
        let typed = format!("unmask bench {}", arguments.join(" ")).replace(&target, "target");
        eprintln!("{typed} ...");
        Ok((self.told("bench", arguments)?, typed))
    }

    /// Whether there is a GPU that is more than software.
    pub fn has_gpu(&self) -> anyhow::Result<bool> {
        let told = self.told("devices", &[])?;
        let adapters = told["adapters"].as_array().context("`unmask devices` names no adapters")?;
        Ok(adapters.iter().any(|adapter| adapter["kind"] != "software"))
    }

    fn told(&self, command: &str, arguments: &[String]) -> anyhow::Result<Value> {
        let mut command_line = Command::new(&self.binary);
        command_line.arg(command).args(arguments).args(["--format", "json"]).stderr(Stdio::inherit());
        let output = command_line.output().with_context(|| format!("{} cannot be run", self.binary.display()))?;
        if !output.status.success() {
            bail!("{command_line:?} ended with {}", output.status);
        }
        serde_json::from_slice(&output.stdout).with_context(|| format!("{command_line:?} has told no JSON"))
    }
}
