//! The folder of this repository.

use std::path::PathBuf;

/// The repository's root: commands work the same from any folder in it.
pub fn root() -> PathBuf {
    let crate_folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    crate_folder
        .parent()
        .map(PathBuf::from)
        .unwrap_or(crate_folder)
}
