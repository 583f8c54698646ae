//! `cargo xtask spec`.

use std::{io::Write, path::Path, process::ExitCode};

use pgbeam_codegen::{
    bundle_json,
    error::{Error, Result},
    output::Output,
    repository,
};

/// Writes the bundle to a file or to standard output.
pub fn bundle(out: Option<&Path>) -> Result<ExitCode> {
    let json = bundle_json(&repository::contract(&crate::root())?)?;
    match out {
        Some(path) => {
            let mut output = Output::default();
            output.file(path, json);
            output.write()?;
        }
        None => {
            let written = std::io::stdout().write_all(json.as_bytes());
            written.map_err(|error| Error::io("standard output", "written", &error))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
