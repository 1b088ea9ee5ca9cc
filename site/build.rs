//! Packs `dist/` into the crate, where the feature `page` asks for it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "page")]
    if let Err(error) = pack::all() {
        println!("cargo::error={error}");
    }
}

#[cfg(feature = "page")]
mod pack {
    use std::{
        error::Error,
        fs,
        path::{Path, PathBuf},
    };

    use brotli::enc::BrotliEncoderParams;

    /// The model's weights: whoever shows the page holds them already, to run the model.
    const WEIGHTS: &str = "../assets/model/model.safetensors";

    /// Writes `page.rs`: the files of `dist/` by name, each packed by brotli, and the name of the weights, left out of them.
    pub fn all() -> Result<(), Box<dyn Error>> {
        println!("cargo::rerun-if-changed=../dist");
        println!("cargo::rerun-if-changed={WEIGHTS}");
        if !Path::new("../dist/files.json").is_file() {
            return Err("the feature `page` takes dist/ into the binary; build that first: cargo xtask web".into());
        }
        let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo names no OUT_DIR")?);
        let (root, held) = (Path::new("../dist").canonicalize()?, fs::read(WEIGHTS)?);
        let (mut files, mut weights) = (String::new(), None);
        for (number, path) in below(&root)?.into_iter().enumerate() {
            let parts: Vec<_> = path.strip_prefix(&root)?.iter().map(|part| part.to_string_lossy()).collect();
            let (name, bytes) = (parts.join("/"), fs::read(&path)?);
            if bytes == held {
                weights = Some(name);
                continue;
            }
            let packed = out.join(format!("{number}.br"));
            fs::write(&packed, pack(&bytes)?)?;
            files += &format!("    ({name:?}, include_bytes!({packed:?})),\n");
        }
        let weights = weights.ok_or("dist/ has other weights than assets/model; build it again: cargo xtask web")?;
        let table = format!("const WEIGHTS: &str = {weights:?};\n\nconst FILES: &[(&str, &[u8])] = &[\n{files}];\n");
        Ok(fs::write(out.join("page.rs"), table)?)
    }

    fn pack(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
        let mut packed = vec![];
        // 11 takes four times as long for a seventh less.
        let parameters = BrotliEncoderParams { quality: 9, lgwin: 24, size_hint: bytes.len(), ..Default::default() };
        brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters)?;
        Ok(packed)
    }

    /// All files of a folder and those below.
    fn below(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
        let mut found = vec![];
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() { found.extend(below(&path)?) } else { found.push(path) }
        }
        found.sort();
        Ok(found)
    }
}
