//! Tests of the checks that all operations share: paths, methods, bearer tokens, media types, sizes, headers.

mod support;

use std::collections::HashSet;
use std::io::{self, Read as _};
use std::time::Duration;

use pgbeam_emulator::Operation;
use reqwest::Method;
use serde_json::json;
use support::{Api, ApiResponse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends a raw request, which a URL library would normalize, and reads the whole response.
async fn send_raw(api: &Api, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(api.emulator.address()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut response = String::new();
    stream.read_to_string(&mut response).await?;
    Ok(response)
}

#[tokio::test]
async fn every_response_has_a_request_id_and_rate_limit_headers() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let etag = ApiResponse::send(api.get(&path))
        .await
        .header("etag")
        .to_owned();
    let requests = [
        api.get(&path),
        api.get("policies"),
        api.get(&path).header("if-none-match", etag),
        api.get("policies/pol_none"),
        api.post("policies", &json!({})),
        api.get("nothing"),
        api.request(Method::PATCH, "policies"),
        api.delete(&path),
    ];
    let mut ids = HashSet::new();
    for request in requests {
        let response = ApiResponse::send(request).await;
        assert!(
            ids.insert(response.header("x-request-id").to_owned()),
            "{response:?}"
        );
        assert!(!response.header("x-request-id").is_empty());
        assert_eq!(
            response.header("ratelimit-policy"),
            "\"default\";q=1000;w=60"
        );
        assert!(
            response.header("ratelimit").starts_with("\"default\";r=9"),
            "{response:?}"
        );
    }
    let received: HashSet<_> = api
        .emulator
        .received()
        .into_iter()
        .map(|request| request.request_id)
        .collect();
    assert!(
        ids.is_subset(&received),
        "recorded requests have the same ids"
    );
}

#[tokio::test]
async fn requires_any_bearer_token() {
    let api = Api::start().await;
    let url = format!("{}/v1/projects/prj_1/policies", api.emulator.base_url());
    let without = [
        api.http.get(&url),
        api.http.get(&url).header("authorization", "Bearer "),
        api.http.get(&url).header("authorization", "Basic abc"),
        api.http.get(&url).header("authorization", ""),
    ];
    for request in without {
        let response = ApiResponse::send(request).await;
        response.problem(401, "UNAUTHORIZED");
        assert_eq!(response.header("www-authenticate"), "Bearer");
    }
    let with = ApiResponse::send(api.http.get(&url).header("authorization", "bearer x")).await;
    assert_eq!(with.status, 200);
}

#[tokio::test]
async fn unknown_paths_return_404_and_unknown_methods_405() {
    let api = Api::start().await;
    let base = api.emulator.base_url();
    for path in ["", "/", "/v1", "/v1/projects/prj_1/policies/"] {
        let request = api.http.get(format!("{base}{path}")).bearer_auth("x");
        ApiResponse::send(request).await.problem(404, "NOT_FOUND");
    }
    let response = ApiResponse::send(api.request(Method::PATCH, "policies")).await;
    response.problem(405, "METHOD_NOT_ALLOWED");
    let allowed: HashSet<_> = response.header("allow").split(',').map(str::trim).collect();
    assert_eq!(allowed, HashSet::from(["GET", "HEAD", "POST"]));
    let response = ApiResponse::send(api.request(Method::POST, "policies/pol_1")).await;
    response.problem(405, "METHOD_NOT_ALLOWED");
    let allowed: HashSet<_> = response.header("allow").split(',').map(str::trim).collect();
    assert_eq!(allowed, HashSet::from(["GET", "HEAD", "PUT", "DELETE"]));
}

#[tokio::test]
async fn invalid_identifiers_return_400() {
    let api = Api::start().await;
    for (target, field) in [
        ("/v1/projects/prj_1/policies/..", "policy_id"),
        ("/v1/projects/prj_1/policies/.", "policy_id"),
        ("/v1/projects/prj_1/policies/%2e%2E", "policy_id"),
        ("/v1/projects/prj_1/policies/a%2Fb", "policy_id"),
        ("/v1/projects/prj_1/policies/a%20b", "policy_id"),
        (
            "/v1/projects/prj_1/policies/%C3%A9/statement-kinds",
            "policy_id",
        ),
        ("/v1/projects/../policies", "project_id"),
        ("/v1/projects/prj_1/query-templates/..", "query_template_id"),
    ] {
        let request = format!(
            "GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\n\
             connection: close\r\n\r\n"
        );
        let response = send_raw(&api, &request).await.expect("a response");
        assert!(
            response.starts_with("HTTP/1.1 400 "),
            "{target}: {response}"
        );
        assert!(
            response.contains(&format!("\"field\":\"{field}\"")),
            "{target}: {response}"
        );
    }
    let request = "GET /v1/projects/%FF/policies HTTP/1.1\r\nhost: x\r\n\
                   authorization: Bearer x\r\nconnection: close\r\n\r\n";
    let response = send_raw(&api, request).await.expect("a response");
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    assert!(response.contains("application/problem+json"), "{response}");
}

#[tokio::test]
async fn rejects_bodies_that_are_not_json() {
    let api = Api::start().await;
    let post = |media_type: Option<&str>, body: &'static str| {
        let request = api.request(Method::POST, "policies").body(body);
        match media_type {
            Some(media_type) => request.header("content-type", media_type),
            None => request,
        }
    };
    for media_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        let response = ApiResponse::send(post(media_type, "{\"name\":\"p\"}")).await;
        response.problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let json = Some("application/json; charset=utf-8");
    assert_eq!(
        ApiResponse::send(post(json, "{\"name\":\"p\"}"))
            .await
            .status,
        201
    );
    for body in ["{", "{\"name\":}", "\u{1}", ""] {
        ApiResponse::send(post(json, body))
            .await
            .problem(400, "INVALID_INPUT");
    }
    for body in ["[]", "null", "\"p\"", "1"] {
        let fields = ApiResponse::send(post(json, body))
            .await
            .problem(400, "INVALID_INPUT");
        assert_eq!(fields, ["body"]);
    }
}

#[tokio::test]
async fn bodies_over_two_mebibytes_return_413() {
    let api = Api::start().await;
    let body = |length: usize| {
        let name = "{\"name\":\"p\",\"pad\":\"";
        format!("{name}{}\"}}", "a".repeat(length - name.len() - 2))
    };
    let limit = 2 * 1024 * 1024;
    for (length, status) in [(limit, 201), (limit + 1, 413), (4 * limit, 413)] {
        let request = api
            .request(Method::POST, "policies")
            .header("content-type", "application/json")
            .body(body(length));
        let response = ApiResponse::send(request).await;
        if status == 413 {
            response.problem(413, "PAYLOAD_TOO_LARGE");
        }
        assert_eq!(response.status, status, "{length} bytes");
    }
    assert_eq!(api.emulator.project("prj_1").policies().len(), 1);
}

#[tokio::test]
async fn records_requests_in_order_and_redacts_credentials() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    ApiResponse::send(api.get("policies?page_size=1&x=a%20b")).await;
    ApiResponse::send(api.delete(&path).header("x-custom", "1")).await;
    ApiResponse::send(api.get("nowhere")).await;

    let received = api.emulator.received();
    assert_eq!(
        received.operations(),
        [
            "createPolicyProfile",
            "listPolicyProfiles",
            "deletePolicyProfile",
            ""
        ]
    );
    assert_eq!(
        received.for_operation("createPolicyProfile")[0].json(),
        Some(json!({"name": "p"}))
    );
    assert_eq!(
        received.with_method(&Method::DELETE)[0].header("x-custom"),
        Some("1")
    );
    assert_eq!(received[1].query_param("x").as_deref(), Some("a b"));
    assert!(
        received
            .iter()
            .all(|request| request.has_bearer_token("pbk_test"))
    );
    let shown = format!("{received} {received:?}");
    assert!(!shown.contains("pbk_test"), "{shown}");
    assert!(shown.contains("2. listPolicyProfiles GET /v1/projects/prj_1/policies?page_size=1"));

    api.emulator.clear_received();
    assert!(api.emulator.received().is_empty());
    assert!(
        api.emulator.project("prj_1").policies().is_empty(),
        "other state is kept"
    );
}

#[tokio::test]
async fn serves_every_operation() {
    let api = Api::start().await;
    let base = api.emulator.base_url();
    for operation in Operation::all() {
        let path = operation.path().replace(['{', '}'], "");
        let request = api
            .http
            .request(operation.method(), format!("{base}{path}"));
        let response = ApiResponse::send(request.bearer_auth("x")).await;
        assert!(
            (200..500).contains(&response.status) && response.status != 405,
            "{operation}: {response:?}"
        );
    }
    let ids: Vec<_> = Operation::all().map(Operation::id).collect();
    assert_eq!(api.emulator.received().operations(), ids);
}

#[tokio::test]
async fn shutdown_frees_the_port_and_a_port_in_use_is_an_error() {
    let api = Api::start().await;
    let address = api.emulator.address();
    let again = pgbeam_emulator::Emulator::builder()
        .listen(address)
        .start()
        .await;
    assert_eq!(again.expect_err("in use").kind(), io::ErrorKind::AddrInUse);
    api.emulator.shutdown().await;
    let error = TcpStream::connect(address)
        .await
        .expect_err("nothing listens");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    pgbeam_emulator::Emulator::builder()
        .listen(address)
        .start()
        .await
        .expect("the port is free");
}

#[test]
fn shutdown_closes_every_connection() {
    // `block_on` returns as soon as its future is ready, so only `shutdown` waits for the tasks of the connections.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .event_interval(1)
        .build()
        .expect("a runtime");
    let mut stream = runtime.block_on(async {
        let api = Api::start().await;
        let mut stream = TcpStream::connect(api.emulator.address())
            .await
            .expect("a connection");
        let request = "HEAD /v1/projects/prj_1/policies HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut response = Vec::new();
        while !response.ends_with(b"\r\n\r\n") {
            assert_ne!(stream.read_buf(&mut response).await.expect("read"), 0);
        }
        api.emulator.shutdown().await;
        stream.into_std().expect("a stream")
    });
    // The runtime no longer runs tasks, so a connection that is still open stays open.
    stream.set_nonblocking(false).expect("blocking");
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a timeout");
    assert_eq!(stream.read(&mut [0]).expect("the end of the stream"), 0);
}

#[tokio::test]
async fn head_returns_the_response_of_get_without_the_body() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let head = ApiResponse::send(api.request(Method::HEAD, &path)).await;
    let get = ApiResponse::send(api.get(&path)).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("etag"), get.header("etag"));
}

#[tokio::test]
async fn recording_can_be_disabled() {
    let api = Api::from_builder(pgbeam_emulator::Emulator::builder().record_requests(0)).await;
    api.policy("p").await;
    assert!(api.emulator.received().is_empty());
    api.emulator.clear_received();
    assert_eq!(api.emulator.project("prj_1").policies().len(), 1);
}

#[tokio::test]
async fn absolute_and_origin_form_are_the_same_request() {
    let api = Api::start().await;
    let send = async |target: &str| {
        let request = format!(
            "POST {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\n\
             content-type: application/json\r\ncontent-length: 12\r\nidempotency-key: k\r\n\
             connection: close\r\n\r\n{{\"name\":\"p\"}}"
        );
        send_raw(&api, &request).await.expect("a response")
    };
    let first = send("/v1/projects/prj_1/policies").await;
    let second = send("http://x/v1/projects/prj_1/policies").await;
    assert!(first.starts_with("HTTP/1.1 201 "), "{first}");
    assert!(second.contains("idempotency-replayed: true"), "{second}");
}

#[tokio::test]
async fn returns_at_most_100_validation_errors() {
    let api = Api::start().await;
    let body = json!({"name": "p", "table_allowlist": vec![0; 500_000]});
    let response = ApiResponse::send(api.post("policies", &body)).await;
    assert_eq!(response.problem(400, "INVALID_INPUT").len(), 100);
    assert!(
        response.body.len() < 50_000,
        "{} bytes",
        response.body.len()
    );
}
