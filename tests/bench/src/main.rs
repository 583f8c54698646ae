//! The program that `cargo xtask bench` measures. It makes the same call with three clients, the contenders:
//! hand-written code on reqwest, the generated client of `pgbeam-api`, and `pgbeam`.
//!
//! The call replaces a policy profile and sets every field. The response is the profile. The server runs in a
//! separate process, so that its cost is not measured.

mod contender;
mod measure;
mod rules;
mod server;

use std::{
    error::Error as StdError,
    io::{self, Read},
    process::{self, ExitCode},
    thread,
};

use clap::{Args, Parser};
use serde::Serialize;
use tokio::runtime::Runtime;

use crate::contender::{Bare, Contender, Hand, Name, Sdk};

/// The program that `cargo xtask bench` measures.
#[derive(Parser)]
#[command(name = "pgbeam-bench")]
enum Command {
    /// Run the server: print its address, then send the same response to every request until standard input
    /// ends.
    Serve {
        /// Wait until this number of requests has arrived, then respond to all of them.
        #[arg(long, default_value_t = 1)]
        batch: usize,
    },
    /// Make calls one after the other.
    Calls {
        /// The client that makes the calls.
        contender: Name,
        #[command(flatten)]
        options: Calls,
    },
    /// Measure the time of concurrent calls. In each round, every client (hand, bare, pgbeam) makes all its
    /// calls, one client after the other. Prints the seconds as JSON, one object per round.
    Rounds {
        #[command(flatten)]
        options: Calls,
        /// Number of concurrent calls.
        #[arg(long)]
        concurrency: usize,
        /// Number of rounds.
        #[arg(long)]
        rounds: usize,
    },
    /// Read a list twice, without and with prefetched pages. A page arrives after 5 ms, and the caller takes
    /// 5 ms for it. There is no server. Prints the seconds as JSON.
    Pages {
        /// Number of pages.
        #[arg(long)]
        pages: usize,
    },
    /// Make concurrent calls. Prints the memory of the process before the calls and at its peak as JSON, in
    /// bytes.
    Concurrent {
        /// The client that makes the calls.
        contender: Name,
        #[command(flatten)]
        options: Calls,
    },
}

#[derive(Args)]
struct Calls {
    /// Host and port of the server.
    #[arg(long)]
    address: String,
    /// Number of calls. For `rounds`, each client makes this number of calls in each round.
    #[arg(long)]
    calls: usize,
}

fn main() -> ExitCode {
    match run(Command::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<(), Box<dyn StdError>> {
    // One thread, because the benchmark compares how much work the clients do, not how threads share it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match command {
        Command::Serve { batch } => serve(&runtime, batch),
        Command::Calls {
            contender: Name::Hand,
            options,
        } => calls::<Hand>(&runtime, &options),
        Command::Calls {
            contender: Name::Bare,
            options,
        } => calls::<Bare>(&runtime, &options),
        Command::Calls {
            contender: Name::Pgbeam,
            options,
        } => calls::<Sdk>(&runtime, &options),
        Command::Rounds {
            options: Calls { address, calls },
            concurrency,
            rounds,
        } => print(&runtime.block_on(measure::rounds(&address, rounds, calls, concurrency))?),
        Command::Pages { pages } => print(&runtime.block_on(measure::pages(pages))?),
        Command::Concurrent {
            contender: Name::Hand,
            options,
        } => concurrent::<Hand>(&runtime, &options),
        Command::Concurrent {
            contender: Name::Bare,
            options,
        } => concurrent::<Bare>(&runtime, &options),
        Command::Concurrent {
            contender: Name::Pgbeam,
            options,
        } => concurrent::<Sdk>(&runtime, &options),
    }
}

fn serve(runtime: &Runtime, batch: usize) -> Result<(), Box<dyn StdError>> {
    measure::raise_descriptor_limit(batch)?;
    // Exit with the process that started the server.
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    runtime.block_on(async {
        let listener = server::listen()?;
        println!("{}", listener.local_addr()?);
        server::serve(listener, batch).await
    })?;
    Ok(())
}

fn calls<C: Contender>(runtime: &Runtime, options: &Calls) -> Result<(), Box<dyn StdError>> {
    let contender = C::new(&options.address)?;
    runtime.block_on(measure::calls(&contender, options.calls))?;
    Ok(())
}

fn concurrent<C: Contender>(runtime: &Runtime, options: &Calls) -> Result<(), Box<dyn StdError>> {
    measure::raise_descriptor_limit(options.calls)?;
    print(&runtime.block_on(measure::concurrent::<C>(&options.address, options.calls))?)
}

fn print(value: &impl Serialize) -> Result<(), Box<dyn StdError>> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}
