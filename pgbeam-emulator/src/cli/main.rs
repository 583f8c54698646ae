//! `pgbeam-emulator`: runs the emulator until Ctrl-C or SIGTERM.

mod seed_files;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use pgbeam_emulator::{Emulator, EmulatorBuilder, LoggedRequest};

/// The number of received requests that the binary keeps.
const MAX_RECEIVED: usize = 1000;

/// An in-memory server that implements the PgBeam API. State is lost when it stops.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4010")]
    listen: SocketAddr,
    /// Create the resources in a JSON or YAML file, or in all such files of a directory; can be repeated
    #[arg(long, value_name = "FILE-or-DIR")]
    seed: Vec<PathBuf>,
    /// Return 404 for projects that were not created, instead of creating each project on its first use
    #[arg(long)]
    strict: bool,
    /// Print one line for each request to stderr
    #[arg(long)]
    log: bool,
    /// Do not serve the admin routes, whose paths start with /_emulator/
    #[arg(long)]
    no_admin: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(io::stderr(), "error: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), String> {
    let address = arguments.listen;
    // Each connection needs a file descriptor. If the limit cannot be raised, fewer connections can be open.
    #[cfg(unix)]
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let emulator = builder(arguments)?.start().await;
    let emulator = emulator.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => error.to_string(),
        _ => format!("cannot listen on {address}: {error}"),
    })?;
    // Registered before the address is printed, because a program that reads the address may send a signal immediately.
    let stop_signal =
        stop_signal().map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;
    // A closed stdout does not stop the server.
    let _ = print_address(&emulator.base_url());
    stop_signal.await;
    emulator.shutdown().await;
    Ok(())
}

fn builder(arguments: Arguments) -> Result<EmulatorBuilder, String> {
    let mut builder = Emulator::builder()
        .listen(arguments.listen)
        .strict(arguments.strict)
        .admin(!arguments.no_admin)
        .record_requests(MAX_RECEIVED);
    for path in &arguments.seed {
        for seed in seed_files::read(path)? {
            builder = builder.seed(seed);
        }
    }
    if arguments.log {
        builder = builder.log_requests(print_request);
    }
    Ok(builder)
}

fn print_request(request: &LoggedRequest) {
    // A closed stderr does not stop the server.
    let _ = writeln!(io::stderr(), "{request}");
}

fn print_address(base_url: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on {base_url}")?;
    writeln!(stdout, "export PGBEAM_API_URL={base_url}")?;
    writeln!(stdout, "export PGBEAM_API_KEY=pbk_emulator")?;
    stdout.flush()
}

/// Returns a future that completes on Ctrl-C or SIGTERM. Signals are caught as soon as this function returns, before
/// the future is polled.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// Returns a future that completes on Ctrl-C. The signal is caught as soon as this function returns, before the
/// future is polled.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupted = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupted.recv().await;
    })
}
