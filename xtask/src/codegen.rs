//! `cargo xtask codegen`.

use std::process::ExitCode;

use pgbeam_codegen::{error::Result, repository};

/// Writes what is stale.
pub fn write() -> Result<ExitCode> {
    let changed = repository::output(&crate::root())?.write()?;
    for path in &changed {
        println!("wrote {}", shown(path));
    }
    if changed.is_empty() {
        println!("everything is up to date");
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what is stale, and writes nothing.
pub fn check() -> Result<ExitCode> {
    let stale = repository::output(&crate::root())?.compare()?;
    if stale.is_empty() {
        println!("everything is up to date");
        return Ok(ExitCode::SUCCESS);
    }
    for file in &stale {
        print!("{}", file.diff);
    }
    eprintln!("\nerror: what is checked in is not what the contract gives:");
    for file in &stale {
        eprintln!("  {}", shown(&file.path));
    }
    eprintln!("run `cargo xtask codegen` and commit what it changes");
    Ok(ExitCode::FAILURE)
}

/// A path as a person in the repository would write it.
fn shown(path: &std::path::Path) -> String {
    path.strip_prefix(crate::root()).unwrap_or(path).display().to_string()
}
