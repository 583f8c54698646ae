//! Finds accesses of statements to honeytokens, and raises anomaly alerts about them.

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_engine::{RelationName, Statement, rule};
use serde_json::json;

use super::outcome::Outcome;
use crate::areas::honeytokens::matches;
use crate::audit::entry::{AuditEntry, object, string};
use crate::clock::format_timestamp;
use crate::resource::Context;
use crate::store::{Store, new_id, project_collection, str_field};
use crate::webhooks::event::WebhookEvent;

/// The `event` of audit log entries about accesses to honeytokens, and the `kind` of the anomaly alerts.
pub(super) const EVENT: &str = "canary_tripped";

/// An access to one or more honeytokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Access {
    pub(super) outcome: Outcome,
    /// Whether at least one of the honeytokens has the action `kill`.
    pub(super) is_kill: bool,
}

/// Returns the access if the statements read or write a honeytoken of the project, or else `None`.
pub(super) fn access(store: &Store, project_id: &str, statements: &[Statement]) -> Option<Access> {
    let relations: Vec<&RelationName> = statements
        .iter()
        .flat_map(|statement| statement.reads.iter().chain(&statement.writes))
        .collect();
    let mut access: Option<Access> = None;
    for honeytoken in store.resources(&project_collection(project_id, "honeytokens")) {
        let Some(relation) = relations
            .iter()
            .find(|relation| matches(honeytoken, relation))
        else {
            continue;
        };
        let is_kill = str_field(honeytoken, "action") == "kill";
        let access = access.get_or_insert_with(|| {
            let reason = format!("{relation} is a honeytoken, which no agent may use");
            Access {
                outcome: Outcome::new(EVENT, rule::HONEYTOKEN, reason),
                is_kill: false,
            }
        });
        access.is_kill |= is_kill;
    }
    access
}

/// Raises an anomaly alert about the access that `entry` records, and sends its webhook event. `at` is the time of the
/// access. Does nothing if the credential already has an alert about an access in the same hour (UTC).
pub(super) fn raise_alert(
    context: &mut Context<'_>,
    project_id: &str,
    entry: &AuditEntry,
    at: DateTime<Utc>,
) {
    let start = at
        .timestamp()
        .saturating_sub(at.timestamp().rem_euclid(3600));
    let start = DateTime::from_timestamp(start, 0).unwrap_or(at);
    let end = start
        .checked_add_signed(TimeDelta::hours(1))
        .unwrap_or(start);
    let (start, end) = (format_timestamp(start), format_timestamp(end));
    let credential_id = string(entry, "credential_id").unwrap_or_default();
    let alerts = project_collection(project_id, "anomalies");
    let is_raised = context.store.resources(&alerts).any(|alert| {
        str_field(alert, "kind") == EVENT
            && str_field(alert, "credential_id") == credential_id
            && str_field(alert, "window_start") == start
    });
    if is_raised {
        return;
    }
    let id = new_id("ano");
    let alert = object(json!({
        "id": id,
        "project_id": project_id,
        "credential_id": credential_id,
        "kind": EVENT,
        "severity": "critical",
        "title": "An agent accessed a honeytoken",
        "details": {"audit_id": entry.get("id"), "session_id": entry.get("session_id")},
        "status": "open",
        "window_start": start,
        "window_end": end,
        "created_at": format_timestamp(context.now),
    }));
    let event = WebhookEvent::anomaly_alert(project_id, &alert, context.now);
    context.store.collection_mut(&alerts).insert(id, alert);
    context.publish(&event);
}

#[cfg(test)]
mod tests {
    use pgbeam_engine::describe;

    use super::*;

    fn store(tokens: &[(&str, &str, &str)]) -> Store {
        let mut store = Store::default();
        let path = project_collection("prj_1", "honeytokens");
        for (index, (schema, relation, action)) in tokens.iter().enumerate() {
            let schema = (!schema.is_empty()).then_some(schema);
            let honeytoken = object(json!({
                "schema_name": schema, "relation_name": relation, "action": action,
            }));
            let collection = store.collection_mut(&path);
            collection.insert(index.to_string(), honeytoken);
        }
        store
    }

    #[test]
    fn statements_that_name_a_honeytoken_are_found() {
        let store = store(&[("", "salaries", "kill")]);
        for (sql, expected) in [
            ("SELECT * FROM salaries", true),
            ("SELECT 1 FROM a JOIN (TABLE hr.salaries) b ON true", true),
            ("DROP TABLE salaries", true),
            ("INSERT INTO a SELECT * FROM \"Salaries\"", true),
            ("SELECT salaries FROM orders", false),
        ] {
            let statements = describe(sql).expect(sql);
            let access = access(&store, "prj_1", &statements);
            assert_eq!(access.is_some(), expected, "{sql}");
        }
    }

    #[test]
    fn one_honeytoken_with_kill_is_enough() {
        let store = store(&[
            ("", "a", "audit_only"),
            ("", "b", "kill"),
            ("", "c", "kill"),
        ]);
        for (sql, is_kill) in [("TABLE a", false), ("SELECT 1 FROM a, b", true)] {
            let statements = describe(sql).expect(sql);
            let access = access(&store, "prj_1", &statements).expect("an access");
            assert_eq!(access.is_kill, is_kill, "{sql}");
            let reason = "a is a honeytoken, which no agent may use";
            assert_eq!(access.outcome.reason.as_deref(), Some(reason));
        }
    }
}
