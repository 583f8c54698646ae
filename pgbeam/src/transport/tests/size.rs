//! How much of an answer is read, and what becomes of one that is larger.

use super::*;

const PIECE: &str = "0123456789";

/// The head comes, and then a body of so many times ten bytes.
fn sized(tens: usize) -> Step {
    Pieced(vec![(ms(0), Ok(PIECE)); tens])
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_too_large_is_not_read_and_not_asked_for_again() {
    let bench = bench([sized(100), sized(101)]);
    assert_eq!(bench.call(GET).await.unwrap().body.len(), 1_000);
    let answer = bench.call(PUT).await.unwrap();
    assert_eq!((answer.attempts, answer.body.len()), (1, 0));
    let error = answer.json::<u8>().unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Decode, Some(200))
    );
    assert_eq!(
        error.message(),
        "it is larger than 1000 bytes, the limit set by `max_response_bytes`"
    );
    // It was done all the same.
    assert!(error.maybe_applied());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up_at_the_limit() {
    let bench = bench([sized(1_000_000)]);
    assert!(bench.call(GET).await.unwrap().body_error.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_error_that_is_too_large_keeps_its_status() {
    let long: &'static str = "x".repeat(1_001).leak();
    let bench = bench([Body(404, long), Body(503, long), Status(200)]);
    let error = bench.call(GET).await.unwrap().json::<u8>().unwrap_err();
    assert_eq!(
        (error.status(), error.message()),
        (Some(404), "Not Found".to_owned())
    );
    // What is to be sent again is sent again.
    assert_eq!(bench.call(GET).await.unwrap().attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_streamed_has_no_limit() {
    let bench = bench([sized(101)]);
    let bound = Bound::new(bench.shared.clone(), CallOptions::new());
    static EXPORT: Operation = Operation::new(
        "export",
        http::Method::GET,
        "/export",
        "policies",
        &[],
        pgbeam_api::Idempotency::ReadOnly,
        false,
        pgbeam_api::Content::Bytes,
    );
    let answer = Client::new("https://x.test", bound)
        .unwrap()
        .call(&EXPORT)
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer
            .stream()
            .unwrap()
            .into_inner()
            .try_collect()
            .await
            .unwrap()
            .len(),
        1_010
    );
}

#[tokio::test(start_paused = true)]
async fn the_limit_can_be_off() {
    let bench = bench_with([sized(200)], |shared| shared.max_response_bytes = 0);
    assert_eq!(bench.call(GET).await.unwrap().body.len(), 2_000);
}

#[tokio::test(start_paused = true)]
async fn a_compression_that_nobody_undid_is_said_to_be_one() {
    let bench = bench([
        With(200, "content-encoding", "br"),
        With(200, "content-encoding", "identity"),
        With(204, "content-encoding", "gzip"),
        With(404, "content-encoding", "gzip"),
    ]);
    let error = bench.call(GET).await.unwrap().json::<u8>().unwrap_err();
    let why = "it is compressed (br), and the HTTP client did not decompress it";
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Decode, why.to_owned())
    );
    assert!(bench.call(GET).await.unwrap().body_error.is_none());
    assert!(bench.call(DELETE).await.unwrap().empty().is_ok());
    assert_eq!(
        bench
            .call(GET)
            .await
            .unwrap()
            .json::<u8>()
            .unwrap_err()
            .status(),
        Some(404)
    );
}
