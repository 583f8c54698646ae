//! Tests of the demo and its sessions.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::ApiResponse;
use crate::{CheckedApi, string};

async fn create(api: &CheckedApi, body: Value) -> ApiResponse {
    let url = format!("{}/v1/demo/credentials", api.emulator().base_url());
    let mut request = api.api.http.post(url);
    if !body.is_null() {
        request = request.json(&body);
    }
    api.send("createDemoCredential", request).await
}

async fn live_sessions(api: &CheckedApi) -> Value {
    api.get("getDemo", &[]).await.json()["live_sessions"].clone()
}

async fn release(api: &CheckedApi, session: &Value) -> ApiResponse {
    let body = json!({"mcp_token": session["mcp_token"]});
    api.call(
        "releaseDemoCredential",
        &[string(session, "session_id")],
        &body,
    )
    .await
}

#[tokio::test]
async fn a_session_is_started_and_released() {
    let api = CheckedApi::start().await;
    let info = api.get("getDemo", &[]).await.json();
    assert_eq!(
        (&info["available"], &info["live_sessions"]),
        (&json!(true), &json!(0))
    );
    let started = create(&api, Value::Null).await;
    assert_eq!(started.status, 201);
    let session = started.json();
    assert_eq!(
        (&session["tier"], &session["ttl_seconds"]),
        (&json!("free"), &json!(1800))
    );
    assert_eq!(session["expires_at"], "2026-01-31T12:30:00.000000Z");
    for field in ["dataset", "walkthrough", "upgrade"] {
        assert_eq!(session[field], info[field], "{field}");
    }
    api.api
        .create("policies", &session["policy_template"])
        .await;
    assert_eq!(live_sessions(&api).await, 1);

    let mut other = session.clone();
    other["mcp_token"] = json!("pba_other");
    release(&api, &other).await.problem(401, "UNAUTHORIZED");
    let released = release(&api, &session).await.json();
    let expected =
        json!({"session_id": session["session_id"], "released": true, "live_sessions": 0});
    assert_eq!(released, expected);
    assert_eq!(release(&api, &session).await.json()["released"], false);
    other["session_id"] = json!("demo_other");
    release(&api, &other).await.problem(404, "NOT_FOUND");
    let id = string(&session, "session_id");
    let invalid = api.call("releaseDemoCredential", &[id], &json!({})).await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["mcp_token"]);
}

#[tokio::test]
async fn a_tier_with_a_price_needs_a_proof_of_payment() {
    let api = CheckedApi::start().await;
    let extended = json!({"tier": "extended", "label": "l"});
    let unpaid = create(&api, extended.clone()).await;
    assert_eq!(
        (unpaid.status, &unpaid.json()["resource"]),
        (402, &json!("demo-extended"))
    );
    let mut paid = extended;
    paid["payment_proof"] = json!("proof");
    let session = create(&api, paid).await;
    assert_eq!(
        (session.status, &session.json()["tier"]),
        (201, &json!("extended"))
    );
    let invalid = create(&api, json!({"tier": "other"})).await;
    assert_eq!(invalid.problem(400, "INVALID_INPUT"), ["tier"]);
    api.set_object("/v1/demo", &json!({"tiers": []}));
    let none = create(&api, Value::Null).await;
    assert_eq!(none.problem(400, "INVALID_INPUT"), ["tier"]);
}

#[tokio::test]
async fn the_number_of_sessions_is_limited() {
    let api = CheckedApi::start().await;
    let limits = json!({"max_live_sessions": 2, "max_sessions_per_hour_per_client": 3});
    api.set_object("/v1/demo", &limits);
    let first = create(&api, Value::Null).await.json();
    create(&api, Value::Null).await;
    let full = create(&api, Value::Null).await;
    full.problem(503, "DEMO_CAPACITY_FULL");
    let info = api.get("getDemo", &[]).await.json();
    assert_eq!(
        (&info["available"], &info["live_sessions"]),
        (&json!(false), &json!(2))
    );
    let ttl = first["ttl_seconds"].as_i64().expect("seconds");
    assert_eq!(info["retry_after_seconds"], ttl);
    api.clock.advance(TimeDelta::milliseconds(500));
    let info = api.get("getDemo", &[]).await.json();
    assert_eq!(info["retry_after_seconds"], ttl, "rounded up");

    release(&api, &first).await;
    assert_eq!(create(&api, Value::Null).await.status, 201);
    api.clock.advance(TimeDelta::minutes(30));
    assert_eq!(live_sessions(&api).await, 0, "the sessions have expired");
    create(&api, Value::Null).await.problem(429, "RATE_LIMITED");
    api.clock.advance(TimeDelta::minutes(30));
    assert_eq!(create(&api, Value::Null).await.status, 201);
    release(&api, &first).await.problem(404, "NOT_FOUND");
    api.set_object("/v1/demo", &json!({"available": false}));
    create(&api, Value::Null).await.problem(503, "DEMO_PAUSED");
}

#[tokio::test]
async fn the_hourly_limit_of_a_client_comes_before_the_limit_of_all_clients() {
    let api = CheckedApi::start().await;
    let info = api.get("getDemo", &[]).await.json();
    let [all, client] =
        ["max_live_sessions", "max_sessions_per_hour_per_client"].map(|name| info[name].as_u64());
    assert!(client > Some(0) && all > client, "{info}");
}
