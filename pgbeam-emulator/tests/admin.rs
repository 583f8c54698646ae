//! Tests of the admin routes.

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_emulator::{Emulator, Fault, ManualClock};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Api, ApiResponse};

/// Sends a request to an admin route, without a bearer token. `null` stands for a request without a body.
async fn admin(api: &Api, method: Method, path: &str, body: Value) -> ApiResponse {
    let url = format!("{}/_emulator/{path}", api.emulator.base_url());
    let request = api.http.request(method, url);
    ApiResponse::send(if body.is_null() {
        request
    } else {
        request.json(&body)
    })
    .await
}

async fn get(api: &Api, path: &str) -> Value {
    let response = admin(api, Method::GET, path, Value::Null).await;
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}

async fn post(api: &Api, path: &str, body: Value) -> ApiResponse {
    admin(api, Method::POST, path, body).await
}

fn time(string: &str) -> DateTime<Utc> {
    string.parse().expect("a time")
}

#[tokio::test]
async fn health_needs_no_token_and_is_not_recorded() {
    let api = Api::from_builder(
        Emulator::builder()
            .clock(ManualClock::new(time("2026-01-01T00:00:00Z")))
            .strict(true),
    )
    .await;
    api.emulator.inject_fault(Fault::status(503).forever());
    let response = admin(&api, Method::GET, "health", Value::Null).await;
    assert_eq!(response.header("content-type"), "application/json");
    assert!(response.header("x-request-id").starts_with("req_"));
    assert_eq!(
        response.json(),
        json!({
            "status": "ok", "version": env!("CARGO_PKG_VERSION"), "strict": true,
            "now": "2026-01-01T00:00:00.000000Z",
        })
    );
    let head = admin(&api, Method::HEAD, "health", Value::Null).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(api.emulator.received().is_empty());
    assert_eq!(api.emulator.pending_faults(), 1);
}

#[tokio::test]
async fn unknown_routes_and_malformed_bodies_are_problems() {
    let api = Api::start().await;
    for path in ["", "nothing", "health/", "projects/prj_1/audit-logs"] {
        let response = admin(&api, Method::GET, path, Value::Null).await;
        response.problem(404, "NOT_FOUND");
        let detail = response.json()["detail"].to_string();
        assert!(detail.contains("no such admin route"), "{detail}");
        assert!(detail.contains("POST /_emulator/reset"), "{detail}");
    }
    let url = format!("{}/_emulator", api.emulator.base_url());
    let response = ApiResponse::send(api.http.get(url)).await;
    response.problem(404, "NOT_FOUND");
    let response = post(&api, "health", Value::Null).await;
    response.problem(405, "METHOD_NOT_ALLOWED");
    assert_eq!(response.header("allow"), "GET");

    let url = format!("{}/_emulator/clock", api.emulator.base_url());
    for body in ["{", "\u{1}", "{\"now\":}"] {
        let response = ApiResponse::send(api.http.post(&url).body(body)).await;
        response.problem(400, "INVALID_INPUT");
    }
    for body in [json!([]), json!("x"), json!(1)] {
        let fields = post(&api, "clock", body)
            .await
            .problem(400, "INVALID_INPUT");
        assert_eq!(fields, ["body"]);
    }
    let large = "a".repeat(3 * 1024 * 1024);
    let response = ApiResponse::send(api.http.post(&url).body(large)).await;
    response.problem(413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn the_routes_can_be_disabled() {
    let api = Api::from_builder(Emulator::builder().admin(false)).await;
    let response = admin(&api, Method::GET, "health", Value::Null).await;
    response.problem(404, "NOT_FOUND");
    assert_eq!(api.emulator.received().len(), 1);
}

#[tokio::test]
async fn the_clock_is_set_and_advanced() {
    let clock = ManualClock::new(time("2026-01-01T00:00:00Z"));
    let api = Api::from_builder(Emulator::builder().clock(clock.clone())).await;
    let change = async |body: Value| {
        let response = post(&api, "clock", body).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()["now"].as_str().expect("a time").to_owned()
    };
    let day = json!({"advance_seconds": 86_400});
    assert_eq!(change(day).await, "2026-01-02T00:00:00.000000Z");
    let back = json!({"advance_seconds": -0.5});
    assert_eq!(change(back).await, "2026-01-01T23:59:59.500000Z");
    let now = json!({"now": "2030-05-05T07:00:00+02:00"});
    assert_eq!(change(now).await, "2030-05-05T05:00:00.000000Z");
    clock.advance(TimeDelta::seconds(1));
    let policy = api.create("policies", &json!({"name": "p"})).await;
    assert_eq!(policy["created_at"], "2030-05-05T05:00:01.000000Z");

    for (body, field) in [
        (json!({}), "body"),
        (
            json!({"now": "2030-05-05T05:00:00Z", "advance_seconds": 1}),
            "body",
        ),
        (json!({"now": "tomorrow"}), "now"),
        (json!({"now": "9999-01-01T00:00:00Z"}), "now"),
        (json!({"advance_seconds": "1"}), "advance_seconds"),
        (json!({"advance_seconds": 1e300}), "advance_seconds"),
        (json!({"advance_seconds": -1e10}), "advance_seconds"),
        (json!({"advance": 1}), "advance"),
    ] {
        let response = post(&api, "clock", body.clone()).await;
        let fields = response.problem(400, "INVALID_INPUT");
        assert_eq!(fields, [field], "{body}");
    }
    let health = get(&api, "health").await;
    assert_eq!(health["now"], "2030-05-05T05:00:01.000000Z");
}

#[tokio::test]
async fn an_advanced_clock_expires_idempotency_keys() {
    let api = Api::start().await;
    let create = async || {
        let request = api.post("policies", &json!({"name": "p"}));
        ApiResponse::send(request.header("idempotency-key", "k")).await
    };
    let first = create().await.json();
    assert_eq!(create().await.json(), first);
    post(&api, "clock", json!({"advance_seconds": 86_401})).await;
    assert_ne!(create().await.json(), first);
}

#[tokio::test]
async fn faults_are_injected_and_removed() {
    let api = Api::start().await;
    let faults = [
        json!({
            "kind": "status", "status": 429, "retry_after": 2, "times": 2,
            "operation": "listPolicyProfiles",
        }),
        json!({"kind": "html", "status": 502, "body": "<h1>x</h1>", "operation": "getPolicyProfile"}),
        json!({
            "kind": "respond", "status": 418, "body": "tea", "operation": "getProject",
            "headers": {"content-type": "text/tea", "link": ["<a>", "<b>"]},
        }),
        json!({"kind": "pass_through", "headers": {"deprecation": "@1"}, "forever": true}),
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let response = post(&api, "faults", fault).await;
        assert_eq!(response.status, 201, "{response:?}");
        assert_eq!(response.json(), json!({"pending_faults": index + 1}));
    }
    for _ in 0..2 {
        let response = ApiResponse::send(api.get("policies")).await;
        response.problem(429, "RATE_LIMITED");
        assert_eq!(response.header("retry-after"), "2");
    }
    let response = ApiResponse::send(api.get("policies/pol_1")).await;
    assert_eq!(
        (response.status, response.body.as_slice()),
        (502, &b"<h1>x</h1>"[..])
    );
    assert_eq!(response.header("content-type"), "text/html; charset=utf-8");
    let response = ApiResponse::send(api.get("")).await;
    assert_eq!(
        (response.status, response.body.as_slice()),
        (418, &b"tea"[..])
    );
    assert_eq!(response.header("content-type"), "text/tea");
    assert_eq!(response.headers.get_all("link").iter().count(), 2);
    let response = ApiResponse::send(api.get("policies")).await;
    assert_eq!(
        (response.status, response.header("deprecation")),
        (200, "@1")
    );

    let removed = admin(&api, Method::DELETE, "faults", Value::Null).await;
    assert_eq!(
        (removed.status, removed.json()),
        (200, json!({"removed_faults": 1}))
    );
    let response = ApiResponse::send(api.get("policies")).await;
    assert_eq!((response.status, response.header("deprecation")), (200, ""));
}

#[tokio::test(start_paused = true)]
async fn faults_close_connections_and_delay() {
    let api = Api::start().await;
    let create = async || api.post("policies", &json!({"name": "p"})).send().await;
    let count = || api.emulator.project("prj_1").policies().len();
    for (fault, policies) in [
        (json!({"kind": "disconnect"}), 0),
        (json!({"kind": "disconnect", "after_applying": true}), 1),
        (json!({"kind": "truncate"}), 2),
    ] {
        post(&api, "faults", fault.clone()).await;
        let is_complete = match create().await {
            Ok(response) => response.bytes().await.is_ok(),
            Err(_) => false,
        };
        assert!(!is_complete, "{fault}");
        assert_eq!(count(), policies, "{fault}");
    }
    post(
        &api,
        "faults",
        json!({"kind": "pass_through", "delay_ms": 30_000}),
    )
    .await;
    let start = tokio::time::Instant::now();
    assert_eq!(create().await.expect("a response").status(), 201);
    assert!(start.elapsed().as_secs() >= 30);
}

#[tokio::test]
async fn invalid_faults_are_rejected() {
    let api = Api::start().await;
    for (fault, field) in [
        (json!({}), "body"),
        (json!({"kind": "explode"}), "kind"),
        (json!({"kind": "status"}), "status"),
        (json!({"kind": "status", "status": 100}), "status"),
        (json!({"kind": "status", "status": 70_000}), "status"),
        (
            json!({"kind": "status", "status": 503, "body": "x"}),
            "body",
        ),
        (json!({"kind": "respond", "status": 503}), "body"),
        (
            json!({"kind": "respond", "status": 503, "body": {}}),
            "body",
        ),
        (json!({"kind": "truncate", "status": 503}), "status"),
        (
            json!({"kind": "pass_through", "headers": {"a b": "c"}}),
            "headers",
        ),
        (
            json!({"kind": "pass_through", "headers": {"a": "\n"}}),
            "headers",
        ),
        (
            json!({"kind": "pass_through", "headers": {"a": 1}}),
            "headers.a",
        ),
        (
            json!({"kind": "disconnect", "retry_after": 1}),
            "retry_after",
        ),
        (
            json!({"kind": "disconnect", "operation": "getPolicy"}),
            "operation",
        ),
        (json!({"kind": "disconnect", "times": -1}), "times"),
        (
            json!({"kind": "disconnect", "times": 1, "forever": true}),
            "times",
        ),
        (json!({"kind": "disconnect", "delay": 1}), "delay"),
    ] {
        let response = post(&api, "faults", fault.clone()).await;
        let fields = response.problem(400, "INVALID_INPUT");
        assert_eq!(fields, [field], "{fault}: {response:?}");
    }
    assert_eq!(api.emulator.pending_faults(), 0);
}

#[tokio::test]
async fn received_requests_have_no_secrets() {
    let api = Api::start().await;
    let database = json!({
        "host": "db.example.com", "port": 5432, "name": "shop", "username": "u",
        "password": "s3cret-1", "note": "postgres://u:s3cret-2@h/db",
    });
    let request = api
        .post("databases", &database)
        .header("idempotency-key", "k")
        .header("cookie", "s3cret-3");
    ApiResponse::send(request).await;
    let demo = json!({"tier": "paid", "payment_proof": "s3cret-4"});
    let url = format!("{}/v1/demo/credentials", api.emulator.base_url());
    ApiResponse::send(api.http.post(url).json(&demo)).await;
    let malformed = api
        .request(Method::POST, "databases")
        .body("{\"password\": \"s3cret-5");
    ApiResponse::send(malformed).await;
    let url = format!(
        "{}/nowhere?x=1&access_token=s3cret-6",
        api.emulator.base_url()
    );
    let topup = api
        .http
        .get(url)
        .header("payment-authorization", "s3cret-7");
    ApiResponse::send(topup).await;

    let listed = get(&api, "requests").await;
    assert!(!listed.to_string().contains("s3cret"), "{listed}");
    assert!(!listed.to_string().contains("pbk_test"), "{listed}");
    let requests = listed["requests"].as_array().expect("a list");
    assert_eq!(requests.len(), 4);
    let first = &requests[0];
    assert_eq!(first["operation"], "createDatabase");
    assert_eq!(first["method"], "POST");
    assert_eq!(first["path"], "/v1/projects/prj_1/databases");
    assert_eq!(first["query"], Value::Null);
    assert_eq!(first["headers"]["idempotency-key"], "k");
    assert_eq!(first["headers"]["authorization"], "(redacted)");
    assert_eq!(first["body"]["host"], "db.example.com");
    assert_eq!(first["body"]["password"], "(redacted)");
    assert_eq!(first["body"]["note"], "postgres://u:(redacted)@h/db");
    assert_eq!(requests[1]["body"]["payment_proof"], "(redacted)");
    assert_eq!(
        (&requests[2]["body"], &requests[2]["body_bytes"]),
        (&Value::Null, &json!(22))
    );
    assert_eq!(requests[3]["operation"], Value::Null);
    assert_eq!(requests[3]["query"], "x=1&access_token=(redacted)");
    let ids: Vec<_> = api
        .emulator
        .received()
        .into_iter()
        .map(|r| r.request_id)
        .collect();
    assert_eq!(first["request_id"], ids[0]);
}

#[tokio::test]
async fn reset_restores_the_state_at_the_start() {
    let clock = ManualClock::new(time("2026-01-01T00:00:00Z"));
    let api = Api::from_builder(Emulator::builder().clock(clock)).await;
    api.policy("p").await;
    post(&api, "clock", json!({"advance_seconds": 5})).await;
    post(
        &api,
        "faults",
        json!({"kind": "disconnect", "forever": true}),
    )
    .await;
    let response = post(&api, "reset", Value::Null).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.json()["now"], "2026-01-01T00:00:00.000000Z");
    assert!(api.emulator.received().is_empty());
    assert_eq!(api.emulator.pending_faults(), 0);
    assert!(api.emulator.project("prj_1").policies().is_empty());
    let projects = format!(
        "{}/v1/projects?org_id=org_emulator",
        api.emulator.base_url()
    );
    let listed = ApiResponse::send(api.http.get(projects).bearer_auth("x")).await;
    assert_eq!(listed.json()["projects"], json!([]), "{listed:?}");
    assert_eq!(
        get(&api, "webhook-deliveries").await,
        json!({"deliveries": []})
    );
}

#[tokio::test]
async fn edits_of_unknown_entries_and_projects_are_rejected() {
    let api = Api::from_builder(Emulator::builder().strict(true)).await;
    let edit = async |path: &str| {
        let body = json!({"sql": "SELECT 2"});
        admin(&api, Method::PATCH, path, body).await
    };
    for path in ["projects/prj_1/audit-logs/aud_1"] {
        edit(path).await.problem(404, "NOT_FOUND");
    }
    let fields = edit("projects/a%20b/audit-logs/aud_1").await;
    assert_eq!(fields.problem(400, "INVALID_INPUT"), ["project_id"]);
    let api = Api::start().await;
    let response = admin(
        &api,
        Method::PATCH,
        "projects/prj_1/audit-logs/aud_1",
        json!({}),
    )
    .await;
    response.problem(404, "NOT_FOUND");
    let detail = response.json()["detail"].to_string();
    assert!(detail.contains("audit log entry"), "{detail}");
}
