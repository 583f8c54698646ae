//! Tests of the validation before sending: all errors of a request are reported at once.

use std::time::Duration;

use pgbeam::{
    ErrorKind,
    policies::{Mask, PolicyProfileInput, RowFilter},
};

use crate::support::{INVALID_IDS, TestEnv, assert_not_sent, fields};

/// Returns a profile with five invalid fields.
fn invalid_input() -> PolicyProfileInput {
    PolicyProfileInput::new("")
        .max_rows(-1)
        .budget_queries_per_day(i64::MIN)
        .statement_timeout(Duration::from_micros(1_500))
        .approval_timeout(Duration::MAX)
}

const INVALID_FIELDS: [&str; 5] = [
    "approval_timeout_seconds",
    "budget_queries_per_day",
    "max_rows",
    "name",
    "statement_timeout_ms",
];

#[tokio::test]
async fn reports_all_invalid_fields_and_sends_nothing() {
    let env = TestEnv::start().await;
    let policies = &env.policies;
    let create = policies.create(invalid_input()).await.unwrap_err();
    assert_eq!(
        (fields(&create), create.operation()),
        (INVALID_FIELDS.to_vec(), Some("createPolicyProfile"))
    );
    let update = policies.update("pol_1", invalid_input()).await.unwrap_err();
    assert_eq!(
        (fields(&update), update.operation()),
        (INVALID_FIELDS.to_vec(), Some("updatePolicyProfile"))
    );
    let edit = policies
        .edit("pol_1")
        .name("")
        .max_rows(-1)
        .budget_queries_per_day(i64::MIN)
        .statement_timeout(Duration::from_micros(1_500))
        .approval_timeout(Duration::MAX)
        .await
        .unwrap_err();
    assert_eq!(fields(&edit), INVALID_FIELDS);

    let inner: Vec<_> = INVALID_FIELDS
        .iter()
        .map(|field| format!("policy.{field}"))
        .collect();
    let dry_eval = policies
        .dry_eval(invalid_input(), "SELECT 1")
        .await
        .unwrap_err();
    assert_eq!(fields(&dry_eval), inner);
    let replay = policies.replay(invalid_input()).await.unwrap_err();
    assert_eq!(fields(&replay), inner);

    for error in [&create, &update, &edit, &dry_eval, &replay] {
        assert_not_sent(error);
        for error in error.field_errors() {
            assert!(!error.detail().is_empty(), "{error}");
        }
    }
    assert!(env.received().is_empty());
}

#[tokio::test]
async fn reports_errors_of_path_headers_and_body_together() {
    let env = TestEnv::start().await;
    let policies = &env.policies;
    let error = policies
        .update("..", invalid_input())
        .if_match("")
        .await
        .unwrap_err();
    let mut expected = [&INVALID_FIELDS[..], &["If-Match", "policy_id"]].concat();
    expected.sort_unstable();
    assert_eq!(fields(&error), expected);
    assert_not_sent(&error);

    let error = policies.edit("").max_rows(-1).await.unwrap_err();
    assert_eq!(fields(&error), ["max_rows", "policy_id"]);
    let error = policies.dry_eval("a/b", "").await.unwrap_err();
    assert_eq!(fields(&error), ["policy_id", "sql"]);
    let error = policies
        .recommend(".")
        .lookback_days(0)
        .limit(501)
        .await
        .unwrap_err();
    assert_eq!(fields(&error), ["agent_id", "limit", "lookback_days"]);
    let error = policies.get("a\\b").if_none_match("").await.unwrap_err();
    assert_eq!(fields(&error), ["If-None-Match", "policy_id"]);
    let error = policies
        .list()
        .page_size(0)
        .if_none_match("")
        .await
        .unwrap_err();
    assert_eq!(fields(&error), ["If-None-Match", "page_size"]);

    // Errors of the call options are reported together with the others.
    let call = policies
        .update("..", PolicyProfileInput::new(""))
        .header("x y", "z");
    let error = call
        .header("Authorization", "x")
        .header("x-a", "a\nb")
        .await
        .unwrap_err();
    assert_eq!(
        fields(&error),
        ["Authorization", "name", "policy_id", "x y", "x-a"]
    );
    assert!(env.received().is_empty());
}

#[tokio::test]
async fn rejects_invalid_identifiers() {
    let env = TestEnv::start().await;
    let policies = &env.policies;
    let input = || PolicyProfileInput::new("p");
    for id in INVALID_IDS {
        for error in [
            policies.get(id).await.unwrap_err(),
            policies.get(id).if_none_match("\"a\"").await.unwrap_err(),
            policies.update(id, input()).await.unwrap_err(),
            policies.delete(id).await.unwrap_err(),
            policies.edit(id).max_rows(1).await.unwrap_err(),
            policies.edit(id).await.unwrap_err(),
            policies.statement_kinds(id).await.unwrap_err(),
            policies.dry_eval(id, "SELECT 1").await.unwrap_err(),
            policies.replay(id).await.unwrap_err(),
        ] {
            assert_eq!(fields(&error), ["policy_id"], "{id:?}");
            assert_not_sent(&error);
        }
        let error = policies.recommend(id).await.unwrap_err();
        assert_eq!(fields(&error), ["agent_id"], "{id:?}");
        let error = env.client.project(id).unwrap_err();
        assert_eq!(
            (error.kind(), fields(&error)),
            (ErrorKind::Invalid, vec!["project_id"])
        );
    }
    assert!(env.received().is_empty(), "{}", env.received());
}

#[tokio::test]
async fn rejects_values_outside_the_constraints() {
    let env = TestEnv::start().await;
    let policies = &env.policies;
    for size in [0, 101, -1, i64::MAX] {
        assert_eq!(
            fields(&policies.list().page_size(size).await.unwrap_err()),
            ["page_size"]
        );
        let mut items = policies.list().page_size(size).items();
        assert_not_sent(&items.try_next().await.unwrap_err());
        assert!(items.try_next().await.unwrap().is_none());
        assert!(
            policies
                .list()
                .page_size(size)
                .pages()
                .try_next()
                .await
                .is_err()
        );
    }
    let long = "x".repeat(1_025);
    for etag in ["", &long] {
        let error = policies.get("pol_1").if_none_match(etag).await.unwrap_err();
        assert_eq!(fields(&error), ["If-None-Match"]);
        let update = policies.update("pol_1", PolicyProfileInput::new("p"));
        assert_eq!(
            fields(&update.if_match(etag).await.unwrap_err()),
            ["If-Match"]
        );
        let error = policies.list().if_none_match(etag).await.unwrap_err();
        assert_eq!(fields(&error), ["If-None-Match"]);
    }
    for sql in [String::new(), "x".repeat(100_001)] {
        let error = policies.dry_eval("pol_1", sql).await.unwrap_err();
        assert_eq!(fields(&error), ["sql"]);
        assert!(
            error.to_string().len() < 300,
            "the error contains the statement: {error}"
        );
    }
    for limit in [0, 501] {
        assert_eq!(
            fields(&policies.replay("p").limit(limit).await.unwrap_err()),
            ["limit"]
        );
        assert_eq!(
            fields(&policies.recommend("a").limit(limit).await.unwrap_err()),
            ["limit"]
        );
    }
    for days in [0, 366] {
        let error = policies
            .recommend("a")
            .lookback_days(days)
            .await
            .unwrap_err();
        assert_eq!(fields(&error), ["lookback_days"]);
    }
    for name in [String::new(), "é".repeat(129)] {
        let error = policies
            .create(PolicyProfileInput::new(name))
            .await
            .unwrap_err();
        assert_eq!(fields(&error), ["name"]);
    }
    assert!(env.received().is_empty(), "{}", env.received());
}

#[tokio::test]
async fn sends_values_at_the_limits_of_the_constraints() {
    let env = TestEnv::start().await;
    let policies = &env.policies;
    let created = policies
        .create(PolicyProfileInput::new("é".repeat(128)))
        .await
        .unwrap();
    let id = created.id();
    policies.list().page_size(1).await.unwrap();
    policies.list().page_size(100).await.unwrap();
    let sql = format!("SELECT '{}'", "é".repeat(100_000 - 9));
    assert_eq!(sql.chars().count(), 100_000);
    assert!(policies.dry_eval(id, sql).await.unwrap().is_allowed());
    policies.dry_eval(id, ";").await.unwrap();
    policies.replay(id).limit(500).await.unwrap();
    let etag = format!("\"{}\"", "x".repeat(1_022));
    assert!(
        policies
            .get(id)
            .if_none_match(&etag)
            .await
            .unwrap()
            .modified()
            .is_some()
    );
    let input = PolicyProfileInput::new("x")
        .max_rows(i64::MAX)
        .egress_bytes_per_day(0);
    let error = policies
        .update(id, input.clone())
        .if_match(&etag)
        .await
        .unwrap_err();
    assert!(error.is_precondition_failed());
    policies.update(id, input).await.unwrap();
    assert_eq!(env.received().len(), 9);
}

#[tokio::test]
async fn validates_known_fields_set_by_name() {
    let env = TestEnv::start().await;
    let policies = &env.policies;
    let input = PolicyProfileInput::new("p")
        .field("max_rows", "ten")
        .field("future", "ten");
    let input = input
        .field("budget_queries_per_day", true)
        .egress_bytes_per_day(-1);
    let expected = ["budget_queries_per_day", "egress_bytes_per_day", "max_rows"];
    assert_eq!(fields(&policies.create(input).await.unwrap_err()), expected);
    let edit = policies
        .edit("pol_1")
        .field("max_rows", "ten")
        .field("future", "ten");
    let edit = edit
        .field("budget_queries_per_day", true)
        .egress_bytes_per_day(-1);
    assert_eq!(fields(&edit.await.unwrap_err()), expected);
    let error = policies
        .edit("pol_1")
        .field("table_allowlist", vec![1])
        .await
        .unwrap_err();
    assert_eq!(fields(&error), ["table_allowlist[0]"]);
    for owned in ["id", "project_id", "created_at", "updated_at"] {
        let error = policies.edit("pol_1").field(owned, "x").await.unwrap_err();
        assert_eq!(fields(&error), [owned]);
        assert_eq!(
            fields(&policies.edit("pol_1").clear(owned).await.unwrap_err()),
            [owned]
        );
    }
    assert_eq!(
        fields(&policies.edit("pol_1").clear("name").await.unwrap_err()),
        ["name"]
    );
    assert!(env.received().is_empty());
}

#[tokio::test]
async fn replay_rejects_two_traffic_selectors() {
    let env = TestEnv::start().await;
    let both = env
        .policies
        .replay("pol_1")
        .credential("cred_1")
        .bound_policy("pol_2");
    let error = both.limit(0).await.unwrap_err();
    assert_eq!(fields(&error), ["bound_policy_id", "limit"]);
    assert!(env.received().is_empty());
}

#[tokio::test]
async fn last_value_of_a_field_applies() {
    let env = TestEnv::start().await;
    let input = invalid_input()
        .name("p")
        .max_rows(1)
        .budget_queries_per_day(2)
        .statement_timeout(Duration::from_secs(1))
        .approval_timeout(Duration::from_secs(3));
    let created = env.policies.create(input).await.unwrap();
    assert_eq!(
        (created.max_rows(), created.approval_timeout()),
        (1, Duration::from_secs(3))
    );
    let invalid = PolicyProfileInput::new("p").max_rows(1).max_rows(-1);
    assert_eq!(
        fields(&env.policies.create(invalid).await.unwrap_err()),
        ["max_rows"]
    );
}

#[tokio::test]
async fn reports_the_index_of_invalid_list_items() {
    let env = TestEnv::start().await;
    let input = PolicyProfileInput::new("p")
        .mask(Mask::redact("t", "c"))
        .field(
            "row_filters",
            serde_json::json!([RowFilter::new("t", "true"), {"table": "t"}]),
        );
    let error = env.policies.create(input).await.unwrap_err();
    assert_eq!(fields(&error), ["row_filters[1]"]);
    assert!(error.to_string().contains("predicate"), "{error}");
    assert!(env.received().is_empty());
}
