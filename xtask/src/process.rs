//! Running other programs.

use std::{
    env::consts::EXE_EXTENSION,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};

/// Runs a program to its end; its output goes where ours goes.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?} could not be started"))?;
    if status.success() { Ok(()) } else { bail!("{command:?} ended with {status}") }
}

/// What a program prints, or nothing when it cannot run or fails.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}

/// Whether a program ends well within its time.
pub fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let Ok(mut child) = command.spawn() else { return false };
    let begun = Instant::now();
    while begun.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => thread::sleep(Duration::from_millis(100)),
            Err(_) => return false,
        }
    }
    // It may have ended in this very moment: then there is nothing to kill.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Where on the PATH a program is.
pub fn find(program: &str) -> Option<PathBuf> {
    let program = Path::new(program).with_extension(EXE_EXTENSION);
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(&program)).find(|path| path.is_file())
}

/// Whether a program is on the PATH.
pub fn exists(program: &str) -> bool {
    find(program).is_some()
}
