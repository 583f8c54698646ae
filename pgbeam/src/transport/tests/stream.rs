//! Tests of response bodies that are returned as streams.

use pgbeam_api::{ByteStream, Content, Idempotency, Operation};

use super::*;

static EXPORT: Operation = Operation::new(
    "export",
    http::Method::GET,
    "/v1/projects/{project_id}/export",
    "policies",
    &[pgbeam_api::Parameter::new(
        "project_id",
        pgbeam_api::Location::Path,
        true,
    )],
    Idempotency::ReadOnly,
    false,
    Content::Bytes,
);

async fn export(harness: &Harness) -> Result<ByteStream, Error> {
    Ok(harness.call(&EXPORT).await?.stream()?.into_inner())
}

fn ok(wait: u64, chunk: &'static str) -> (Duration, Result<&'static str, Outcome>) {
    (s(wait), Ok(chunk))
}

#[tokio::test(start_paused = true)]
async fn streams_chunks_as_they_arrive() {
    let harness = harness([
        Status(503),
        Chunks(vec![ok(0, "a,b\n"), ok(20, "1,2\n"), ok(25, "")]),
    ]);
    let mut body = export(&harness).await.unwrap();
    assert_eq!(harness.sent().len(), 2);
    assert_eq!(body.try_next().await.unwrap().unwrap(), "a,b\n");
    assert_eq!(body.try_next().await.unwrap().unwrap(), "1,2\n");
    assert!(body.try_next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn attempt_timeout_applies_per_chunk_and_total_timeout_to_the_body() {
    // Two chunks arrive within the attempt timeout of 30 s. The third takes 31 s.
    let slow = harness([Chunks(vec![ok(25, "a"), ok(25, "b"), ok(31, "c")])]);
    let mut body = export(&slow).await.unwrap();
    body.try_next().await.unwrap().unwrap();
    body.try_next().await.unwrap().unwrap();
    let error = body.try_next().await.unwrap_err();
    assert!(error.is_timeout() && !error.maybe_applied(), "{error:?}");
    assert_eq!(
        (error.operation(), error.attempts(), error.elapsed()),
        (Some("export"), 1, s(80))
    );
    assert!(
        error
            .to_string()
            .contains("the response body (HTTP 200) is incomplete"),
        "{error}"
    );
    assert!(body.try_next().await.unwrap().is_none());

    // All chunks arrive within the attempt timeout, but the body exceeds the total timeout.
    let slow_chunks = harness([Chunks((0..100).map(|_| ok(10, "a")).collect())]);
    let error = export(&slow_chunks)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap_err();
    assert_eq!((error.is_timeout(), error.elapsed()), (true, s(120)));
    assert!(error.to_string().contains("total timeout"), "{error}");

    // A slow reader also exceeds the total timeout. Its time does not count toward the attempt timeout.
    let fast_chunks = harness([Chunks((0..100).map(|_| ok(0, "a")).collect())]);
    let mut body = export(&fast_chunks).await.unwrap();
    for _ in 0..3 {
        body.try_next().await.unwrap().unwrap();
        sleep(s(39)).await;
    }
    body.try_next().await.unwrap().unwrap();
    sleep(s(3)).await;
    assert!(body.try_next().await.unwrap_err().is_timeout());
}

#[tokio::test(start_paused = true)]
async fn body_has_no_time_limit_if_both_timeouts_are_disabled() {
    let harness = harness_with([Chunks(vec![ok(9_999, "a"), ok(9_999, "b")])], |state| {
        state.timeouts = Timeouts::new(s(0), s(0));
    });
    assert_eq!(
        export(&harness).await.unwrap().try_collect().await.unwrap(),
        "ab"
    );
}

#[tokio::test(start_paused = true)]
async fn incomplete_body_is_an_error() {
    let cut = (s(0), Err(Outcome::Network));
    let harness = harness([Chunks(vec![ok(0, "a"), cut])]);
    let error = export(&harness)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap_err();
    assert!(error.is_network(), "{error:?}");
    assert_eq!(harness.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn error_response_is_read_into_memory() {
    let harness = harness([Body(403, r#"{"detail":"no export"}"#)]);
    let error = export(&harness).await.unwrap_err();
    assert_eq!(
        (error.status(), error.message().as_str()),
        (Some(403), "no export")
    );
    // The response of a JSON operation can be read as a stream, too.
    let harness = super::harness([Body(200, "{}")]);
    let body = harness
        .call(GET)
        .await
        .unwrap()
        .stream()
        .unwrap()
        .into_inner();
    assert_eq!(body.try_collect().await.unwrap(), "{}");
}
