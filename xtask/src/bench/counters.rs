//! Counts instructions and allocations with valgrind, and system calls with strace. The counts do not depend on
//! the load of the machine.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use pgbeam_spec::error::{Error, Result};

use super::programs::{Server, run};

/// A number that a tool counts while a program runs.
#[derive(Clone, Copy, Debug)]
pub enum Count {
    Instructions,
    Allocations,
    SystemCalls,
}

impl Count {
    /// Returns the name of the tool, which is also the name of its package.
    fn tool(self) -> &'static str {
        match self {
            Self::Instructions | Self::Allocations => "valgrind",
            Self::SystemCalls => "strace",
        }
    }

    /// Returns the arguments of the tool that write its report to the file `report`.
    fn arguments(self, report: &str) -> Vec<String> {
        let arguments = match self {
            Self::Instructions => "--tool=callgrind --callgrind-out-file=/dev/null --log-file=",
            Self::Allocations => {
                "--tool=memcheck --leak-check=no --undef-value-errors=no --log-file="
            }
            Self::SystemCalls => "-f -qq -c -U calls,name --output=",
        };
        format!("{arguments}{report}")
            .split(' ')
            .map(str::to_owned)
            .collect()
    }

    /// Returns the total in a report of the tool, or `None` if the report contains no total.
    fn parse(self, report: &str) -> Option<u64> {
        let number = match self {
            Self::Instructions => word_after(report, "Collected :")?,
            // The total includes the resizing of blocks.
            Self::Allocations => word_after(report, "total heap usage:")?,
            Self::SystemCalls => report
                .lines()
                .find_map(|line| line.strip_suffix(" total"))?,
        };
        number.trim().replace(',', "").parse().ok()
    }
}

/// Returns the first word after the first `label` in a report. `None` if the report contains no `label`, or no word
/// after it.
fn word_after<'a>(report: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = report.split_once(label)?;
    rest.split_whitespace().next()
}

/// Checks that the tool for a count is installed.
///
/// # Errors
///
/// The tool is missing, or its `--version` fails. The message says how to install the tool.
pub fn check_tool(count: Count) -> Result<()> {
    let tool = count.tool();
    let mut command = Command::new(tool);
    command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Error::new(format!(
            "{tool} is missing: install it (`apt-get install {tool}`)"
        ))),
    }
}

/// Runs a contender that makes `calls` sequential calls, and returns the total count of its process, including
/// the start of the process.
///
/// # Errors
///
/// The tool cannot be run, the process fails, or the tool's report cannot be read or has no total.
pub fn measure(
    count: Count,
    program: &Path,
    contender: &str,
    server: &Server,
    calls: u64,
) -> Result<u64> {
    let report = tempfile::NamedTempFile::new();
    let report = report.map_err(|error| Error::io(std::env::temp_dir(), "written", &error))?;
    let mut command = Command::new(count.tool());
    command
        .args(count.arguments(&report.path().display().to_string()))
        .arg(program)
        .args(["calls", contender, "--address", server.address()]);
    run(command.args(["--calls", &calls.to_string()]))?;
    let text = std::fs::read_to_string(report.path());
    let text = text.map_err(|error| Error::io(report.path(), "read", &error))?;
    count
        .parse(&text)
        .ok_or_else(|| Error::new(format!("{} did not count {count:?}:\n{text}", count.tool())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_totals() {
        let callgrind = "==7== Callgrind, a call-graph\n==7== Events    : Ir\n\
                         ==7== Collected : 161319123\n==7== \n";
        let memcheck = "==7== HEAP SUMMARY:\n==7==     in use at exit: 0 bytes in 0 blocks\n\
                        ==7==   total heap usage: 1,138,004 allocs, 9 frees, 14,000 bytes allocated\n";
        let strace = "    calls syscall\n--------- ----------------\n     2402 epoll_wait\n\
                      --------- ----------------\n     4802 total\n";
        for (count, report, expected) in [
            (Count::SystemCalls, strace, Some(4_802)),
            (Count::SystemCalls, memcheck, None),
            (Count::Instructions, callgrind, Some(161_319_123)),
            (Count::Allocations, memcheck, Some(1_138_004)),
            (Count::Instructions, memcheck, None),
            (Count::Allocations, callgrind, None),
            (Count::Instructions, "Collected : many", None),
            (Count::Allocations, "", None),
        ] {
            assert_eq!(count.parse(report), expected, "{count:?} {report}");
        }
    }
}
