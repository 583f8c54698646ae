//! Tests of recorded statements: the outcome, the audit log entry, replays and recommendations.

use std::time::Duration;

use pgbeam_emulator::Statement;
use serde_json::{Value, json};

use crate::{Scene, time};

#[tokio::test]
async fn an_entry_has_all_fields() {
    let scene = Scene::new(json!({})).await;
    let statement = scene
        .statement("SELECT id FROM orders WHERE note = 'x'")
        .rows_returned(3)
        .bytes_out(120)
        .latency(Duration::from_micros(1500))
        .at(time("2026-01-31T13:00:00.5+02:00"));
    let entry = scene.record_statement(statement);
    let expected = json!({
        "id": entry["id"], "project_id": "prj_1", "credential_id": scene.credential, "region": "local",
        "event": "query", "sql": "SELECT id FROM orders WHERE note = 'x'",
        "normalized_sql": "SELECT id FROM orders WHERE note = $1",
        "query_hash": pgbeam_engine::query_hash("SELECT id FROM orders WHERE note = 'y'"),
        "statement_kind": "select", "rows_returned": 3, "bytes_out": 120, "latency_ms": 1.5,
        "cache_status": "none", "client_ip": "127.0.0.1", "session_id": entry["session_id"],
        "source": "wire", "ts": "2026-01-31T11:00:00.500000Z", "seq": 1,
        "prev_hash": "0".repeat(64), "entry_hash": entry["entry_hash"],
    });
    assert_eq!(entry, expected);
    for (field, prefix) in [("id", "aud_"), ("session_id", "ses_")] {
        assert!(
            entry[field]
                .as_str()
                .is_some_and(|id| id.starts_with(prefix)),
            "{field}"
        );
    }
    assert_eq!(scene.project().audit_log(), [entry]);
    let credential = scene.project().agent_credential(&scene.credential);
    let credential = credential.expect("a credential");
    assert_eq!(credential["last_used_at"], "2026-01-31T11:00:00.500000Z");
    assert_eq!(credential["updated_at"], "2026-01-31T12:00:00.000000Z");
}

#[tokio::test]
async fn the_policy_decides_about_a_statement() {
    let scene = Scene::new(json!({
        "access_mode": "read_write", "max_rows": 10, "table_denylist": ["secrets"],
        "masking_rules": [{"table": "users", "column": "email", "kind": "hash"}],
        "row_filters": [{"table": "orders", "predicate": "tenant = 7"}],
        "migration_safety": "block", "approval_mode": "ddl",
    }))
    .await;
    // (SQL, rows, event, rule, kind, rows in the entry)
    let cases = [
        ("SELECT 1", 10, "query", json!(null), json!("select"), 10),
        (
            "SELECT id FROM orders",
            1,
            "query",
            json!(null),
            json!("select"),
            1,
        ),
        (
            "SELECT email FROM users",
            2,
            "masked",
            json!(null),
            json!("select"),
            2,
        ),
        (
            "SELECT 1",
            11,
            "truncated",
            json!("max_rows"),
            json!("select"),
            10,
        ),
        (
            "SELECT email FROM users",
            11,
            "truncated",
            json!("max_rows"),
            json!("select"),
            10,
        ),
        (
            "TABLE secrets",
            5,
            "blocked",
            json!("table_denied"),
            json!("select"),
            0,
        ),
        (
            "SELECT 1; TABLE secrets",
            5,
            "blocked",
            json!("table_denied"),
            json!(null),
            0,
        ),
        ("SELEC", 5, "blocked", json!("parse_error"), json!(null), 0),
        ("", 5, "blocked", json!("empty"), json!(null), 0),
        (
            "INSERT INTO a VALUES (1)",
            1,
            "query",
            json!(null),
            json!("insert"),
            1,
        ),
        (
            "CREATE INDEX ON a (b)",
            0,
            "blocked",
            json!("migration_block"),
            json!("ddl"),
            0,
        ),
        (
            "CREATE TABLE b (c int)",
            0,
            "blocked",
            json!("approval_required"),
            json!("ddl"),
            0,
        ),
    ];
    for (sql, rows, event, rule, kind, rows_returned) in cases {
        let statement = scene.statement(sql).rows_returned(rows).bytes_out(100);
        let entry = scene.record_statement(statement);
        assert_eq!(entry["event"], event, "{sql}: {entry}");
        assert_eq!(entry["decision_rule"], rule, "{sql}");
        assert_eq!(entry["reason"].is_string(), event != "query", "{sql}");
        assert_eq!(entry["statement_kind"], kind, "{sql}");
        assert_eq!(entry["rows_returned"], rows_returned, "{sql}");
        let bytes = if event == "blocked" { 0 } else { 100 };
        assert_eq!(entry["bytes_out"], bytes, "{sql}");
    }
}

#[tokio::test]
async fn query_templates_of_the_project_apply() {
    let scene = Scene::new(json!({})).await;
    let template = json!({"name": "one", "sql": "SELECT 1"});
    scene
        .project()
        .create_query_template(template)
        .expect("valid");
    let policy = json!({"name": "t", "query_mode": "templates"});
    let path = format!("policies/{}", scene.policy);
    scene
        .expect("updatePolicyProfile", 200, scene.api.put(&path, &policy))
        .await;
    assert_eq!(scene.record("select 1;")["event"], "query");
    let blocked = scene.record("SELECT 2");
    assert_eq!(blocked["decision_rule"], "query_mode_templates");
}

#[tokio::test]
async fn a_flagged_schema_change_has_two_entries() {
    let scene = Scene::new(json!({
        "access_mode": "read_write", "migration_safety": "warn",
    }))
    .await;
    let statement = scene
        .statement("CREATE INDEX ON orders (note)")
        .latency(Duration::from_millis(2));
    let outcome = scene.record_statement(statement);
    assert_eq!(outcome["event"], "query");
    let log = scene.project().audit_log();
    assert_eq!(log.len(), 2);
    assert_eq!(log[0]["event"], "migration_flagged");
    assert_eq!(log[0]["decision_rule"], "missing_concurrently");
    assert_eq!(log[0]["latency_ms"], Value::Null);
    assert_eq!(log[0]["sql"], log[1]["sql"]);
    assert_eq!(log[1], outcome);
    scene.record("CREATE INDEX CONCURRENTLY ON orders (note)");
    assert_eq!(scene.project().audit_log().len(), 3);
}

#[tokio::test]
async fn invalid_statements_are_rejected() {
    let scene = Scene::new(json!({})).await;
    let reject = |statement: Statement| {
        let rejection = scene.project().record(statement).expect_err("rejected");
        let fields: Vec<String> = rejection
            .fields
            .into_iter()
            .map(|(field, _)| field)
            .collect();
        (rejection.status.as_u16(), fields)
    };
    assert_eq!(reject(Statement::new("agt_x", "SELECT 1")), (404, vec![]));
    let other = scene.api.emulator.project("prj_2");
    assert!(other.record(scene.statement("SELECT 1")).is_err());
    let long = "x".repeat(100_001);
    let invalid = scene
        .statement(&long)
        .rows_returned(u64::MAX)
        .bytes_out(u64::MAX);
    let (status, mut fields) = reject(invalid);
    fields.sort();
    assert_eq!(
        (status, fields),
        (
            400,
            vec!["bytes_out".into(), "rows_returned".into(), "sql".into()]
        )
    );
    assert!(scene.project().audit_log().is_empty());
}

#[tokio::test]
async fn statements_are_input_of_replays_and_recommendations() {
    let scene = Scene::new(json!({"table_denylist": ["secrets"]})).await;
    for _ in 0..10 {
        scene.record("SELECT id FROM orders");
    }
    scene.record("TABLE secrets");
    let body = json!({"policy": {"name": "open"}, "credential_id": scene.credential});
    let replay = scene.api.post("policy-replays", &body);
    let replay = scene.expect("replayPolicy", 200, replay).await.json();
    let items = replay["items"].as_array().expect("items");
    let item = |sql: &str| items.iter().find(|item| item["sql"] == sql).expect(sql);
    assert_eq!(item("SELECT id FROM orders")["occurrences"], 10);
    let blocked = item("TABLE secrets");
    assert_eq!(blocked["recorded_event"], "blocked");
    assert_eq!(blocked["recorded_rule"], "table_denied");
    assert_eq!(blocked["change"], "newly_allowed");

    let path = format!("agents/{}/policy-recommendation", scene.credential);
    let recommended = scene.api.post(&path, &json!({}));
    let recommended = scene
        .expect("recommendAgentPolicy", 200, recommended)
        .await
        .json();
    assert_eq!(recommended["sufficient_history"], true);
    assert_eq!(
        recommended["candidate"]["table_allowlist"],
        json!(["public.orders"])
    );
}

#[tokio::test]
async fn the_bound_policy_profile_decides() {
    let scene = Scene::new(json!({"table_denylist": ["secrets"]})).await;
    let open = scene.project().create_policy(json!({"name": "open"}));
    let open = open.expect("valid")["id"].clone();
    let agent = scene.project().agent(&scene.credential);
    let credential = agent.credential(&scene.credential);
    credential.bind_to(open.as_str().expect("an id"));
    assert_eq!(scene.record("TABLE secrets")["event"], "query");
    credential.unbind();
    let blocked = scene.record("SELECT 1");
    assert_eq!(blocked["event"], "blocked");
    assert_eq!(blocked["decision_rule"], "policy_missing");
}
