//! `cargo xtask spec`.

use std::{io::Write, path::Path, process::ExitCode};

use pgbeam_codegen::{
    bundle, bundle_json,
    error::{Error, Result},
    lint,
    output::Output,
    source::Node,
};

/// Reads, merges and lints the contract.
pub fn load() -> Result<Node> {
    let bundle = bundle::bundle(&crate::root().join("spec"), "spec")?;
    lint::structure(&bundle)?;
    lint::prose(&bundle)?;
    Ok(bundle)
}

/// Writes the bundle to a file or to standard output.
pub fn bundle(out: Option<&Path>) -> Result<ExitCode> {
    let json = bundle_json(&load()?)?;
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
