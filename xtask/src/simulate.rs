//! `cargo xtask simulate`: runs the simulation of retries. The simulation uses private items of the transport, so it
//! is a unit test of `pgbeam`. `cargo test` ignores this test by default, because it is slow.

use std::{
    env,
    path::Path,
    process::{Command, ExitCode},
};

use pgbeam_spec::error::{Error, Result};

/// Runs the simulation, which prints a table and writes a chart to `svg`. A relative path starts at the root of the
/// repository. Returns a failure if the simulation fails.
pub fn run(svg: &Path) -> Result<ExitCode> {
    let svg = crate::root::root().join(svg);
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(crate::root::root())
        .env("PGBEAM_SIMULATION_SVG", &svg);
    cargo.args(["test", "-q", "--release", "-p", "pgbeam", "--lib", "--"]);
    cargo.args([
        "--ignored",
        "--nocapture",
        "--exact",
        "transport::tests::simulation::table",
    ]);
    let status = cargo
        .status()
        .map_err(|error| Error::io("cargo", "run", &error))?;
    if !status.success() {
        return Ok(ExitCode::FAILURE);
    }
    println!("wrote {}", svg.display());
    Ok(ExitCode::SUCCESS)
}
