//! `cargo run --release -p pgbeam-tests --bin soak [CALLS]`: makes `CALLS` calls (by default 50,000), 64 at a
//! time, to an emulator with injected faults. Fails if the stored state contradicts the results of the calls,
//! for example because a write is lost or applied twice, or if the memory grows by more than 8 MiB after the
//! first quarter of the calls.

use std::process::ExitCode;

use pgbeam_tests::soak::SoakTest;

/// The maximum growth of resident memory, in KiB. It is not 0, because the allocator keeps freed memory.
const MAX_GROWTH_KIB: u64 = 8 * 1024;

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let calls = match std::env::args().nth(1) {
        Some(calls) => calls
            .parse()
            .map_err(|_| format!("{calls:?} is not a number of calls"))?,
        None => 50_000,
    };
    let report = SoakTest {
        calls,
        concurrency: 64,
        seed: 1,
    }
    .run()
    .await?;
    print!("{report}");
    let memory_grows = report
        .memory
        .is_some_and(|(before, after)| after > before + MAX_GROWTH_KIB);
    if memory_grows {
        println!("memory grew by more than {MAX_GROWTH_KIB} KiB");
    }
    Ok(if memory_grows || !report.violations.is_empty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
