//! Audit log entries: their fields, the decision that follows from the event, and sums and counts of several entries.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// An audit log entry: the fields of the schema `AuditLogEntry`. Absent fields and `null` are equivalent.
pub(crate) type AuditEntry = Map<String, Value>;

/// The fields of an entry, in the order of the schema. The last three are the position of the entry in the hash chain.
pub(crate) const FIELDS: [&str; 22] = [
    "id",
    "project_id",
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
    "cache_status",
    "client_ip",
    "session_id",
    "source",
    "ts",
    "seq",
    "prev_hash",
    "entry_hash",
];

/// Returns a string field, or `None` if it is absent, empty or not a string.
pub(crate) fn string<'a>(entry: &'a AuditEntry, name: &str) -> Option<&'a str> {
    let value = entry.get(name)?.as_str()?;
    (!value.is_empty()).then_some(value)
}

/// Returns the value of a field for the hash and the CSV export: a string without quotes, or any other value as JSON.
/// Returns `None` if the field is absent or `null`.
pub(crate) fn plain(entry: &AuditEntry, name: &str) -> Option<String> {
    match entry.get(name)? {
        Value::Null => None,
        Value::String(value) => Some(value.clone()),
        value => Some(value.to_string()),
    }
}

/// Returns the time of an entry, or `None` if its `ts` is not an RFC 3339 timestamp.
pub(crate) fn time(entry: &AuditEntry) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(string(entry, "ts")?).ok()?;
    Some(time.with_timezone(&Utc))
}

/// Returns the decision that follows from the `event` of an entry: `allow`, `block`, `mask` or `truncate`, as in the
/// API contract. Returns `None` for all other events.
///
/// Events such as `approval_requested` have no decision, because another entry records the outcome of the statement.
pub(crate) fn decision(entry: &AuditEntry) -> Option<&'static str> {
    match string(entry, "event")? {
        "query" | "auto_approved" => Some("allow"),
        "blocked" | "budget_exhausted" | "auth_failed" | "credential_expired"
        | "canary_tripped" | "rejected" | "approval_expired" | "result_withheld" => Some("block"),
        "masked" => Some("mask"),
        "truncated" => Some("truncate"),
        _ => None,
    }
}

/// Returns `true` if the statement of the entry was executed: the decision is `allow`, `mask` or `truncate`.
pub(crate) fn is_executed(entry: &AuditEntry) -> bool {
    decision(entry).is_some_and(|decision| decision != "block")
}

/// Returns the number of entries whose string field has this value.
pub(crate) fn count(entries: &[&AuditEntry], name: &str, value: &str) -> usize {
    let has_value = |entry: &&&AuditEntry| string(entry, name) == Some(value);
    entries.iter().filter(has_value).count()
}

/// Returns the number of entries with the decision `name`, such as `allow`.
pub(crate) fn count_decision(entries: &[&AuditEntry], name: &str) -> usize {
    let has_decision = |entry: &&&AuditEntry| decision(entry) == Some(name);
    entries.iter().filter(has_decision).count()
}

/// Returns the sum of an integer field, at most `i64::MAX`. Absent fields count as 0.
pub(crate) fn sum(entries: &[&AuditEntry], name: &str) -> i64 {
    let value = |entry: &&AuditEntry| entry.get(name).and_then(Value::as_i64);
    entries
        .iter()
        .filter_map(value)
        .fold(0, i64::saturating_add)
}

/// Returns the sum of the values. Without values, returns 0.0, while `Iterator::sum` returns -0.0.
pub(crate) fn sum_floats(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |total, value| total + value)
}

/// Returns the distinct values of a string field, sorted. Ignores empty strings.
pub(crate) fn distinct<'a>(entries: &[&'a AuditEntry], name: &str) -> BTreeSet<&'a str> {
    entries
        .iter()
        .filter_map(|entry| string(entry, name))
        .collect()
}

/// Returns the times of the earliest and the latest entry, or `None` if no entry has a valid time.
pub(crate) fn time_span(entries: &[&AuditEntry]) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let times = || entries.iter().filter_map(|entry| time(entry));
    times().min().zip(times().max())
}

/// Returns the fields of a JSON object; none if the value is not an object.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::{entry, schema};

    #[test]
    fn fields_are_those_of_the_contract() {
        let schema = schema("AuditLogEntry");
        let mut properties: Vec<&str> = schema["properties"]
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect();
        let mut fields = FIELDS;
        properties.sort_unstable();
        fields.sort_unstable();
        assert_eq!(properties, fields);
    }

    #[test]
    fn events_stand_for_decisions() {
        for (event, decision) in [
            ("query", Some("allow")),
            ("auto_approved", Some("allow")),
            ("blocked", Some("block")),
            ("budget_exhausted", Some("block")),
            ("auth_failed", Some("block")),
            ("credential_expired", Some("block")),
            ("canary_tripped", Some("block")),
            ("result_withheld", Some("block")),
            ("masked", Some("mask")),
            ("truncated", Some("truncate")),
            ("approval_requested", None),
            ("approved", None),
            ("content_flagged", None),
            ("entries_dropped", None),
            ("new_event", None),
            ("", None),
        ] {
            let entry = entry(serde_json::json!({"event": event}));
            assert_eq!(super::decision(&entry), decision, "{event}");
        }
    }

    #[test]
    fn sums_do_not_overflow() {
        let large = entry(serde_json::json!({"bytes_out": i64::MAX}));
        assert_eq!(sum(&[&large, &large], "bytes_out"), i64::MAX);
        assert_eq!(sum(&[&large], "rows_returned"), 0);
    }
}
