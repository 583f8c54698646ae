//! Tests of `max_response_bytes`, the size limit of responses, and of compressed bodies. The limit is 1,000
//! bytes unless a test changes it.

use super::*;

const CHUNK: &str = "0123456789";

/// Returns a response whose body has `tens` chunks of ten bytes.
fn sized(tens: usize) -> Reply {
    Chunks(vec![(ms(0), Ok(CHUNK)); tens])
}

#[tokio::test(start_paused = true)]
async fn success_above_the_limit_is_not_retried() {
    let harness = harness([sized(100), sized(101)]);
    assert_eq!(harness.call(GET).await.unwrap().body.len(), 1_000);
    let response = harness.call(PUT).await.unwrap();
    assert_eq!((response.attempts, response.body.len()), (1, 0));
    let error = response.json::<u8>().unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Decode, Some(200))
    );
    assert_eq!(
        error.message(),
        "it is larger than 1000 bytes, the limit set by `max_response_bytes`"
    );
    // The 200 means that the write was applied.
    assert!(error.maybe_applied());
}

#[tokio::test(start_paused = true)]
async fn stops_reading_at_the_limit() {
    let harness = harness([sized(1_000_000)]);
    assert!(harness.call(GET).await.unwrap().body_error.is_some());
}

#[tokio::test(start_paused = true)]
async fn error_above_the_limit_keeps_its_status() {
    let long: &'static str = "x".repeat(1_001).leak();
    let harness = harness([Body(404, long), Body(503, long), Status(200)]);
    let error = harness.call(GET).await.unwrap().json::<u8>().unwrap_err();
    assert_eq!(
        (error.status(), error.message()),
        (Some(404), "Not Found".to_owned())
    );
    // A 503 above the limit is retried like any other 503.
    assert_eq!(harness.call(GET).await.unwrap().attempts, 2);
}

#[tokio::test(start_paused = true)]
async fn stream_has_no_size_limit() {
    let harness = harness([sized(101)]);
    let transport = RetryTransport::new(harness.state.clone(), CallOptions::new());
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
    let response = Client::new("https://x.test", transport)
        .unwrap()
        .call(&EXPORT)
        .send()
        .await
        .unwrap();
    assert_eq!(
        response
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
async fn limit_can_be_disabled() {
    let harness = harness_with([sized(200)], |state| state.max_response_bytes = 0);
    assert_eq!(harness.call(GET).await.unwrap().body.len(), 2_000);
}

#[tokio::test(start_paused = true)]
async fn rejects_an_unsupported_content_encoding() {
    let harness = harness([
        StatusWithHeader(200, "content-encoding", "br"),
        StatusWithHeader(200, "content-encoding", "identity"),
        StatusWithHeader(204, "content-encoding", "gzip"),
        StatusWithHeader(404, "content-encoding", "gzip"),
    ]);
    let error = harness.call(GET).await.unwrap().json::<u8>().unwrap_err();
    let why = "it is compressed (br), and the HTTP client did not decompress it";
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Decode, why.to_owned())
    );
    assert!(harness.call(GET).await.unwrap().body_error.is_none());
    assert!(harness.call(DELETE).await.unwrap().empty().is_ok());
    assert_eq!(
        harness
            .call(GET)
            .await
            .unwrap()
            .json::<u8>()
            .unwrap_err()
            .status(),
        Some(404)
    );
}
