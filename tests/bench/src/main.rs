//! What a call through `pgbeam` costs beside the same call on bare reqwest: the programs that
//! `cargo xtask bench` runs and measures.
//!
//! The operation is the replacement of a policy profile, with nearly every field set, answered with
//! the whole profile. The server is a process of its own, so that nothing of it is counted.

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

/// The programs that `cargo xtask bench` measures.
#[derive(Parser)]
#[command(name = "pgbeam-bench")]
enum Command {
    /// Answer every request alike, until standard input ends. Prints the address first.
    Serve {
        /// Answer this many requests together, when all of them have come.
        #[arg(long, default_value_t = 1)]
        hold: usize,
    },
    /// Make calls one after the other.
    Calls {
        contender: Name,
        #[command(flatten)]
        of: Calls,
    },
    /// Time calls, each contender in turn. Prints the seconds as JSON, an object a round.
    Rounds {
        #[command(flatten)]
        of: Calls,
        /// How many of the calls are under way at the same time.
        #[arg(long)]
        concurrency: usize,
        #[arg(long)]
        rounds: usize,
    },
    /// Make calls at the same time. Prints the memory of the process as JSON, in bytes.
    Flight {
        contender: Name,
        #[command(flatten)]
        of: Calls,
    },
}

#[derive(Args)]
struct Calls {
    /// Where the server is: host and port.
    #[arg(long)]
    address: String,
    /// How many calls.
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
    // One thread: what is compared is what the client does, not how it is spread.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    match command {
        Command::Serve { hold } => serve(&runtime, hold),
        Command::Calls {
            contender: Name::Hand,
            of,
        } => calls::<Hand>(&runtime, &of),
        Command::Calls {
            contender: Name::Bare,
            of,
        } => calls::<Bare>(&runtime, &of),
        Command::Calls {
            contender: Name::Pgbeam,
            of,
        } => calls::<Sdk>(&runtime, &of),
        Command::Rounds {
            of: Calls { address, calls },
            concurrency,
            rounds,
        } => print(&runtime.block_on(measure::rounds(&address, rounds, calls, concurrency))?),
        Command::Flight {
            contender: Name::Hand,
            of,
        } => flight::<Hand>(&runtime, &of),
        Command::Flight {
            contender: Name::Bare,
            of,
        } => flight::<Bare>(&runtime, &of),
        Command::Flight {
            contender: Name::Pgbeam,
            of,
        } => flight::<Sdk>(&runtime, &of),
    }
}

fn serve(runtime: &Runtime, hold: usize) -> Result<(), Box<dyn StdError>> {
    measure::descriptors(hold)?;
    // Whoever started the server holds the other end: if it goes away, however it does, so do we.
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        process::exit(0);
    });
    runtime.block_on(async {
        let listener = server::listen()?;
        println!("{}", listener.local_addr()?);
        server::serve(listener, hold).await
    })?;
    Ok(())
}

fn calls<C: Contender>(runtime: &Runtime, of: &Calls) -> Result<(), Box<dyn StdError>> {
    let contender = C::new(&of.address)?;
    runtime.block_on(measure::calls(&contender, of.calls))?;
    Ok(())
}

fn flight<C: Contender>(runtime: &Runtime, of: &Calls) -> Result<(), Box<dyn StdError>> {
    measure::descriptors(of.calls)?;
    print(&runtime.block_on(measure::flight::<C>(&of.address, of.calls))?)
}

fn print(value: &impl Serialize) -> Result<(), Box<dyn StdError>> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}
