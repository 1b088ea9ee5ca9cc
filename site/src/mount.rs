//! Where files come from.

use std::{
    borrow::Cow,
    fs,
    path::{Component, Path, PathBuf},
};

use percent_encoding::percent_decode_str;

/// Files that answer to the paths under a prefix.
#[derive(Clone, Debug)]
pub struct Mount {
    prefix: &'static str,
    files: Files,
}

#[derive(Clone, Debug)]
enum Files {
    Folder(PathBuf),
    #[cfg(feature = "page")]
    Page {
        weights: &'static [u8],
    },
}

/// What a URL names.
pub enum Found {
    /// A file: its name, which tells its type, and what is in it.
    File(String, Cow<'static, [u8]>),
    /// A folder, but without the slash at its end that its links count on.
    Folder,
    /// Nothing.
    Nothing,
}

impl Mount {
    /// What is in a folder. `prefix` begins and ends with a slash.
    pub fn folder(prefix: &'static str, folder: PathBuf) -> Self {
        Self { prefix, files: Files::Folder(folder) }
    }

    /// The page that this was compiled with, and the `weights` of its model, which the caller has.
    #[cfg(feature = "page")]
    pub fn page(weights: &'static [u8]) -> Self {
        Self { prefix: "/", files: Files::Page { weights } }
    }
}

impl Files {
    fn get(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        match self {
            Self::Folder(folder) => fs::read(folder.join(name)).ok().map(Cow::from),
            #[cfg(feature = "page")]
            Self::Page { weights } => crate::page::get(name, weights),
        }
    }
}

/// What the path of a URL names; where the prefixes of two `mounts` fit, the longer one has the say. Nothing for a path that
/// leaves its folder.
pub fn find(path: &str, mounts: &[Mount]) -> Found {
    let Ok(path) = percent_decode_str(path).decode_utf8() else { return Found::Nothing };
    let fitting = mounts.iter().filter(|mount| path.starts_with(mount.prefix));
    let Some(mount) = fitting.max_by_key(|mount| mount.prefix.len()) else { return Found::Nothing };
    let name = &path[mount.prefix.len()..];
    let stays = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if !stays || name.contains('\\') {
        return Found::Nothing;
    }
    if name.is_empty() || name.ends_with('/') {
        let page = format!("{name}index.html");
        return mount.files.get(&page).map_or(Found::Nothing, |bytes| Found::File(page, bytes));
    }
    match mount.files.get(name) {
        Some(bytes) => Found::File(name.to_owned(), bytes),
        None if mount.files.get(&format!("{name}/index.html")).is_some() => Found::Folder,
        None => Found::Nothing,
    }
}
