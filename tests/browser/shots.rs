//! Pictures of the page for the documentation: a finished run, on three sizes of screen, light and dark.

#![allow(clippy::unwrap_used, clippy::expect_used)] // a tool of the repository, as the tests are

mod page;

use std::{fs, path::PathBuf};

use page::{NO_GPU, Scratch, browse, named};

/// Width and height of the window, in CSS pixels.
const SIZES: [(u32, u32); 3] = [(1440, 900), (768, 1024), (360, 740)];

/// Shades of grey at the edges of letters instead of colours: the same on every screen, and half the bytes.
const GREY_EDGES: &[&str] = &["--disable-lcd-text", "--hide-scrollbars"];

fn main() {
    let (scratch, folder) = (Scratch::new("shots"), PathBuf::from(named("SHOTS")));
    fs::create_dir_all(&folder).unwrap();
    browse(&[NO_GPU, GREY_EDGES].concat(), scratch.path(), |page| async move {
        for (width, height) in SIZES {
            for scheme in ["light", "dark"] {
                page.resize(width, height).await;
                page.scheme(scheme).await;
                page.open("?backend=cpu", "ready").await;
                page.until("origin", "live").await; // the model's own run, and not the recorded one
                page.until("run", "finished").await;
                page.until_script("return document.getAnimations().every(one => one.playState === 'finished')").await;
                let (file, picture) = (folder.join(format!("page-{width}-{scheme}.png")), page.screenshot().await);
                fs::write(&file, &picture).unwrap();
                println!("{}: {} kB", file.display(), picture.len() / 1000);
            }
        }
    });
}
