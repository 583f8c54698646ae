//! What breaks on the way and what follows from several breaks; each of them by itself is in the
//! suite `faults`.

use std::time::Duration;

use pgbeam::ErrorKind;
use pgbeam_tests::raw::{RawServer, Script, answer};

use crate::{DELETE, GET, KEY, POST, PUT, builder, call, client, server};

#[tokio::test]
async fn a_refused_connection_was_never_a_request() {
    let deaf = RawServer::deaf(|_| String::new());
    let client = client(&deaf.url());
    for operation in [GET, PUT, POST] {
        let error = call(&client, operation).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Network, 6));
        assert!(!error.maybe_applied(), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{".to_owned();
    let cut = Script::new().send("HTTP/1.1 20").reset();
    let server = server([cut, half.into(), answer("200 OK", &[], "{}").into()]).await;
    let answer = call(&client(&server.url()), GET).await.unwrap();
    assert_eq!((answer.attempts, &answer.body[..]), (3, &b"{}"[..]));
    assert_eq!(server.requests().len(), 3);
}

/// Were it kept, the server would wait for its end.
#[tokio::test]
async fn a_call_that_is_dropped_closes_its_connection() {
    let server = server([Script::new().pass(Duration::from_secs(6)).finish()]).await;
    let client = client(&server.url());
    let call = tokio::time::timeout(Duration::from_secs(5), call(&client, GET)).await;
    assert!(call.is_err());
    server.settled().await;
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_echo_of_the_key_is_not_shown() {
    let body = format!(r#"{{"detail":"bad key {KEY}","code":"{KEY}","request_id":"{KEY}"}}"#);
    let header = format!("X-Echo: Bearer {KEY}");
    let server = server([answer("401 Unauthorized", &[&header], &body)]).await;
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
async fn a_delete_whose_answer_was_lost_has_succeeded() {
    let gone = answer(
        "404 Not Found",
        &[
            "X-Request-Id: req_2",
            "Content-Type: application/problem+json",
        ],
        r#"{"code":"NOT_FOUND"}"#,
    );
    let cut = Script::new().send("HTTP/1.1 204").reset();
    let server = server([cut, gone.into()]).await;
    let done = call(&client(&server.url()), DELETE)
        .await
        .unwrap()
        .empty()
        .unwrap();
    assert_eq!((done.meta().status(), done.meta().attempts()), (204, 2));
    assert_eq!(done.request_id(), Some("req_2"));
}

#[tokio::test]
async fn a_not_modified_is_an_answer() {
    let server = server([answer("304 Not Modified", &["ETag: \"a\""], "")]).await;
    let answer = call(&client(&server.url()), GET).await.unwrap();
    assert!(answer.conditional::<()>().unwrap().is_not_modified());
}

/// Retries or not: without a key it is sent once.
#[tokio::test]
async fn without_a_key_a_write_that_breaks_off_is_not_repeated() {
    let server = server([Script::new().reset()]).await;
    let client = builder(&server.url())
        .idempotency_keys(false)
        .build()
        .unwrap();
    let error = call(&client, POST).await.unwrap_err();
    assert!(error.is_network() && error.maybe_applied());
    assert_eq!((error.attempts(), server.requests().len()), (1, 1));
}
