//! Writes `self_test.json` into a model's folder, from a call on the CPU:
//! `cargo run --release --example record_self_test assets/model`

use std::{env, fs, path::PathBuf};

use unmask::model::{Model, ModelFiles, Place, SelfTest};

fn main() -> anyhow::Result<()> {
    let Some(folder) = env::args().nth(1).map(PathBuf::from) else {
        anyhow::bail!("which folder? see the first lines")
    };
    let mut model = Model::load(&ModelFiles::read(&folder)?, Place::cpu())?;
    let test = pollster::block_on(SelfTest::record(&mut model))?;
    fs::write(folder.join("self_test.json"), serde_json::to_string(&test)? + "\n")?;
    Ok(())
}
