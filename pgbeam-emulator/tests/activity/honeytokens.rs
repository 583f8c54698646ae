//! Tests of honeytokens: their lifecycle, and statements that access one.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::Scene;
use crate::support::resource_path;

#[tokio::test]
async fn honeytokens_are_created_read_changed_and_deleted() {
    let scene = Scene::new(json!({})).await;
    let body = json!({"relation_name": "salaries", "action": "audit_only"});
    let create = |body: &Value| scene.api.post("honeytokens", body);
    let created = scene
        .expect("createHoneytoken", 201, create(&body))
        .await
        .json();
    assert!(
        created["id"]
            .as_str()
            .is_some_and(|id| id.starts_with("hnt_"))
    );
    let same = json!({"schema_name": "Public", "relation_name": "SALARIES", "action": "kill"});
    let conflict = scene.expect("createHoneytoken", 409, create(&same)).await;
    conflict.problem(409, "RESOURCE_EXISTS");
    let other = json!({"schema_name": "hr", "relation_name": "salaries", "action": "kill"});
    let other = scene
        .expect("createHoneytoken", 201, create(&other))
        .await
        .json();
    let invalid = scene
        .expect("createHoneytoken", 400, create(&json!({"action": "x"})))
        .await;
    let mut fields = invalid.problem(400, "INVALID_INPUT");
    fields.sort();
    assert_eq!(fields, ["action", "relation_name"]);

    let page = scene
        .get("listHoneytokens", "honeytokens?page_size=1")
        .await;
    assert_eq!(page["honeytokens"], json!([created]));
    assert!(page["next_page_token"].is_string());

    let path = resource_path("honeytokens", &created);
    let read = scene
        .expect("getHoneytoken", 200, scene.api.get(&path))
        .await;
    assert_eq!(read.json(), created);
    let etag = read.header("etag").to_owned();
    scene.clock.advance(TimeDelta::seconds(1));
    let update = |body: Value| scene.api.put(&path, &body).header("if-match", &etag);
    let taken = json!({"schema_name": "hr", "relation_name": "salaries", "action": "kill"});
    scene.expect("updateHoneytoken", 409, update(taken)).await;
    let changed = json!({"relation_name": "salaries", "action": "kill"});
    let changed = scene
        .expect("updateHoneytoken", 200, update(changed))
        .await
        .json();
    assert_eq!(changed["action"], "kill");
    assert_ne!(changed["updated_at"], created["updated_at"]);
    scene
        .expect("updateHoneytoken", 412, update(json!({})))
        .await;

    scene
        .expect("deleteHoneytoken", 204, scene.api.delete(&path))
        .await;
    scene
        .expect("deleteHoneytoken", 404, scene.api.delete(&path))
        .await;
    scene
        .expect("getHoneytoken", 404, scene.api.get(&path))
        .await;
    let put = scene
        .api
        .put(&path, &json!({"relation_name": "a", "action": "kill"}));
    scene.expect("updateHoneytoken", 404, put).await;
    let list = scene.get("listHoneytokens", "honeytokens").await;
    assert_eq!(list["honeytokens"], json!([other]));
}

async fn create(scene: &Scene, relation: &str, action: &str) {
    let body = json!({"relation_name": relation, "action": action});
    scene.api.create("honeytokens", &body).await;
}

#[tokio::test]
async fn a_statement_that_uses_a_honeytoken_is_blocked() {
    let scene = Scene::new(json!({"table_allowlist": ["salaries"]})).await;
    assert_eq!(scene.record("TABLE salaries")["event"], "query");
    create(&scene, "salaries", "audit_only").await;
    for sql in [
        "TABLE salaries",
        "DROP TABLE salaries",
        "SELECT 1; TABLE hr.salaries",
    ] {
        let entry = scene.record(sql);
        assert_eq!(entry["event"], "canary_tripped", "{sql}");
        assert_eq!(entry["decision_rule"], "honeytoken", "{sql}");
    }
    let body = json!({"policy_id": scene.policy, "sql": "TABLE salaries"});
    let evaluation = scene.api.post("policy-evaluations", &body);
    let evaluation = scene.expect("dryEvalPolicy", 200, evaluation).await.json();
    assert_eq!(evaluation["rule"], "honeytoken");
    let blocked = scene
        .get("listAuditLogs", "audit-logs?decision=block")
        .await;
    assert_eq!(blocked["entries"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn a_honeytoken_with_kill_disables_the_credential() {
    let scene = Scene::new(json!({})).await;
    create(&scene, "salaries", "kill").await;
    assert_eq!(scene.record("TABLE salaries")["event"], "canary_tripped");
    let path = format!("agents/{}", scene.credential);
    let credential = scene.get("getAgentCredential", &path).await;
    assert_eq!(credential["status"], "disabled");
    assert_eq!(scene.record("SELECT 1")["event"], "auth_failed");
    let activate = scene.api.patch(&path, &json!({"status": "active"}));
    scene
        .expect("updateAgentCredentialStatus", 200, activate)
        .await;
    assert_eq!(scene.record("SELECT 1")["event"], "query");
}

#[tokio::test]
async fn an_access_raises_one_alert_for_each_hour() {
    let scene = Scene::new(json!({})).await;
    create(&scene, "salaries", "audit_only").await;
    let entry = scene.record("TABLE salaries");
    scene.record("TABLE salaries");
    let alerts = scene
        .get("listAnomalyAlerts", "anomalies?kind=canary_tripped")
        .await;
    let alert = &alerts["anomalies"][0];
    let expected = json!({
        "id": alert["id"], "project_id": "prj_1", "credential_id": scene.credential,
        "kind": "canary_tripped", "severity": "critical", "title": "An agent accessed a honeytoken",
        "details": {"audit_id": entry["id"], "session_id": entry["session_id"]}, "status": "open",
        "window_start": "2026-01-31T12:00:00.000000Z", "window_end": "2026-01-31T13:00:00.000000Z",
        "created_at": "2026-01-31T12:00:00.000000Z",
    });
    assert_eq!(alerts["anomalies"], json!([expected]));
    let session = entry["session_id"].as_str().expect("a session");
    let summary = scene
        .get(
            "getAuditSessionSummary",
            &format!("audit-logs/sessions/{session}"),
        )
        .await;
    assert_eq!(summary["anomalies"]["session_alerts"], json!([expected]));

    scene.clock.advance(TimeDelta::hours(1));
    scene.record("TABLE salaries");
    let alerts = scene.get("listAnomalyAlerts", "anomalies").await;
    assert_eq!(alerts["anomalies"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_recommendation_ignores_honeytokens() {
    let scene = Scene::new(json!({})).await;
    for _ in 0..10 {
        scene.record("TABLE orders");
        scene.record("TABLE salaries");
    }
    create(&scene, "salaries", "audit_only").await;
    let path = format!("agents/{}/policy-recommendation", scene.credential);
    let recommended = scene.api.post(&path, &json!({}));
    let recommended = scene
        .expect("recommendAgentPolicy", 200, recommended)
        .await
        .json();
    let allowlist = &recommended["candidate"]["table_allowlist"];
    assert_eq!(*allowlist, json!(["public.orders"]));
    assert_eq!(recommended["replay"]["summary"]["newly_blocked"], 1);
}
