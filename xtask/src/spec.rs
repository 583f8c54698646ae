//! `cargo xtask spec`: bundles, lints and compares the API contract.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use pgbeam_codegen::output::Output;
use pgbeam_spec::{
    bundle,
    changes::FailOn,
    compare::compare,
    drift::{self, Drift},
    error::{Error, Result},
    read::document,
    report::{Format, Names, render},
};

/// The exit code of `diff` and `check` if the documents cannot be compared, or the result cannot be written.
const CANNOT_COMPARE: u8 = 2;

/// Lints the contract in `spec/` and writes the bundle to a file, or to standard output if `out` is `None`.
pub fn bundle(out: Option<&Path>) -> Result<ExitCode> {
    let json = bundle::to_json(&bundle::read_linted(&crate::root::root())?)?;
    match out {
        Some(path) => write(path, json)?,
        None => print(&json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Lints the contract in `spec/`. If it is valid, prints the number of operations.
///
/// # Errors
///
/// Every lint error. `main` prints them.
pub fn lint() -> Result<ExitCode> {
    let contract = bundle::read_linted(&crate::root::root())?;
    let operations = document::operations(&contract).count();
    println!("no lint errors in {operations} operations");
    Ok(ExitCode::SUCCESS)
}

/// Compares two documents and prints the changes. Returns the exit code of the command: 1 if a change matches
/// `fail_on`, 0 if no change matches, and [`CANNOT_COMPARE`] after an error.
pub fn diff(old: &Path, new: &Path, format: Format, fail_on: FailOn) -> ExitCode {
    let compared = || {
        let report = compare(&bundle::read(old)?, &bundle::read(new)?)?;
        let names = [old, new].map(|path| path.display().to_string());
        let names = Names {
            old: &names[0],
            new: &names[1],
        };
        print(&render(&report, names, format))?;
        Ok(fail_on.should_fail(&report))
    };
    match compared() {
        Ok(false) => ExitCode::SUCCESS,
        Ok(true) => ExitCode::FAILURE,
        Err(error) => cannot_compare(&Error::summary(&error)),
    }
}

/// Compares the contract in `spec/` with the published contract. `against` is the file or URL of the published
/// contract. If the contracts differ, prints a Markdown report. If `out` is set, also writes the report to this file.
/// Returns the exit code of the command: 0 if the contracts are equivalent, 1 if they differ, and
/// [`CANNOT_COMPARE`] after an error.
pub fn check(against: &str, out: Option<&Path>) -> ExitCode {
    let ours = match bundle::read_folder(&crate::root::root().join("spec"), "spec") {
        Ok(ours) => ours,
        Err(error) => return cannot_compare(&error.summary()),
    };
    let published = crate::fetch::fetch_contract(against);
    match drift::check(&ours, published.as_deref().map_err(Clone::clone), against) {
        Drift::Unchanged => {
            println!("spec/ is equivalent to {against}");
            ExitCode::SUCCESS
        }
        Drift::Changed(report) => {
            let text = drift::render(&report, against);
            let written = print(&text).and_then(|()| match out {
                Some(path) => write(path, text),
                None => Ok(()),
            });
            match written {
                Ok(()) => ExitCode::FAILURE,
                Err(error) => cannot_compare(&error.summary()),
            }
        }
        Drift::Failed(reason) => cannot_compare(&reason),
    }
}

fn cannot_compare(reason: &str) -> ExitCode {
    eprintln!("error: {reason}");
    ExitCode::from(CANNOT_COMPARE)
}

fn write(path: &Path, text: String) -> Result<()> {
    let mut output = Output::default();
    output.add_file(PathBuf::from(path), text);
    output.write().map(drop)
}

fn print(text: &str) -> Result<()> {
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map_err(|error| Error::io("standard output", "written", &error))
}
