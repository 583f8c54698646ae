//! Tests of the lifecycle of agent credentials, and of the kill switch of the project.

use chrono::TimeDelta;
use pgbeam_emulator::Statement;
use reqwest::Method;
use serde_json::{Value, json};

use crate::Scene;

async fn update_status(scene: &Scene, status: &str) -> Value {
    let path = format!("agents/{}", scene.credential);
    let request = scene.api.patch(&path, &json!({"status": status}));
    let response = scene
        .expect("updateAgentCredentialStatus", 200, request)
        .await;
    response.json()
}

#[tokio::test]
async fn a_credential_expires_by_the_clock() {
    let scene = Scene::new(json!({})).await;
    let id = scene.create_credential(json!({"expires_at": "2026-01-31T13:00:00Z"}));
    let record = || scene.record_statement(Statement::new(&id, "SELECT 1"));
    assert_eq!(record()["event"], "query");
    scene.clock.advance(TimeDelta::hours(1));
    let expired = record();
    assert_eq!(expired["event"], "credential_expired");
    assert_eq!(expired["session_id"], Value::Null);
    let credential = scene
        .get("getAgentCredential", &format!("agents/{id}"))
        .await;
    assert_eq!(credential["status"], "active");
    assert_eq!(credential["last_used_at"], "2026-01-31T12:00:00.000000Z");
}

#[tokio::test]
async fn disabled_and_revoked_credentials_are_rejected() {
    let scene = Scene::new(json!({})).await;
    let first = scene.record("SELECT 1");
    assert_eq!(scene.record("SELECT 1")["session_id"], first["session_id"]);
    update_status(&scene, "disabled").await;
    let rejected = scene.record("SELECT 1");
    assert_eq!(rejected["event"], "auth_failed");
    assert_eq!(rejected["decision_rule"], "credential_disabled");
    update_status(&scene, "active").await;
    let second = scene.record("SELECT 1");
    assert_eq!(second["event"], "query");
    assert_ne!(
        second["session_id"], first["session_id"],
        "the session was closed"
    );

    let path = format!("agents/{}", scene.credential);
    scene
        .expect("revokeAgentCredential", 204, scene.api.delete(&path))
        .await;
    let rejected = scene.record("SELECT 1");
    assert_eq!(rejected["event"], "auth_failed");
    assert_eq!(rejected["decision_rule"], "credential_revoked");
    let active = scene.api.patch(&path, &json!({"status": "active"}));
    let active = scene
        .expect("updateAgentCredentialStatus", 409, active)
        .await;
    active.problem(409, "INVALID_STATE");
    let rotate = scene.api.request(Method::POST, &format!("{path}/rotate"));
    let rotate = scene.expect("rotateAgentCredential", 409, rotate).await;
    rotate.problem(409, "INVALID_STATE");
    assert_eq!(
        scene.record("SELECT 1")["event"],
        "auth_failed",
        "revocation is final"
    );
}

#[tokio::test]
async fn a_rotation_returns_new_secrets_once_and_closes_the_session() {
    let scene = Scene::new(json!({})).await;
    let before = scene.record("SELECT 1");
    let path = format!("agents/{}", scene.credential);
    let rotate = scene.api.request(Method::POST, &format!("{path}/rotate"));
    let secrets = scene
        .expect("rotateAgentCredential", 200, rotate)
        .await
        .json();
    assert!(
        secrets["mcp_token"]
            .as_str()
            .is_some_and(|token| token.starts_with("pba_"))
    );
    let credential = scene.get("getAgentCredential", &path).await;
    assert_eq!(credential, secrets["credential"]);
    assert_ne!(scene.record("SELECT 1")["session_id"], before["session_id"]);
    let stored = format!("{:?}", scene.project().audit_log());
    for secret in ["connection_string", "mcp_token"] {
        let secret = secrets[secret].as_str().expect("a secret");
        assert!(!stored.contains(secret));
    }
}

#[tokio::test]
async fn the_kill_switch_and_the_suspension_of_the_project_block_all_agents() {
    let scene = Scene::new(json!({})).await;
    // (change of the project, event, rule)
    for (change, event, rule) in [
        (
            json!({"agents_disabled": true}),
            "blocked",
            json!("kill_switch"),
        ),
        (json!({"agents_disabled": false}), "query", json!(null)),
        (
            json!({"status": "suspended"}),
            "blocked",
            json!("project_suspended"),
        ),
        (json!({"status": "active"}), "query", json!(null)),
    ] {
        let request = scene.api.patch("", &change);
        scene.expect("updateProject", 200, request).await;
        let entry = scene.record("SELECT 1");
        assert_eq!(entry["event"], event, "{change}");
        assert_eq!(entry["decision_rule"], rule, "{change}");
    }
}
