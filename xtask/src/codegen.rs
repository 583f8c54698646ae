//! `cargo xtask codegen`: writes the generated files, or checks that they are up to date.

use std::process::ExitCode;

use pgbeam_codegen::{output::Output, repository};
use pgbeam_spec::error::Result;

/// Writes the stale files, and removes leftover files. With `check`, changes nothing: if a file is stale, prints the
/// diffs of all stale files and returns a failure.
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
        println!("wrote {}", relative(path));
    }
    if changed.is_empty() {
        println!("everything is up to date");
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the diff and the path of each stale file. Returns a failure if a file is stale.
fn check(output: &Output) -> Result<ExitCode> {
    let stale = output.compare()?;
    if stale.is_empty() {
        println!("everything is up to date");
        return Ok(ExitCode::SUCCESS);
    }
    for file in &stale {
        print!("{}", file.diff);
    }
    eprintln!("\nerror: generated files are stale:");
    for file in &stale {
        eprintln!("  {}", relative(&file.path));
    }
    eprintln!("run `cargo xtask codegen` and commit the result");
    Ok(ExitCode::FAILURE)
}

/// Returns a path relative to the root of the repository.
fn relative(path: &std::path::Path) -> String {
    path.strip_prefix(crate::root::root())
        .unwrap_or(path)
        .display()
        .to_string()
}
