//! `pgbeam-emulator`: the emulator on a port, until Ctrl-C.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Parser;
use pgbeam_emulator::Emulator;

/// A PgBeam control plane in memory. State is lost when it stops.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4010")]
    listen: SocketAddr,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Nobody can ask a process what it has received.
    let builder = Emulator::builder()
        .listen(arguments.listen)
        .forget_requests();
    let emulator = match builder.start().await {
        Ok(emulator) => emulator,
        Err(error) => {
            eprintln!("error: cannot listen on {}: {error}", arguments.listen);
            return ExitCode::FAILURE;
        }
    };
    // Whoever reads the address may send the signal at once.
    let stopped = match stop_signal() {
        Ok(stopped) => stopped,
        Err(error) => {
            eprintln!("error: cannot listen for Ctrl-C: {error}");
            return ExitCode::FAILURE;
        }
    };
    // Whoever started this may have closed its end; serving goes on.
    let _ = announce(&emulator.base_url());
    stopped.await;
    emulator.shutdown().await;
    ExitCode::SUCCESS
}

fn announce(base_url: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on {base_url}")?;
    writeln!(stdout, "export PGBEAM_API_URL={base_url}")?;
    writeln!(stdout, "export PGBEAM_API_KEY=pbk_emulator")?;
    stdout.flush()
}

/// Ends with Ctrl-C or with SIGTERM, by which containers are stopped; listens from the
/// moment it is made.
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

/// Ends with Ctrl-C; listens from the moment it is made.
#[cfg(windows)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupted = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupted.recv().await;
    })
}
