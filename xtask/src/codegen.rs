//! `cargo xtask codegen`.

use std::process::ExitCode;

use pgbeam_codegen::{output::Output, repository};
use pgbeam_spec::error::Result;

/// Writes what is stale, or says what is.
pub fn run(check: bool) -> Result<ExitCode> {
    let output = repository::output(&crate::root::root())?;
    if check {
        self::check(&output)
    } else {
        write(&output)
    }
}

fn write(output: &Output) -> Result<ExitCode> {
    let changed = output.write()?;
    for path in &changed {
        println!("wrote {}", shown(path));
    }
    if changed.is_empty() {
        println!("everything is up to date");
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what is stale, and writes nothing.
fn check(output: &Output) -> Result<ExitCode> {
    let stale = output.compare()?;
    if stale.is_empty() {
        println!("everything is up to date");
        return Ok(ExitCode::SUCCESS);
    }
    for file in &stale {
        print!("{}", file.diff);
    }
    eprintln!("\nerror: what is there is not what the contract gives:");
    for file in &stale {
        eprintln!("  {}", shown(&file.path));
    }
    eprintln!("run `cargo xtask codegen` and commit what it changes");
    Ok(ExitCode::FAILURE)
}

/// A path as a person in the repository would write it.
fn shown(path: &std::path::Path) -> String {
    path.strip_prefix(crate::root::root())
        .unwrap_or(path)
        .display()
        .to_string()
}
