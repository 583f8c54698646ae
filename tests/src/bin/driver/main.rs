//! The conformance driver: reads commands as lines of JSON, executes them with the SDK, and writes
//! replies as lines of JSON. Scenarios in other languages use it. `tests/driver.md` describes the
//! protocol.
//!
//! - `command`, `request`: parse a line into commands and their requests
//! - `clients`: builds one client for all commands with equal configuration
//! - `run`: executes a command
//!   - `typed`, `body`: operations of the policies area, through the typed methods of `pgbeam`
//!   - `edit`: partial updates, with the SDK's `edit`
//!   - `untyped`: every other operation, by its id
//!   - `pages`: reads all pages of a list; `contract`: finds the field that has the items of a page
//! - `reply`: builds and serializes the replies
//! - `environment`: clears the environment of the process

mod body;
mod clients;
mod command;
mod contract;
mod edit;
mod environment;
mod pages;
mod reply;
mod request;
mod run;
mod typed;
mod untyped;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{clients::Clients, command::Line, reply::Reply};

fn main() -> ExitCode {
    match environment::clear().and_then(|()| serve()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("driver: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    // One thread, so that results do not depend on the number of processors.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(serve_commands());
    // Do not wait for a pending read of standard input.
    runtime.shutdown_background();
    match served {
        // The reader of the replies has exited.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        served => served,
    }
}

/// Executes each line of standard input, and writes its replies before it reads the next line.
async fn serve_commands() -> io::Result<()> {
    let mut clients = Clients::default();
    let mut lines = BufReader::new(tokio::io::stdin());
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await? > 0 {
        match Line::parse(&line) {
            Line::Blank => {}
            Line::One(command) => write(&run::run(*command, &mut clients).await)?,
            Line::Parallel(commands) => {
                // Spawned tasks run concurrently; awaiting them in turn keeps the order of replies.
                let spawn = |command| tokio::spawn(run::run(command, &mut clients));
                let replies: Vec<_> = commands.into_iter().map(spawn).collect();
                for reply in replies {
                    write(&reply.await?)?;
                }
            }
        }
        line.clear();
    }
    Ok(())
}

fn write(reply: &Reply) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(reply.to_line()?.as_bytes())?;
    out.flush()
}
