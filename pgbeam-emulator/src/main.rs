//! `pgbeam-emulator`: runs the emulator until Ctrl-C or SIGTERM.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use pgbeam_emulator::Emulator;

/// The number of received requests that the binary keeps.
const MAX_RECEIVED: usize = 1000;

/// An in-memory server that implements part of the PgBeam API. State is lost when it stops.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4010")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let builder = Emulator::builder()
        .listen(arguments.listen)
        .record_requests(MAX_RECEIVED);
    let emulator = match builder.start().await {
        Ok(emulator) => emulator,
        Err(error) => {
            eprintln!("error: cannot listen on {}: {error}", arguments.listen);
            return ExitCode::FAILURE;
        }
    };
    // Registered before the address is printed: a reader may send the signal immediately.
    let stop_signal = match stop_signal() {
        Ok(stop_signal) => stop_signal,
        Err(error) => {
            eprintln!("error: cannot listen for Ctrl-C: {error}");
            return ExitCode::FAILURE;
        }
    };
    // A closed stdout does not stop the server.
    let _ = print_address(&emulator.base_url());
    stop_signal.await;
    emulator.shutdown().await;
    ExitCode::SUCCESS
}

fn print_address(base_url: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on {base_url}")?;
    writeln!(stdout, "export PGBEAM_API_URL={base_url}")?;
    writeln!(stdout, "export PGBEAM_API_KEY=pbk_emulator")?;
    stdout.flush()
}

/// Returns a future that completes on Ctrl-C or SIGTERM. Both signals are caught from this call on, not only once the
/// future is polled.
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

/// Returns a future that completes on Ctrl-C. The signal is caught from this call on, not only once the future is
/// polled.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupted = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupted.recv().await;
    })
}
