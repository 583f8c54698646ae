//! Measures how much memory the process needs for concurrent calls.

use std::{error::Error as StdError, fs, hint::black_box};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::contender::Contender;

/// File descriptors that the process needs besides those of its connections.
const OTHER_DESCRIPTORS: u64 = 64;
const STATUS: &str = "/proc/self/status";

/// Resident memory of the process, in bytes.
#[derive(Serialize)]
pub struct Memory {
    /// Before the first call.
    before: u64,
    /// Peak from the start of the process until the end of the last call.
    peak: u64,
}

/// Makes `calls` concurrent calls, and returns the memory of the process before the calls and at its peak.
/// The server must have been started with `batch` equal to `calls`, so that all calls wait at the same time.
pub async fn concurrent<C: Contender>(
    address: &str,
    calls: usize,
) -> Result<Memory, Box<dyn StdError>> {
    let contender = C::new(address)?;
    let before = memory("VmRSS:")?;
    let mut calls_in_flight = JoinSet::new();
    for _ in 0..calls {
        let contender = contender.clone();
        calls_in_flight.spawn(async move { contender.update().await });
    }
    while let Some(call) = calls_in_flight.join_next().await {
        black_box(call??);
    }
    Ok(Memory {
        before,
        peak: memory("VmHWM:")?,
    })
}

/// Raises the limit of open file descriptors, so that each of `calls` concurrent calls can have a connection.
///
/// # Errors
///
/// If the hard limit is too low (the message says how to raise it), or if the limit cannot be changed.
pub fn raise_descriptor_limit(calls: usize) -> Result<(), Box<dyn StdError>> {
    let needed = calls as u64 + OTHER_DESCRIPTORS;
    let limit = rlimit::increase_nofile_limit(needed)?;
    if limit < needed {
        return Err(format!(
            "{calls} concurrent calls need {needed} file descriptors, the limit is {limit}: \
             raise the hard limit (`ulimit -Hn`)"
        )
        .into());
    }
    Ok(())
}

fn memory(name: &str) -> Result<u64, Box<dyn StdError>> {
    let status = fs::read_to_string(STATUS);
    let status = status
        .map_err(|error| format!("cannot read {STATUS}, which exists on Linux only: {error}"))?;
    kibibytes(&status, name)
        .map(|kibibytes| kibibytes * 1024)
        .ok_or_else(|| format!("{STATUS} has no line {name}").into())
}

/// Returns the kibibytes in the line of `status` that starts with `name`: 5920 for `VmHWM:` and the line
/// `VmHWM:      5920 kB`. `None` if there is no such line, or if its value is not a number of kB.
fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_memory_of_the_process() {
        let status = "Name:\tbench\nVmHWM:\t    5920 kB\nVmRSS:\t     812 kB\nThreads:\t1\n";
        for (name, expected) in [
            ("VmHWM:", Some(5920)),
            ("VmRSS:", Some(812)),
            ("VmPeak:", None),
            ("Threads:", None),
            ("Name:", None),
        ] {
            assert_eq!(kibibytes(status, name), expected, "{name}");
        }
    }
}
