//! `cargo run --release -p pgbeam-tests --bin soak [CALLS]`: 50,000 calls, 64 at once, on an emulator
//! that fails now and then. Fails when a call is not accounted for, a write is lost or doubled, or
//! memory grows.

use std::process::ExitCode;

use pgbeam_tests::soak::Soak;

/// What memory may grow by: what the allocator keeps for the busiest moment, and no more.
const GROWTH_KIB: u64 = 8 * 1024;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let calls = match std::env::args().nth(1) {
        Some(calls) => calls
            .parse()
            .map_err(|_| format!("{calls:?} is no number of calls"))?,
        None => 50_000,
    };
    let report = Soak {
        calls,
        concurrency: 64,
        seed: 1,
    }
    .run()
    .await?;
    print!("{report}");
    let grows = report
        .memory
        .is_some_and(|(before, after)| after > before + GROWTH_KIB);
    if grows {
        println!("memory grows by more than {GROWTH_KIB} KiB");
    }
    Ok(if grows || !report.faults.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
