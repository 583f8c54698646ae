//! The conformance driver: commands come in as lines of JSON, go through the SDK, and are answered by
//! lines of JSON, for scenarios in other languages. `tests/driver.md` describes commands and answers.
//!
//! - `command`, `request`: what a line says
//! - `clients`: one client for all commands that configure it alike
//! - `run`: a command's way through the SDK
//!   - `typed`: the operations of the policies area, by the methods of `pgbeam`, from a `body`
//!   - `edit`: the safe partial update
//!   - `untyped`: every other operation, by its name
//!   - `pages`, `contract`: all items of a list
//! - `answer`: what a line answers
//! - `environment`: why no environment variable is read

mod answer;
mod body;
mod clients;
mod command;
mod contract;
mod edit;
mod environment;
mod pages;
mod request;
mod run;
mod typed;
mod untyped;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::{answer::Answer, clients::Clients, command::Line};

fn main() -> ExitCode {
    match environment::leave().and_then(|()| serve()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("driver: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    // One thread: connections are looked after while the next line is waited for, and nothing
    // depends on how many processors there are.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let served = runtime.block_on(answer_all());
    // A read of standard input that goes on is not waited for.
    runtime.shutdown_background();
    match served {
        // Whoever drives this has gone.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        served => served,
    }
}

/// Answers every line before the next is read.
async fn answer_all() -> io::Result<()> {
    let mut clients = Clients::default();
    let mut lines = BufReader::new(tokio::io::stdin());
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).await? > 0 {
        match Line::read(&line) {
            Line::Blank => {}
            Line::One(command) => write(&run::run(*command, &mut clients).await)?,
            Line::Parallel(commands) => {
                // A task is under way from here on, and awaiting them one by one keeps the order.
                let begin = |command| tokio::spawn(run::run(command, &mut clients));
                let answers: Vec<_> = commands.into_iter().map(begin).collect();
                for answer in answers {
                    write(&answer.await?)?;
                }
            }
        }
        line.clear();
    }
    Ok(())
}

fn write(answer: &Answer) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(answer.line()?.as_bytes())?;
    out.flush()
}
