//! Bodies that are handed on as they come in.

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

async fn export(bench: &Bench) -> Result<ByteStream, Error> {
    Ok(bench.call(&EXPORT).await?.stream()?.into_inner())
}

fn ok(after: u64, text: &'static str) -> (Duration, Result<&'static str, Outcome>) {
    (s(after), Ok(text))
}

#[tokio::test(start_paused = true)]
async fn pieces_come_as_the_server_sends_them() {
    let bench = bench([
        Status(503),
        Pieced(vec![ok(0, "a,b\n"), ok(20, "1,2\n"), ok(25, "")]),
    ]);
    let mut body = export(&bench).await.unwrap();
    assert_eq!(bench.sent().len(), 2);
    assert_eq!(body.try_next().await.unwrap().unwrap(), "a,b\n");
    assert_eq!(body.try_next().await.unwrap().unwrap(), "1,2\n");
    assert!(body.try_next().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn each_piece_has_the_time_of_an_attempt_and_all_have_the_budget() {
    // 25 s a piece is in time, and 31 s is not.
    let slow = bench([Pieced(vec![ok(25, "a"), ok(25, "b"), ok(31, "c")])]);
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
            .contains("the answer (HTTP 200) broke off"),
        "{error}"
    );
    assert!(body.try_next().await.unwrap().is_none());

    // A drip that is always in time ends with the budget.
    let drip = bench([Pieced((0..100).map(|_| ok(10, "a")).collect())]);
    let error = export(&drip)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap_err();
    assert_eq!((error.is_timeout(), error.elapsed()), (true, s(120)));
    assert!(error.to_string().contains("total budget"), "{error}");

    // So does a flood, when its reader dawdles; the reader's own time is no timeout of a piece.
    let flood = bench([Pieced((0..100).map(|_| ok(0, "a")).collect())]);
    let mut body = export(&flood).await.unwrap();
    for _ in 0..3 {
        body.try_next().await.unwrap().unwrap();
        sleep(s(39)).await;
    }
    body.try_next().await.unwrap().unwrap();
    sleep(s(3)).await;
    assert!(body.try_next().await.unwrap_err().is_timeout());
}

#[tokio::test(start_paused = true)]
async fn without_limits_a_body_may_take_for_ever() {
    let bench = bench_with([Pieced(vec![ok(9_999, "a"), ok(9_999, "b")])], |shared| {
        shared.limits = Limits::new(s(0), s(0));
    });
    assert_eq!(
        export(&bench).await.unwrap().try_collect().await.unwrap(),
        "ab"
    );
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_an_error_and_not_an_end() {
    let cut = (s(0), Err(Outcome::Network));
    let bench = bench([Pieced(vec![ok(0, "a"), cut])]);
    let error = export(&bench)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap_err();
    assert!(error.is_network(), "{error:?}");
    assert_eq!(bench.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_read_whole() {
    let bench = bench([Body(403, r#"{"detail":"no export"}"#)]);
    let error = export(&bench).await.unwrap_err();
    assert_eq!(
        (error.status(), error.message().as_str()),
        (Some(403), "no export")
    );
    // What another operation answers can be had as a stream, too.
    let bench = super::bench([Body(200, "{}")]);
    let body = bench
        .call(GET)
        .await
        .unwrap()
        .stream()
        .unwrap()
        .into_inner();
    assert_eq!(body.try_collect().await.unwrap(), "{}");
}
