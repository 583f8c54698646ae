//! What the hand-written types of the area `policies` say, by their methods, as the contract names
//! it: they are not written as JSON again.

use pgbeam::{
    policies::{
        Evaluation, MaskedColumn, PolicyProfile, Recommendation, Replay, ReplayItem, StatementKind,
        StatementKinds,
    },
    query_templates::QueryTemplate,
};
use serde_json::{Value, json};

pub fn profile(of: &PolicyProfile) -> Value {
    json!({
        "id": of.id(),
        "project_id": of.project_id(),
        "name": of.name(),
        "access_mode": of.access_mode(),
        "statement_rules": of.statement_rules(),
        "table_allowlist": of.table_allowlist(),
        "table_denylist": of.table_denylist(),
        "masking_rules": of.masking_rules(),
        "budget_queries_per_hour": of.budget_queries_per_hour(),
        "budget_queries_per_day": of.budget_queries_per_day(),
        "max_rows": of.max_rows(),
        "statement_timeout_ms": of.statement_timeout().as_millis() as i64,
        "row_filters": of.row_filters(),
        "write_mode": of.write_mode(),
        "approval_mode": of.approval_mode(),
        "approval_auto_max_rows": of.approval_auto_max_rows(),
        "approval_timeout_seconds": of.approval_timeout().as_secs() as i64,
        "migration_safety": of.migration_safety(),
        "egress_bytes_per_day": of.egress_bytes_per_day(),
        "max_affected_rows": of.max_affected_rows(),
        "content_scan_mode": of.content_scan_mode(),
        "content_scan_max_bytes": of.content_scan_max_bytes(),
        "created_at": of.created_at(),
        "updated_at": of.updated_at(),
        "query_mode": of.query_mode(),
    })
}

pub fn template(of: &QueryTemplate) -> Value {
    json!({
        "id": of.id(),
        "project_id": of.project_id(),
        "name": of.name(),
        "description": of.description(),
        "sql": of.sql(),
        "params": of.params(),
        "statement_kind": of.statement_kind(),
        "include_sql": of.include_sql(),
        "enabled": of.enabled(),
        "created_at": of.created_at(),
        "updated_at": of.updated_at(),
    })
}

pub fn statement_kinds(of: &StatementKinds) -> Value {
    let kind = |of: &StatementKind| {
        json!({
            "kind": of.kind,
            "allowed": of.allowed,
            "rule": of.rule,
            "reason": of.reason,
        })
    };
    json!({
        "policy_id": of.policy_id(),
        "access_mode": of.access_mode(),
        "statement_kinds": of.kinds().iter().map(kind).collect::<Vec<_>>(),
    })
}

pub fn evaluation(of: &Evaluation) -> Value {
    let column = |of: &MaskedColumn| json!({"column": of.column, "kind": of.kind});
    json!({
        "verdict": of.verdict(),
        "rule": of.rule(),
        "reason": of.reason(),
        "hint": of.hint(),
        "masked_columns": of.masked_columns().iter().map(column).collect::<Vec<_>>(),
        "row_filter_predicate": of.row_filter_predicate(),
        "rewritten_sql": of.rewritten_sql(),
        "notes": of.notes(),
        "template": of.template(),
    })
}

pub fn replay(of: &Replay) -> Value {
    let item = |of: &ReplayItem| {
        json!({
            "query_hash": of.query_hash,
            "sql": of.sql,
            "statement_kind": of.statement_kind,
            "occurrences": of.occurrences,
            "first_seen": of.first_seen,
            "last_seen": of.last_seen,
            "recorded_event": of.recorded_event,
            "recorded_rule": of.recorded_rule,
            "change": of.change,
            "result": evaluation(&of.result),
        })
    };
    let summary = of.summary();
    json!({
        "items": of.items().iter().map(item).collect::<Vec<_>>(),
        "summary": {
            "traffic_scope": summary.traffic_scope(),
            "bound_credentials": summary.bound_credentials(),
            "entries_scanned": summary.entries_scanned(),
            "distinct_queries": summary.distinct_queries(),
            "evaluated": summary.evaluated(),
            "would_allow": summary.would_allow(),
            "would_block": summary.would_block(),
            "would_mask": summary.would_mask(),
            "would_row_filter": summary.would_row_filter(),
            "newly_blocked": summary.newly_blocked(),
            "newly_allowed": summary.newly_allowed(),
            "skipped_unparseable": summary.skipped_unparseable(),
            "truncated": summary.truncated(),
        },
    })
}

pub fn recommendation(of: &Recommendation) -> Value {
    let (start, end) = of.window();
    json!({
        "sufficient_history": of.sufficient_history(),
        "message": of.message(),
        "candidate": of.candidate(),
        "replay": of.replay().map(replay),
        "observed_queries": of.observed_queries(),
        "observed_entries": of.observed_entries(),
        "window_start": start,
        "window_end": end,
        "notes": of.notes(),
    })
}
