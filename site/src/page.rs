//! The page that was in `dist/` when this was compiled, packed.

use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// A file by its name. `weights` are those of the page's model, which are not here.
pub fn get(name: &str, weights: &'static [u8]) -> Option<Cow<'static, [u8]>> {
    if name == WEIGHTS {
        return Some(weights.into());
    }
    let (_, packed) = FILES.iter().find(|(one, _)| *one == name)?;
    let mut bytes = vec![];
    brotli_decompressor::BrotliDecompress(&mut &packed[..], &mut bytes).ok()?;
    Some(bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_there() {
        let text = |name: &str| String::from_utf8(get(name, b"w").unwrap().into_owned()).unwrap();
        assert!(text("index.html").starts_with("<!doctype html>") && text("lab/index.html").contains("</html>"));
        let listed = text("files.json");
        let mut urls = listed.split("\"url\":\"").skip(1).filter_map(|rest| rest.split('"').next()).peekable();
        assert!(urls.peek().is_some());
        for url in urls {
            let bytes = get(url, b"w").unwrap_or_else(|| panic!("{url}"));
            assert_eq!(url.ends_with(".safetensors"), *bytes == *b"w", "{url}");
            assert!(!url.ends_with(".wasm") || bytes.starts_with(b"\0asm"), "{url}");
        }
        assert!(get("none", b"w").is_none());
    }
}
