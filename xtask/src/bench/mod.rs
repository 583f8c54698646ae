//! `cargo xtask bench`: measures the cost of a call through `pgbeam`, compared with the same call on reqwest.
//!
//! Three contenders make the call: hand-written code on reqwest, the generated client of `pgbeam-api`, and
//! `pgbeam`.
//!
//! | figure | how |
//! | --- | --- |
//! | instructions, allocations | counted by valgrind in the client's process, without the cost of starting it |
//! | system calls | counted by strace, in the same way |
//! | calls per second | contenders take turns in rounds, in several processes; the ratio is the median of the rounds' ratios |
//! | peak memory | growth of resident memory while all calls wait for their responses |
//! | list with prefetched pages | time of a list whose pages arrive after 5 ms and are processed in 5 ms, compared with the same list without prefetching |
//!
//! The figures of the first two rows have goals, because they are counts. The last row has a goal too, because its
//! times are mostly waits. The other figures have no goals, because they depend on the machine and its load.

mod counters;
mod figures;
mod prefetch;
mod programs;
mod report;

use std::{
    path::Path,
    process::{Command, ExitCode},
};

use pgbeam_spec::error::{Error, Result};

use self::{
    counters::Count,
    figures::{Figure, Measured, PerContender, Unit},
    prefetch::Prefetch,
    programs::Server,
    report::Machine,
};

/// The number of calls in the first run. Counts are measured in two runs: a count per call is the difference of the
/// totals of both runs, divided by the difference of their numbers of calls. After `FEW` calls, buffers have their
/// final size.
const FEW: u64 = 200;
/// The number of calls in the second run.
const MANY: u64 = 1_200;

/// The number of processes in which each throughput figure is measured. The memory layout of a process is random, and
/// can slow down a contender by more than the difference between the contenders.
const PROCESSES: u64 = 9;
/// The number of rounds per process. It is a multiple of the number of contenders, so that each contender starts
/// equally many rounds.
const ROUNDS: u64 = 6;
/// The throughput figures. Each has the number of concurrent calls, the number of calls that a contender makes in
/// one round, and the name of the figure.
const THROUGHPUT: [(u64, u64, &str); 2] = [
    (1, 1_500, "calls per second, one at a time"),
    (64, 6_000, "calls per second, 64 at a time"),
];

/// The number of concurrent calls of the figure for peak memory.
const CONCURRENT_CALLS: u64 = 10_000;

/// The number of measurements of a list. Each reads the list once without and once with prefetched pages.
const LISTS: u64 = 5;
/// The number of pages of the list.
const PAGES: u64 = 100;

/// Options of `cargo xtask bench`.
#[derive(Clone, Copy, clap::Args)]
pub struct Options {
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Fail if a goal is missed, or if a figure with a goal could not be measured
    #[arg(long)]
    check: bool,
    /// Measure only the figures with goals, which hardly depend on the load of the machine: instructions,
    /// allocations, system calls, and the list with prefetched pages
    #[arg(long)]
    quick: bool,
}

/// Builds `pgbeam-bench`, measures the figures and prints them. With `check`, returns a failure if a goal is
/// missed, or if a figure with a goal could not be measured.
pub fn run(options: Options) -> Result<ExitCode> {
    let machine = machine()?;
    let program = programs::build()?;
    let mut figures = counts(&program)?;
    let prefetch = prefetch(&program);
    if !options.quick {
        figures.extend(throughput(&program)?);
        figures.push(memory(&program));
    }
    let report = match options.json {
        true => report::json(&machine, &figures, &prefetch)?,
        false => report::text(&machine, &figures, &prefetch),
    };
    print!("{report}");
    let mut failures = report::failures(&figures);
    failures.extend(prefetch.failure());
    if !options.check || failures.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("\nerror: goals missed:");
    for failure in failures {
        eprintln!("  {failure}");
    }
    Ok(ExitCode::FAILURE)
}

fn machine() -> Result<Machine> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let rustc = programs::run(Command::new(rustc).arg("--version"))?
        .trim()
        .to_owned();
    Ok(Machine { cores, rustc })
}

fn counts(program: &Path) -> Result<Vec<Figure>> {
    let server = Server::start(program, 1)?;
    let figure = |name, count, at_most| {
        let measured =
            counters::check_tool(count).and_then(|()| difference(count, program, &server));
        let measured = measured.map_err(|error| error.to_string());
        Figure {
            name,
            unit: Unit::Count,
            at_most: Some(at_most),
            measured,
        }
    };
    Ok(vec![
        figure("instructions per call", Count::Instructions, 0.97),
        figure("allocations per call", Count::Allocations, 1.03),
        figure("system calls per call", Count::SystemCalls, 1.0),
    ])
}

fn difference(count: Count, program: &Path, server: &Server) -> Result<Measured> {
    let total = |calls| {
        PerContender::measure(|contender| {
            counters::measure(count, program, contender, server, calls)
        })
    };
    let measured = Measured::per_call((FEW, total(FEW)?), (MANY, total(MANY)?))
        .ok_or_else(|| Error::new("more calls did not give a higher count"))?;
    // The values are rounded to tenths, because growing the heap adds a few system calls.
    Ok(match count {
        Count::SystemCalls => {
            Measured::from_values(measured.values.map(|value| (value * 10.0).round() / 10.0))
        }
        _ => measured,
    })
}

fn throughput(program: &Path) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for (concurrency, calls, name) in THROUGHPUT {
        let mut rounds = Vec::new();
        for _ in 0..PROCESSES {
            let server = Server::start(program, 1)?;
            rounds.extend(programs::rounds(
                program,
                &server,
                calls,
                concurrency,
                ROUNDS,
            )?);
        }
        let measured = Measured::throughput(calls, &rounds);
        let measured = measured.ok_or_else(|| Error::new("no rounds were measured"))?;
        figures.push(Figure {
            name,
            unit: Unit::Count,
            at_most: None,
            measured: Ok(measured),
        });
    }
    Ok(figures)
}

fn memory(program: &Path) -> Figure {
    let measure = |contender: &str| {
        // Each contender gets a new server, because the ports of closed connections stay in use for a while.
        let server = Server::start(program, CONCURRENT_CALLS)?;
        programs::concurrent_memory(program, contender, &server, CONCURRENT_CALLS)
    };
    let measured = PerContender::measure(measure).map(Measured::from_values);
    let measured = measured.map_err(|error| error.to_string());
    Figure {
        name: "peak memory, 10,000 calls at once",
        unit: Unit::Bytes,
        at_most: None,
        measured,
    }
}

fn prefetch(program: &Path) -> Prefetch {
    let lists = (0..LISTS).map(|_| programs::pages(program, PAGES));
    let lists: Result<Vec<_>> = lists.collect();
    Prefetch::from_rounds(lists.map_err(|error| error.to_string()))
}
