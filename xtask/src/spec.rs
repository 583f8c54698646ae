//! `cargo xtask spec`.

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

/// What two documents cannot be compared with.
const COULD_NOT_TELL: u8 = 2;

/// Writes the bundle to a file or to standard output.
pub fn bundle(out: Option<&Path>) -> Result<ExitCode> {
    let json = bundle::json(&bundle::contract(&crate::root::root())?)?;
    match out {
        Some(path) => write(path, json)?,
        None => print(&json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what is wrong with the contract.
pub fn lint() -> Result<ExitCode> {
    let contract = bundle::contract(&crate::root::root())?;
    let operations = document::operations(&contract).count();
    println!("nothing is wrong with the contract and its {operations} operations");
    Ok(ExitCode::SUCCESS)
}

/// Compares two documents.
pub fn diff(old: &Path, new: &Path, format: Format, fail_on: FailOn) -> ExitCode {
    let compared = || {
        let report = compare(&bundle::open(old)?, &bundle::open(new)?)?;
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
        Err(error) => could_not_tell(&Error::line(&error)),
    }
}

/// Compares the contract of this repository with the published one.
pub fn check(against: &str, out: Option<&Path>) -> ExitCode {
    let ours = match bundle::bundle(&crate::root::root().join("spec"), "spec") {
        Ok(ours) => ours,
        Err(error) => return could_not_tell(&error.line()),
    };
    let published = crate::fetch::published(against);
    match drift::check(&ours, published.as_deref().map_err(Clone::clone), against) {
        Drift::Unchanged => {
            println!("spec/ means what {against} means");
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
                Err(error) => could_not_tell(&error.line()),
            }
        }
        Drift::Failed(why) => could_not_tell(&why),
    }
}

fn could_not_tell(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::from(COULD_NOT_TELL)
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
