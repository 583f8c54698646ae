//! The project's own commands: `cargo xtask …`. Thin: the logic is in `pgbeam-spec`, `pgbeam-codegen`,
//! and what is measured in `pgbeam-bench`.

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

/// Commands for those who work on this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Regenerate pgbeam-api and spec/openapi.json from the contract in spec/.
    Codegen {
        /// Write nothing; fail with a diff if what is there is stale.
        #[arg(long)]
        check: bool,
    },
    /// Work with the contract itself.
    #[command(subcommand)]
    Spec(SpecCommand),
    /// Simulate many calls on a service that fails: print what the retry throttle and the shared wait
    /// after a 429 do, and draw it.
    Simulate {
        /// Write the picture here.
        #[arg(long, value_name = "FILE", default_value = "docs/retries.svg")]
        svg: PathBuf,
    },
    /// Measure what a call through `pgbeam` costs beside the same call on bare reqwest.
    Bench(bench::Options),
    /// Run what CI runs.
    Ci,
}

#[derive(Subcommand)]
enum SpecCommand {
    /// Merge the contract's fragments into one OpenAPI document.
    Bundle {
        /// Write the document here; to standard output if this is absent.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Say what is wrong with the contract in spec/, each fault with its file and line.
    Lint,
    /// Compare two OpenAPI 3.0 documents by meaning, and say whom each change breaks.
    ///
    /// Exits with 0 if there is nothing that --fail-on names, with 1 if there is, and with 2 if the
    /// documents cannot be compared.
    Diff {
        /// The contract as it was: a JSON or YAML document, or a folder such as spec/.
        old: PathBuf,
        /// The contract as it is to be.
        new: PathBuf,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// What to exit with 1 for.
        #[arg(long, value_enum, default_value_t)]
        fail_on: FailOn,
    },
    /// Compare the contract in spec/ with the published one.
    ///
    /// Exits with 0 if they mean the same, with 1 and a report in Markdown if they do not, and with
    /// 2 if that cannot be told.
    Check {
        /// The published document: a file, or a URL that begins with http:// or https://.
        #[arg(long, value_name = "FILE or URL")]
        against: String,
        /// Write the report here, too.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

/// How a report is written.
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

/// Which changes are failures.
#[derive(Clone, Copy, Default, ValueEnum)]
enum FailOn {
    /// What breaks callers of this SDK or of the API, whoever keeps to the contract.
    #[default]
    Breaking,
    /// Every change of meaning.
    Any,
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
