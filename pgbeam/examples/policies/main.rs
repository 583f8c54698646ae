//! Manages the policies of a project from files: lint, diff, plan, apply, test, export, drift and preview.
//!
//! ```text
//! cargo run -p pgbeam --features policy-files,engine --example policies -- COMMAND [DIR] [OPTIONS]
//! ```
//!
//! The README beside this file describes the commands, the exit codes and the JSON output.

mod args;
mod commands;
mod output;

use std::{io::Write as _, process::ExitCode};

use clap::{Parser as _, error::ErrorKind};
use pgbeam::policies::{
    check::CheckError,
    document::FileErrors,
    finding::{Finding, Severity},
};

use args::{Arguments, Format};
use commands::Mistakes;
use output::Outcome;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            let is_help = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            return ExitCode::from(u8::from(!is_help));
        }
    };
    let format = arguments.format;
    let mut outcome = Outcome::new(arguments.command.name());
    if let Err(error) = commands::run(arguments.command, format, &mut outcome).await {
        outcome.exit_code = 1;
        outcome.changes.clear();
        outcome.findings = findings(error.as_ref());
    }
    if let Err(error) = print(&outcome, format) {
        eprintln!("error: cannot write the output: {error}");
        return ExitCode::FAILURE;
    }
    ExitCode::from(outcome.exit_code)
}

/// Returns the findings of an error of files or tests, or one finding with the message of any other error.
fn findings(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Vec<Finding> {
    if let Some(errors) = error.downcast_ref::<FileErrors>() {
        return errors.findings().to_vec();
    }
    if let Some(errors) = error.downcast_ref::<CheckError>() {
        return errors.findings().to_vec();
    }
    if let Some(Mistakes(findings)) = error.downcast_ref() {
        return findings.clone();
    }
    vec![Finding::new("error", Severity::Error, message(error))]
}

/// Returns the messages of an error and of all its sources, joined with `: `.
fn message(error: &(dyn std::error::Error + 'static)) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    let messages: Vec<String> = sources.map(ToString::to_string).collect();
    messages.join(": ")
}

/// Prints the outcome to standard output, or to standard error if the format is `text` and the exit code is 1.
fn print(outcome: &Outcome, format: Format) -> std::io::Result<()> {
    let text = outcome.render(format);
    if format == Format::Text && outcome.exit_code == 1 {
        return std::io::stderr().write_all(text.as_bytes());
    }
    let mut output = std::io::stdout();
    output.write_all(text.as_bytes())?;
    output.flush()
}
