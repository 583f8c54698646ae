//! Tests of responses of a newer API: unknown fields, unknown enum values, and values that violate
//! constraints.

use std::time::Duration;

use httpmock::{
    Method::{GET, POST},
    MockServer,
};
use pgbeam::policies::{
    AccessMode, ApprovalMode, MaskKind, PolicyProfileInput, QueryMode, ReplayChange, TrafficScope,
    Verdict,
};
use pgbeam_tests::raw::{RawServer, response};
use serde_json::{Value, json};

use crate::support::{client, policies};

/// Returns a profile with the required fields only.
fn profile() -> Value {
    json!({
        "id": "pol_1", "project_id": "prj_1", "name": "p", "access_mode": "read_only",
        "table_allowlist": [], "table_denylist": [], "masking_rules": [], "query_mode": "sql",
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    })
}

/// Returns [`profile`] with additional fields.
fn profile_with(additional: Value) -> Value {
    let mut profile = profile();
    let fields = additional.as_object().unwrap().clone();
    profile.as_object_mut().unwrap().extend(fields);
    profile
}

/// Starts a server that responds to any GET with this body.
async fn server_returning(body: Value) -> MockServer {
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.method(GET);
            then.status(200).json_body(body);
        })
        .await;
    server
}

async fn get_profile(body: Value) -> pgbeam::policies::PolicyProfile {
    let server = server_returning(body).await;
    policies(&server.base_url())
        .get("pol_1")
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn unknown_enum_values_are_kept() {
    let response = get_profile(profile_with(json!({
        "access_mode": "turbo", "write_mode": "shadow", "approval_mode": "quorum",
        "migration_safety": "ask", "content_scan_mode": "vaccinate", "query_mode": "prayer",
        "masking_rules": [{"table": "t", "column": "c", "kind": "tokenise"}],
        "statement_rules": {"allow": ["levitate"]},
    })))
    .await;
    assert!(matches!(response.access_mode(), AccessMode::Unknown(_)));
    assert_eq!(response.access_mode(), &AccessMode::from("turbo"));
    assert_eq!(response.access_mode(), &"turbo");
    assert_ne!(response.access_mode(), &AccessMode::ReadOnly);
    assert_ne!(response.access_mode(), &AccessMode::from("eco"));
    assert_eq!(
        (
            response.access_mode().to_string(),
            response.access_mode.as_str()
        ),
        ("turbo".into(), "turbo")
    );
    assert!(format!("{:?}", response.access_mode()).contains("turbo"));
    assert_eq!(response.write_mode(), &"shadow");
    assert_eq!(response.approval_mode(), &ApprovalMode::from("quorum"));
    assert_eq!(response.migration_safety(), &"ask");
    assert_eq!(response.content_scan_mode(), &"vaccinate");
    assert_eq!(response.query_mode(), &QueryMode::from("prayer"));
    assert_eq!(response.masking_rules()[0].kind, MaskKind::from("tokenise"));
    assert_eq!(
        response
            .statement_rules()
            .unwrap()
            .allow
            .as_deref()
            .unwrap(),
        ["levitate"]
    );
    // Unknown values can be sent unchanged.
    let input = PolicyProfileInput::new("p").access_mode(response.access_mode().clone());
    assert_eq!(
        serde_json::to_value(&input).unwrap()["access_mode"],
        "turbo"
    );
    input.validate().unwrap();
}

#[tokio::test]
async fn ignores_unknown_fields() {
    let response = get_profile(profile_with(json!({
        "future_guard": {"level": 9},
        "masking_rules": [{"table": "t", "column": "c", "kind": "hash", "salt": "x"}],
        "row_filters": [{"table": "t", "predicate": "true", "mode": "soft"}],
        "statement_rules": {"deny": ["ddl"], "mode": "strict"},
        "revision": 18_446_744_073_709_551_615_u64,
    })))
    .await;
    assert_eq!(response.masking_rules()[0].column, "c");
    assert_eq!(response.row_filters()[0].predicate, "true");
    assert_eq!(
        response.statement_rules().unwrap().deny.as_deref().unwrap(),
        ["ddl"]
    );
}

#[tokio::test]
async fn constraints_do_not_apply_to_responses() {
    let name = "n".repeat(500);
    let response = get_profile(profile_with(json!({
        "name": name, "max_rows": -1, "budget_queries_per_hour": i64::MIN,
        "egress_bytes_per_day": i64::MAX, "statement_timeout_ms": -5,
        "approval_timeout_seconds": -1, "table_allowlist": [""], "id": "../..",
        "masking_rules": [{"table": "", "column": "", "kind": ""}],
    })))
    .await;
    assert_eq!(
        (response.name(), response.max_rows(), response.id()),
        (name.as_str(), -1, "../..")
    );
    assert_eq!(response.budget_queries_per_hour(), i64::MIN);
    assert_eq!(response.egress_bytes_per_day(), i64::MAX);
    assert_eq!(
        response.statement_timeout(),
        Duration::ZERO,
        "a duration cannot be negative"
    );
    assert_eq!(response.approval_timeout(), Duration::ZERO);
    assert_eq!(
        get_profile(profile_with(json!({"name": ""}))).await.name(),
        ""
    );
}

#[tokio::test]
async fn absent_fields_have_their_defaults() {
    let response = get_profile(profile()).await;
    assert_eq!((response.max_rows(), response.row_filters().len()), (0, 0));
    assert_eq!(response.approval_mode(), &ApprovalMode::Off);
    assert_eq!(response.approval_timeout(), Duration::from_secs(300));
    assert_eq!(response.statement_rules(), None);
    // `null` is read as absent.
    let null = profile_with(json!({
        "max_rows": null, "row_filters": null, "approval_mode": null, "statement_rules": null,
        "approval_timeout_seconds": null,
    }));
    assert_eq!(get_profile(null).await, response);
}

#[tokio::test]
async fn reads_a_list_of_a_newer_api() {
    let server = server_returning(json!({
        "policies": [profile_with(json!({"access_mode": "turbo", "future": 1}))],
        "next_page_token": "", "total": 1,
    }))
    .await;
    let list = policies(&server.base_url()).list();
    let page = list.clone().await.unwrap();
    assert_eq!(page.items()[0].access_mode(), &"turbo");
    assert_eq!(
        page.next_page_token(),
        None,
        "an empty token is read as absent"
    );
    assert_eq!(list.items().try_collect().await.unwrap().len(), 1);
}

#[tokio::test]
async fn unknown_verdict_allows_nothing() {
    let server = MockServer::start_async().await;
    let mock = server
        .mock_async(|when, then| {
            when.method(POST)
                .path("/v1/projects/prj_1/policy-evaluations")
                .json_body(json!({"policy_id": "pol_1", "sql": "SELECT 1"}));
            then.status(200).json_body(json!({
                "verdict": "quarantine", "rule": "moon_phase", "reason": "the moon is full",
                "masked_columns": [{"column": "email", "kind": "tokenise", "salt": "x"}],
                "until": "dawn",
            }));
        })
        .await;
    let response = policies(&server.base_url())
        .dry_eval("pol_1", "SELECT 1")
        .await
        .unwrap();
    mock.assert_async().await;
    assert!(!response.is_allowed() && !response.is_blocked());
    assert_eq!(response.verdict, Verdict::from("quarantine"));
    assert_eq!(
        (response.verdict.to_string(), response.rule.clone()),
        ("quarantine".to_owned(), "moon_phase".to_owned())
    );
    assert_eq!(response.masked_columns()[0].kind, "tokenise");
    for verdict in ["allow", "mask", "row-filter"] {
        assert!(!matches!(Verdict::from(verdict), Verdict::Unknown(_)));
    }
}

#[tokio::test]
async fn reads_a_replay_of_a_newer_api() {
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.method(POST).path("/v1/projects/prj_1/policy-replays");
            then.status(200).json_body(json!({
                "summary": {
                    "traffic_scope": "galaxy", "entries_scanned": -1, "distinct_queries": 1,
                    "evaluated": 1, "would_allow": 0, "would_block": 0, "would_mask": 0,
                    "would_row_filter": 0, "newly_blocked": 0, "newly_allowed": 0,
                    "skipped_unparseable": 0, "truncated": false, "would_quarantine": 1,
                },
                "items": [{
                    "query_hash": "h", "sql": "", "occurrences": 0, "recorded_event": "dreamt",
                    "first_seen": "2026-01-31T12:00:00.123456789+02:00",
                    "last_seen": "2026-01-31T12:00:00Z", "change": "sideways",
                    "result": {"verdict": "quarantine", "rule": "r", "reason": ""},
                }],
                "cost": 1.5,
            }));
        })
        .await;
    let response = policies(&server.base_url()).replay("pol_1").await.unwrap();
    assert_eq!(response.summary.traffic_scope, TrafficScope::from("galaxy"));
    assert_eq!(response.summary.entries_scanned, -1);
    assert_eq!(response.items[0].change, ReplayChange::from("sideways"));
    assert!(!response.items[0].result.is_allowed());
    assert_eq!(response.newly_blocked().count(), 0);
}

#[tokio::test]
async fn reads_statement_kinds_of_a_newer_api() {
    let server = server_returning(json!({
        "policy_id": "pol_1", "access_mode": "turbo",
        "statement_kinds": [{"kind": "levitate", "allowed": true, "height": 3}],
    }))
    .await;
    let response = policies(&server.base_url())
        .statement_kinds("pol_1")
        .await
        .unwrap();
    assert_eq!(
        (response.access_mode.as_str(), response.allows("levitate")),
        ("turbo", Some(true))
    );
}

#[tokio::test]
async fn responses_serialize_as_received() {
    const PROFILE: &str = r#"{"id":"pol_1","project_id":"prj_1","name":"p","access_mode":"turbo",
        "table_allowlist":[],"table_denylist":[],"query_mode":"sql","max_rows":null, "huge":1e400,
        "masking_rules":[{"table":"t","column":"c","kind":"hash","salt":1.50}],
        "created_at":"2026-01-31T12:00:00.120Z","updated_at":"2026-01-31T12:00:00Z"}"#;
    const TEMPLATE: &str = r#"{"id":"qt_1","project_id":"prj_1","name":"t","description":"","sql":"",
        "params":[{"name":"a","type":"jsonpath","new":{}}],"include_sql":false,"enabled":true,
        "created_at":"2026-01-31T12:00:00Z","updated_at":"2026-01-31T12:00:00Z", "new":[1.0]}"#;
    const RESULT: &str = r#"{"verdict":"nap","rule":"r","reason":"", "new": 1.50}"#;
    const KINDS: &str = r#"{"policy_id":"pol_1","access_mode":"turbo", "new": 1.50,
        "statement_kinds":[{"kind":"fly","allowed":true, "height": 1.50}]}"#;
    let replay = format!(
        r#"{{"summary":{{"traffic_scope":"all","entries_scanned":1,"distinct_queries":1,"new":1.50,
        "evaluated":1,"would_allow":0,"would_block":0,"would_mask":0,"would_row_filter":0,
        "newly_blocked":0,"newly_allowed":0,"skipped_unparseable":0,"truncated":false}},
        "items":[{{"query_hash":"h","sql":"","occurrences":1,"recorded_event":"e","change":"none",
        "first_seen":"2026-01-31T12:00:00Z","last_seen":"2026-01-31T12:00:00Z","result":{RESULT}}}]}}"#
    );
    let recommendation = format!(
        r#"{{"sufficient_history":true,"observed_queries":1,"observed_entries":1, "new": 1.50,
        "window_start":"2026-01-31T12:00:00Z","window_end":"2026-01-31T12:00:00Z",
        "candidate":{{"name":"c", "guard": 1.50}},"replay":{replay}}}"#
    );
    let (all_replay, all_recommendation) = (replay.clone(), recommendation.clone());
    let server = RawServer::start(move |request| {
        let body = match request.target.rsplit('/').next().unwrap() {
            "policies" => format!(r#"{{"policies":[{PROFILE}]}}"#),
            "query-templates" => format!(r#"{{"query_templates":[{TEMPLATE}]}}"#),
            "pol_1" => PROFILE.to_owned(),
            "qt_1" => TEMPLATE.to_owned(),
            "policy-evaluations" => RESULT.to_owned(),
            "statement-kinds" => KINDS.to_owned(),
            "policy-replays" => replay.clone(),
            _ => recommendation.clone(),
        };
        response("200 OK", &[], &body)
    })
    .await;
    let project = client(&server.url()).project("prj_1").unwrap();
    let (policies, templates) = (project.policies(), project.query_templates());
    let replayed = policies.replay("pol_1").await.unwrap();
    let recommended = policies.recommend("cred_1").await.unwrap();
    let page = policies.list().await.unwrap();
    let items = templates.list().items().try_collect().await.unwrap();
    let profile = policies.get("pol_1").await.unwrap();
    let template = templates.get("qt_1").await.unwrap();
    let kinds = policies.statement_kinds("pol_1").await.unwrap();
    let result = policies.dry_eval("pol_1", "SELECT 1").await.unwrap();
    // `body` returns the received bytes.
    for (body, received) in [
        (profile.body(), PROFILE),
        (template.body(), TEMPLATE),
        (kinds.body(), KINDS),
        (result.body(), RESULT),
        (replayed.body(), &all_replay),
        (recommended.body(), &all_recommendation),
    ] {
        assert_eq!(std::str::from_utf8(body).unwrap(), received);
    }
    // The parsed values serialize to the received JSON.
    for (value, received) in [
        (json!(*template), TEMPLATE),
        (json!(items[0]), TEMPLATE),
        (json!(*kinds), KINDS),
        (json!(*result), RESULT),
        (json!(*replayed), &*all_replay),
        (json!(replayed.items[0].result), RESULT),
        (json!(*recommended), &*all_recommendation),
        (json!(recommended.replay), &*all_replay),
    ] {
        assert_eq!(value, serde_json::from_str::<Value>(received).unwrap());
    }
    // Serializing a number that `serde_json::Value` cannot hold is an error.
    let error = serde_json::to_value(&page.items()[0]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("serializing `huge` would change its value"),
        "{error}"
    );
}

#[tokio::test]
async fn reads_deprecation_headers() {
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.method(GET);
            then.status(200)
                .header("deprecation", "@1767225600")
                .header("sunset", "Sun, 06 Nov 1994 08:49:37 GMT")
                .json_body(profile());
        })
        .await;
    let response = policies(&server.base_url()).get("pol_1").await.unwrap();
    assert_eq!(response.meta().deprecated_since(), Some(1_767_225_600));
    assert!(response.meta().sunset().is_some());
}
