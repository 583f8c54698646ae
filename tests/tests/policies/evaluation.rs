//! Statement kinds, dry evaluation, replay and recommendation.

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam::policies::{
    AccessMode, Mask, MaskKind, PolicyProfileInput, PolicySubject, ReplayChange, RowFilter,
    TrafficScope, Verdict,
};
use pgbeam_emulator::{Fault, ManualClock, Traffic, rule};
use serde_json::json;

use crate::support::{Bench, body};

fn draft() -> PolicyProfileInput {
    PolicyProfileInput::new("draft")
}

#[tokio::test]
async fn statement_kinds_are_one_verdict_a_kind() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p", "statement_rules": {"deny": ["show"]}}));
    let kinds = bench.policies.statement_kinds(&id).await.unwrap();
    assert_eq!(
        (kinds.policy_id.as_str(), &kinds.access_mode),
        (id.as_str(), &AccessMode::ReadOnly)
    );
    for (kind, allows) in [
        ("select", Some(true)),
        ("delete", Some(false)),
        ("show", Some(false)),
        ("copy", Some(false)),
        ("teleport", None),
    ] {
        assert_eq!(kinds.allows(kind), allows, "{kind}");
    }
    assert_eq!(kinds.statement_kinds.len(), 11);
    let delete = kinds
        .statement_kinds
        .iter()
        .find(|of| of.kind == "delete")
        .unwrap();
    assert_eq!(delete.rule.as_deref(), Some(rule::READ_ONLY));
    assert!(delete.reason.is_some());
    let select = kinds
        .statement_kinds
        .iter()
        .find(|of| of.kind == "select")
        .unwrap();
    assert_eq!((select.allowed, &select.rule), (true, &None));
    assert_eq!(
        bench.only().path,
        format!("/v1/projects/prj_1/policies/{id}/statement-kinds")
    );
}

#[tokio::test]
async fn a_draft_is_judged_and_not_stored() {
    let bench = Bench::start().await;
    let policy = draft()
        .table_denylist(["api_secrets"])
        .mask(Mask::redact("public.users", "email"))
        .row_filter(RowFilter::new("public.orders", "region = 'eu'"));
    let judge = |sql: &str| bench.policies.dry_eval(&policy, sql).into_future();

    let allowed = judge("SELECT 1").await.unwrap();
    assert_eq!(
        (&allowed.verdict, allowed.rule.as_str()),
        (&Verdict::Allow, rule::OK)
    );
    assert!(allowed.is_allowed() && !allowed.is_blocked());
    assert!(allowed.masked_columns().is_empty() && allowed.rewritten_sql.is_none());

    let blocked = judge("SELECT * FROM api_secrets").await.unwrap();
    assert_eq!(
        (&blocked.verdict, blocked.rule.as_str()),
        (&Verdict::Block, rule::TABLE_DENYLIST)
    );
    assert!(blocked.is_blocked() && !blocked.is_allowed() && !blocked.reason.is_empty());

    let masked = judge("SELECT email FROM users").await.unwrap();
    assert_eq!(masked.verdict, Verdict::Mask);
    let column = &masked.masked_columns()[0];
    assert_eq!(
        (column.column.as_str(), &column.kind),
        ("email", &MaskKind::Redact)
    );
    assert!(masked.is_allowed());

    let filtered = judge("SELECT id FROM orders").await.unwrap();
    assert_eq!(filtered.verdict, Verdict::RowFilter);
    assert!(
        filtered
            .row_filter_predicate
            .as_ref()
            .unwrap()
            .contains("region = 'eu'")
    );
    assert!(
        filtered
            .rewritten_sql
            .as_ref()
            .unwrap()
            .contains("region = 'eu'")
    );
    assert!(filtered.is_allowed());

    assert!(bench.project().policies().is_empty());
    let sent = bench.received();
    assert!(
        sent.iter()
            .all(|request| request.path == "/v1/projects/prj_1/policy-evaluations")
    );
    assert_eq!(
        sent[0].json().unwrap(),
        json!({"policy": policy, "sql": "SELECT 1"})
    );
}

#[tokio::test]
async fn a_stored_profile_is_named_and_nothing_else_of_it_is_sent() {
    let bench = Bench::start().await;
    let id = bench.stored(json!({"name": "p"}));
    let read = bench.policies.dry_eval(&id, "SELECT 1").await.unwrap();
    let write = bench
        .policies
        .dry_eval(id.clone(), "DELETE FROM orders")
        .await
        .unwrap();
    assert!(read.is_allowed());
    assert_eq!(
        (write.is_blocked(), write.rule.as_str()),
        (true, rule::READ_ONLY)
    );
    let subject = PolicySubject::Stored(id.clone());
    bench
        .policies
        .dry_eval(subject, "SELECT '\u{e9}\n'")
        .await
        .unwrap();
    let sent = bench.received();
    assert_eq!(
        sent[0].json().unwrap(),
        json!({"policy_id": id, "sql": "SELECT 1"})
    );
    assert_eq!(sent[2].json().unwrap()["sql"], "SELECT '\u{e9}\n'");

    let missing = bench
        .policies
        .dry_eval("pol_missing", "SELECT 1")
        .await
        .unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
}

#[tokio::test]
async fn a_template_that_a_statement_is_of_is_named() {
    let bench = Bench::start().await;
    bench.stored_template(json!({"name": "one", "sql": "SELECT 1"}));
    let templates_only = draft().query_mode("templates");
    let of = bench
        .policies
        .dry_eval(&templates_only, "select  1")
        .await
        .unwrap();
    assert_eq!(
        (of.is_allowed(), of.template.as_deref()),
        (true, Some("one"))
    );
    let none = bench
        .policies
        .dry_eval(&templates_only, "SELECT 2")
        .await
        .unwrap();
    assert_eq!(
        (none.rule.as_str(), none.template.as_deref()),
        (rule::QUERY_MODE_TEMPLATES, None)
    );
}

fn noon() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

/// Two credentials, one of them under a profile, with traffic of today and of ten days ago.
async fn busy() -> (Bench, String) {
    let bench = Bench::at(ManualClock::new(noon())).await;
    let id = bench.stored(json!({"name": "bound", "access_mode": "read_write"}));
    let agent = bench.project().agent("agt_1");
    let hours = |hours| noon() - TimeDelta::hours(hours);
    agent
        .credential("cred_1")
        .bind_to(&id)
        .record_traffic(
            Traffic::allowed("SELECT id FROM orders")
                .at(hours(1))
                .times(12),
        )
        .record_traffic(Traffic::allowed("DELETE FROM orders").at(hours(2)))
        .record_traffic(Traffic::allowed("SELECT 'ten days ago'").at(hours(240)));
    agent
        .credential("cred_2")
        .record_traffic(Traffic::blocked("SELECT email FROM users", "table_denylist").at(hours(3)))
        .record_traffic(Traffic::allowed("SELEC nonsense").at(hours(4)));
    (bench, id)
}

#[tokio::test]
async fn a_replay_compares_the_verdict_with_what_was_recorded() {
    let (bench, _) = busy().await;
    let policy = draft().mask(Mask::redact("users", "email"));
    let replay = bench.policies.replay(&policy).await.unwrap();
    let summary = &replay.summary;
    assert_eq!(summary.traffic_scope, TrafficScope::Project);
    assert_eq!(summary.bound_credentials, None);
    assert_eq!((summary.entries_scanned, summary.distinct_queries), (15, 4));
    assert_eq!((summary.evaluated, summary.skipped_unparseable), (3, 1));
    assert_eq!((summary.would_allow, summary.would_block), (1, 1));
    assert_eq!((summary.would_mask, summary.would_row_filter), (1, 0));
    assert_eq!((summary.newly_blocked, summary.newly_allowed), (1, 1));
    assert!(!summary.truncated);

    let broken: Vec<_> = replay
        .newly_blocked()
        .map(|item| item.sql.as_str())
        .collect();
    assert_eq!(broken, ["DELETE FROM orders"]);
    assert_eq!(replay.items.len(), 3);
    let often = &replay.items[0];
    assert_eq!(
        (often.sql.as_str(), often.occurrences),
        ("SELECT id FROM orders", 12)
    );
    assert_eq!(
        (often.first_seen, often.last_seen),
        (noon() - TimeDelta::hours(1), often.first_seen)
    );
    assert_eq!(often.statement_kind.as_deref(), Some("select"));
    assert_eq!(
        (&often.change, &often.recorded_rule),
        (&ReplayChange::StillAllowed, &None)
    );
    let opened = &replay.items[2];
    assert_eq!(opened.change, ReplayChange::NewlyAllowed);
    assert_eq!(opened.recorded_rule.as_deref(), Some("table_denylist"));
    assert_eq!(opened.result.verdict, Verdict::Mask);
    assert!(!opened.query_hash.is_empty() && !opened.recorded_event.is_empty());
    assert_eq!(bench.only().json().unwrap(), json!({ "policy": policy }));
}

#[tokio::test]
async fn a_replay_takes_the_traffic_that_it_is_told_to() {
    let (bench, id) = busy().await;
    let replay = || bench.policies.replay(&id);
    let found = |of: &pgbeam::policies::PolicyReplayResult| of.items.len();

    let of_credential = replay().credential("cred_2").await.unwrap();
    assert_eq!(found(&of_credential), 1);
    let of_policy = replay().bound_policy(&id).await.unwrap();
    assert_eq!(found(&of_policy), 2);
    assert_eq!(
        of_policy.summary.traffic_scope,
        TrafficScope::BoundCredentials
    );
    assert_eq!(of_policy.summary.bound_credentials, Some(1));
    let of_nobody = replay().bound_policy("pol_other").await.unwrap();
    assert_eq!(
        (found(&of_nobody), of_nobody.summary.bound_credentials),
        (0, Some(0))
    );
    let start = noon() - TimeDelta::days(11);
    let earlier = replay()
        .start(start)
        .end(noon() - TimeDelta::days(9))
        .await
        .unwrap();
    assert_eq!(earlier.items[0].sql, "SELECT 'ten days ago'");
    assert_eq!(found(&earlier), 1);
    let one = replay().limit(1).await.unwrap();
    assert_eq!((found(&one), one.summary.truncated), (1, true));

    let bodies: Vec<_> = bench
        .received()
        .iter()
        .map(|sent| sent.json().unwrap())
        .collect();
    assert_eq!(
        bodies,
        [
            json!({"policy_id": id, "credential_id": "cred_2"}),
            json!({"policy_id": id, "bound_policy_id": id}),
            json!({"policy_id": id, "bound_policy_id": "pol_other"}),
            json!({
                "policy_id": id, "start_ts": "2026-01-20T12:00:00Z",
                "end_ts": "2026-01-22T12:00:00Z",
            }),
            json!({"policy_id": id, "limit": 1}),
        ]
    );
}

#[tokio::test]
async fn a_recommendation_asks_for_what_is_set_and_sends_no_body_where_nothing_is() {
    let (bench, _) = busy().await;
    bench.policies.recommend("agt_1").await.unwrap();
    bench
        .policies
        .recommend("agt_1")
        .lookback_days(365)
        .limit(500)
        .await
        .unwrap();
    let sent = bench.received();
    assert_eq!(
        sent[0].path,
        "/v1/projects/prj_1/agents/agt_1/policy-recommendation"
    );
    assert_eq!((body(&sent[0]), sent[0].header("content-type")), ("", None));
    assert_eq!(
        sent[1].json().unwrap(),
        json!({"lookback_days": 365, "limit": 500})
    );
    assert_eq!(sent[1].header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_good_candidate_can_be_created_and_admits_what_was_seen() {
    let (bench, _) = busy().await;
    let got = bench
        .policies
        .recommend("agt_1")
        .lookback_days(7)
        .await
        .unwrap();
    assert!(
        got.sufficient_history && got.blocks_nothing_recorded(),
        "{got:?}"
    );
    assert_eq!(got.replay.as_ref().unwrap().summary.newly_blocked, 0);
    assert_eq!(
        (got.window_start, got.window_end),
        (noon() - TimeDelta::days(7), noon())
    );
    assert_eq!((got.observed_queries, got.observed_entries), (4, 15));
    let created = bench
        .policies
        .create(got.candidate.clone().unwrap())
        .await
        .unwrap();
    for (sql, admitted) in [
        ("SELECT id FROM orders", true),
        ("DELETE FROM orders", true),
        ("UPDATE orders SET id = 1", false),
        ("SELECT * FROM users", false),
    ] {
        let verdict = bench.policies.dry_eval(created.id(), sql).await.unwrap();
        assert_eq!(verdict.is_allowed(), admitted, "{sql}");
    }
}

#[tokio::test]
async fn without_enough_history_there_is_no_candidate() {
    let bench = Bench::start().await;
    bench
        .project()
        .agent("agt_1")
        .credential("c")
        .record_traffic(Traffic::allowed("SELECT 1"));
    let got = bench.policies.recommend("agt_1").await.unwrap();
    assert!(!got.sufficient_history && !got.blocks_nothing_recorded());
    assert!(got.candidate.is_none() && got.replay.is_none());
    assert!(got.message.is_some() && got.notes.is_none());
    assert!(
        bench
            .policies
            .recommend("agt_2")
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn what_a_candidate_holds_that_is_not_known_here_is_created_with_it() {
    let bench = Bench::start().await;
    let answer = json!({
        "sufficient_history": true,
        "candidate": {
            "name": "Recommended", "access_mode": "turbo", "max_rows": 10,
            "future_guard": {"level": 9, "tables": ["a", null]},
        },
        "replay": {
            "summary": {
                "traffic_scope": "galaxy", "entries_scanned": 1, "distinct_queries": 1,
                "evaluated": 1, "would_allow": 1, "would_block": 0, "would_mask": 0,
                "would_row_filter": 0, "newly_blocked": 0, "newly_allowed": 0,
                "skipped_unparseable": 0, "truncated": false, "would_wait": 3,
            },
            "items": [],
        },
        "observed_queries": 1, "observed_entries": 1,
        "window_start": "2026-01-01T00:00:00Z", "window_end": "2026-01-31T00:00:00Z",
        "confidence": 0.9,
    });
    bench
        .emulator
        .inject_fault(Fault::respond(200, answer.to_string()).on("recommendAgentPolicy"));
    let got = bench.policies.recommend("agt_1").await.unwrap();
    assert!(got.blocks_nothing_recorded());
    bench.emulator.inject_fault(Fault::respond(201, json!({
        "id": "pol_1", "project_id": "prj_1", "name": "Recommended", "access_mode": "turbo",
        "table_allowlist": [], "table_denylist": [], "masking_rules": [], "query_mode": "sql",
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    }).to_string()).on("createPolicyProfile"));
    bench
        .policies
        .create(got.candidate.clone().unwrap())
        .await
        .unwrap();
    let sent = bench.received().for_operation("createPolicyProfile")[0]
        .json()
        .unwrap();
    assert_eq!(sent, answer["candidate"]);
}

#[tokio::test]
async fn a_candidate_that_breaks_something_is_not_safe() {
    let bench = Bench::start().await;
    let summary = |newly_blocked: i64, evaluated: i64, bound_credentials: Option<i64>| {
        let mut summary = json!({
            "traffic_scope": "project", "entries_scanned": 1, "distinct_queries": 1,
            "evaluated": evaluated, "would_allow": 0, "would_block": 1, "would_mask": 0,
            "would_row_filter": 0, "newly_blocked": newly_blocked, "newly_allowed": 0,
            "skipped_unparseable": 0, "truncated": false,
        });
        if let Some(credentials) = bound_credentials {
            summary["bound_credentials"] = credentials.into();
        }
        Some(summary)
    };
    let candidate = json!({"name": "c"});
    for (candidate, replay, safe) in [
        (Some(&candidate), summary(0, 1, None), true),
        (Some(&candidate), summary(0, 1, Some(1)), true),
        (Some(&candidate), summary(1, 1, None), false),
        (Some(&candidate), summary(1, 1, Some(1)), false),
        // Without an evaluated statement or a bound credential there is no evidence.
        (Some(&candidate), summary(0, 0, None), false),
        (Some(&candidate), summary(0, 0, Some(1)), false),
        (Some(&candidate), summary(0, 1, Some(0)), false),
        (Some(&candidate), None, false),
        (None, summary(0, 1, None), false),
    ] {
        let answer = json!({
            "sufficient_history": true, "candidate": candidate,
            "replay": replay.map(|summary| json!({"summary": summary, "items": []})),
            "observed_queries": 1, "observed_entries": 1,
            "window_start": "2026-01-01T00:00:00Z", "window_end": "2026-01-31T00:00:00Z",
        });
        bench
            .emulator
            .inject_fault(Fault::respond(200, answer.to_string()));
        assert_eq!(
            bench
                .policies
                .recommend("agt_1")
                .await
                .unwrap()
                .blocks_nothing_recorded(),
            safe,
            "{answer}"
        );
    }
}
