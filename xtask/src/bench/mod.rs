//! `cargo xtask bench`: what a call through `pgbeam` costs beside the same call on bare reqwest.
//!
//! | figure | how |
//! | --- | --- |
//! | instructions, allocations | counted by valgrind in the client's process; what starting takes drops out |
//! | system calls | counted by strace in the same way |
//! | calls a second | the contenders in turn, round by round, in several processes; the ratio is the median of the rounds' |
//! | peak memory | resident at the peak and before, while the server holds all answers back |
//!
//! Only the counts have goals: they are the same on every machine, and the other figures are not.

mod counters;
mod figures;
mod programs;
mod report;

use std::{
    path::Path,
    process::{Command, ExitCode},
};

use pgbeam_spec::error::{Error, Result};

use self::{
    counters::Count,
    figures::{Each, Figure, Measured, Unit},
    programs::Server,
    report::Machine,
};

/// Calls of the two runs whose difference is counted: enough that all buffers have their size.
const FEW: u64 = 200;
const MANY: u64 = 1_200;

/// How code and data lie in memory is drawn when a process starts, and one that draws badly for a
/// contender is slow all its life: by more than what separates the contenders.
const PROCESSES: u64 = 9;
/// Rounds of each process: a multiple of the contenders, so that each is first equally often.
const ROUNDS: u64 = 6;
/// How many calls are under way at the same time, and how many there are in a turn.
const THROUGHPUT: [(u64, u64, &str); 2] = [
    (1, 1_500, "calls a second, one at a time"),
    (64, 6_000, "calls a second, 64 at a time"),
];

const FLIGHT: u64 = 10_000;

/// What to do.
#[derive(Clone, Copy, clap::Args)]
pub struct Options {
    /// Print JSON in place of a table.
    #[arg(long)]
    json: bool,
    /// Fail if a goal is not reached, or could not be measured.
    #[arg(long)]
    check: bool,
    /// Measure only what does not depend on the machine: instructions, allocations and system calls.
    #[arg(long)]
    quick: bool,
}

/// Builds, measures, and prints.
pub fn run(options: Options) -> Result<ExitCode> {
    let machine = machine()?;
    let program = programs::build()?;
    let mut figures = counts(&program)?;
    if !options.quick {
        figures.extend(throughput(&program)?);
        figures.push(memory(&program));
    }
    let report = match options.json {
        true => report::json(&machine, &figures)?,
        false => report::text(&machine, &figures),
    };
    print!("{report}");
    let failures = report::failures(&figures);
    if !options.check || failures.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("\nerror: the goals are not reached:");
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
    let figure = |name, what, at_most| {
        let measured = counters::available(what).and_then(|()| difference(what, program, &server));
        let measured = measured.map_err(|error| error.to_string());
        Figure {
            name,
            unit: Unit::Count,
            at_most: Some(at_most),
            measured,
        }
    };
    Ok(vec![
        figure("instructions a call", Count::Instructions, 0.97),
        figure("allocations a call", Count::Allocations, 1.03),
        figure("system calls a call", Count::SystemCalls, 1.0),
    ])
}

fn difference(what: Count, program: &Path, server: &Server) -> Result<Measured> {
    let total =
        |calls| Each::measure(|contender| counters::count(what, program, contender, server, calls));
    let measured = Measured::a_call((FEW, total(FEW)?), (MANY, total(MANY)?))
        .ok_or_else(|| Error::new("more calls took no more than fewer"))?;
    // A process that grows its heap makes a system call which belongs to no call.
    Ok(match what {
        Count::SystemCalls => {
            Measured::of(measured.values.map(|value| (value * 10.0).round() / 10.0))
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
        let measured = measured.ok_or_else(|| Error::new("no round was made"))?;
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
    let flight = |contender: &str| {
        // Each has a server of its own: the ports of closed connections stay taken for a while.
        let server = Server::start(program, FLIGHT)?;
        programs::flight(program, contender, &server, FLIGHT)
    };
    let measured = Each::measure(flight).map(Measured::of);
    let measured = measured.map_err(|error| error.to_string());
    Figure {
        name: "peak memory, 10,000 calls at once",
        unit: Unit::Bytes,
        at_most: None,
        measured,
    }
}
