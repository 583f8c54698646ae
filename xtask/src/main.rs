//! The commands of this repository: `cargo xtask …`.
//!
//! This file parses the arguments, and each command has a module. The crate `pgbeam-spec` processes the API
//! contract, `pgbeam-codegen` generates code, and the program `pgbeam-bench` makes the calls that `bench` measures.

mod bench;
mod ci;
mod codegen;
mod fetch;
mod root;
mod simulate;
mod spec;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};
use pgbeam_spec::{changes, report};

/// Commands for maintainers of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Regenerate the Rust code, the merged contract and the schema of policy files from spec/
    Codegen {
        /// Write nothing; print a diff and fail if a generated file is stale
        #[arg(long)]
        check: bool,
    },
    /// Work with the API contract
    #[command(subcommand)]
    Spec(SpecCommand),
    /// Simulate concurrent calls to a failing service, with and without the retry throttle and the
    /// rate-limit gate; print a table and draw a chart
    Simulate {
        /// Where to write the chart
        #[arg(long, value_name = "FILE", default_value = "docs/retries.svg")]
        svg: PathBuf,
    },
    /// Measure the cost of a call through `pgbeam`, compared with the same call on reqwest
    Bench(bench::Options),
    /// Run the checks of the main job of CI
    Ci,
}

#[derive(Subcommand)]
enum SpecCommand {
    /// Lint the contract in spec/ and merge its fragments into one OpenAPI document
    Bundle {
        /// Where to write the document; standard output if omitted
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Print every lint error of the contract in spec/, with file and line
    Lint,
    /// Compare two OpenAPI 3.0 documents and report which clients each change breaks
    ///
    /// Exits with 0 if no change matches --fail-on, with 1 if at least one change matches, and with 2 if the
    /// documents cannot be compared.
    Diff {
        /// The old contract: a JSON or YAML document, or a folder such as spec/
        old: PathBuf,
        /// The new contract: a JSON or YAML document, or a folder such as spec/
        new: PathBuf,
        /// The format of the report
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// The changes that cause exit code 1
        #[arg(long, value_enum, default_value_t)]
        fail_on: FailOn,
    },
    /// Compare the contract in spec/ with the published contract
    ///
    /// Exits with 0 if the contracts are equivalent, with 1 and a Markdown report if they are not, and with 2 if
    /// they cannot be compared.
    Check {
        /// The published contract: a file, or a URL that starts with http:// or https://
        #[arg(long, value_name = "FILE or URL")]
        against: String,
        /// Where to write a copy of the report if the contracts differ
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// The format of a report.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Markdown,
    Json,
}

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => Self::Text,
            Format::Markdown => Self::Markdown,
            Format::Json => Self::Json,
        }
    }
}

/// Which changes cause exit code 1.
#[derive(Clone, Copy, Default, ValueEnum)]
enum FailOn {
    /// Changes that break users of this SDK or other API clients
    #[default]
    Breaking,
    /// Every reported change, including compatible ones
    Any,
    /// No change
    Never,
}

impl From<FailOn> for changes::FailOn {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Breaking => Self::Breaking,
            FailOn::Any => Self::Any,
            FailOn::Never => Self::Never,
        }
    }
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Codegen { check } => codegen::run(check),
        Command::Spec(SpecCommand::Bundle { out }) => spec::bundle(out.as_deref()),
        Command::Spec(SpecCommand::Lint) => spec::lint(),
        Command::Spec(SpecCommand::Diff {
            old,
            new,
            format,
            fail_on,
        }) => Ok(spec::diff(&old, &new, format.into(), fail_on.into())),
        Command::Spec(SpecCommand::Check { against, out }) => {
            Ok(spec::check(&against, out.as_deref()))
        }
        Command::Simulate { svg } => simulate::run(&svg),
        Command::Bench(options) => bench::run(options),
        Command::Ci => ci::run(),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            for line in error.to_string().lines() {
                eprintln!("error: {line}");
            }
            ExitCode::FAILURE
        }
    }
}
