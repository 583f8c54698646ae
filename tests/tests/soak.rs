//! The soak in its short form; in full it is `cargo run --release -p pgbeam-tests --bin soak`.

use pgbeam_tests::soak::Soak;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_is_accounted_for_and_no_write_is_lost_or_doubled() {
    let report = Soak {
        calls: 3_000,
        concurrency: 64,
        seed: 2,
    }
    .run()
    .await
    .unwrap();
    assert!(report.faults.is_empty(), "{report}");
    // The faults were met: some calls failed, some were made again, and most succeeded.
    assert!(report.in_doubt > 0 && report.failed > 0, "{report}");
    assert!(
        report.attempts > 3_000 && report.succeeded > 2_500,
        "{report}"
    );
}
