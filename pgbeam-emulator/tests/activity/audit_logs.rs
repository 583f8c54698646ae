//! Tests of the audit log over HTTP: list, filters, pages, CSV, sessions, verification and usage.

use chrono::TimeDelta;
use pgbeam_emulator::Statement;
use serde_json::{Value, json};

use crate::Scene;

/// Records five statements, one each hour, with the events `query`, `blocked`, `masked`, `truncated` and `query`. The
/// last one is a statement of another credential. Returns the scene and the ids of the audit log entries, oldest
/// first.
async fn recorded() -> (Scene, Vec<Value>) {
    let scene = Scene::new(json!({
        "table_denylist": ["secrets"], "max_rows": 10,
        "masking_rules": [{"table": "users", "column": "email", "kind": "hash"}],
    }))
    .await;
    let other = scene.create_credential(json!({}));
    let statements = [
        scene
            .statement("SELECT id, 'a,b' FROM orders")
            .rows_returned(3),
        scene.statement("TABLE secrets").rows_returned(3),
        scene
            .statement("SELECT email FROM users")
            .rows_returned(4)
            .bytes_out(40),
        scene.statement("SELECT id FROM orders").rows_returned(11),
        Statement::new(other, "SELECT 1"),
    ];
    let mut ids = Vec::new();
    for statement in statements {
        ids.push(scene.record_statement(statement)["id"].clone());
        scene.clock.advance(TimeDelta::hours(1));
    }
    (scene, ids)
}

fn ids(page: &Value) -> Vec<Value> {
    let entries = page["entries"].as_array().expect("entries").iter();
    entries.map(|entry| entry["id"].clone()).collect()
}

#[tokio::test]
async fn the_list_is_filtered() {
    let (scene, recorded) = recorded().await;
    let credential = &scene.credential;
    let cases: &[(&str, &[usize])] = &[
        ("", &[4, 3, 2, 1, 0]),
        (&format!("credential_id={credential}"), &[3, 2, 1, 0]),
        ("event=blocked", &[1]),
        ("decision=allow", &[4, 0]),
        ("decision=mask", &[2]),
        ("decision=truncate", &[3]),
        ("source=wire", &[4, 3, 2, 1, 0]),
        ("source=mcp", &[]),
        (
            "start=2026-01-31T13:00:00Z&end=2026-01-31T15:00:00Z",
            &[2, 1],
        ),
        ("before=2026-01-31T13:00:00Z", &[0]),
        (&format!("decision=allow&credential_id={credential}"), &[0]),
    ];
    for (query, expected) in cases {
        let page = scene
            .get("listAuditLogs", &format!("audit-logs?{query}"))
            .await;
        let expected: Vec<Value> = expected
            .iter()
            .map(|index| recorded[*index].clone())
            .collect();
        assert_eq!(ids(&page), expected, "{query}");
        assert!(page.get("next_page_token").is_none(), "{query}");
    }
}

#[tokio::test]
async fn the_list_has_pages_and_entity_tags() {
    let (scene, mut recorded) = recorded().await;
    recorded.reverse();
    let mut listed = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let page = scene
            .get("listAuditLogs", &format!("audit-logs?page_size=2{token}"))
            .await;
        listed.extend(ids(&page));
        let next = page["next_page_token"].as_str();
        token = next.map_or_else(String::new, |next| format!("&page_token={next}"));
        // A new entry does not change the later pages.
        scene.record("SELECT 1");
    }
    assert_eq!((listed, token.as_str()), (recorded, ""));

    let first = scene
        .expect("listAuditLogs", 200, scene.api.get("audit-logs"))
        .await;
    let unchanged = scene
        .api
        .get("audit-logs")
        .header("if-none-match", first.header("etag"));
    scene.expect("listAuditLogs", 304, unchanged).await;
    for query in [
        "page_token=aud.x",
        "decision=drop",
        "start=today",
        "page_size=0",
    ] {
        let request = scene.api.get(&format!("audit-logs?{query}"));
        let rejected = scene.expect("listAuditLogs", 400, request).await;
        let field = query.split('=').next().expect("a name");
        assert_eq!(rejected.problem(400, "INVALID_INPUT"), [field]);
    }
}

#[tokio::test]
async fn a_project_without_statements_has_an_empty_log() {
    let scene = Scene::new(json!({})).await;
    assert_eq!(
        scene.get("listAuditLogs", "audit-logs").await,
        json!({"entries": []})
    );
    let verification = scene.get("verifyAuditChain", "audit-logs/verify").await;
    assert_eq!(
        (&verification["ok"], &verification["verified_count"]),
        (&json!(true), &json!(0))
    );
    let usage = scene.get("getAgentUsageBreakdown", "usage/agents").await;
    assert_eq!(usage["agents"], json!([]));
    let export = scene
        .expect("exportAuditLogs", 200, scene.api.get("audit-logs/export"))
        .await;
    assert_eq!(export.body.iter().filter(|byte| **byte == b'\n').count(), 1);
}

#[tokio::test]
async fn the_export_is_csv_of_the_filtered_entries() {
    let (scene, recorded) = recorded().await;
    let request = scene.api.get("audit-logs/export?decision=allow");
    let export = scene.expect("exportAuditLogs", 200, request).await;
    assert_eq!(export.header("content-type"), "text/csv");
    let csv = String::from_utf8(export.body).expect("UTF-8");
    let rows: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 3);
    assert!(rows[0].starts_with("id,project_id,credential_id,region,event,sql,"));
    for (row, index) in [(rows[1], 4), (rows[2], 0)] {
        assert!(
            row.starts_with(recorded[index].as_str().expect("an id")),
            "{row}"
        );
    }
    assert!(rows[2].contains("query,\"SELECT id, 'a,b' FROM orders\","));
}

#[tokio::test]
async fn tampering_is_found() {
    let (scene, recorded) = recorded().await;
    let verification = scene.get("verifyAuditChain", "audit-logs/verify").await;
    assert_eq!(verification["ok"], true);
    assert_eq!(verification["verified_count"], 5);

    let id = recorded[1].as_str().expect("an id");
    let edited = scene
        .project()
        .edit_audit_entry(id, json!({"sql": "SELECT 1", "reason": null}));
    let edited = edited.expect("valid");
    assert_eq!(
        (&edited["sql"], edited.get("reason")),
        (&json!("SELECT 1"), None)
    );
    let listed = scene.get("listAuditLogs", "audit-logs?event=blocked").await;
    assert_eq!(listed["entries"], json!([edited]));
    let verification = scene.get("verifyAuditChain", "audit-logs/verify").await;
    assert_eq!(verification["ok"], false);
    assert_eq!(verification["first_broken_seq"], 2);
    assert_eq!(verification["failure_reason"], "hash_mismatch");
    // The entries after the edited one are intact.
    let path = "audit-logs/verify?start=2026-01-31T14:00:00Z";
    let verification = scene.get("verifyAuditChain", path).await;
    assert_eq!(
        (&verification["ok"], &verification["verified_count"]),
        (&json!(true), &json!(3))
    );
}

#[tokio::test]
async fn invalid_edits_are_rejected() {
    let (scene, recorded) = recorded().await;
    let before = scene.project().audit_log();
    let edit = |id: &str, changes: Value| {
        let rejection = scene
            .project()
            .edit_audit_entry(id, changes)
            .expect_err("rejected");
        let fields: Vec<String> = rejection
            .fields
            .into_iter()
            .map(|(field, _)| field)
            .collect();
        (rejection.status.as_u16(), fields)
    };
    let id = recorded[0].as_str().expect("an id");
    assert_eq!(edit("aud_x", json!({})), (404, vec![]));
    assert_eq!(edit(id, json!([])), (400, vec!["changes".to_owned()]));
    let changes = json!({"sql": 1, "event": null, "ts": "today", "typo": true});
    let (status, mut fields) = edit(id, changes);
    fields.sort();
    assert_eq!(
        (status, fields.join(" ")),
        (400, "event sql ts typo".to_owned())
    );
    assert_eq!(scene.project().audit_log(), before);
}

#[tokio::test]
async fn a_session_is_summarized() {
    let (scene, _) = recorded().await;
    let session = scene.project().audit_log()[0]["session_id"].clone();
    let path = format!("audit-logs/sessions/{}", session.as_str().expect("an id"));
    let summary = scene.get("getAuditSessionSummary", &path).await;
    for (field, expected) in [
        ("statements", json!(4)),
        ("allowed", json!(1)),
        ("blocked", json!(1)),
        ("masked", json!(1)),
        ("truncated", json!(1)),
        ("rows_returned", json!(17)),
        ("bytes_out", json!(40)),
        ("credential_ids", json!([scene.credential])),
        ("tables_read", json!(["orders", "users"])),
        ("tables_blocked", json!(["secrets"])),
        ("duration_ms", json!(3.0 * 60.0 * 60.0 * 1000.0)),
        (
            "anomalies",
            json!({"session_alerts": [], "credential_window_alerts": [], "truncated": false}),
        ),
    ] {
        assert_eq!(summary[field], expected, "{field}");
    }
    let part = format!("{path}?start=2026-01-31T13:00:00Z&end=2026-01-31T14:00:00Z");
    assert_eq!(
        scene.get("getAuditSessionSummary", &part).await["statements"],
        1
    );
    let unknown = scene.api.get("audit-logs/sessions/ses_x");
    scene.expect("getAuditSessionSummary", 404, unknown).await;
}

#[tokio::test]
async fn usage_is_reported_by_credential() {
    let (scene, _) = recorded().await;
    let report = scene.get("getAgentUsageBreakdown", "usage/agents").await;
    assert_eq!(report["requested_end"], "2026-01-31T17:00:00.000001Z");
    assert_eq!(report["totals"]["entries"], 5);
    let busiest = &report["agents"][0];
    assert_eq!(busiest["credential_id"], scene.credential);
    for (field, expected) in [("entries", 4), ("blocked", 1), ("rows_returned", 17)] {
        assert_eq!(busiest[field], expected, "{field}");
    }
    let rates = &report["marginal_rates"];
    assert_eq!(
        (&rates["plan"], &rates["queries_per_day"]),
        (&json!("pro"), &json!(1_000_000)),
        "the plan that getOrganizationPlan returns"
    );
    let part = "usage/agents?start=2026-01-31T13:00:00Z&end=2026-01-31T14:00:00Z";
    let part = scene.get("getAgentUsageBreakdown", part).await;
    assert_eq!(part["totals"]["blocked"], 1);
    let long = scene
        .api
        .get("usage/agents?start=2025-10-31T00:00:00Z&end=2026-01-31T23:59:59Z");
    let rejected = scene.expect("getAgentUsageBreakdown", 400, long).await;
    assert_eq!(rejected.problem(400, "INVALID_INPUT"), ["start"]);
}
