//! Finds the root folder of the repository.

use std::path::PathBuf;

/// Returns the root folder of the repository from which this program was compiled. The result does not depend on
/// the current folder, so commands work from any folder.
pub fn root() -> PathBuf {
    let crate_folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    crate_folder
        .parent()
        .map(PathBuf::from)
        .unwrap_or(crate_folder)
}
