//! A short soak test. For a longer one, run `cargo run --release -p pgbeam-tests --bin soak`.

use pgbeam_tests::soak::SoakTest;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_applied_twice() {
    let report = SoakTest {
        calls: 3_000,
        concurrency: 64,
        seed: 2,
    }
    .run()
    .await
    .unwrap();
    assert!(report.violations.is_empty(), "{report}");
    // With injected faults, some calls fail, some are retried, and most succeed.
    assert!(report.ambiguous > 0 && report.failed > 0, "{report}");
    assert!(
        report.attempts > 3_000 && report.succeeded > 2_500,
        "{report}"
    );
}
