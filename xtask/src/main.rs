//! The project's own commands: `cargo xtask …`. Thin: all logic is in `pgbeam-codegen`.

mod ci;
mod codegen;
mod spec;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// Commands for those who work on this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Regenerate pgbeam-api and spec/openapi.json from the contract in spec/, or generate a crate
    /// of its own from any OpenAPI 3.0 document.
    Codegen {
        /// Write nothing; fail with a diff if what is there is stale.
        #[arg(long)]
        check: bool,
        #[command(flatten)]
        other: Option<Other>,
    },
    /// Work with the contract itself.
    #[command(subcommand)]
    Spec(SpecCommand),
    /// Run what CI runs.
    Ci,
}

/// Another contract than ours.
#[derive(Args)]
#[group(requires_all = ["spec", "out"])]
struct Other {
    /// Generate from this OpenAPI 3.0 document, YAML or JSON.
    #[arg(long, value_name = "FILE", required = false)]
    spec: PathBuf,
    /// Write the crate into this folder, which must hold nothing but an earlier output.
    #[arg(long, value_name = "DIR", required = false)]
    out: PathBuf,
    /// The name of the crate; that of its folder if this is absent.
    #[arg(long, value_name = "CRATE")]
    name: Option<String>,
}

#[derive(Subcommand)]
enum SpecCommand {
    /// Merge the contract's fragments into one OpenAPI document.
    Bundle {
        /// Write the document here; to standard output if this is absent.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Codegen { check, other } => codegen::run(check, other.as_ref()),
        Command::Spec(SpecCommand::Bundle { out }) => spec::bundle(out.as_deref()),
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

/// The repository's root: commands work the same from any folder in it.
fn root() -> PathBuf {
    let crate_folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    crate_folder.parent().map(PathBuf::from).unwrap_or(crate_folder)
}
