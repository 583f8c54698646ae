//! Tests of exact requests on the wire.

use pgbeam::{CallOptions, RetryPolicy};
use pgbeam_tests::raw::response;

use crate::{DELETE, GET, KEY, POST, PUT, builder, call, call_with, client, raw_requests, server};

/// Returns the request line and the sorted header lines, without `accept-encoding: gzip`. Asserts that the
/// request has this header.
fn head_lines(request: &str) -> Vec<String> {
    let gzip = "accept-encoding: gzip";
    assert!(request.lines().any(|line| line == gzip), "{request}");
    let (head, _) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let mut sorted: Vec<_> = lines
        .by_ref()
        .skip(1)
        .filter(|line| *line != gzip)
        .map(str::to_owned)
        .collect();
    sorted.sort();
    sorted.insert(0, head.lines().next().unwrap().to_owned());
    sorted
}

const USER_AGENT: &str = concat!("user-agent: pgbeam-rust/", env!("CARGO_PKG_VERSION"));

#[tokio::test]
async fn get_sends_exactly_these_headers() {
    let server = server([response("200 OK", &[], "{}")]).await;
    let url = server.url();
    call(&client(&format!("{url}/base/")), GET).await.unwrap();
    let request = raw_requests(&server).remove(0);
    assert_eq!(
        head_lines(&request),
        [
            "GET /base/v1/projects/prj_1/policies/pol_1 HTTP/1.1",
            "accept: application/json",
            &format!("authorization: Bearer {KEY}"),
            &format!("host: {}", url.trim_start_matches("http://")),
            USER_AGENT,
        ]
    );
    assert!(request.ends_with("\r\n\r\n"));
}

#[tokio::test]
async fn writes_send_a_body_and_posts_a_key() {
    let server = server([
        response("201 Created", &[], "{}"),
        response("200 OK", &[], "{}"),
        response("204 No Content", &[], ""),
    ])
    .await;
    let client = client(&server.url());
    let host = format!("host: {}", server.url().trim_start_matches("http://"));
    for operation in [POST, PUT, DELETE] {
        call(&client, operation).await.unwrap();
    }
    let [post, put, delete] = raw_requests(&server).try_into().unwrap();
    let post_lines = head_lines(&post);
    let key = post_lines[6].strip_prefix("idempotency-key: ").unwrap();
    let uuid = uuid::Uuid::try_parse(key).unwrap();
    assert_eq!(
        (uuid.get_version_num(), uuid.to_string().as_str()),
        (4, key)
    );
    assert_eq!(
        post_lines,
        [
            "POST /v1/projects/prj_1/policies HTTP/1.1",
            "accept: application/json",
            &format!("authorization: Bearer {KEY}"),
            "content-length: 12",
            "content-type: application/json",
            &host,
            &format!("idempotency-key: {key}"),
            USER_AGENT,
        ]
    );
    assert!(post.ends_with("\r\n\r\n{\"name\":\"x\"}"));
    assert_eq!(
        head_lines(&put)[0],
        "PUT /v1/projects/prj_1/policies/pol_1 HTTP/1.1"
    );
    assert!(head_lines(&put).contains(&"content-type: application/json".to_owned()));
    assert!(!put.contains("idempotency-key"));
    let delete_lines = head_lines(&delete);
    assert_eq!(
        delete_lines[0],
        "DELETE /v1/projects/prj_1/policies/pol_1 HTTP/1.1"
    );
    assert!(!delete.contains("content-type") && !delete.contains("idempotency-key"));
}

#[tokio::test]
async fn call_headers_replace_client_headers() {
    let replies = [response("200 OK", &[], "{}"), response("200 OK", &[], "{}")];
    let server = server(replies).await;
    let client = builder(&server.url())
        .header("X-Team", "client")
        .header("Accept", "application/json; v=1")
        .user_agent_suffix("billing/1.4")
        .build()
        .unwrap();
    call(&client, GET).await.unwrap();
    let options = CallOptions::new()
        .header("x-team", "call")
        .header("User-Agent", "mine");
    call_with(&client, GET, options).await.unwrap();
    let [first, second] = raw_requests(&server).try_into().unwrap();
    for line in [
        "x-team: client",
        "accept: application/json; v=1",
        &format!("{USER_AGENT} billing/1.4"),
    ] {
        assert!(
            first.contains(&format!("{line}\r\n")),
            "{line} not in {first}"
        );
    }
    assert!(second.contains("x-team: call\r\n") && second.contains("user-agent: mine\r\n"));
    assert_eq!(second.matches("x-team").count(), 1);
}

#[tokio::test]
async fn retries_send_identical_requests() {
    let replies = [
        response("502 Bad Gateway", &[], "<html>"),
        response("429 Too Many Requests", &["Retry-After: 0"], ""),
        response("201 Created", &[], "{}"),
    ];
    let server = server(replies).await;
    assert_eq!(
        call(&client(&server.url()), POST).await.unwrap().attempts,
        3
    );
    let requests = raw_requests(&server);
    assert!(requests[0].contains("idempotency-key: "));
    assert!(requests.iter().all(|request| *request == requests[0]));
}

#[tokio::test]
async fn sends_no_generated_key_without_retries() {
    let replies = [
        response("201 Created", &[], "{}"),
        response("502 Bad Gateway", &[], ""),
    ];
    let server = server(replies).await;
    let options = || CallOptions::new().retry(RetryPolicy::none());
    let client = client(&server.url());
    call_with(&client, POST, options()).await.unwrap();
    let own_key = options().idempotency_key("mine");
    let response = call_with(&client, POST, own_key).await.unwrap();
    assert_eq!((response.status.as_u16(), response.attempts), (502, 1));
    let requests = raw_requests(&server);
    assert!(!requests[0].contains("idempotency-key"));
    assert!(requests[1].contains("idempotency-key: mine\r\n"));
}

#[tokio::test]
async fn empty_key_sends_no_header() {
    let replies = [response("200 OK", &[], "{}"), response("200 OK", &[], "{}")];
    let server = server(replies).await;
    let builder_with_key = |key: &str| {
        builder(&server.url())
            .env(|_| Some("pbk_env".into()))
            .api_key(key)
    };
    call(&builder_with_key("").build().unwrap(), GET)
        .await
        .unwrap();
    let no_key = |_| async { Ok::<_, std::io::Error>(String::new()) };
    call(
        &builder_with_key("x")
            .credential_provider(no_key)
            .build()
            .unwrap(),
        GET,
    )
    .await
    .unwrap();
    let requests = raw_requests(&server);
    assert!(
        requests
            .iter()
            .all(|request| !request.contains("authorization")),
        "{requests:?}"
    );
}
