//! Builds `pgbeam-bench` (in `tests/bench`), runs its commands, and parses their results.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use pgbeam_spec::error::{Error, Result};
use serde::{Deserialize, de::DeserializeOwned};

use super::{figures::PerContender, prefetch::PageTimes};

const PACKAGE: &str = "pgbeam-bench";

/// Builds `pgbeam-bench` in release mode and returns the path of the executable.
pub fn build() -> Result<PathBuf> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--package", PACKAGE]);
    cargo
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(crate::root::root());
    let messages = run(cargo.stderr(Stdio::inherit()))?;
    let path = messages.lines().find_map(executable);
    path.ok_or_else(|| Error::new(format!("cargo built no executable for {PACKAGE}")))
}

/// Returns the path of the executable of `pgbeam-bench` from a message of cargo. `None` if the message does not contain
/// this path.
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

/// The server process. Dropping it ends the process.
pub struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts a server that waits until `batch` requests have arrived, and then responds to these requests.
    pub fn start(program: &Path, batch: u64) -> Result<Self> {
        let mut command = Command::new(program);
        command.args(["serve", "--batch", &batch.to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let process = command
            .spawn()
            .map_err(|error| Error::io(program, "run", &error))?;
        let mut server = Self {
            process,
            address: String::new(),
        };
        if let Some(output) = server.process.stdout.take() {
            // If there is no line, the server has exited and printed the reason to standard error.
            let read = BufReader::new(output).read_line(&mut server.address);
            read.map_err(|error| Error::io(program, "read", &error))?;
        }
        server.address.truncate(server.address.trim_end().len());
        match server.address.is_empty() {
            true => Err(Error::new("the server of the benchmark did not start")),
            false => Ok(server),
        }
    }

    /// Returns the host and port of the server, such as `127.0.0.1:4000`.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs `rounds` rounds. In a round, each contender makes `calls` calls, `concurrency` at a time. Returns the time
/// of each contender in each round, in seconds.
pub fn rounds(
    program: &Path,
    server: &Server,
    calls: u64,
    concurrency: u64,
    rounds: u64,
) -> Result<Vec<PerContender<f64>>> {
    let mut command = Command::new(program);
    command.args(["rounds", "--address", server.address()]);
    for (name, value) in [
        ("--calls", calls),
        ("--concurrency", concurrency),
        ("--rounds", rounds),
    ] {
        command.args([name, &value.to_string()]);
    }
    parse(&run(&mut command)?)
}

/// Returns the growth of a contender's resident memory, in bytes, while it makes `calls` concurrent calls.
/// The server must have been started with `batch` equal to `calls`.
pub fn concurrent_memory(
    program: &Path,
    contender: &str,
    server: &Server,
    calls: u64,
) -> Result<f64> {
    #[derive(Deserialize)]
    struct Memory {
        before: u64,
        peak: u64,
    }
    let mut command = Command::new(program);
    command.args(["concurrent", contender, "--address", server.address()]);
    command.args(["--calls", &calls.to_string()]);
    let memory: Memory = parse(&run(&mut command)?)?;
    Ok(memory.peak.saturating_sub(memory.before) as f64)
}

/// Reads a list of `pages` pages, once without and once with prefetched pages. Returns the time of each.
pub fn pages(program: &Path, pages: u64) -> Result<PageTimes> {
    let mut command = Command::new(program);
    command.args(["pages", "--pages", &pages.to_string()]);
    parse(&run(&mut command)?)
}

fn parse<T: DeserializeOwned>(json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| Error::new(format!("{PACKAGE}: {error}: {json}")))
}

/// Runs a command and returns its standard output.
///
/// # Errors
///
/// The command cannot be run, or it fails. If it fails, the message contains its exit status and the last line of
/// its standard error.
pub fn run(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_owned();
    let output = command
        .output()
        .map_err(|error| Error::io(&name, "run", &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().last().unwrap_or_default();
    Err(Error::new(format!(
        "{}: {}: {last}",
        Path::new(&name).display(),
        output.status
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_executable_in_messages_of_cargo() {
        let found = [
            r#"{"reason":"build-script-executed","package_id":"x"}"#,
            r#"{"reason":"compiler-artifact","target":{"name":"pgbeam"},"executable":null}"#,
            r#"{"reason":"compiler-artifact","target":{"name":"other"},"executable":"/t/other"}"#,
            r#"{"reason":"compiler-artifact","target":{"name":"pgbeam-bench"},"executable":"/t/b"}"#,
            "not JSON",
        ]
        .map(executable);
        assert_eq!(found, [None, None, None, Some(PathBuf::from("/t/b")), None]);
    }
}
