//! `cargo xtask ci`: runs the script of the main job of CI.

use std::process::{Command, ExitCode};

use pgbeam_spec::error::{Error, Result};

/// Runs `.ci/run`, the main job of CI. Returns a failure if the script fails.
pub fn run() -> Result<ExitCode> {
    let script = crate::root::root().join(".ci/run");
    let status = Command::new("bash")
        .arg(&script)
        .current_dir(crate::root::root())
        .status();
    let status = status.map_err(|error| Error::io(".ci/run", "run with bash", &error))?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
