//! What breaks on the way, and what a caller sees of it.

use std::{error::Error as _, time::Duration};

use pgbeam::{CallOptions, Error, ErrorKind, RetryPolicy};

use crate::{
    DELETE, GET, KEY, POST, PUT, builder, call, call_with, client,
    server::{Reply, Server, answer},
};

fn once() -> CallOptions {
    CallOptions::new().retry(RetryPolicy::none())
}

fn refused_url() -> String {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Neither the key nor the address may show in what a failure prints.
fn shows_nothing(error: &Error) {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    assert!(!text.contains(KEY) && !text.contains("/v1/"), "{text}");
}

#[tokio::test]
async fn a_refused_connection_was_never_a_request() {
    let client = client(&refused_url());
    for operation in [GET, PUT, POST] {
        let error = call(&client, operation).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Network, 6));
        assert!(!error.maybe_applied());
        assert!(error.message().starts_with("could not connect: "), "{error}");
        assert!(error.message().to_lowercase().contains("refused"), "{error}");
        assert!(error.source().is_some());
        shows_nothing(&error);
    }
}

/// Knows no name.
struct NoNames;

impl reqwest::dns::Resolve for NoNames {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async { Err("no such host".into()) })
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_was_never_a_request() {
    let http = reqwest::Client::builder().no_proxy().dns_resolver(NoNames).build().unwrap();
    let client =
        builder("http://pgbeam.invalid").allow_http(true).http_client(http).build().unwrap();
    let error = call_with(&client, POST, once()).await.unwrap_err();
    assert!(error.is_network() && !error.maybe_applied(), "{error}");
    assert_eq!(error.message(), "could not connect: no such host");
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn a_handshake_that_fails_was_never_a_request() {
    use tokio::io::AsyncWriteExt;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let error = call_with(&client(&url), POST, once()).await.unwrap_err();
    assert!(error.is_network() && !error.maybe_applied(), "{error}");
    assert!(error.message().starts_with("could not connect: "), "{error}");
    server.await.unwrap();
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_it_open() {
    let halves = [
        Reply::Reset("HTTP/1.1 200 OK\r\nContent-"),
        Reply::Bytes(String::new()),
        Reply::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\":".to_owned()),
        Reply::Bytes(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n".to_owned(),
        ),
        Reply::Bytes("I am no HTTP server\r\n\r\n".to_owned()),
    ];
    for reply in halves {
        let server = Server::start([reply]).await;
        let error = call_with(&client(&server.url()), PUT, once()).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts(), error.status()), (ErrorKind::Network, 1, None));
        assert!(error.maybe_applied(), "{error}");
        shows_nothing(&error);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let replies = [
        Reply::Reset("HTTP/1.1 20"),
        Reply::Bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{".to_owned()),
        answer("200 OK", &[], "{}"),
    ];
    let server = Server::start(replies).await;
    let answer = call(&client(&server.url()), GET).await.unwrap();
    assert_eq!((answer.attempts, &answer.body[..]), (3, &b"{}"[..]));
    assert_eq!(server.done().await.len(), 3);
}

#[tokio::test]
async fn without_a_key_a_write_that_breaks_off_is_not_repeated() {
    let server = Server::start([Reply::Reset("")]).await;
    let client = builder(&server.url()).idempotency_keys(false).build().unwrap();
    let error = call(&client, POST).await.unwrap_err();
    assert!(error.is_network() && error.maybe_applied());
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn silence_ends_at_the_timeout() {
    let server = Server::start([Reply::Silence]).await;
    let client = client(&server.url());
    let error = call_with(&client, PUT, once()).await.unwrap_err();
    assert_eq!(error.message(), "timed out after 30s, the timeout of one attempt");
    assert!(error.is_timeout() && error.maybe_applied());
    assert!(error.elapsed() >= Duration::from_secs(30));
    // The connection is closed, or this would not end.
    assert_eq!(server.done().await.len(), 1);
}

#[tokio::test]
async fn a_body_that_stalls_ends_at_the_timeout() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await.unwrap();
        stream.write_all(half.as_bytes()).await.unwrap();
        tokio::time::pause();
        while stream.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {}
    });
    let error = call_with(&client(&url), GET, once()).await.unwrap_err();
    assert!(error.is_timeout(), "{error}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_call_that_is_dropped_closes_its_connection() {
    let server = Server::start([Reply::Silence]).await;
    let client = client(&server.url());
    let call = tokio::time::timeout(Duration::from_secs(5), call(&client, GET)).await;
    assert!(call.is_err());
    assert_eq!(server.done().await.len(), 1);
}

#[tokio::test]
async fn a_gateways_page_is_an_error_with_its_status() {
    let page = "<html><h1>502 Bad Gateway</h1></html>";
    let replies = || answer("502 Bad Gateway", &["Content-Type: text/html"], page);
    let server = Server::start([replies(), replies()]).await;
    let client = builder(&server.url()).max_retries(1).build().unwrap();
    let error = call(&client, PUT).await.unwrap().empty().unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(502), 2));
    assert!(error.maybe_applied() && error.body() == page.as_bytes());
    assert!(error.to_string().starts_with("updatePolicyProfile: HTTP 502: Bad Gateway"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 X"] {
        let elsewhere = Server::start([answer("200 OK", &[], "{}")]).await;
        let location = format!("Location: {}/v1/x", elsewhere.url());
        let server = Server::start([answer(status, &[&location], "")]).await;
        let answer = call(&client(&server.url()), POST).await.unwrap();
        assert_eq!(answer.status.as_u16().to_string(), status[..3]);
        assert_eq!(answer.attempts, 1);
        assert!(answer.empty().is_err());
        assert!(elsewhere.requests().is_empty());
    }
}

#[tokio::test]
async fn an_echo_of_the_key_is_not_shown() {
    let body = format!(r#"{{"detail":"bad key {KEY}","code":"{KEY}","request_id":"{KEY}"}}"#);
    let header = format!("X-Echo: Bearer {KEY}");
    let server = Server::start([answer("401 Unauthorized", &[&header], &body)]).await;
    let error = call(&client(&server.url()), GET).await.unwrap().empty().unwrap_err();
    shows_nothing(&error);
    assert_eq!(error.detail(), Some("bad key [redacted]"));
    assert_eq!(error.meta().unwrap().header("x-echo"), Some("Bearer [redacted]"));
    assert!(!String::from_utf8_lossy(error.body()).contains(KEY));
}

#[tokio::test]
async fn a_delete_whose_answer_was_lost_has_succeeded() {
    let gone = answer("404 Not Found", &["X-Request-Id: req_2"], r#"{"code":"NOT_FOUND"}"#);
    let server = Server::start([Reply::Reset("HTTP/1.1 204"), gone]).await;
    let done = call(&client(&server.url()), DELETE).await.unwrap().empty().unwrap();
    assert_eq!((done.meta().status(), done.meta().attempts()), (204, 2));
    assert_eq!(done.request_id(), Some("req_2"));
}

#[tokio::test]
async fn a_not_modified_is_an_answer() {
    let server = Server::start([answer("304 Not Modified", &["ETag: \"a\""], "")]).await;
    let answer = call(&client(&server.url()), GET).await.unwrap();
    assert!(answer.conditional::<()>().unwrap().is_not_modified());
}
