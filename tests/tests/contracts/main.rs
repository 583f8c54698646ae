//! Crates of their own from contracts of other hands: that they compile, that they are the same
//! whatever the form of the document, and that nothing is lost where one is written.

mod compile;
mod forms;
mod refusals;
mod variations;

use std::{
    fs,
    path::{Path, PathBuf},
};

use pgbeam_codegen::{error::Error, output::Output, standalone::Standalone};

/// This repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .expect("the repository")
}

/// The documents in `fixtures/contracts`.
fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/contracts");
    let entries = fs::read_dir(folder).expect("the fixtures");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("a fixture").path())
        .collect();
    files.sort();
    files
}

/// The crate that is made of a document, called as its folder is.
fn crate_of(spec: &Path, out: &Path) -> Result<Output, Error> {
    Standalone {
        root: &root(),
        spec,
        out,
        name: None,
    }
    .output()
}
