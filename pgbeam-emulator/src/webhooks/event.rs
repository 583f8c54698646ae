//! Webhook events: their types, their data, and whether an endpoint receives them.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::store::{Resource, new_id};

/// The fields of an audit log entry that an event contains. It also contains the id of the entry, as `audit_id`.
const AUDIT_FIELDS: &[&str] = &[
    "credential_id",
    "region",
    "event",
    "sql",
    "normalized_sql",
    "query_hash",
    "statement_kind",
    "decision_rule",
    "reason",
    "rows_returned",
    "bytes_out",
    "latency_ms",
    "client_ip",
    "session_id",
    "source",
];

/// The fields of an anomaly alert that an event contains.
const ANOMALY_FIELDS: &[&str] = &[
    "id",
    "project_id",
    "credential_id",
    "kind",
    "severity",
    "title",
    "details",
    "window_start",
    "window_end",
];

/// The type of a webhook event that the emulator can send. It never sends `content_flagged` and `audit_checkpoint`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    QueryBlocked,
    BudgetExhausted,
    KillSwitch,
    Masked,
    MigrationFlagged,
    ApprovalRequested,
    AnomalyAlert,
    CanaryTripped,
    WebhookTest,
}

impl EventKind {
    /// Returns the name of the type in the API, such as `query_blocked`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::QueryBlocked => "query_blocked",
            Self::BudgetExhausted => "budget_exhausted",
            Self::KillSwitch => "kill_switch",
            Self::Masked => "masked",
            Self::MigrationFlagged => "migration_flagged",
            Self::ApprovalRequested => "approval_requested",
            Self::AnomalyAlert => "anomaly_alert",
            Self::CanaryTripped => "canary_tripped",
            Self::WebhookTest => "webhook.test",
        }
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An event of a project, which webhook endpoints receive.
#[derive(Clone, Debug)]
pub(crate) struct WebhookEvent {
    /// The id, which starts with `whd_`. All attempts have the same id, so that receivers can discard duplicates.
    pub(crate) id: String,
    pub(crate) kind: EventKind,
    pub(crate) project_id: String,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) data: Map<String, Value>,
}

impl WebhookEvent {
    /// Creates an event about an audit log entry. `kind` is any kind except `anomaly_alert` and `webhook.test`. It is
    /// `kill_switch` if the kill switch of the project blocked the statement of the entry.
    pub(crate) fn from_audit_entry(
        kind: EventKind,
        project_id: &str,
        entry: &Resource,
        occurred_at: DateTime<Utc>,
    ) -> Self {
        let mut data = copy_fields(entry, AUDIT_FIELDS);
        if let Some(id) = entry.get("id") {
            data.insert("audit_id".to_owned(), id.clone());
        }
        Self::new(kind, project_id, data, occurred_at)
    }

    /// Creates the event `kill_switch` of a project: a user has engaged its kill switch.
    pub(crate) fn kill_switch(project_id: &str, occurred_at: DateTime<Utc>) -> Self {
        let data = [
            ("project_id", json!(project_id)),
            ("agents_disabled", json!(true)),
            ("reason", json!("project_kill_switch_engaged")),
        ];
        Self::new(EventKind::KillSwitch, project_id, to_map(data), occurred_at)
    }

    /// Creates the event `kill_switch` of an agent credential: a user or a honeytoken has disabled it.
    pub(crate) fn credential_kill_switch(
        project_id: &str,
        credential_id: &str,
        occurred_at: DateTime<Utc>,
    ) -> Self {
        let data = [
            ("project_id", json!(project_id)),
            ("credential_id", json!(credential_id)),
            ("reason", json!("credential_kill_switch_engaged")),
        ];
        Self::new(EventKind::KillSwitch, project_id, to_map(data), occurred_at)
    }

    /// Creates the event `anomaly_alert` about a new anomaly alert.
    pub(crate) fn anomaly_alert(
        project_id: &str,
        alert: &Resource,
        occurred_at: DateTime<Utc>,
    ) -> Self {
        let data = copy_fields(alert, ANOMALY_FIELDS);
        Self::new(EventKind::AnomalyAlert, project_id, data, occurred_at)
    }

    /// Creates the event `webhook.test`, which `testWebhookEndpoint` sends to an endpoint.
    pub(crate) fn test(project_id: &str, endpoint: &Resource, occurred_at: DateTime<Utc>) -> Self {
        let data = [
            ("message", json!("Test event of the PgBeam emulator")),
            ("endpoint_id", json!(endpoint.get("id"))),
            ("format", json!(endpoint.get("format"))),
        ];
        Self::new(
            EventKind::WebhookTest,
            project_id,
            to_map(data),
            occurred_at,
        )
    }

    fn new(
        kind: EventKind,
        project_id: &str,
        data: Map<String, Value>,
        occurred_at: DateTime<Utc>,
    ) -> Self {
        Self {
            id: new_id("whd"),
            kind,
            project_id: project_id.to_owned(),
            occurred_at,
            data,
        }
    }

    /// Returns the event in PgBeam's JSON format.
    pub(crate) fn envelope(&self) -> Map<String, Value> {
        to_map([
            ("id", json!(self.id)),
            ("type", json!(self.kind)),
            ("project_id", json!(self.project_id)),
            ("occurred_at", json!(self.occurred_at_rfc3339())),
            ("data", Value::Object(self.data.clone())),
        ])
    }

    /// Returns `occurred_at` in RFC 3339, with milliseconds. Other timestamps of the API have microseconds.
    pub(crate) fn occurred_at_rfc3339(&self) -> String {
        self.occurred_at
            .to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

/// Returns `true` if an endpoint receives the events of a type: it is enabled, and its `event_types` contains the type
/// or is empty. Returns `false` for `webhook.test`, because only `testWebhookEndpoint` sends these events.
pub(crate) fn is_subscribed(endpoint: &Resource, kind: EventKind) -> bool {
    let is_enabled = endpoint.get("enabled") == Some(&Value::Bool(true));
    let is_selected = match endpoint.get("event_types").and_then(Value::as_array) {
        None => true,
        Some(types) => types.is_empty() || types.iter().any(|name| name == kind.as_str()),
    };
    is_enabled && is_selected && kind != EventKind::WebhookTest
}

/// Returns the given fields of a resource. Absent fields are omitted.
fn copy_fields(resource: &Resource, names: &[&str]) -> Map<String, Value> {
    names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), resource.get(*name)?.clone())))
        .collect()
}

fn to_map<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Resource {
        value.as_object().expect("an object").clone()
    }

    fn time() -> DateTime<Utc> {
        "2026-07-15T10:00:00.123456Z".parse().expect("a time")
    }

    #[test]
    fn kinds_are_those_of_the_contract() {
        let contract: Value =
            serde_json::from_str(include_str!("../../contract/openapi.json")).expect("JSON");
        let declared = contract["components"]["schemas"]["WebhookEventType"]["enum"].clone();
        let declared = declared.as_array().expect("a list");
        let kinds = [
            EventKind::QueryBlocked,
            EventKind::BudgetExhausted,
            EventKind::KillSwitch,
            EventKind::Masked,
            EventKind::MigrationFlagged,
            EventKind::ApprovalRequested,
            EventKind::AnomalyAlert,
            EventKind::CanaryTripped,
            EventKind::WebhookTest,
        ];
        for kind in kinds {
            assert!(declared.contains(&json!(kind)), "{kind:?}");
        }
    }

    #[test]
    fn events_of_audit_entries_contain_the_entry_without_its_chain() {
        let entry = object(json!({
            "id": "aud_1", "project_id": "prj_1", "credential_id": null, "event": "blocked",
            "sql": "DELETE FROM orders", "rows_returned": 0, "seq": 7, "entry_hash": "00",
        }));
        let event =
            WebhookEvent::from_audit_entry(EventKind::QueryBlocked, "prj_1", &entry, time());
        assert!(event.id.starts_with("whd_"));
        assert_eq!(
            Value::Object(event.envelope()),
            json!({
                "id": event.id,
                "type": "query_blocked",
                "project_id": "prj_1",
                "occurred_at": "2026-07-15T10:00:00.123Z",
                "data": {
                    "audit_id": "aud_1", "credential_id": null, "event": "blocked",
                    "sql": "DELETE FROM orders", "rows_returned": 0,
                },
            })
        );
    }

    #[test]
    fn other_events_have_the_documented_data() {
        let alert = object(json!({"id": "ano_1", "kind": "off_hours", "status": "open"}));
        let endpoint = object(json!({"id": "whk_1", "format": "json"}));
        let cases = [
            (
                WebhookEvent::kill_switch("prj_1", time()),
                json!({
                    "project_id": "prj_1", "agents_disabled": true,
                    "reason": "project_kill_switch_engaged",
                }),
            ),
            (
                WebhookEvent::credential_kill_switch("prj_1", "agt_1", time()),
                json!({
                    "project_id": "prj_1", "credential_id": "agt_1",
                    "reason": "credential_kill_switch_engaged",
                }),
            ),
            (
                WebhookEvent::anomaly_alert("prj_1", &alert, time()),
                json!({"id": "ano_1", "kind": "off_hours"}),
            ),
            (
                WebhookEvent::test("prj_1", &endpoint, time()),
                json!({
                    "message": "Test event of the PgBeam emulator", "endpoint_id": "whk_1",
                    "format": "json",
                }),
            ),
        ];
        for (event, data) in cases {
            assert_eq!(Value::Object(event.data), data, "{:?}", event.kind);
        }
    }

    #[test]
    fn enabled_endpoints_receive_selected_types() {
        let masked = EventKind::Masked;
        let cases = [
            (json!({"enabled": true}), masked, true),
            (json!({"enabled": true, "event_types": []}), masked, true),
            (
                json!({"enabled": true, "event_types": ["masked"]}),
                masked,
                true,
            ),
            (
                json!({"enabled": true, "event_types": ["kill_switch"]}),
                masked,
                false,
            ),
            (
                json!({"enabled": false, "event_types": ["masked"]}),
                masked,
                false,
            ),
            (json!({"enabled": true}), EventKind::WebhookTest, false),
        ];
        for (endpoint, kind, expected) in cases {
            let is_subscribed = is_subscribed(&object(endpoint.clone()), kind);
            assert_eq!(is_subscribed, expected, "{endpoint} {kind:?}");
        }
    }
}
