//! What every operation shares: paths, methods, bearers, media types, sizes, headers.

mod support;

use std::collections::HashSet;
use std::io;

use pgbeam_emulator::Operation;
use reqwest::Method;
use serde_json::json;
use support::{Answer, Api};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends bytes as they are, which a URL library would not, and reads to the end.
async fn raw(api: &Api, request: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(api.emulator.address()).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

#[tokio::test]
async fn every_answer_carries_its_id_and_the_rate_limit() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let etag = Answer::of(api.get(&path)).await.header("etag").to_owned();
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
        let answer = Answer::of(request).await;
        assert!(
            ids.insert(answer.header("x-request-id").to_owned()),
            "{answer:?}"
        );
        assert!(!answer.header("x-request-id").is_empty());
        assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=1000;w=60");
        assert!(
            answer.header("ratelimit").starts_with("\"default\";r=9"),
            "{answer:?}"
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
        "the ids are those of the recorded requests"
    );
}

#[tokio::test]
async fn a_bearer_is_needed_and_any_will_do() {
    let api = Api::start().await;
    let url = format!("{}/v1/projects/prj_1/policies", api.emulator.base_url());
    let without = [
        api.http.get(&url),
        api.http.get(&url).header("authorization", "Bearer "),
        api.http.get(&url).header("authorization", "Basic abc"),
        api.http.get(&url).header("authorization", ""),
    ];
    for request in without {
        let answer = Answer::of(request).await;
        answer.problem(401, "UNAUTHORIZED");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let with = Answer::of(api.http.get(&url).header("authorization", "bearer x")).await;
    assert_eq!(with.status, 200);
}

#[tokio::test]
async fn unknown_paths_are_404_and_unknown_methods_405() {
    let api = Api::start().await;
    let base = api.emulator.base_url();
    for path in [
        "",
        "/",
        "/v1",
        "/v1/projects/prj_1",
        "/v1/projects/prj_1/policies/",
    ] {
        let request = api.http.get(format!("{base}{path}")).bearer_auth("x");
        Answer::of(request).await.problem(404, "NOT_FOUND");
    }
    let answer = Answer::of(api.request(Method::PATCH, "policies")).await;
    answer.problem(405, "METHOD_NOT_ALLOWED");
    let allowed: HashSet<_> = answer.header("allow").split(',').map(str::trim).collect();
    assert_eq!(allowed, HashSet::from(["GET", "HEAD", "POST"]));
    let answer = Answer::of(api.request(Method::POST, "policies/pol_1")).await;
    answer.problem(405, "METHOD_NOT_ALLOWED");
    let allowed: HashSet<_> = answer.header("allow").split(',').map(str::trim).collect();
    assert_eq!(allowed, HashSet::from(["GET", "HEAD", "PUT", "DELETE"]));
}

#[tokio::test]
async fn identifiers_that_are_none_are_400() {
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
        let answer = raw(&api, &request).await.expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 400 "), "{target}: {answer}");
        assert!(
            answer.contains(&format!("\"field\":\"{field}\"")),
            "{target}: {answer}"
        );
    }
    let request = "GET /v1/projects/%FF/policies HTTP/1.1\r\nhost: x\r\n\
                   authorization: Bearer x\r\nconnection: close\r\n\r\n";
    let answer = raw(&api, request).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("application/problem+json"), "{answer}");
}

#[tokio::test]
async fn bodies_are_json_and_say_so() {
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
        let answer = Answer::of(post(media_type, "{\"name\":\"p\"}")).await;
        answer.problem(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let json = Some("application/json; charset=utf-8");
    assert_eq!(Answer::of(post(json, "{\"name\":\"p\"}")).await.status, 201);
    for body in ["{", "{\"name\":}", "\u{1}", ""] {
        Answer::of(post(json, body))
            .await
            .problem(400, "INVALID_INPUT");
    }
    for body in ["[]", "null", "\"p\"", "1"] {
        let fields = Answer::of(post(json, body))
            .await
            .problem(400, "INVALID_INPUT");
        assert_eq!(fields, ["body"]);
    }
}

#[tokio::test]
async fn bodies_over_two_megabytes_are_413() {
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
        let answer = Answer::of(request).await;
        if status == 413 {
            answer.problem(413, "PAYLOAD_TOO_LARGE");
        }
        assert_eq!(answer.status, status, "{length} bytes");
    }
    assert_eq!(api.emulator.project("prj_1").policies().len(), 1);
}

#[tokio::test]
async fn requests_are_recorded_in_order_with_the_credential_withheld() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    Answer::of(api.get("policies?page_size=1&x=a%20b")).await;
    Answer::of(api.delete(&path).header("x-custom", "1")).await;
    Answer::of(api.get("nowhere")).await;

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
        received.of("createPolicyProfile")[0].json(),
        Some(json!({"name": "p"}))
    );
    assert_eq!(
        received.with_method(&Method::DELETE)[0].header("x-custom"),
        Some("1")
    );
    assert_eq!(received[1].query_param("x").as_deref(), Some("a b"));
    assert!(received.iter().all(|request| request.bearer_is("pbk_test")));
    let shown = format!("{received} {received:?}");
    assert!(!shown.contains("pbk_test"), "{shown}");
    assert!(shown.contains("2. listPolicyProfiles GET /v1/projects/prj_1/policies?page_size=1"));

    api.emulator.clear_received();
    assert!(api.emulator.received().is_empty());
    assert!(
        api.emulator.project("prj_1").policies().is_empty(),
        "the deletion stands"
    );
}

#[tokio::test]
async fn every_operation_is_served() {
    let api = Api::start().await;
    let base = api.emulator.base_url();
    for operation in Operation::ALL {
        let path = operation
            .path()
            .replace("{project_id}", "prj_1")
            .replace("{policy_id}", "x")
            .replace("{agent_id}", "x")
            .replace("{query_template_id}", "x");
        let request = api
            .http
            .request(operation.method(), format!("{base}{path}"));
        let answer = Answer::of(request.bearer_auth("x")).await;
        assert!(
            [200, 400, 404].contains(&answer.status),
            "{operation}: {answer:?}"
        );
    }
    let ids: Vec<_> = Operation::ALL
        .iter()
        .map(|operation| operation.id())
        .collect();
    assert_eq!(api.emulator.received().operations(), ids);
}

#[tokio::test]
async fn a_stopped_emulator_has_freed_its_port_and_a_taken_port_is_an_error() {
    let api = Api::start().await;
    let address = api.emulator.address();
    let again = pgbeam_emulator::Emulator::builder()
        .listen(address)
        .start()
        .await;
    assert_eq!(again.expect_err("in use").kind(), io::ErrorKind::AddrInUse);
    api.emulator.shutdown().await;
    let refused = TcpStream::connect(address)
        .await
        .expect_err("nobody listens");
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    pgbeam_emulator::Emulator::builder()
        .listen(address)
        .start()
        .await
        .expect("the port is free");
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let api = Api::start().await;
    let path = api.policy("p").await;
    let head = Answer::of(api.request(Method::HEAD, &path)).await;
    let get = Answer::of(api.get(&path)).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("etag"), get.header("etag"));
}

#[tokio::test]
async fn requests_need_not_be_kept() {
    let api = Api::with(pgbeam_emulator::Emulator::builder().forget_requests()).await;
    api.policy("p").await;
    assert!(api.emulator.received().is_empty());
    api.emulator.clear_received();
    assert_eq!(api.emulator.project("prj_1").policies().len(), 1);
}

#[tokio::test]
async fn the_form_of_the_request_line_makes_no_other_request_of_it() {
    let api = Api::start().await;
    let send = async |target: &str| {
        let request = format!(
            "POST {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\n\
             content-type: application/json\r\ncontent-length: 12\r\nidempotency-key: k\r\n\
             connection: close\r\n\r\n{{\"name\":\"p\"}}"
        );
        raw(&api, &request).await.expect("an answer")
    };
    let first = send("/v1/projects/prj_1/policies").await;
    let second = send("http://x/v1/projects/prj_1/policies").await;
    assert!(first.starts_with("HTTP/1.1 201 "), "{first}");
    assert!(second.contains("idempotency-replayed: true"), "{second}");
}

#[tokio::test]
async fn an_answer_does_not_grow_with_the_faults_that_it_names() {
    let api = Api::start().await;
    let body = json!({"name": "p", "table_allowlist": vec![0; 500_000]});
    let answer = Answer::of(api.post("policies", &body)).await;
    assert_eq!(answer.problem(400, "INVALID_INPUT").len(), 100);
    assert!(answer.body.len() < 50_000, "{} bytes", answer.body.len());
}
