//! Tests of the webhook events about recorded statements.

use axum::Router;
use axum::extract::Json;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::Scene;

/// Starts a receiver on this machine, and creates a webhook endpoint for it. Returns a channel of the received events.
async fn receive(scene: &Scene) -> UnboundedReceiver<Value> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
    let (sender, received) = mpsc::unbounded_channel();
    let router = Router::new().fallback(move |Json(event): Json<Value>| async move {
        let _ = sender.send(event);
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    let body = json!({"name": "w", "url": url, "secret": "s3cret"});
    scene.api.create("webhooks", &body).await;
    received
}

/// Waits for `count` events and returns them sorted by type, because their order is not defined.
async fn events(received: &mut UnboundedReceiver<Value>, count: usize) -> Vec<Value> {
    let mut events = Vec::new();
    while events.len() < count {
        events.push(received.recv().await.expect("an event"));
    }
    events.sort_by_key(|event| event["type"].to_string());
    events
}

fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect()
}

#[tokio::test]
async fn a_blocked_statement_is_sent_to_the_endpoint() {
    let scene = Scene::new(json!({"table_denylist": ["secrets"]})).await;
    let mut received = receive(&scene).await;
    scene.record("SELECT 1");
    let entry = scene.record("TABLE secrets");
    let events = events(&mut received, 1).await;
    assert_eq!(types(&events), ["query_blocked"]);
    let event = &events[0];
    assert_eq!(event["project_id"], "prj_1");
    assert_eq!(event["occurred_at"], "2026-01-31T12:00:00.000Z");
    let data = json!({
        "audit_id": entry["id"], "credential_id": scene.credential, "region": "local",
        "event": "blocked", "sql": "TABLE secrets", "normalized_sql": "TABLE secrets",
        "query_hash": entry["query_hash"], "statement_kind": "select",
        "decision_rule": "table_denied", "reason": entry["reason"], "rows_returned": 0,
        "bytes_out": 0, "client_ip": "127.0.0.1", "session_id": entry["session_id"],
        "source": "wire",
    });
    assert_eq!(event["data"], data);
}

#[tokio::test]
async fn each_outcome_has_its_event() {
    let scene = Scene::new(json!({
        "access_mode": "read_write", "migration_safety": "warn", "budget_queries_per_day": 2,
        "masking_rules": [{"table": "users", "column": "email", "kind": "hash"}],
    }))
    .await;
    let mut received = receive(&scene).await;
    scene.record("SELECT email FROM users");
    scene.record("CREATE INDEX ON orders (note)");
    scene.record("SELECT 1");
    let outcomes = events(&mut received, 3).await;
    assert_eq!(
        types(&outcomes),
        ["budget_exhausted", "masked", "migration_flagged"]
    );

    let body = json!({"relation_name": "salaries", "action": "kill"});
    scene.api.create("honeytokens", &body).await;
    scene.record("TABLE salaries");
    let tripped = events(&mut received, 3).await;
    assert_eq!(
        types(&tripped),
        ["anomaly_alert", "canary_tripped", "kill_switch"]
    );
    assert_eq!(tripped[2]["data"]["credential_id"], scene.credential);
    // No event is sent about a rejected login.
    scene.record("SELECT 1");

    let path = format!("agents/{}", scene.credential);
    let activate = scene.api.patch(&path, &json!({"status": "active"}));
    scene
        .expect("updateAgentCredentialStatus", 200, activate)
        .await;
    scene
        .project()
        .agent(&scene.credential)
        .credential(&scene.credential)
        .unbind();
    scene.record("SELECT 1");
    let blocked = events(&mut received, 1).await;
    assert_eq!(blocked[0]["data"]["decision_rule"], "policy_missing");
}

#[tokio::test]
async fn a_statement_that_the_kill_switch_blocks_is_sent_as_kill_switch() {
    let scene = Scene::new(json!({})).await;
    let change = scene.api.patch("", &json!({"agents_disabled": true}));
    scene.expect("updateProject", 200, change).await;
    let mut received = receive(&scene).await;
    let entry = scene.record("SELECT 1");
    let events = events(&mut received, 1).await;
    assert_eq!(types(&events), ["kill_switch"]);
    assert_eq!(events[0]["data"]["audit_id"], entry["id"]);
}
