//! Counts what a program does: the instructions that it carries out, and its allocations. Both are
//! the same in every run, however busy the machine is.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use pgbeam_spec::error::{Error, Result};

use super::programs::{Server, run};

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub enum Count {
    Instructions,
    Allocations,
}

impl Count {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Instructions => &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
            Self::Allocations => &[
                "--tool=memcheck",
                "--leak-check=no",
                "--undef-value-errors=no",
            ],
        }
    }

    /// Reads the total off what valgrind prints when the program has ended.
    fn read(self, report: &str) -> Option<u64> {
        let before = match self {
            Self::Instructions => "Collected :",
            // To make a block larger or smaller counts as one more.
            Self::Allocations => "total heap usage:",
        };
        let rest = report
            .lines()
            .find_map(|line| line.split_once(before))?
            .1
            .trim();
        let number = rest.split_once(' ').map_or(rest, |(number, _)| number);
        number.replace(',', "").parse().ok()
    }
}

/// Whether there is a valgrind to count with.
///
/// # Errors
///
/// What to do about it if there is none.
pub fn available() -> Result<()> {
    let mut command = Command::new("valgrind");
    match command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
    {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Error::new(
            "valgrind is missing: install it (`apt-get install valgrind`)",
        )),
    }
}

/// What a contender takes for `calls` calls, one after the other, and for all that comes before.
pub fn count(
    what: Count,
    program: &Path,
    contender: &str,
    server: &Server,
    calls: u64,
) -> Result<u64> {
    let report = tempfile::NamedTempFile::new();
    let report = report.map_err(|error| Error::io(std::env::temp_dir(), "written", &error))?;
    let mut command = Command::new("valgrind");
    command
        .arg(format!("--log-file={}", report.path().display()))
        .args(what.arguments());
    command
        .arg(program)
        .args(["calls", contender, "--address", server.address()]);
    run(command.args(["--calls", &calls.to_string()]))?;
    let text = std::fs::read_to_string(report.path());
    let text = text.map_err(|error| Error::io(report.path(), "read", &error))?;
    what.read(&text)
        .ok_or_else(|| Error::new(format!("valgrind has counted no {what:?}:\n{text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_totals() {
        let callgrind = "==7== Callgrind, a call-graph\n==7== Events    : Ir\n\
                         ==7== Collected : 161319123\n==7== \n";
        let memcheck = "==7== HEAP SUMMARY:\n==7==     in use at exit: 0 bytes in 0 blocks\n\
                        ==7==   total heap usage: 1,138,004 allocs, 9 frees, 14,000 bytes allocated\n";
        for (count, report, want) in [
            (Count::Instructions, callgrind, Some(161_319_123)),
            (Count::Allocations, memcheck, Some(1_138_004)),
            (Count::Instructions, memcheck, None),
            (Count::Allocations, callgrind, None),
            (Count::Instructions, "Collected : many", None),
            (Count::Allocations, "", None),
        ] {
            assert_eq!(count.read(report), want, "{count:?} {report}");
        }
    }
}
