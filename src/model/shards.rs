//! Weights in several files, put together into one.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Component, Path},
};

use serde::Deserialize;

use super::{ModelError, weights};

/// The file that says which tensor is in which shard.
pub const INDEX: &str = "model.safetensors.index.json";

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The bytes of the one `model.safetensors` that the shards of `folder` make, and how many shards there are.
///
/// # Errors
/// [`ModelError::Shards`] for an index that is none or names what there is not, [`ModelError::Read`] and
/// [`ModelError::Shard`] for a shard that cannot be read.
pub fn put_together(folder: &Path, index: &[u8]) -> Result<(Vec<u8>, usize), ModelError> {
    let wrong = |what: String| ModelError::Shards { path: folder.join(INDEX), what };
    let index: Index = serde_json::from_slice(index).map_err(|error| wrong(error.to_string()))?;
    let mut bytes: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for name in index.weight_map.values() {
        // A list from elsewhere must not lead out of its folder.
        let mut parts = Path::new(name).components();
        if !matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None)) {
            return Err(wrong(format!("it names the shard `{name}`; accepted: a file beside it")));
        }
        if !bytes.contains_key(name.as_str()) {
            let path = folder.join(name);
            bytes.insert(name, fs::read(&path).map_err(|source| ModelError::Read { path, source })?);
        }
    }
    let mut shards = BTreeMap::new();
    for (name, bytes) in &bytes {
        let shard = weights::open(bytes);
        let path = || folder.join(name);
        shards.insert(*name, shard.map_err(|source| ModelError::Shard { path: path(), source: Box::new(source) })?);
    }
    let tensor = |(name, shard): (&String, &String)| {
        let view = shards.get(shard.as_str()).and_then(|shard| shard.tensor(name).ok());
        let view =
            view.ok_or_else(|| wrong(format!("it says that `{name}` is in {shard}, which has no such tensor")))?;
        Ok((name.clone(), view))
    };
    let tensors: Vec<_> = index.weight_map.iter().map(tensor).collect::<Result<_, ModelError>>()?;
    // As it is in the shards; other readers ask for it.
    let about = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let whole = safetensors::serialize(tensors, Some(about)).map_err(ModelError::NotSafetensors)?;
    Ok((whole, shards.len()))
}
