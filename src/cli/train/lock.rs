//! One run a folder: two would write over each other's files.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

/// A folder that is this run's until it ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Takes `folder`.
    ///
    /// # Errors
    /// When another run has it.
    pub fn of(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("lock");
        let file = File::create(&path).with_context(|| format!("{} cannot be written", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { path, _file: file }),
            Err(TryLockError::WouldBlock) => {
                bail!("another run is writing into {}; name another --out", folder.display())
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The lock goes with the file; a name that stays behind locks nothing.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_run_s_at_a_time() {
        let folder = std::env::temp_dir().join(format!("unmask-lock-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let first = Lock::of(&folder).unwrap();
        let told = Lock::of(&folder).unwrap_err().to_string();
        assert!(told.starts_with("another run is writing into "), "{told}");
        drop(first);
        drop(Lock::of(&folder).unwrap());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::remove_dir(&folder).unwrap();
    }
}
