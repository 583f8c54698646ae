//! Tests of statement kinds, dry evaluation, replay and recommendation.

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam::policies::{
    AccessMode, Mask, MaskKind, PolicyProfileInput, PolicySource, ReplayChange, RowFilter,
    TrafficScope, Verdict,
};
use pgbeam_emulator::{Fault, ManualClock, Traffic, rule};
use serde_json::json;

use crate::support::{TestEnv, body};

fn draft() -> PolicyProfileInput {
    PolicyProfileInput::new("draft")
}

#[tokio::test]
async fn statement_kinds_have_one_verdict_each() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p", "statement_rules": {"deny": ["show"]}}));
    let kinds = env.policies.statement_kinds(&id).await.unwrap();
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
        .find(|verdict| verdict.kind == "delete")
        .unwrap();
    assert_eq!(delete.rule.as_deref(), Some(rule::READ_ONLY));
    assert!(delete.reason.is_some());
    let select = kinds
        .statement_kinds
        .iter()
        .find(|verdict| verdict.kind == "select")
        .unwrap();
    assert_eq!((select.allowed, &select.rule), (true, &None));
    assert_eq!(
        env.only_request().path,
        format!("/v1/projects/prj_1/policies/{id}/statement-kinds")
    );
}

#[tokio::test]
async fn evaluates_a_draft_without_storing_it() {
    let env = TestEnv::start().await;
    let policy = draft()
        .table_denylist(["api_secrets"])
        .mask(Mask::redact("public.users", "email"))
        .row_filter(RowFilter::new("public.orders", "region = 'eu'"));
    let dry_eval = |sql: &str| env.policies.dry_eval(&policy, sql).into_future();

    let allowed = dry_eval("SELECT 1").await.unwrap();
    assert_eq!(
        (&allowed.verdict, allowed.rule.as_str()),
        (&Verdict::Allow, rule::OK)
    );
    assert!(allowed.is_allowed() && !allowed.is_blocked());
    assert!(allowed.masked_columns().is_empty() && allowed.rewritten_sql.is_none());

    let blocked = dry_eval("SELECT * FROM api_secrets").await.unwrap();
    assert_eq!(
        (&blocked.verdict, blocked.rule.as_str()),
        (&Verdict::Block, rule::TABLE_DENIED)
    );
    assert!(blocked.is_blocked() && !blocked.is_allowed() && !blocked.reason.is_empty());

    let masked = dry_eval("SELECT email FROM users").await.unwrap();
    assert_eq!(masked.verdict, Verdict::Mask);
    let column = &masked.masked_columns()[0];
    assert_eq!(
        (column.column.as_str(), &column.kind),
        ("email", &MaskKind::Redact)
    );
    assert!(masked.is_allowed());

    let filtered = dry_eval("SELECT id FROM orders").await.unwrap();
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

    assert!(env.project().policies().is_empty());
    let sent = env.received();
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
async fn sends_only_the_identifier_of_a_stored_profile() {
    let env = TestEnv::start().await;
    let id = env.store_policy(json!({"name": "p"}));
    let read = env.policies.dry_eval(&id, "SELECT 1").await.unwrap();
    let write = env
        .policies
        .dry_eval(id.clone(), "DELETE FROM orders WHERE id = 1")
        .await
        .unwrap();
    assert!(read.is_allowed());
    assert_eq!(
        (write.is_blocked(), write.rule.as_str()),
        (true, rule::READ_ONLY)
    );
    let source = PolicySource::Stored(id.clone());
    env.policies
        .dry_eval(source, "SELECT '\u{e9}\n'")
        .await
        .unwrap();
    let sent = env.received();
    assert_eq!(
        sent[0].json().unwrap(),
        json!({"policy_id": id, "sql": "SELECT 1"})
    );
    assert_eq!(sent[2].json().unwrap()["sql"], "SELECT '\u{e9}\n'");

    let missing = env
        .policies
        .dry_eval("pol_missing", "SELECT 1")
        .await
        .unwrap_err();
    assert!(missing.is_not_found(), "{missing}");
}

#[tokio::test]
async fn returns_the_template_of_a_statement() {
    let env = TestEnv::start().await;
    env.store_template(json!({"name": "one", "sql": "SELECT 1"}));
    let templates_only = draft().query_mode("templates");
    let matching = env
        .policies
        .dry_eval(&templates_only, "select  1")
        .await
        .unwrap();
    assert_eq!(
        (matching.is_allowed(), matching.template.as_deref()),
        (true, Some("one"))
    );
    let other = env
        .policies
        .dry_eval(&templates_only, "SELECT 2")
        .await
        .unwrap();
    assert_eq!(
        (other.rule.as_str(), other.template.as_deref()),
        (rule::QUERY_MODE_TEMPLATES, None)
    );
}

fn noon() -> DateTime<Utc> {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

/// Returns an environment with two credentials and their traffic of today and of ten days ago. `cred_1` is
/// bound to a profile, whose identifier is also returned.
async fn env_with_traffic() -> (TestEnv, String) {
    let env = TestEnv::with_clock(ManualClock::new(noon())).await;
    let id = env.store_policy(json!({"name": "bound", "access_mode": "read_write"}));
    let agent = env.project().agent("agt_1");
    let hours = |hours| noon() - TimeDelta::hours(hours);
    agent
        .credential("cred_1")
        .bind_to(&id)
        .record_traffic(
            Traffic::allowed("SELECT id FROM orders")
                .at(hours(1))
                .times(12),
        )
        .record_traffic(Traffic::allowed("DELETE FROM orders WHERE id = 1").at(hours(2)))
        .record_traffic(Traffic::allowed("SELECT 'ten days ago'").at(hours(240)));
    agent
        .credential("cred_2")
        .record_traffic(Traffic::blocked("SELECT email FROM users", "table_denylist").at(hours(3)))
        .record_traffic(Traffic::allowed("SELEC nonsense").at(hours(4)));
    (env, id)
}

#[tokio::test]
async fn replay_compares_verdicts_with_recorded_traffic() {
    let (env, _) = env_with_traffic().await;
    let policy = draft().mask(Mask::redact("users", "email"));
    let replay = env.policies.replay(&policy).await.unwrap();
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
    assert_eq!(broken, ["DELETE FROM orders WHERE id = 1"]);
    assert_eq!(replay.items.len(), 3);
    let frequent = &replay.items[0];
    assert_eq!(
        (frequent.sql.as_str(), frequent.occurrences),
        ("SELECT id FROM orders", 12)
    );
    assert_eq!(
        (frequent.first_seen, frequent.last_seen),
        (noon() - TimeDelta::hours(1), frequent.first_seen)
    );
    assert_eq!(frequent.statement_kind.as_deref(), Some("select"));
    assert_eq!(
        (&frequent.change, &frequent.recorded_rule),
        (&ReplayChange::StillAllowed, &None)
    );
    let newly_allowed = &replay.items[2];
    assert_eq!(newly_allowed.change, ReplayChange::NewlyAllowed);
    assert_eq!(
        newly_allowed.recorded_rule.as_deref(),
        Some("table_denylist")
    );
    assert_eq!(newly_allowed.result.verdict, Verdict::Mask);
    assert!(!newly_allowed.query_hash.is_empty() && !newly_allowed.recorded_event.is_empty());
    assert_eq!(
        env.only_request().json().unwrap(),
        json!({ "policy": policy })
    );
}

#[tokio::test]
async fn replay_selects_traffic() {
    let (env, id) = env_with_traffic().await;
    let replay = || env.policies.replay(&id);
    let count = |result: &pgbeam::policies::PolicyReplayResult| result.items.len();

    let by_credential = replay().credential("cred_2").await.unwrap();
    assert_eq!(count(&by_credential), 1);
    let by_policy = replay().bound_policy(&id).await.unwrap();
    assert_eq!(count(&by_policy), 2);
    assert_eq!(
        by_policy.summary.traffic_scope,
        TrafficScope::BoundCredentials
    );
    assert_eq!(by_policy.summary.bound_credentials, Some(1));
    let by_unused_policy = replay().bound_policy("pol_other").await.unwrap();
    assert_eq!(
        (
            count(&by_unused_policy),
            by_unused_policy.summary.bound_credentials
        ),
        (0, Some(0))
    );
    let start = noon() - TimeDelta::days(11);
    let earlier = replay()
        .start(start)
        .end(noon() - TimeDelta::days(9))
        .await
        .unwrap();
    assert_eq!(earlier.items[0].sql, "SELECT 'ten days ago'");
    assert_eq!(count(&earlier), 1);
    let one = replay().limit(1).await.unwrap();
    assert_eq!((count(&one), one.summary.truncated), (1, true));

    let bodies: Vec<_> = env
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
async fn recommendation_sends_only_set_options() {
    let (env, _) = env_with_traffic().await;
    env.policies.recommend("agt_1").await.unwrap();
    env.policies
        .recommend("agt_1")
        .lookback_days(365)
        .limit(500)
        .await
        .unwrap();
    let sent = env.received();
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
async fn candidate_allows_recorded_statements() {
    let (env, _) = env_with_traffic().await;
    let recommendation = env
        .policies
        .recommend("agt_1")
        .lookback_days(7)
        .await
        .unwrap();
    assert!(
        recommendation.sufficient_history && recommendation.blocks_nothing_recorded(),
        "{recommendation:?}"
    );
    assert_eq!(
        recommendation
            .replay
            .as_ref()
            .unwrap()
            .summary
            .newly_blocked,
        0
    );
    assert_eq!(
        (recommendation.window_start, recommendation.window_end),
        (noon() - TimeDelta::days(7), noon())
    );
    assert_eq!(
        (
            recommendation.observed_queries,
            recommendation.observed_entries
        ),
        (4, 15)
    );
    let created = env
        .policies
        .create(recommendation.candidate.clone().unwrap())
        .await
        .unwrap();
    for (sql, is_allowed) in [
        ("SELECT id FROM orders", true),
        ("DELETE FROM orders WHERE id = 1", true),
        ("UPDATE orders SET id = 1 WHERE id = 2", false),
        ("SELECT * FROM users", false),
    ] {
        let verdict = env.policies.dry_eval(created.id(), sql).await.unwrap();
        assert_eq!(verdict.is_allowed(), is_allowed, "{sql}");
    }
}

#[tokio::test]
async fn no_candidate_without_enough_history() {
    let env = TestEnv::start().await;
    env.project()
        .agent("agt_1")
        .credential("c")
        .record_traffic(Traffic::allowed("SELECT 1"));
    let recommendation = env.policies.recommend("agt_1").await.unwrap();
    assert!(!recommendation.sufficient_history && !recommendation.blocks_nothing_recorded());
    assert!(recommendation.candidate.is_none() && recommendation.replay.is_none());
    assert!(recommendation.message.is_some() && recommendation.notes.is_none());
    assert!(
        env.policies
            .recommend("agt_2")
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn create_from_a_candidate_keeps_unknown_fields() {
    let env = TestEnv::start().await;
    let response = json!({
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
    env.emulator
        .inject_fault(Fault::respond(200, response.to_string()).on("recommendAgentPolicy"));
    let recommendation = env.policies.recommend("agt_1").await.unwrap();
    assert!(recommendation.blocks_nothing_recorded());
    env.emulator.inject_fault(Fault::respond(201, json!({
        "id": "pol_1", "project_id": "prj_1", "name": "Recommended", "access_mode": "turbo",
        "table_allowlist": [], "table_denylist": [], "masking_rules": [], "query_mode": "sql",
        "created_at": "2026-01-31T12:00:00Z", "updated_at": "2026-01-31T12:00:00Z",
    }).to_string()).on("createPolicyProfile"));
    env.policies
        .create(recommendation.candidate.clone().unwrap())
        .await
        .unwrap();
    let sent = env.received().for_operation("createPolicyProfile")[0]
        .json()
        .unwrap();
    assert_eq!(sent, response["candidate"]);
}

#[tokio::test]
async fn blocks_nothing_recorded_requires_evidence() {
    let env = TestEnv::start().await;
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
    for (candidate, replay, expected) in [
        (Some(&candidate), summary(0, 1, None), true),
        (Some(&candidate), summary(0, 1, Some(1)), true),
        (Some(&candidate), summary(1, 1, None), false),
        (Some(&candidate), summary(1, 1, Some(1)), false),
        // There is no evidence if no statement was evaluated or no credential is bound to the policy.
        (Some(&candidate), summary(0, 0, None), false),
        (Some(&candidate), summary(0, 0, Some(1)), false),
        (Some(&candidate), summary(0, 1, Some(0)), false),
        (Some(&candidate), None, false),
        (None, summary(0, 1, None), false),
    ] {
        let response = json!({
            "sufficient_history": true, "candidate": candidate,
            "replay": replay.map(|summary| json!({"summary": summary, "items": []})),
            "observed_queries": 1, "observed_entries": 1,
            "window_start": "2026-01-01T00:00:00Z", "window_end": "2026-01-31T00:00:00Z",
        });
        env.emulator
            .inject_fault(Fault::respond(200, response.to_string()));
        assert_eq!(
            env.policies
                .recommend("agt_1")
                .await
                .unwrap()
                .blocks_nothing_recorded(),
            expected,
            "{response}"
        );
    }
}
