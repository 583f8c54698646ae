//! Tests of idempotency keys.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, Fault, ManualClock};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use support::{Api, ApiResponse};

fn with_key(request: RequestBuilder, key: &str) -> RequestBuilder {
    request.header("idempotency-key", key)
}

#[tokio::test]
async fn a_retry_with_the_same_key_returns_the_stored_response() {
    let api = Api::start().await;
    for (path, body) in [
        ("policies", json!({"name": "p"})),
        ("query-templates", json!({"name": "t", "sql": "SELECT 1"})),
    ] {
        let send = || ApiResponse::send(with_key(api.post(path, &body), path));
        let (first, second) = (send().await, send().await);
        assert_eq!((first.status, second.status), (201, 201));
        assert_eq!(first.body, second.body);
        assert_eq!(first.header("idempotency-replayed"), "");
        assert_eq!(second.header("idempotency-replayed"), "true");
    }
    let project = api.emulator.project("prj_1");
    assert_eq!(
        (project.policies().len(), project.query_templates().len()),
        (1, 1)
    );
}

#[tokio::test]
async fn error_responses_are_replayed() {
    let api = Api::start().await;
    let send = || ApiResponse::send(with_key(api.post("policies", &json!({})), "k"));
    let (first, second) = (send().await, send().await);
    assert_eq!(second.problem(400, "INVALID_INPUT"), ["name"]);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn reusing_a_key_for_another_request_is_409() {
    let api = Api::start().await;
    let send = |path: &str, body: Value| ApiResponse::send(with_key(api.post(path, &body), "k"));
    assert_eq!(send("policies", json!({"name": "p"})).await.status, 201);
    send("policies", json!({"name": "q"}))
        .await
        .problem(409, "IDEMPOTENCY_KEY_REUSED");
    send("query-templates", json!({"name": "p"}))
        .await
        .problem(409, "IDEMPOTENCY_KEY_REUSED");
    let elsewhere = format!("{}/v1/projects/prj_2/policies", api.emulator.base_url());
    let request = api
        .http
        .post(elsewhere)
        .bearer_auth("x")
        .json(&json!({"name": "p"}));
    ApiResponse::send(with_key(request, "k"))
        .await
        .problem(409, "IDEMPOTENCY_KEY_REUSED");
    // The 409 does not replace the stored response.
    assert_eq!(send("policies", json!({"name": "p"})).await.status, 201);
}

#[tokio::test]
async fn rejects_invalid_keys_and_ignores_undeclared_ones() {
    let api = Api::start().await;
    let body = json!({"name": "p"});
    assert_eq!(
        ApiResponse::send(with_key(api.post("policies", &body), &"k".repeat(255)))
            .await
            .status,
        201
    );
    for key in [String::new(), "k".repeat(256)] {
        let response = ApiResponse::send(with_key(api.post("policies", &body), &key)).await;
        assert_eq!(response.problem(400, "INVALID_INPUT"), ["Idempotency-Key"]);
    }
    for sql in ["SELECT 1", "SELECT 2"] {
        let body = json!({"sql": sql, "policy": {"name": "p"}});
        let response =
            ApiResponse::send(with_key(api.post("policy-evaluations", &body), "k")).await;
        assert_eq!(response.status, 200);
    }
}

#[tokio::test]
async fn a_key_expires_after_24_hours() {
    let clock = ManualClock::new(DateTime::<Utc>::UNIX_EPOCH);
    let api = Api::from_builder(Emulator::builder().clock(clock.clone())).await;
    let send = || ApiResponse::send(with_key(api.post("policies", &json!({"name": "p"})), "k"));
    let first = send().await;
    clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert_eq!(send().await.body, first.body);
    clock.advance(TimeDelta::seconds(1));
    assert_ne!(send().await.body, first.body);
    assert_eq!(api.emulator.project("prj_1").policies().len(), 2);
}

#[tokio::test]
async fn concurrent_requests_with_the_same_key_create_one_resource() {
    let api = Api::start().await;
    let body = json!({"name": "p"});
    let send = || ApiResponse::send(with_key(api.post("policies", &body), "k"));
    let (a, b, c, d) = tokio::join!(send(), send(), send(), send());
    assert!(a.body == b.body && b.body == c.body && c.body == d.body);
    assert_eq!(api.emulator.project("prj_1").policies().len(), 1);
}

#[tokio::test]
async fn injected_errors_are_not_stored() {
    let api = Api::start().await;
    let send = || ApiResponse::send(with_key(api.post("policies", &json!({"name": "p"})), "k"));
    for status in [503, 429, 500] {
        api.emulator.inject_fault(Fault::status(status));
        assert_eq!(send().await.status, status);
    }
    let created = send().await;
    assert_eq!(
        (created.status, created.header("idempotency-replayed")),
        (201, "")
    );
}
