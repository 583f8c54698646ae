//! Builds and runs the programs of `tests/bench`, and takes their figures.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use pgbeam_spec::error::{Error, Result};
use serde::{Deserialize, de::DeserializeOwned};

use super::figures::Each;

const PACKAGE: &str = "pgbeam-bench";

/// Builds them as a user's program is built; gives the path of the executable.
pub fn build() -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--package", PACKAGE]);
    cargo
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(crate::root::root());
    let messages = run(cargo.stderr(Stdio::inherit()))?;
    let path = messages.lines().find_map(executable);
    path.ok_or_else(|| Error::new(format!("cargo built no executable of {PACKAGE}")))
}

/// The executable that a message of cargo is about, if it is about ours.
fn executable(message: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        target: Target,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let message: Message = serde_json::from_str(message).ok()?;
    message
        .executable
        .filter(|_| message.target.name == PACKAGE)
}

/// The server, in a process of its own until this is dropped.
pub struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// One that answers `hold` requests together, when all of them have come.
    pub fn start(program: &Path, hold: u64) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--hold", &hold.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let process = command
            .spawn()
            .map_err(|error| Error::io(program, "run", &error))?;
        let mut server = Self {
            process,
            address: String::new(),
        };
        if let Some(output) = server.process.stdout.take() {
            // Without a line the server is gone, and has said why.
            let read = BufReader::new(output).read_line(&mut server.address);
            read.map_err(|error| Error::io(program, "read", &error))?;
        }
        server.address.truncate(server.address.trim_end().len());
        match server.address.is_empty() {
            true => Err(Error::new("the server of the benchmark did not start")),
            false => Ok(server),
        }
    }

    /// The host and port.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What `calls` calls a turn take, `concurrency` at a time, in seconds.
pub fn rounds(
    program: &Path,
    server: &Server,
    calls: u64,
    concurrency: u64,
    rounds: u64,
) -> Result<Vec<Each<f64>>> {
    let mut command = Command::new(program);
    command.args(["rounds", "--address", server.address()]);
    for (name, value) in [
        ("--calls", calls),
        ("--concurrency", concurrency),
        ("--rounds", rounds),
    ] {
        command.args([name, &value.to_string()]);
    }
    read(&run(&mut command)?)
}

/// How much more memory a contender takes at its peak than before, with `calls` calls at once, in
/// bytes. The server must hold as many.
pub fn flight(program: &Path, contender: &str, server: &Server, calls: u64) -> Result<f64> {
    #[derive(Deserialize)]
    struct Flight {
        before: u64,
        peak: u64,
    }
    let mut command = Command::new(program);
    command.args(["flight", contender, "--address", server.address()]);
    command.args(["--calls", &calls.to_string()]);
    let flight: Flight = read(&run(&mut command)?)?;
    Ok(flight.peak.saturating_sub(flight.before) as f64)
}

fn read<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::new(format!("{PACKAGE}: {error}: {json}")))
}

/// Runs a command to its end; gives its standard output.
pub fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_owned();
    let output = command
        .output()
        .map_err(|error| Error::io(&name, "run", &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().last().unwrap_or_default();
    Err(Error::new(format!(
        "{}: {}: {said}",
        Path::new(&name).display(),
        output.status
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_executable_among_what_cargo_says() {
        let found = [
            r#"{"reason":"build-script-executed","package_id":"x"}"#,
            r#"{"reason":"compiler-artifact","target":{"name":"pgbeam"},"executable":null}"#,
            r#"{"reason":"compiler-artifact","target":{"name":"other"},"executable":"/t/other"}"#,
            r#"{"reason":"compiler-artifact","target":{"name":"pgbeam-bench"},"executable":"/t/b"}"#,
            "no JSON",
        ]
        .map(executable);
        assert_eq!(found, [None, None, None, Some(PathBuf::from("/t/b")), None]);
    }
}
