//! How much memory many calls take that are under way at the same time.

use std::{error::Error as StdError, fs, hint::black_box};

use serde::Serialize;
use tokio::task::JoinSet;

use crate::contender::Contender;

/// Descriptors that the process needs beside one a connection.
const OTHER_DESCRIPTORS: u64 = 64;
const STATUS: &str = "/proc/self/status";

/// The memory of the process, in bytes.
#[derive(Serialize)]
pub struct Flight {
    /// Resident before the first call.
    before: u64,
    /// The most that was resident by the end of the last.
    peak: u64,
}

/// Starts `calls` calls at once and waits for all; the server answers none before all have come.
pub async fn flight<C: Contender>(
    address: &str,
    calls: usize,
) -> Result<Flight, Box<dyn StdError>> {
    let contender = C::new(address)?;
    let before = memory("VmRSS:")?;
    let mut under_way = JoinSet::new();
    for _ in 0..calls {
        let contender = contender.clone();
        under_way.spawn(async move { contender.update().await });
    }
    while let Some(call) = under_way.join_next().await {
        black_box(call??);
    }
    Ok(Flight {
        before,
        peak: memory("VmHWM:")?,
    })
}

/// Lets the process have a connection for each of `calls`.
pub fn descriptors(calls: usize) -> Result<(), Box<dyn StdError>> {
    let needed = calls as u64 + OTHER_DESCRIPTORS;
    let limit = rlimit::increase_nofile_limit(needed)?;
    if limit < needed {
        return Err(format!(
            "{calls} calls at once need {needed} file descriptors, and this process may have {limit}: \
             raise the hard limit (`ulimit -Hn`)"
        )
        .into());
    }
    Ok(())
}

fn memory(name: &str) -> Result<u64, Box<dyn StdError>> {
    let status = fs::read_to_string(STATUS);
    let status = status.map_err(|error| format!("{STATUS}, which Linux has: {error}"))?;
    kibibytes(&status, name)
        .map(|kibibytes| kibibytes * 1024)
        .ok_or_else(|| format!("{STATUS} does not say {name}").into())
}

/// A line of `/proc/self/status`, such as `VmHWM:      5920 kB`.
fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_memory_of_the_process() {
        let status = "Name:\tbench\nVmHWM:\t    5920 kB\nVmRSS:\t     812 kB\nThreads:\t1\n";
        for (name, want) in [
            ("VmHWM:", Some(5920)),
            ("VmRSS:", Some(812)),
            ("VmPeak:", None),
            ("Threads:", None),
            ("Name:", None),
        ] {
            assert_eq!(kibibytes(status, name), want, "{name}");
        }
    }
}
