//! Tests of fault injection.

mod support;

use std::time::Duration;

use pgbeam_emulator::{Emulator, Fault};
use serde_json::json;
use support::{Api, ApiResponse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn a_status_applies_to_its_operation_as_often_as_requested() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    api.emulator.inject_fault(
        Fault::status(429)
            .retry_after(2)
            .times(2)
            .on("updatePolicyProfile"),
    );
    assert_eq!(
        ApiResponse::send(api.get(&path)).await.status,
        200,
        "another operation"
    );
    let put = || ApiResponse::send(api.put(&path, &json!({"name": "q"})));
    for pending in [1, 0] {
        let response = put().await;
        response.problem(429, "RATE_LIMITED");
        assert_eq!(response.header("retry-after"), "2");
        assert_eq!(response.header("ratelimit"), "\"default\";r=0;t=2");
        assert_eq!(api.emulator.pending_faults(), pending);
    }
    assert_eq!(
        ApiResponse::send(api.get(&path)).await.json()["name"],
        "p",
        "the request had no effect"
    );
    assert_eq!(put().await.json()["name"], "q");
}

#[tokio::test]
async fn a_fault_without_an_operation_applies_to_any_request_until_cleared() {
    let api = Api::start().await;
    api.emulator.inject_fault(Fault::status(503).forever());
    for path in ["policies", "query-templates", "nowhere"] {
        ApiResponse::send(api.get(path))
            .await
            .problem(503, "SERVICE_UNAVAILABLE");
    }
    api.emulator.clear_faults();
    assert_eq!(ApiResponse::send(api.get("policies")).await.status, 200);
}

#[tokio::test]
async fn returns_html_and_arbitrary_responses() {
    let api = Api::start().await;
    api.emulator
        .inject_fault(Fault::html(502, "<h1>Bad Gateway</h1>"));
    let response = ApiResponse::send(api.get("policies")).await;
    assert_eq!(
        (response.status, response.body.as_slice()),
        (502, &b"<h1>Bad Gateway</h1>"[..])
    );
    assert_eq!(response.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(
        response.header("x-request-id"),
        "",
        "a gateway does not set it"
    );

    api.emulator.inject_fault(
        Fault::respond(418, "{\"message\":\"teapot\"}")
            .header("content-type", "application/json")
            .header("retry-after", "soon"),
    );
    let response = ApiResponse::send(api.get("policies")).await;
    assert_eq!(
        (response.status, response.header("retry-after")),
        (418, "soon")
    );
    assert_eq!(response.json(), json!({"message": "teapot"}));
}

#[tokio::test]
async fn pass_through_adds_headers_to_the_regular_response() {
    let api = Api::start().await;
    api.emulator.inject_fault(
        Fault::pass_through()
            .header("deprecation", "@1767225600")
            .header("link", "<a>; rel=\"deprecation\"")
            .header("link", "<b>; rel=\"successor-version\"")
            .header("x-request-id", "req_mine"),
    );
    let response = ApiResponse::send(api.get("policies")).await;
    assert_eq!(
        (response.status, response.json()),
        (200, json!({"policies": []}))
    );
    assert_eq!(response.header("deprecation"), "@1767225600");
    assert_eq!(response.headers.get_all("link").iter().count(), 2);
    assert_eq!(
        response
            .headers
            .get_all("x-request-id")
            .iter()
            .collect::<Vec<_>>(),
        ["req_mine"]
    );
}

#[tokio::test]
async fn disconnect_closes_the_connection_without_effect() {
    let api = Api::start().await;
    api.emulator
        .inject_fault(Fault::disconnect().on("createPolicyProfile"));
    let error = api
        .post("policies", &json!({"name": "p"}))
        .send()
        .await
        .expect_err("no response");
    assert!(
        error.is_request() && !error.is_connect() && !error.is_timeout(),
        "{error:?}"
    );
    assert!(api.emulator.project("prj_1").policies().is_empty());
    assert_eq!(
        api.emulator
            .received()
            .for_operation("createPolicyProfile")
            .len(),
        1
    );
    api.policy("p").await;
}

#[tokio::test]
async fn disconnect_sends_no_bytes() {
    let api = Api::start().await;
    api.emulator.inject_fault(Fault::disconnect());
    let mut stream = TcpStream::connect(api.emulator.address())
        .await
        .expect("a connection");
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("sent");
    let mut response = Vec::new();
    stream
        .read_to_end(&mut response)
        .await
        .expect("closed in order");
    assert!(
        response.is_empty(),
        "{}",
        String::from_utf8_lossy(&response)
    );
}

#[tokio::test]
async fn a_response_can_be_lost_after_the_write() {
    let api = Api::start().await;
    api.emulator
        .inject_fault(Fault::apply_then_disconnect().on("createPolicyProfile"));
    api.post("policies", &json!({"name": "p"}))
        .send()
        .await
        .expect_err("no response");
    assert_eq!(
        api.emulator.project("prj_1").policies().len(),
        1,
        "the request took effect"
    );

    // A retry with the same key returns the stored response.
    let body = json!({"name": "keyed"});
    let send = || {
        api.post("policies", &body)
            .header("idempotency-key", "k")
            .send()
    };
    api.emulator.inject_fault(Fault::apply_then_disconnect());
    send().await.expect_err("no response");
    let response = ApiResponse::read(send().await.expect("a response")).await;
    assert_eq!(
        (response.status, response.header("idempotency-replayed")),
        (201, "true")
    );
    assert_eq!(api.emulator.project("prj_1").policies().len(), 2);

    // A gateway returns 504 after the server processed the request.
    let path = api.policy("q").await;
    api.emulator
        .inject_fault(Fault::status(504).after_applying());
    ApiResponse::send(api.delete(&path))
        .await
        .problem(504, "TIMEOUT");
    ApiResponse::send(api.delete(&path))
        .await
        .problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn truncate_closes_the_connection_within_the_body() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let whole = ApiResponse::send(api.get(&path)).await;
    api.emulator.inject_fault(Fault::truncate().times(2));
    let response = api.get(&path).send().await.expect("a head");
    assert_eq!(response.status(), 200);
    assert_eq!(response.content_length(), Some(whole.body.len() as u64));
    response.bytes().await.expect_err("the body is truncated");

    let mut stream = TcpStream::connect(api.emulator.address())
        .await
        .expect("a connection");
    let target = format!("/v1/projects/prj_1/{path}");
    let request = format!("GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut response = Vec::new();
    stream
        .read_to_end(&mut response)
        .await
        .expect("closed in order");
    let half = whole.body.len().div_ceil(2);
    assert!(response.ends_with(&whole.body[..half]), "half of the body");

    api.emulator.inject_fault(Fault::truncate());
    api.delete(&path)
        .send()
        .await
        .expect_err("no response instead of a response without a body");
    assert!(
        api.emulator.project("prj_1").policies().is_empty(),
        "the request took effect"
    );
}

#[tokio::test(start_paused = true)]
async fn delays_use_the_clock_of_tokio() {
    let api = Api::start().await;
    api.emulator
        .inject_fault(Fault::slow(Duration::from_secs(60)));
    let started = tokio::time::Instant::now();
    let response = ApiResponse::send(api.get("policies")).await;
    assert_eq!(response.status, 200);
    assert!(started.elapsed() >= Duration::from_secs(60));

    // If the client disconnects before the delay ends, the request has no effect.
    api.emulator
        .inject_fault(Fault::slow(Duration::from_secs(60)));
    let send = api.post("policies", &json!({"name": "p"})).send();
    tokio::time::timeout(Duration::from_secs(1), send)
        .await
        .expect_err("too slow");
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(api.emulator.project("prj_1").policies().is_empty());

    // With after_applying, the write takes effect before the delay.
    api.emulator
        .inject_fault(Fault::slow(Duration::from_secs(60)).after_applying());
    let send = api.post("policies", &json!({"name": "p"})).send();
    tokio::time::timeout(Duration::from_secs(1), send)
        .await
        .expect_err("too slow");
    assert_eq!(api.emulator.project("prj_1").policies().len(), 1);

    api.emulator
        .inject_fault(Fault::status(503).delay(Duration::from_secs(5)));
    let started = tokio::time::Instant::now();
    assert_eq!(ApiResponse::send(api.get("policies")).await.status, 503);
    assert!(started.elapsed() >= Duration::from_secs(5));
}

#[tokio::test]
async fn dropping_the_emulator_closes_its_connections() {
    let emulator = Emulator::start().await.expect("a free port");
    emulator.inject_fault(Fault::slow(Duration::from_secs(3600)));
    let url = emulator.base_url();
    let request = tokio::spawn(async move { reqwest::get(url).await });
    while emulator.received().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(emulator);
    request
        .await
        .expect("no panic")
        .expect_err("the connection closed");
}
