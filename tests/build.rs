//! Generates one module of code from each document in `fixtures/codegen`. The tests in `tests/codegen`
//! compile and run these modules.

use std::{env, error::Error, fmt::Write, fs, path::PathBuf};

use pgbeam_codegen::{generate_code, target::Target};
use pgbeam_spec::bundle;

fn main() -> Result<(), Box<dyn Error>> {
    let fixtures = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("fixtures/codegen");
    println!("cargo::rerun-if-changed={}", fixtures.display());
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut files = Vec::new();
    for entry in fs::read_dir(&fixtures)? {
        files.push(entry?.path());
    }
    files.sort();
    let mut modules = String::new();
    for file in files.iter().filter(|file| {
        file.extension()
            .is_some_and(|extension| extension == "yaml")
    }) {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file
            .file_stem()
            .and_then(|name| name.to_str())
            .ok_or("a fixture has no UTF-8 file name")?;
        let target = Target::module(format!("crate::fixtures::{name}"));
        let folder = out.join("codegen").join(name);
        for (path, code) in generate_code(&bundle::read_document(file)?, &target)?.code {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            fs::write(path, code)?;
        }
        writeln!(
            modules,
            "#[path = {:?}]\npub mod {name};",
            folder.join("mod.rs")
        )?;
    }
    fs::write(out.join("codegen.rs"), modules)?;
    Ok(())
}
