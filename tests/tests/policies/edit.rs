//! The safe partial update, alone and against others.

use std::time::Duration;

use pgbeam::{
    ErrorKind, RetryPolicy,
    policies::{Mask, PolicyProfileInput, QueryMode, RowFilter},
};
use pgbeam_emulator::Fault;
use serde_json::{Value, json};

use crate::support::{Bench, is_pending, policies};

/// A profile that a newer server might have: with members that nobody here knows.
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

/// The stored profile without what changes with every write.
fn stored(bench: &Bench, id: &str) -> Value {
    let mut stored = bench.project().policy(id).unwrap();
    stored.as_object_mut().unwrap().remove("updated_at");
    stored
}

#[tokio::test]
async fn one_field_changes_and_all_others_stay() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    let mut want = stored(&bench, &id);
    want["max_rows"] = json!(500);
    let etag = bench
        .policies
        .get(&id)
        .await
        .unwrap()
        .etag()
        .unwrap()
        .to_owned();
    bench.emulator.clear_received();

    let edited = bench.policies.edit(&id).max_rows(500).await.unwrap();
    assert_eq!((edited.max_rows(), edited.masking_rules().len()), (500, 1));
    assert_eq!(stored(&bench, &id), want);

    let received = bench.received();
    assert_eq!(
        received.operations(),
        ["getPolicyProfile", "updatePolicyProfile"]
    );
    let put = &received[1];
    assert_eq!(put.header("if-match"), Some(etag.as_str()));
    let body = put.json().unwrap();
    for owned in ["id", "project_id", "created_at", "updated_at"] {
        assert!(body.get(owned).is_none(), "{owned} is the server's");
    }
    assert_eq!(body["future_guard"], rich()["future_guard"]);
}

#[tokio::test]
async fn every_setter_and_every_reset_reaches_its_own_field() {
    let bench = Bench::start().await;
    bench.stored_template(json!({"name": "one", "sql": "SELECT 1"}));
    let id = bench.stored(json!({"name": "p"}));
    let defaults = stored(&bench, &id);
    let policies = &bench.policies;

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
    let all = stored(&bench, &id);
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

    // One reset at a time: that field goes back, no other does.
    type Edit = pgbeam::request::Edit<pgbeam::policies::PolicyProfile>;
    type Reset = (&'static str, fn(Edit) -> Edit);
    let resets: [Reset; 20] = [
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
    let mut want = all;
    for (field, reset) in resets {
        reset(policies.edit(&id)).await.unwrap();
        match defaults.get(field) {
            Some(default) => want[field] = default.clone(),
            None => drop(want.as_object_mut().unwrap().remove(field)),
        }
        assert_eq!(stored(&bench, &id), want, "{field}");
    }
    want["name"] = defaults["name"].clone();
    assert_eq!(want, defaults, "no field was forgotten");
}

#[tokio::test]
async fn one_list_of_the_statement_rules_does_not_cost_the_other() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    bench
        .policies
        .edit(&id)
        .deny_statements(["copy"])
        .await
        .unwrap();
    assert_eq!(
        stored(&bench, &id)["statement_rules"],
        json!({"allow": ["select", "update"], "deny": ["copy"], "mode": "strict"})
    );
    bench
        .policies
        .edit(&id)
        .allow_statements(["select"])
        .await
        .unwrap();
    assert_eq!(
        stored(&bench, &id)["statement_rules"],
        json!({"allow": ["select"], "deny": ["copy"], "mode": "strict"})
    );
}

#[tokio::test]
async fn clearing_the_query_mode_says_so_because_leaving_it_out_would_keep_it() {
    let bench = Bench::start().await;
    bench.stored_template(json!({"name": "one", "sql": "SELECT 1"}));
    let id = bench.stored(json!({"name": "p", "query_mode": "templates", "max_rows": 1}));
    let edited = bench.policies.edit(&id).max_rows(2).await.unwrap();
    assert_eq!(
        edited.query_mode(),
        &QueryMode::Templates,
        "it was not asked for"
    );
    let edited = bench.policies.edit(&id).clear_query_mode().await.unwrap();
    assert_eq!(
        (edited.query_mode(), edited.max_rows()),
        (&QueryMode::Sql, 2)
    );
    let put = bench.received()[3].json().unwrap();
    assert_eq!(put["query_mode"], "sql");
}

#[tokio::test]
async fn a_field_by_its_name_is_set_and_reset_like_any_other() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    bench
        .policies
        .edit(&id)
        .field("future_guard", json!({"level": 1}))
        .await
        .unwrap();
    assert_eq!(stored(&bench, &id)["future_guard"], json!({"level": 1}));
    bench
        .policies
        .edit(&id)
        .reset("future_guard")
        .await
        .unwrap();
    assert_eq!(stored(&bench, &id).get("future_guard"), None);
    bench
        .policies
        .edit(&id)
        .field("future_guard", Value::Null)
        .await
        .unwrap();
    assert_eq!(stored(&bench, &id)["future_guard"], Value::Null);
}

#[tokio::test]
async fn without_a_change_it_reads_and_does_not_write() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    let profile = bench.policies.edit(&id).await.unwrap();
    assert_eq!(profile.name(), "rich");
    assert!(profile.etag().is_some());
    assert_eq!(bench.received().operations(), ["getPolicyProfile"]);
}

#[tokio::test]
async fn without_an_etag_nothing_is_written() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    let body = bench.project().policy(&id).unwrap().to_string();
    let bare = Fault::respond(200, body).header("content-type", "application/json");
    bench.emulator.inject_fault(bare.on("getPolicyProfile"));
    let before = stored(&bench, &id);
    let error = bench.policies.edit(&id).max_rows(500).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (ErrorKind::Decode, Some("getPolicyProfile"))
    );
    assert!(
        error.message().contains("ETag") && !error.maybe_applied(),
        "{error}"
    );
    assert_eq!(bench.received().operations(), ["getPolicyProfile"]);
    assert_eq!(stored(&bench, &id), before);
}

#[tokio::test]
async fn what_is_no_object_is_not_written_over() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    for body in ["[1]", "null", "7", ""] {
        let fault = Fault::respond(200, body).header("etag", "\"a\"");
        bench.emulator.inject_fault(fault.on("getPolicyProfile"));
        let error = bench.policies.edit(&id).max_rows(500).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::Decode, Some(200)),
            "{body}"
        );
    }
    assert!(
        bench
            .received()
            .for_operation("updatePolicyProfile")
            .is_empty()
    );
}

#[tokio::test]
async fn somebody_elses_change_in_between_is_kept() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    // The first read is answered late, with what was true before the other change.
    let stale = bench.policies.get(&id).await.unwrap();
    let old = bench.project().policy(&id).unwrap().to_string();
    bench
        .policies
        .edit(&id)
        .budget_queries_per_day(7)
        .await
        .unwrap();
    let stale = Fault::respond(200, old).header("etag", stale.etag().unwrap());
    bench.emulator.inject_fault(stale.on("getPolicyProfile"));
    bench.emulator.clear_received();

    let edited = bench.policies.edit(&id).max_rows(500).await.unwrap();
    assert_eq!(
        (edited.max_rows(), edited.budget_queries_per_day()),
        (500, 7)
    );
    let round = ["getPolicyProfile", "updatePolicyProfile"];
    assert_eq!(bench.received().operations(), [round, round].concat());
    let puts = bench.received().for_operation("updatePolicyProfile");
    assert_ne!(puts[0].header("if-match"), puts[1].header("if-match"));
    assert_eq!(puts[1].json().unwrap()["budget_queries_per_day"], 7);
}

#[tokio::test]
async fn what_two_clients_add_to_one_list_at_once_is_all_there() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p", "table_denylist": ["a"]}));
    let other = policies(&bench.emulator.base_url());
    for round in 0..10 {
        let (one, two) = tokio::join!(
            bench
                .policies
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
    let masked = bench.policies.edit(&id).mask(Mask::redact("t", "c"));
    let filtered = masked
        .row_filter(RowFilter::new("t", "true"))
        .deny_table("a")
        .await
        .unwrap();
    assert_eq!(
        (filtered.masking_rules().len(), filtered.row_filters().len()),
        (1, 1)
    );
    // 20 that were added, and the one that was there, which is not added twice.
    assert_eq!(filtered.table_denylist().len(), 21);
}

#[tokio::test]
async fn what_fails_after_a_write_whose_answer_was_lost_says_that_it_may_have_been_applied() {
    for (then, status) in [
        (Fault::status(500).on("getPolicyProfile"), Some(500)),
        (Fault::respond(200, "[]").on("getPolicyProfile"), Some(200)),
        (Fault::status(403).on("updatePolicyProfile"), Some(403)),
    ] {
        let bench = Bench::start().await;
        let id = bench.stored(rich());
        // The write is applied and its answer cut; sent again, it meets its own change, and the read
        // that would tell so fails.
        bench
            .emulator
            .inject_fault(Fault::pass_through().on("getPolicyProfile"));
        bench
            .emulator
            .inject_fault(Fault::status(500).on("getPolicyProfile"));
        bench.emulator.inject_fault(
            Fault::disconnect()
                .after_applying()
                .on("updatePolicyProfile"),
        );
        bench
            .emulator
            .inject_fault(Fault::pass_through().on("updatePolicyProfile"));
        bench.emulator.inject_fault(then);
        let error = bench.policies.edit(&id).max_rows(77).await.unwrap_err();
        assert_eq!(
            (error.status(), error.maybe_applied()),
            (status, true),
            "{error}"
        );
        assert_eq!(stored(&bench, &id)["max_rows"], 77);
    }
}

#[tokio::test]
async fn two_clients_at_once_on_different_fields_both_win() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    let other = policies(&bench.emulator.base_url());
    let (a, b) = tokio::join!(
        bench.policies.edit(&id).max_rows(500).into_future(),
        other.edit(&id).clear_row_filters().into_future(),
    );
    assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
    let profile = bench.policies.get(&id).await.unwrap();
    assert_eq!((profile.max_rows(), profile.row_filters().len()), (500, 0));
    assert_eq!(profile.masking_rules().len(), 1);
}

async fn twenty_at_once(bench: &Bench) {
    let id = bench.stored(rich());
    let mut edits = Vec::new();
    for n in 0..20 {
        let edit = bench
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
    let profile = stored(bench, &id);
    for n in 0..20 {
        assert_eq!(profile[format!("guard_{n}")], n);
    }
    assert_eq!(profile["future_guard"], rich()["future_guard"]);
}

#[tokio::test]
async fn twenty_at_once_through_one_client_all_land() {
    let bench = Bench::start().await;
    twenty_at_once(&bench).await;
    // They take turns, so that none has to begin again.
    assert_eq!(bench.received().len(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_at_once_on_several_threads_all_land() {
    twenty_at_once(&Bench::start().await).await;
}

#[tokio::test]
async fn a_turn_that_is_given_up_holds_up_nobody() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    let server_hangs = || Fault::slow(Duration::from_secs(3_600)).on("getPolicyProfile");
    bench.emulator.inject_fault(server_hangs());
    let stuck = tokio::spawn(bench.policies.edit(&id).max_rows(1).into_future());
    while bench.received().is_empty() {
        tokio::task::yield_now().await;
    }
    // Not reads, not what is refused, and not the edits of other profiles either.
    let other = bench.stored(json!({"name": "other"}));
    bench.policies.edit(&other).max_rows(2).await.unwrap();
    bench.policies.edit(&id).await.unwrap();
    assert!(
        bench
            .policies
            .edit(&id)
            .max_rows(-1)
            .await
            .unwrap_err()
            .is_invalid()
    );
    bench.emulator.clear_received();

    let mut next = bench.policies.edit(&id).max_rows(3).into_future();
    assert!(is_pending(&mut next).await);
    stuck.abort();
    assert!(stuck.await.unwrap_err().is_cancelled());
    assert_eq!(next.await.unwrap().max_rows(), 3);
    assert_eq!(
        bench.received().operations(),
        ["getPolicyProfile", "updatePolicyProfile"]
    );
}

#[tokio::test]
async fn another_error_of_the_write_ends_it_at_once() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    for status in [400, 403, 404, 409, 500] {
        bench.emulator.clear_received();
        bench
            .emulator
            .inject_fault(Fault::status(status).on("updatePolicyProfile"));
        let error = bench.policies.edit(&id).max_rows(500).await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert_eq!(bench.received().len(), 2, "{status}");
    }
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_not_made_twice_nor_taken_for_a_conflict() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    // It took effect; repeated, it meets its own change as a 412; read again, it is seen to be there.
    bench
        .emulator
        .inject_fault(Fault::apply_then_disconnect().on("updatePolicyProfile"));
    let edited = bench.policies.edit(&id).max_rows(500).await.unwrap();
    assert_eq!(edited.max_rows(), 500);
    let methods: Vec<_> = bench
        .received()
        .iter()
        .map(|sent| sent.method.clone())
        .collect();
    assert_eq!(methods, ["GET", "PUT", "PUT", "GET"]);
    let read = bench.policies.get(&id).await.unwrap();
    assert_eq!((read.max_rows(), read.masking_rules().len()), (500, 1));
    assert_eq!(bench.emulator.pending_faults(), 0);
}

#[tokio::test]
async fn a_precondition_of_the_callers_own_would_undo_the_edits() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    for header in ["If-Match", "if-none-match"] {
        let error = bench
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
        assert!(bench.received().is_empty());
    }
}

#[tokio::test]
async fn the_options_of_the_call_hold_for_each_of_its_requests() {
    let bench = Bench::start().await;
    let id = bench.stored(rich());
    bench
        .emulator
        .inject_fault(Fault::status(503).on("updatePolicyProfile"));
    let edit = bench
        .policies
        .edit(&id)
        .max_rows(500)
        .retry(RetryPolicy::none());
    let error = edit.header("x-team", "a").await.unwrap_err();
    assert_eq!((error.status(), error.attempts()), (Some(503), 1));
    let received = bench.received();
    assert_eq!(received.len(), 2);
    assert!(
        received
            .iter()
            .all(|request| request.header("x-team") == Some("a"))
    );
}

#[tokio::test]
async fn a_profile_from_an_input_and_an_edit_of_it_agree() {
    let bench = Bench::start().await;
    let input = PolicyProfileInput::new("p")
        .max_rows(1)
        .mask(Mask::redact("t", "c"));
    let created = bench.policies.create(input).await.unwrap();
    let edited = bench.policies.edit(created.id()).max_rows(1).await.unwrap();
    assert_eq!(edited.into_inner().masking_rules(), created.masking_rules());
}
