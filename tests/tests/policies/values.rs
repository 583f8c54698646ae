//! Tests of profiles as values: serialization in other formats and inside other types, values for unit tests,
//! and setters.

use std::time::{Duration, SystemTime};

use pgbeam::{
    api::types::{AuditLogEntry, AuditSessionSummary},
    policies::{
        AccessMode, Mask, PolicyProfile, PolicyProfileInput, QueryTemplateInput, RowFilter,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::TestEnv;

/// Returns a profile with every kind of value, and unknown fields.
fn rich() -> Value {
    json!({
        "name": "Everything: yes, \"no\"\n# and ~ null",
        "access_mode": "read_write",
        "statement_rules": {"allow": ["select"], "deny": ["ddl"], "mode": "strict"},
        "table_allowlist": ["public.orders", "no", "1e3"],
        "masking_rules": [{"table": "t", "column": "c", "kind": "hash", "salt": 1.5}],
        "row_filters": [{"table": "t", "predicate": "region = 'eu'"}],
        "max_rows": 500, "statement_timeout_ms": 2_500, "egress_bytes_per_day": i64::MAX,
        "guard": {"level": u64::MAX, "below": i64::MIN, "share": 0.1, "list": [], "none": null},
    })
}

#[tokio::test]
async fn profile_survives_a_yaml_round_trip() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    let mut before = env.project().policy(&id).unwrap();

    let profile = env.policies.get(&id).await.unwrap();
    let yaml = serde_saphyr::to_string(&*profile).unwrap();
    assert!(!yaml.contains("serde_json"), "{yaml}");
    let again: PolicyProfile = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(again, *profile);

    // An update with the parsed profile changes nothing. The same holds below for an input that is converted
    // to YAML and back.
    let mut input = PolicyProfileInput::from(&again);
    env.policies.update(&id, input.clone()).await.unwrap();
    let mut after = env.project().policy(&id).unwrap();
    before["updated_at"].take();
    after["updated_at"].take();
    assert_eq!(after, before);

    let yaml = serde_saphyr::to_string(&input).unwrap();
    input = serde_saphyr::from_str(&yaml).unwrap();
    env.policies.update(&id, input).await.unwrap();
    let mut after = env.project().policy(&id).unwrap();
    after["updated_at"].take();
    assert_eq!(after, before);
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct File {
    team: String,
    #[serde(flatten)]
    profile: PolicyProfile,
}

#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Document {
    Profile(PolicyProfile),
    Input(PolicyProfileInput),
}

#[tokio::test]
async fn profile_serializes_inside_other_types() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    let stored = env.project().policy(&id).unwrap();
    let profile = env.policies.get(&id).await.unwrap().into_inner();
    assert_eq!(serde_json::to_value(&profile).unwrap(), stored);
    let shown = format!("{profile:?}");
    assert!(
        shown.contains("column: \"c\"") && shown.contains("Hash"),
        "{shown}"
    );

    let file = File {
        team: "a".into(),
        profile: profile.clone(),
    };
    let mut expected = stored.clone();
    expected["team"] = json!("a");
    assert_eq!(serde_json::to_value(&file).unwrap(), expected);
    assert_eq!(serde_json::from_value::<File>(expected).unwrap(), file);
    let yaml = serde_saphyr::to_string(&file).unwrap();
    assert_eq!(serde_saphyr::from_str::<File>(&yaml).unwrap(), file);
    let toml = toml::to_string::<Value>(&stored);
    assert!(toml.is_err(), "TOML has no null");

    for document in [
        Document::Input(PolicyProfileInput::from(&profile)),
        Document::Profile(profile),
    ] {
        let json = serde_json::to_string(&document).unwrap();
        assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document);
    }
}

#[test]
fn profile_without_nulls_survives_a_toml_round_trip() {
    let json = json!({"name": "p", "max_rows": 5, "guard": {"level": 9}, "table_denylist": ["a"]});
    let input: PolicyProfileInput = serde_json::from_value(json.clone()).unwrap();
    let toml = toml::to_string(&input).unwrap();
    let again: PolicyProfileInput = toml::from_str(&toml).unwrap();
    assert_eq!(
        (serde_json::to_value(&again).unwrap(), again),
        (json, input)
    );
}

#[test]
fn unit_test_builds_a_response_from_default() {
    let mut profile = PolicyProfile::default();
    profile.name = "p".into();
    profile.access_mode = AccessMode::ReadWrite;
    profile.masking_rules = vec![Mask::hash("t", "c")];
    assert_eq!((profile.name(), profile.max_rows()), ("p", 0));
    profile.unknown_fields.insert("guard", 7);

    let input = PolicyProfileInput::from(&profile);
    assert_eq!(
        serde_json::to_value(&input).unwrap()["guard"],
        7,
        "unknown fields are kept"
    );
    // Other response types implement `Default`, too.
    assert_eq!(AuditLogEntry::default(), AuditLogEntry::default());
    assert_eq!(
        AuditSessionSummary::default().unknown_fields.iter().count(),
        0
    );
}

#[test]
fn setters_accept_common_types() {
    let name = String::from("a");
    let input = PolicyProfileInput::new(&name)
        .max_rows(5_u8)
        .max_affected_rows(5_usize)
        .egress_bytes_per_day(1_u64 << 40)
        .approval_auto_max_rows(5)
        .statement_timeout(Duration::from_millis(1_500))
        .table_allowlist(["a", "b"])
        .table_denylist(vec![name.clone()])
        .row_filters((0..2).map(|n| RowFilter::new("t", format!("x = {n}"))))
        .access_mode("read_write")
        .write_mode(String::from("rollback"));
    assert_eq!(
        serde_json::to_value(&input).unwrap(),
        json!({
            "name": "a", "max_rows": 5, "max_affected_rows": 5, "egress_bytes_per_day": 1_u64 << 40,
            "approval_auto_max_rows": 5, "statement_timeout_ms": 1_500,
            "table_allowlist": ["a", "b"], "table_denylist": ["a"],
            "row_filters": [{"table": "t", "predicate": "x = 0"}, {"table": "t", "predicate": "x = 1"}],
            "access_mode": "read_write", "write_mode": "rollback",
        })
    );
    QueryTemplateInput::new("q", "SELECT 1")
        .description(&name)
        .validate()
        .unwrap();
}

#[tokio::test]
async fn reports_out_of_range_numbers_when_the_request_is_sent() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p", "max_rows": 1}));
    let too_large = PolicyProfileInput::new("p")
        .max_rows(u64::MAX)
        .max_affected_rows(-1);
    for error in [
        too_large.validate().unwrap_err(),
        env.policies.create(too_large.clone()).await.unwrap_err(),
        env.policies.update(&id, too_large).await.unwrap_err(),
        env.policies
            .edit(&id)
            .max_rows(u64::MAX)
            .max_affected_rows(-1)
            .await
            .unwrap_err(),
    ] {
        let fields: Vec<_> = error
            .field_errors()
            .iter()
            .map(|error| error.field())
            .collect();
        assert!(
            fields.contains(&"max_rows") && fields.contains(&"max_affected_rows"),
            "{error}"
        );
    }
    assert!(env.received().is_empty());
    // A later call of the same setter replaces an invalid value.
    let input = PolicyProfileInput::new("p").max_rows(u64::MAX).max_rows(1);
    input.validate().unwrap();
    let long = PolicyProfileInput::new("p").statement_timeout(Duration::MAX);
    assert!(
        long.validate()
            .unwrap_err()
            .to_string()
            .contains("statement_timeout")
    );
}

#[tokio::test]
async fn timestamp_setters_accept_three_types() {
    let env = TestEnv::start().await;
    let project = env.client.project("prj_1").unwrap();
    let seconds = Duration::from_secs(1_700_000_000);
    let system = SystemTime::UNIX_EPOCH + seconds;
    let chrono = chrono::DateTime::<chrono::Utc>::from(system);
    let offset = chrono.with_timezone(&chrono::FixedOffset::east_opt(3_600).unwrap());
    let list = || project.audit_logs().list();
    for request in [
        list().start(system),
        list().start(chrono),
        list().start(offset),
        list().start("2023-11-14T22:13:20Z"),
        list().start("2023-11-14T23:13:20+01:00".to_owned()),
    ] {
        let _ = request.await;
    }
    let received = env.received();
    assert_eq!(received.len(), 5);
    for request in received.iter() {
        assert_eq!(
            request.query_param("start").as_deref(),
            Some("2023-11-14T22:13:20Z")
        );
    }
    let error = list().start("yesterday").await.unwrap_err();
    assert!(
        error.is_invalid() && error.to_string().contains("start"),
        "{error}"
    );
}
