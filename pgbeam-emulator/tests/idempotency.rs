//! Idempotency keys over HTTP.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, Fault, ManualClock};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use support::{Answer, Api};

fn keyed(request: RequestBuilder, key: &str) -> RequestBuilder {
    request.header("idempotency-key", key)
}

#[tokio::test]
async fn an_answer_is_replayed_to_the_byte_and_nothing_is_made_twice() {
    let api = Api::start().await;
    for (path, body) in [
        ("policies", json!({"name": "p"})),
        ("query-templates", json!({"name": "t", "sql": "SELECT 1"})),
    ] {
        let send = || Answer::of(keyed(api.post(path, &body), path));
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
async fn a_refusal_is_replayed_too() {
    let api = Api::start().await;
    let send = || Answer::of(keyed(api.post("policies", &json!({})), "k"));
    let (first, second) = (send().await, send().await);
    assert_eq!(second.problem(400, "INVALID_INPUT"), ["name"]);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotency-replayed"), "true");
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let api = Api::start().await;
    let send = |path: &str, body: Value| Answer::of(keyed(api.post(path, &body), "k"));
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
    Answer::of(keyed(request, "k"))
        .await
        .problem(409, "IDEMPOTENCY_KEY_REUSED");
    // The refusal is not what the key stands for from now on.
    assert_eq!(send("policies", json!({"name": "p"})).await.status, 201);
}

#[tokio::test]
async fn keys_have_a_length_and_operations_that_take_none_ignore_them() {
    let api = Api::start().await;
    let body = json!({"name": "p"});
    assert_eq!(
        Answer::of(keyed(api.post("policies", &body), &"k".repeat(255)))
            .await
            .status,
        201
    );
    for key in [String::new(), "k".repeat(256)] {
        let answer = Answer::of(keyed(api.post("policies", &body), &key)).await;
        assert_eq!(answer.problem(400, "INVALID_INPUT"), ["Idempotency-Key"]);
    }
    for sql in ["SELECT 1", "SELECT 2"] {
        let body = json!({"sql": sql, "policy": {"name": "p"}});
        let answer = Answer::of(keyed(api.post("policy-evaluations", &body), "k")).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn a_key_lasts_a_day() {
    let clock = ManualClock::at(DateTime::<Utc>::UNIX_EPOCH);
    let api = Api::with(Emulator::builder().clock(clock.clone())).await;
    let send = || Answer::of(keyed(api.post("policies", &json!({"name": "p"})), "k"));
    let first = send().await;
    clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert_eq!(send().await.body, first.body);
    clock.advance(TimeDelta::seconds(1));
    assert_ne!(send().await.body, first.body);
    assert_eq!(api.emulator.project("prj_1").policies().len(), 2);
}

#[tokio::test]
async fn two_requests_at_once_make_one_thing() {
    let api = Api::start().await;
    let body = json!({"name": "p"});
    let send = || Answer::of(keyed(api.post("policies", &body), "k"));
    let (a, b, c, d) = tokio::join!(send(), send(), send(), send());
    assert!(a.body == b.body && b.body == c.body && c.body == d.body);
    assert_eq!(api.emulator.project("prj_1").policies().len(), 1);
}

#[tokio::test]
async fn a_gateway_error_is_not_what_a_key_stands_for() {
    let api = Api::start().await;
    let send = || Answer::of(keyed(api.post("policies", &json!({"name": "p"})), "k"));
    for status in [503, 429, 500] {
        api.emulator.fault(Fault::status(status));
        assert_eq!(send().await.status, status);
    }
    let created = send().await;
    assert_eq!(
        (created.status, created.header("idempotency-replayed")),
        (201, "")
    );
}
