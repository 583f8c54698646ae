//! Tests of `edit`, the lossless partial update, alone and with concurrent changes.

use std::time::Duration;

use pgbeam::{
    ErrorKind, RetryPolicy,
    policies::{Mask, PolicyProfileInput, QueryMode, RowFilter},
};
use pgbeam_emulator::Fault;
use serde_json::{Value, json};

use crate::support::{TestEnv, is_pending, policies};

/// Returns a profile of a newer API, with unknown fields.
fn rich() -> Value {
    json!({
        "name": "rich",
        "access_mode": "read_write",
        "statement_rules": {"allow": ["select", "update"], "deny": ["ddl"], "mode": "strict"},
        "table_allowlist": ["public.orders"],
        "masking_rules": [{"table": "public.users", "column": "email", "kind": "redact"}],
        "row_filters": [{"table": "public.orders", "predicate": "region = 'eu'"}],
        "max_rows": 100,
        "statement_timeout_ms": 1_500,
        "approval_timeout_seconds": 60,
        "future_guard": {"level": 9, "tables": ["a", null], "on": true},
    })
}

/// Returns the stored profile without `updated_at`, which every write changes.
fn stored(env: &TestEnv, id: &str) -> Value {
    let mut stored = env.project().policy(id).unwrap();
    stored.as_object_mut().unwrap().remove("updated_at");
    stored
}

#[tokio::test]
async fn changes_one_field_and_keeps_all_others() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    let mut expected = stored(&env, &id);
    expected["max_rows"] = json!(500);
    let etag = env
        .policies
        .get(&id)
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    env.emulator.clear_received();

    let edited = env.policies.edit(&id).max_rows(500).await.unwrap();
    assert_eq!((edited.max_rows(), edited.masking_rules().len()), (500, 1));
    assert_eq!(stored(&env, &id), expected);

    let received = env.received();
    assert_eq!(
        received.operations(),
        ["getPolicyProfile", "updatePolicyProfile"]
    );
    let put = &received[1];
    assert_eq!(put.header("if-match"), Some(etag.as_str()));
    let body = put.json().unwrap();
    for owned in ["id", "project_id", "created_at", "updated_at"] {
        assert!(body.get(owned).is_none(), "{owned} is server-owned");
    }
    assert_eq!(body["future_guard"], rich()["future_guard"]);
}

#[tokio::test]
async fn every_setter_and_clear_method_changes_its_field() {
    let env = TestEnv::start().await;
    env.store_template(json!({"name": "one", "sql": "SELECT 1"}));
    let id = env.store_policy(json!({"name": "p"}));
    let defaults = stored(&env, &id);
    let policies = &env.policies;

    policies
        .edit(&id)
        .name("q")
        .access_mode("read_write")
        .allow_statements(["select"])
        .deny_statements(["ddl"])
        .table_allowlist(["a"])
        .table_denylist(["b"])
        .masking_rules([Mask::hash("t", "c")])
        .row_filters([RowFilter::new("t", "true")])
        .budget_queries_per_hour(1)
        .budget_queries_per_day(2)
        .max_rows(3)
        .statement_timeout(Duration::from_secs(4))
        .write_mode("rollback")
        .approval_mode("writes")
        .approval_auto_max_rows(5)
        .approval_timeout(Duration::from_secs(6))
        .migration_safety("block")
        .egress_bytes_per_day(7)
        .max_affected_rows(8)
        .content_scan_mode("annotate")
        .content_scan_max_bytes(9)
        .query_mode("templates")
        .await
        .unwrap();
    let all = stored(&env, &id);
    for (field, value) in json!({
        "name": "q", "access_mode": "read_write",
        "statement_rules": {"allow": ["select"], "deny": ["ddl"]},
        "table_allowlist": ["a"], "table_denylist": ["b"],
        "masking_rules": [{"table": "t", "column": "c", "kind": "hash"}],
        "row_filters": [{"table": "t", "predicate": "true"}],
        "budget_queries_per_hour": 1, "budget_queries_per_day": 2, "max_rows": 3,
        "statement_timeout_ms": 4_000, "write_mode": "rollback", "approval_mode": "writes",
        "approval_auto_max_rows": 5, "approval_timeout_seconds": 6, "migration_safety": "block",
        "egress_bytes_per_day": 7, "max_affected_rows": 8, "content_scan_mode": "annotate",
        "content_scan_max_bytes": 9, "query_mode": "templates",
    })
    .as_object()
    .unwrap()
    {
        assert_eq!(&all[field], value, "{field}");
    }

    // Each clear method resets its field only.
    type Edit = pgbeam::request::Edit<pgbeam::policies::PolicyProfile>;
    type ClearMethod = (&'static str, fn(Edit) -> Edit);
    let clear_methods: [ClearMethod; 20] = [
        ("access_mode", Edit::clear_access_mode),
        ("statement_rules", Edit::clear_statement_rules),
        ("table_allowlist", Edit::clear_table_allowlist),
        ("table_denylist", Edit::clear_table_denylist),
        ("masking_rules", Edit::clear_masking_rules),
        ("row_filters", Edit::clear_row_filters),
        (
            "budget_queries_per_hour",
            Edit::clear_budget_queries_per_hour,
        ),
        ("budget_queries_per_day", Edit::clear_budget_queries_per_day),
        ("max_rows", Edit::clear_max_rows),
        ("statement_timeout_ms", Edit::clear_statement_timeout),
        ("write_mode", Edit::clear_write_mode),
        ("approval_mode", Edit::clear_approval_mode),
        ("approval_auto_max_rows", Edit::clear_approval_auto_max_rows),
        ("approval_timeout_seconds", Edit::clear_approval_timeout),
        ("migration_safety", Edit::clear_migration_safety),
        ("egress_bytes_per_day", Edit::clear_egress_bytes_per_day),
        ("max_affected_rows", Edit::clear_max_affected_rows),
        ("content_scan_mode", Edit::clear_content_scan_mode),
        ("content_scan_max_bytes", Edit::clear_content_scan_max_bytes),
        ("query_mode", Edit::clear_query_mode),
    ];
    let mut expected = all;
    for (field, clear) in clear_methods {
        clear(policies.edit(&id)).await.unwrap();
        match defaults.get(field) {
            Some(default) => expected[field] = default.clone(),
            None => drop(expected.as_object_mut().unwrap().remove(field)),
        }
        assert_eq!(stored(&env, &id), expected, "{field}");
    }
    expected["name"] = defaults["name"].clone();
    assert_eq!(expected, defaults, "a field has no clear method");
}

#[tokio::test]
async fn setting_one_list_of_statement_rules_keeps_the_other() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    env.policies
        .edit(&id)
        .deny_statements(["copy"])
        .await
        .unwrap();
    assert_eq!(
        stored(&env, &id)["statement_rules"],
        json!({"allow": ["select", "update"], "deny": ["copy"], "mode": "strict"})
    );
    env.policies
        .edit(&id)
        .allow_statements(["select"])
        .await
        .unwrap();
    assert_eq!(
        stored(&env, &id)["statement_rules"],
        json!({"allow": ["select"], "deny": ["copy"], "mode": "strict"})
    );
}

#[tokio::test]
async fn clear_query_mode_sends_the_default() {
    let env = TestEnv::start().await;
    env.store_template(json!({"name": "one", "sql": "SELECT 1"}));
    let id = env.store_policy(json!({"name": "p", "query_mode": "templates", "max_rows": 1}));
    let edited = env.policies.edit(&id).max_rows(2).await.unwrap();
    assert_eq!(edited.query_mode(), &QueryMode::Templates, "unchanged");
    let edited = env.policies.edit(&id).clear_query_mode().await.unwrap();
    assert_eq!(
        (edited.query_mode(), edited.max_rows()),
        (&QueryMode::Sql, 2)
    );
    let put = env.received()[3].json().unwrap();
    assert_eq!(put["query_mode"], "sql");
}

#[tokio::test]
async fn sets_and_clears_a_field_by_name() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    env.policies
        .edit(&id)
        .field("future_guard", json!({"level": 1}))
        .await
        .unwrap();
    assert_eq!(stored(&env, &id)["future_guard"], json!({"level": 1}));
    env.policies.edit(&id).clear("future_guard").await.unwrap();
    assert_eq!(stored(&env, &id).get("future_guard"), None);
    env.policies
        .edit(&id)
        .field("future_guard", Value::Null)
        .await
        .unwrap();
    assert_eq!(stored(&env, &id)["future_guard"], Value::Null);
}

#[tokio::test]
async fn edit_without_changes_only_reads() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    let profile = env.policies.edit(&id).await.unwrap();
    assert_eq!(profile.name(), "rich");
    assert!(profile.etag().is_some());
    assert_eq!(env.received().operations(), ["getPolicyProfile"]);
}

#[tokio::test]
async fn does_not_write_without_an_etag() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    let body = env.project().policy(&id).unwrap().to_string();
    let no_etag = Fault::respond(200, body).header("content-type", "application/json");
    env.emulator.inject_fault(no_etag.on("getPolicyProfile"));
    let before = stored(&env, &id);
    let error = env.policies.edit(&id).max_rows(500).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Decode, Some("getPolicyProfile"))
    );
    assert!(
        error.message().contains("ETag") && !error.maybe_applied(),
        "{error}"
    );
    assert_eq!(env.received().operations(), ["getPolicyProfile"]);
    assert_eq!(stored(&env, &id), before);
}

#[tokio::test]
async fn does_not_write_if_the_response_is_not_an_object() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    for body in ["[1]", "null", "7", ""] {
        let fault = Fault::respond(200, body).header("etag", "\"a\"");
        env.emulator.inject_fault(fault.on("getPolicyProfile"));
        let error = env.policies.edit(&id).max_rows(500).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Decode, Some(200)),
            "{body}"
        );
    }
    assert!(
        env.received()
            .for_operation("updatePolicyProfile")
            .is_empty()
    );
}

#[tokio::test]
async fn edit_keeps_concurrent_changes() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    // The first read of the edit returns the version before the concurrent change.
    let stale = env.policies.get(&id).await.unwrap();
    let old = env.project().policy(&id).unwrap().to_string();
    env.policies
        .edit(&id)
        .budget_queries_per_day(7)
        .await
        .unwrap();
    let stale = Fault::respond(200, old).header("etag", stale.etag().unwrap());
    env.emulator.inject_fault(stale.on("getPolicyProfile"));
    env.emulator.clear_received();

    let edited = env.policies.edit(&id).max_rows(500).await.unwrap();
    assert_eq!(
        (edited.max_rows(), edited.budget_queries_per_day()),
        (500, 7)
    );
    let round = ["getPolicyProfile", "updatePolicyProfile"];
    assert_eq!(env.received().operations(), [round, round].concat());
    let puts = env.received().for_operation("updatePolicyProfile");
    assert_ne!(puts[0].header("if-match"), puts[1].header("if-match"));
    assert_eq!(puts[1].json().unwrap()["budget_queries_per_day"], 7);
}

#[tokio::test]
async fn concurrent_appends_of_two_clients_are_all_kept() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p", "table_denylist": ["a"]}));
    let other = policies(&env.emulator.base_url());
    for round in 0..10 {
        let (one, two) = tokio::join!(
            env.policies
                .edit(&id)
                .deny_table(format!("one_{round}"))
                .into_future(),
            other
                .edit(&id)
                .deny_table(format!("two_{round}"))
                .into_future(),
        );
        one.unwrap();
        two.unwrap();
    }
    let masked = env.policies.edit(&id).mask(Mask::redact("t", "c"));
    let filtered = masked
        .row_filter(RowFilter::new("t", "true"))
        .deny_table("a")
        .await
        .unwrap();
    assert_eq!(
        (filtered.masking_rules().len(), filtered.row_filters().len()),
        (1, 1)
    );
    // 20 appended tables, and `a`, which is already stored and not appended again.
    assert_eq!(filtered.table_denylist().len(), 21);
}

#[tokio::test]
async fn failure_after_a_lost_response_reports_maybe_applied() {
    for (next_fault, status) in [
        (Fault::status(500).on("getPolicyProfile"), Some(500)),
        (Fault::respond(200, "[]").on("getPolicyProfile"), Some(200)),
        (Fault::status(403).on("updatePolicyProfile"), Some(403)),
    ] {
        let env = TestEnv::start().await;
        let id = env.store_policy(rich());
        // The write is applied and its response is lost. The retry gets 412, and the read that would
        // reconcile the write fails. The next round gets `next_fault`.
        env.emulator
            .inject_fault(Fault::pass_through().on("getPolicyProfile"));
        env.emulator
            .inject_fault(Fault::status(500).on("getPolicyProfile"));
        env.emulator.inject_fault(
            Fault::disconnect()
                .after_applying()
                .on("updatePolicyProfile"),
        );
        env.emulator
            .inject_fault(Fault::pass_through().on("updatePolicyProfile"));
        env.emulator.inject_fault(next_fault);
        let error = env.policies.edit(&id).max_rows(77).await.unwrap_err();
        assert_eq!(
            (error.status(), error.maybe_applied()),
            (status, true),
            "{error}"
        );
        assert_eq!(stored(&env, &id)["max_rows"], 77);
    }
}

#[tokio::test]
async fn concurrent_edits_of_different_fields_both_succeed() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    let other = policies(&env.emulator.base_url());
    let (a, b) = tokio::join!(
        env.policies.edit(&id).max_rows(500).into_future(),
        other.edit(&id).clear_row_filters().into_future(),
    );
    assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
    let profile = env.policies.get(&id).await.unwrap();
    assert_eq!((profile.max_rows(), profile.row_filters().len()), (500, 0));
    assert_eq!(profile.masking_rules().len(), 1);
}

async fn run_twenty_edits(env: &TestEnv) {
    let id = env.store_policy(rich());
    let mut edits = Vec::new();
    for n in 0..20 {
        let edit = env
            .client
            .clone()
            .project("prj_1")
            .unwrap()
            .policies()
            .edit(&id);
        edits.push(tokio::spawn(
            edit.field(&format!("guard_{n}"), n).into_future(),
        ));
    }
    for edit in edits {
        edit.await.unwrap().unwrap();
    }
    let profile = stored(env, &id);
    for n in 0..20 {
        assert_eq!(profile[format!("guard_{n}")], n);
    }
    assert_eq!(profile["future_guard"], rich()["future_guard"]);
}

#[tokio::test]
async fn twenty_concurrent_edits_of_one_client_all_succeed() {
    let env = TestEnv::start().await;
    run_twenty_edits(&env).await;
    // The lock avoids conflicts: each edit sends one read and one write.
    assert_eq!(env.received().len(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_concurrent_edits_on_several_threads_all_succeed() {
    run_twenty_edits(&TestEnv::start().await).await;
}

#[tokio::test]
async fn dropped_edit_releases_its_lock() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    let server_hangs = || Fault::slow(Duration::from_secs(3_600)).on("getPolicyProfile");
    env.emulator.inject_fault(server_hangs());
    let stuck = tokio::spawn(env.policies.edit(&id).max_rows(1).into_future());
    while env.received().is_empty() {
        tokio::task::yield_now().await;
    }
    // Edits of other profiles, edits without changes, and invalid edits do not wait for the lock.
    let other = env.store_policy(json!({"name": "other"}));
    env.policies.edit(&other).max_rows(2).await.unwrap();
    env.policies.edit(&id).await.unwrap();
    assert!(
        env.policies
            .edit(&id)
            .max_rows(-1)
            .await
            .unwrap_err()
            .is_invalid()
    );
    env.emulator.clear_received();

    let mut next = env.policies.edit(&id).max_rows(3).into_future();
    assert!(is_pending(&mut next).await);
    stuck.abort();
    assert!(stuck.await.unwrap_err().is_cancelled());
    assert_eq!(next.await.unwrap().max_rows(), 3);
    assert_eq!(
        env.received().operations(),
        ["getPolicyProfile", "updatePolicyProfile"]
    );
}

#[tokio::test]
async fn other_write_errors_end_the_edit() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    for status in [400, 403, 404, 409, 500] {
        env.emulator.clear_received();
        env.emulator
            .inject_fault(Fault::status(status).on("updatePolicyProfile"));
        let error = env.policies.edit(&id).max_rows(500).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(env.received().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn lost_write_response_is_reconciled() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    // The write is applied, but its response is lost. The retry gets 412, and a read finds the content that
    // was sent.
    env.emulator
        .inject_fault(Fault::apply_then_disconnect().on("updatePolicyProfile"));
    let edited = env.policies.edit(&id).max_rows(500).await.unwrap();
    assert_eq!(edited.max_rows(), 500);
    let methods: Vec<_> = env
        .received()
        .iter()
        .map(|sent| sent.method.clone())
        .collect();
    assert_eq!(methods, ["GET", "PUT", "PUT", "GET"]);
    let read = env.policies.get(&id).await.unwrap();
    assert_eq!((read.max_rows(), read.masking_rules().len()), (500, 1));
    assert_eq!(env.emulator.pending_faults(), 0);
}

#[tokio::test]
async fn rejects_precondition_headers_of_the_caller() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    for header in ["If-Match", "if-none-match"] {
        let error = env
            .policies
            .edit(&id)
            .max_rows(1)
            .header(header, "*")
            .await
            .unwrap_err();
        assert!(
            error.field_errors()[0].field().eq_ignore_ascii_case(header),
            "{error}"
        );
        assert!(env.received().is_empty());
    }
}

#[tokio::test]
async fn options_apply_to_each_request_of_the_edit() {
    let env = TestEnv::start().await;
    let id = env.store_policy(rich());
    env.emulator
        .inject_fault(Fault::status(503).on("updatePolicyProfile"));
    let edit = env
        .policies
        .edit(&id)
        .max_rows(500)
        .retry(RetryPolicy::none());
    let error = edit.header("x-team", "a").await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(503), 1));
    let received = env.received();
    assert_eq!(received.len(), 2);
    assert!(
        received
            .iter()
            .all(|request| request.header("x-team") == Some("a"))
    );
}

#[tokio::test]
async fn edit_of_a_created_profile_returns_the_same_masks() {
    let env = TestEnv::start().await;
    let input = PolicyProfileInput::new("p")
        .max_rows(1)
        .mask(Mask::redact("t", "c"));
    let created = env.policies.create(input).await.unwrap();
    let edited = env.policies.edit(created.id()).max_rows(1).await.unwrap();
    assert_eq!(edited.into_inner().masking_rules(), created.masking_rules());
}
