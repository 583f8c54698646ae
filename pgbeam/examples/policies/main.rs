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

use std::process::ExitCode;

use clap::{Parser as _, error::ErrorKind};
use pgbeam::policies::{
    document::FileErrors,
    finding::{Finding, Severity},
};

use args::{Arguments, Format};
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
        match error.downcast_ref::<FileErrors>() {
            Some(errors) => outcome.findings = errors.findings().to_vec(),
            None => outcome.findings.push(Finding::new(
                "error",
                Severity::Error,
                message(error.as_ref()),
            )),
        }
    }
    print(&outcome, format);
    ExitCode::from(outcome.exit_code)
}

/// Joins the messages of an error and of its sources.
fn message(error: &(dyn std::error::Error + 'static)) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    let messages: Vec<String> = sources.map(ToString::to_string).collect();
    messages.join(": ")
}

/// Prints to standard output. In the format `text`, the findings of a failed command go to standard error.
fn print(outcome: &Outcome, format: Format) {
    use std::io::Write as _;
    let text = outcome.render(format);
    // A closed pipe, such as that of `head`, is not an error.
    let _ = match (format, outcome.exit_code) {
        (Format::Text, 1) => std::io::stderr().write_all(text.as_bytes()),
        _ => std::io::stdout().write_all(text.as_bytes()),
    };
}
