//! What is refused before anything is sent, all of it at once.

use std::time::Duration;

use pgbeam::{
    ErrorKind,
    policies::{Mask, PolicyProfileInput, RowFilter},
};

use crate::support::{Bench, NO_IDS, assert_not_sent, fields};

/// A profile with five fields out of bounds.
fn bad() -> PolicyProfileInput {
    PolicyProfileInput::new("")
        .max_rows(-1)
        .budget_queries_per_day(i64::MIN)
        .statement_timeout(Duration::from_micros(1_500))
        .approval_timeout(Duration::MAX)
}

const BAD: [&str; 5] = [
    "approval_timeout_seconds",
    "budget_queries_per_day",
    "max_rows",
    "name",
    "statement_timeout_ms",
];

#[tokio::test]
async fn every_field_that_is_wrong_is_named_at_once_and_nothing_is_sent() {
    let bench = Bench::start().await;
    let policies = &bench.policies;
    let create = policies.create(bad()).await.unwrap_err();
    assert_eq!(
        (fields(&create), create.operation()),
        (BAD.to_vec(), Some("createPolicyProfile"))
    );
    let update = policies.update("pol_1", bad()).await.unwrap_err();
    assert_eq!(
        (fields(&update), update.operation()),
        (BAD.to_vec(), Some("updatePolicyProfile"))
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
    assert_eq!(fields(&edit), BAD);

    let inner: Vec<_> = BAD.iter().map(|field| format!("policy.{field}")).collect();
    let dry_eval = policies.dry_eval(bad(), "SELECT 1").await.unwrap_err();
    assert_eq!(fields(&dry_eval), inner);
    let replay = policies.replay(bad()).await.unwrap_err();
    assert_eq!(fields(&replay), inner);

    for error in [&create, &update, &edit, &dry_eval, &replay] {
        assert_not_sent(error);
        for error in error.field_errors() {
            assert!(!error.detail().is_empty(), "{error}");
        }
    }
    assert!(bench.received().is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_the_path_the_headers_and_the_body_is_said_together() {
    let bench = Bench::start().await;
    let policies = &bench.policies;
    let error = policies.update("..", bad()).if_match("").await.unwrap_err();
    let mut want = [&BAD[..], &["If-Match", "policy_id"]].concat();
    want.sort_unstable();
    assert_eq!(fields(&error), want);
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

    // Options of the call among them.
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
    assert!(bench.received().is_empty());
}

#[tokio::test]
async fn what_no_identifier_is_never_leaves() {
    let bench = Bench::start().await;
    let policies = &bench.policies;
    let input = || PolicyProfileInput::new("p");
    for id in NO_IDS {
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
        let error = bench.client.project(id).unwrap_err();
        assert_eq!(
            (error.kind(), fields(&error)),
            (ErrorKind::Invalid, vec!["project_id"])
        );
    }
    assert!(bench.received().is_empty(), "{}", bench.received());
}

#[tokio::test]
async fn bounds_include_their_ends() {
    let bench = Bench::start().await;
    let policies = &bench.policies;
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
            "the statement is not repeated: {error}"
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
    assert!(bench.received().is_empty(), "{}", bench.received());
}

#[tokio::test]
async fn what_is_just_within_the_bounds_is_sent() {
    let bench = Bench::start().await;
    let policies = &bench.policies;
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
    assert_eq!(bench.received().len(), 9);
}

#[tokio::test]
async fn fields_by_name_are_checked_where_they_are_known() {
    let bench = Bench::start().await;
    let policies = &bench.policies;
    let input = PolicyProfileInput::new("p")
        .field("max_rows", "ten")
        .field("future", "ten");
    let input = input
        .field("budget_queries_per_day", true)
        .egress_bytes_per_day(-1);
    let want = ["budget_queries_per_day", "egress_bytes_per_day", "max_rows"];
    assert_eq!(fields(&policies.create(input).await.unwrap_err()), want);
    let edit = policies
        .edit("pol_1")
        .field("max_rows", "ten")
        .field("future", "ten");
    let edit = edit
        .field("budget_queries_per_day", true)
        .egress_bytes_per_day(-1);
    assert_eq!(fields(&edit.await.unwrap_err()), want);
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
            fields(&policies.edit("pol_1").reset(owned).await.unwrap_err()),
            [owned]
        );
    }
    assert_eq!(
        fields(&policies.edit("pol_1").reset("name").await.unwrap_err()),
        ["name"]
    );
    assert!(bench.received().is_empty());
}

#[tokio::test]
async fn a_replay_is_of_one_kind_of_traffic_only() {
    let bench = Bench::start().await;
    let both = bench
        .policies
        .replay("pol_1")
        .credential("cred_1")
        .bound_policy("pol_2");
    let error = both.limit(0).await.unwrap_err();
    assert_eq!(fields(&error), ["bound_policy_id", "limit"]);
    assert!(bench.received().is_empty());
}

#[tokio::test]
async fn the_last_value_of_a_field_is_the_one_that_counts() {
    let bench = Bench::start().await;
    let input = bad()
        .name("p")
        .max_rows(1)
        .budget_queries_per_day(2)
        .statement_timeout(Duration::from_secs(1))
        .approval_timeout(Duration::from_secs(3));
    let created = bench.policies.create(input).await.unwrap();
    assert_eq!(
        (created.max_rows(), created.approval_timeout()),
        (1, Duration::from_secs(3))
    );
    let refused = PolicyProfileInput::new("p").max_rows(1).max_rows(-1);
    assert_eq!(
        fields(&bench.policies.create(refused).await.unwrap_err()),
        ["max_rows"]
    );
}

#[tokio::test]
async fn rules_inside_lists_are_named_by_their_place() {
    let bench = Bench::start().await;
    let input = PolicyProfileInput::new("p")
        .mask(Mask::redact("t", "c"))
        .field(
            "row_filters",
            serde_json::json!([RowFilter::new("t", "true"), {"table": "t"}]),
        );
    let error = bench.policies.create(input).await.unwrap_err();
    assert_eq!(fields(&error), ["row_filters[1]"]);
    assert!(error.to_string().contains("predicate"), "{error}");
    assert!(bench.received().is_empty());
}
