//! What the page's store goes by: large files under names that change with their content, a list of them, and the service
//! worker with the list of all others.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use serde_json::json;
use sha2::{Digest, Sha256};

/// What the store keeps by itself: the page asks for these by the names they have here.
const LARGE: [&str; 2] = ["unmask_bg.wasm", "pure_bg.wasm"];
const MODEL: &str = "models/default";

/// Where the service worker's source stands, and where it goes: it answers for what lies beside it and below.
const WORKER: [&str; 2] = ["store/sw.js", "sw.js"];

/// The page whose modules are asked for at once, and where it says so.
const PAGE: [&str; 3] = ["index.html", "main.js", "<!-- modules -->"];

/// Names the files of `dist`, and writes files.json and sw.js.
pub fn write(dist: &Path) -> anyhow::Result<()> {
    preload(dist)?;
    let large: Vec<String> = files(dist, dist)?
        .into_iter()
        .filter(|name| LARGE.contains(&name.as_str()) || (name.starts_with(MODEL) && !name.ends_with(".md")))
        .collect();
    let mut listed = BTreeMap::new();
    for name in &large {
        let bytes = fs::read(dist.join(name))?;
        let sha256 = sha256(&bytes);
        let url = hashed(name, &sha256)?;
        fs::rename(dist.join(name), dist.join(&url)).with_context(|| format!("{name} cannot be renamed"))?;
        listed.insert(name.clone(), json!({ "url": url, "sha256": sha256, "bytes": bytes.len() }));
    }
    let source = fs::read_to_string(dist.join(WORKER[0])).context("the service worker's source cannot be read")?;
    fs::remove_file(dist.join(WORKER[0]))?;
    let urls: Vec<&str> = listed.values().filter_map(|entry| entry["url"].as_str()).collect();
    let small: Vec<String> = files(dist, dist)?.into_iter().filter(|name| !urls.contains(&name.as_str())).collect();
    let mut kept = BTreeMap::new();
    for name in small {
        kept.insert(name.clone(), sha256(&fs::read(dist.join(name))?));
    }
    let version = sha256(json!([source, listed, kept]).to_string().as_bytes())[..12].to_owned();
    let listing = json!({ "version": version, "files": listed }).to_string();
    kept.insert("files.json".to_owned(), sha256(listing.as_bytes()));
    fs::write(dist.join("files.json"), listing)?;
    fs::write(dist.join(WORKER[1]), filled(&source, &version, &kept)?)?;
    Ok(())
}

/// Lets the page ask for all its modules at once, and not only for those that it has read of so far.
fn preload(dist: &Path) -> anyhow::Result<()> {
    let [page, first, place] = PAGE;
    let html = fs::read_to_string(dist.join(page)).with_context(|| format!("{page} cannot be read"))?;
    if html.matches(place).count() != 1 {
        bail!("{page} must hold once: {place}");
    }
    let mut modules = vec![first.to_owned()];
    let mut read = 0;
    while let Some(name) = modules.get(read).cloned() {
        read += 1;
        let source = fs::read_to_string(dist.join(&name)).with_context(|| format!("{name} cannot be read"))?;
        for import in source.split(" from \"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let module = joined(&name, import);
            if import.starts_with('.') && !modules.contains(&module) {
                modules.push(module);
            }
        }
    }
    let links: Vec<String> =
        modules[1..].iter().map(|name| format!("<link rel=\"modulepreload\" href=\"{name}\">")).collect();
    Ok(fs::write(dist.join(page), html.replace(place, &links.join("\n  ")))?)
}

/// What `import`, relative to the module `from`, is relative to the page.
fn joined(from: &str, import: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// The service worker's source with a version and the files to keep, by their SHA-256.
fn filled(source: &str, version: &str, files: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let places = ["const VERSION = \"\";", "const FILES = {};"];
    if places.iter().any(|place| source.matches(place).count() != 1) {
        bail!("{} must hold each of these once: {}", WORKER[0], places.join(" "));
    }
    let made = source.replace(places[0], &format!("const VERSION = {};", json!(version)));
    Ok(made.replace(places[1], &format!("const FILES = {};", json!(files))))
}

/// `model.safetensors` -> `model.0123456789ab.safetensors`.
fn hashed(name: &str, sha256: &str) -> anyhow::Result<String> {
    let (stem, extension) = name.rsplit_once('.').with_context(|| format!("{name} has no extension"))?;
    Ok(format!("{stem}.{}.{extension}", &sha256[..12]))
}

/// All files of a folder and those below, as URLs relative to `root`, in the order of their names.
fn files(folder: &Path, root: &Path) -> anyhow::Result<Vec<String>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("{} cannot be read", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    let mut found = vec![];
    for path in paths {
        if path.is_dir() {
            found.extend(files(&path, root)?);
        } else {
            let parts = path.strip_prefix(root)?.components().map(|part| part.as_os_str().to_string_lossy());
            found.push(parts.collect::<Vec<_>>().join("/"));
        }
    }
    Ok(found)
}

/// In hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_files_get_names_of_their_content_and_all_others_go_to_the_service_worker() {
        let dist = std::env::temp_dir().join(format!("unmask-manifest-{}", std::process::id()));
        for (name, text) in [
            ("index.html", "<p><!-- modules --></p>"),
            ("main.js", "import { A } from \"./a.js\";"),
            ("a.js", "import { B } from \"./lab/b.js\";"),
            ("lab/b.js", "export { A } from \"../a.js\";"),
            ("lab/index.html", "<b>"),
            ("pure_bg.wasm", "wasm"),
            ("models/default/config.json", "{}"),
            ("models/default/MODEL_CARD.md", "#"),
            ("store/sw.js", "const VERSION = \"\";\nconst FILES = {};\n"),
        ] {
            fs::create_dir_all(dist.join(name).parent().unwrap()).unwrap();
            fs::write(dist.join(name), text).unwrap();
        }
        write(&dist).unwrap();
        let listing: serde_json::Value = serde_json::from_slice(&fs::read(dist.join("files.json")).unwrap()).unwrap();
        let wasm = &listing["files"]["pure_bg.wasm"];
        let url = wasm["url"].as_str().unwrap();
        assert_eq!(url, format!("pure_bg.{}.wasm", &sha256(b"wasm")[..12]));
        assert_eq!((fs::read(dist.join(url)).unwrap(), wasm["bytes"].as_u64()), (b"wasm".to_vec(), Some(4)));
        assert!(!dist.join("pure_bg.wasm").exists() && listing["files"]["models/default/config.json"].is_object());
        let worker = fs::read_to_string(dist.join("sw.js")).unwrap();
        let links = "<link rel=\"modulepreload\" href=\"a.js\">\n  <link rel=\"modulepreload\" href=\"lab/b.js\">";
        assert_eq!(fs::read_to_string(dist.join("index.html")).unwrap(), format!("<p>{links}</p>"));
        let kept = [
            "a.js",
            "files.json",
            "index.html",
            "lab/b.js",
            "lab/index.html",
            "main.js",
            "models/default/MODEL_CARD.md",
        ];
        let kept = kept.map(|name| (name, sha256(&fs::read(dist.join(name)).unwrap())));
        let kept = json!(BTreeMap::from(kept)).to_string();
        assert!(worker.contains(&format!("const FILES = {kept};")), "{worker}");
        assert!(worker.contains(listing["version"].as_str().unwrap()) && !dist.join("store/sw.js").exists());
        assert!(filled("const FILES = {};", "1", &BTreeMap::new()).is_err());
        fs::remove_dir_all(dist).unwrap();
    }
}
