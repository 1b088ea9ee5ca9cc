//! The page on a server of a test's own, which can be switched off, and whose files can be changed.

#![allow(dead_code)] // each file of tests uses its own part

use std::{
    fs,
    path::{Path, PathBuf},
};

use ::site::{Mount, Server};

/// A copy of `dist/`, served.
pub struct Site {
    server: Server,
    folder: PathBuf,
}

impl Site {
    /// Copies `dist` into `folder`.
    pub fn start(dist: &Path, folder: &Path) -> Self {
        let folder = folder.join("site");
        copy(dist, &folder);
        Self { server: Server::start(vec![Mount::folder("/", folder.clone())], 18_200).unwrap(), folder }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn file(&self, path: &str) -> Vec<u8> {
        fs::read(self.folder.join(path)).unwrap()
    }

    /// From now on a file holds these bytes.
    pub fn change(&self, path: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.folder.join(path), bytes).unwrap();
    }

    /// From now on a file is not there.
    pub fn remove(&self, path: &str) {
        fs::remove_file(self.folder.join(path)).unwrap();
    }

    /// Nothing answers any more.
    pub fn switch_off(self) {
        drop(self.server);
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}
