//! Tests of connection failures, lost responses and special statuses on the wire. The suite `faults` tests
//! more failures, each alone.

use std::time::Duration;

use pgbeam::ErrorKind;
use pgbeam_tests::raw::{RawServer, Script, response};

use crate::{DELETE, GET, KEY, POST, PUT, builder, call, client, server};

#[tokio::test]
async fn refused_connection_is_retried_and_unambiguous() {
    let refusing = RawServer::bind(|_| String::new());
    let client = client(&refusing.url());
    for operation in [GET, PUT, POST] {
        let error = call(&client, operation).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Network, 6));
        assert!(!error.maybe_applied(), "{error}");
    }
}

#[tokio::test]
async fn incomplete_response_is_retried() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{".to_owned();
    let cut = Script::new().send("HTTP/1.1 20").reset();
    let server = server([cut, half.into(), response("200 OK", &[], "{}").into()]).await;
    let response = call(&client(&server.url()), GET).await.unwrap();
    assert_eq!((response.attempts, &response.body[..]), (3, &b"{}"[..]));
    assert_eq!(server.requests().len(), 3);
}

/// `wait_for_scripts` returns only after the client has closed the connection, because the script ends with
/// `shutdown`.
#[tokio::test]
async fn dropped_call_closes_its_connection() {
    let server = server([Script::new()
        .advance_clock(Duration::from_secs(6))
        .shutdown()])
    .await;
    let client = client(&server.url());
    let call = tokio::time::timeout(Duration::from_secs(5), call(&client, GET)).await;
    assert!(call.is_err());
    server.wait_for_scripts().await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn redacts_an_echoed_key() {
    let body = format!(r#"{{"detail":"bad key {KEY}","code":"{KEY}","request_id":"{KEY}"}}"#);
    let header = format!("X-Echo: Bearer {KEY}");
    let server = server([response("401 Unauthorized", &[&header], &body)]).await;
    let error = call(&client(&server.url()), GET)
        .await
        .unwrap()
        .empty()
        .unwrap_err();
    assert!(!format!("{error} {error:?} {error:#?}").contains(KEY));
    assert_eq!(error.detail(), Some("bad key [redacted]"));
    assert_eq!(
        error.meta().unwrap().header("x-echo"),
        Some("Bearer [redacted]")
    );
    assert!(!String::from_utf8_lossy(error.body()).contains(KEY));
}

#[tokio::test]
async fn delete_with_a_lost_response_succeeds() {
    let not_found = response(
        "404 Not Found",
        &[
            "X-Request-Id: req_2",
            "Content-Type: application/problem+json",
        ],
        r#"{"code":"NOT_FOUND"}"#,
    );
    let cut = Script::new().send("HTTP/1.1 204").reset();
    let server = server([cut, not_found.into()]).await;
    let deleted = call(&client(&server.url()), DELETE)
        .await
        .unwrap()
        .empty()
        .unwrap();
    assert_eq!(
        (deleted.meta().status(), deleted.meta().attempts()),
        (204, 2)
    );
    assert_eq!(deleted.request_id(), Some("req_2"));
}

#[tokio::test]
async fn not_modified_is_a_value() {
    let server = server([response("304 Not Modified", &["ETag: \"a\""], "")]).await;
    let response = call(&client(&server.url()), GET).await.unwrap();
    assert!(response.conditional::<()>().unwrap().is_not_modified());
}

#[tokio::test]
async fn write_without_a_key_is_not_retried_after_a_reset() {
    let server = server([Script::new().reset()]).await;
    let client = builder(&server.url())
        .idempotency_keys(false)
        .build()
        .unwrap();
    let error = call(&client, POST).await.unwrap_err();
    assert!(error.is_network() && error.maybe_applied());
    assert_eq!((error.attempts(), server.requests().len()), (1, 1));
}
