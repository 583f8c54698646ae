//! Determines whether a retried PUT that got 412 was applied.
//!
//! A PUT changes the `ETag` of the resource. If the PUT was applied but its response was lost, a retry with
//! the same `If-Match` gets 412. A concurrent change of another client also causes a 412. To distinguish the
//! two cases, the transport reads the resource and compares it with the content that the PUT sent.

use http::{StatusCode, header};
use pgbeam_api::{PreparedRequest, RawResponse, ReadBack};
use serde_json::{Map, Value};

/// Returns the request that reads the resource after an ambiguous 412, and the rules to compare the resource
/// with the content that the write sent.
///
/// Returns `None` if the transport does not reconcile the write: the response is not an ambiguous 412, the
/// write has no `If-Match`, or the operation has no rules to compare
/// ([`Operation::read_back`](pgbeam_api::Operation) is `None`).
pub(crate) fn read_request(
    write: &PreparedRequest,
    response: &RawResponse,
) -> Option<(ReadBack, Box<PreparedRequest>)> {
    let is_ambiguous = response.status == StatusCode::PRECONDITION_FAILED && response.maybe_applied;
    let read_back = write.operation.read_back?;
    if !is_ambiguous || !write.headers.contains_key(header::IF_MATCH) {
        return None;
    }
    let mut read = Box::new(write.clone());
    read.operation = read_back.operation;
    read.body = None;
    for name in [
        header::IF_MATCH,
        header::CONTENT_TYPE,
        super::idempotency::HEADER,
    ] {
        read.headers.remove(name);
    }
    Some((read_back, read))
}

/// Returns `true` if the write was applied: `body`, the body of the response to the read, is the resource
/// with the content that the write sent.
///
/// Returns `false` if the resource has other identifiers than the path, if a field that was sent has another
/// value, or if a field that was omitted does not have its default. In these cases, another client may have
/// changed the resource. Also returns `false` if one of the two bodies is not a JSON object.
pub(crate) fn is_applied(read_back: &ReadBack, write: &PreparedRequest, body: &[u8]) -> bool {
    let sent = parse_object(write.body.as_deref().unwrap_or_default());
    let (Some(sent), Some(read)) = (sent, parse_object(body)) else {
        return false;
    };
    let (template, path) = (write.operation.path, write.uri().path());
    has_path_identifiers(template, path, &read) && matches_sent(read_back, &sent, &read)
}

fn parse_object(json: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(json).ok()
}

/// Returns `true` if the field `id` of the resource equals the last identifier of the path, and no other
/// field, such as `project_id`, differs from the path parameter of the same name.
fn has_path_identifiers(template: &str, path: &str, read: &Map<String, Value>) -> bool {
    // The segments are compared from the end, because the base URL may have a path.
    let segments = template.rsplit('/').zip(path.rsplit('/'));
    let identifiers = segments
        .filter_map(|(name, value)| Some((name.strip_prefix('{')?.strip_suffix('}')?, value)));
    let mut field = Some("id");
    for (name, value) in identifiers {
        let (field, required) = field.take().map_or((name, false), |id| (id, true));
        match read.get(field) {
            None if required => return false,
            Some(read) if read.as_str() != Some(value) => return false,
            _ => {}
        }
    }
    // Without an identifier in the path, the resource cannot be verified.
    field.is_none()
}

/// Returns `true` if every field that was sent has the value that was sent, and every omitted field has its
/// default. Two kinds of fields can have any value: fields that only the server sets, and omitted fields for
/// which the server keeps the stored value.
fn matches_sent(
    read_back: &ReadBack,
    sent: &Map<String, Value>,
    read: &Map<String, Value>,
) -> bool {
    let when_absent = |name: &str| {
        let mut defaults = read_back.when_absent.iter();
        defaults.find(|(field, _)| *field == name)
    };
    let as_sent = sent.iter().all(|(name, value)| match read.get(name) {
        Some(read) => is_equivalent(value, read),
        None => is_empty_value(value),
    });
    let as_omitted = read.iter().all(|(name, value)| {
        sent.contains_key(name)
            || read_back.server_owned.contains(&name.as_str())
            || match when_absent(name) {
                Some((_, None)) => true,
                Some((_, Some(json))) => {
                    serde_json::from_str(json).is_ok_and(|default| is_equivalent(&default, value))
                }
                None => is_empty_value(value),
            }
    });
    as_sent && as_omitted
}

/// Returns `true` if the two values are equal, or if both are [empty](is_empty_value). Objects and lists are
/// compared by their fields and items, and an absent field equals an empty field. An integer equals a
/// floating-point number with the same value.
pub(crate) fn is_equivalent(sent: &Value, read: &Value) -> bool {
    match (sent, read) {
        (Value::Object(sent), Value::Object(read)) => {
            let names = sent.keys().chain(read.keys());
            names
                .into_iter()
                .all(|name| match (sent.get(name), read.get(name)) {
                    (Some(sent), Some(read)) => is_equivalent(sent, read),
                    (Some(value), None) | (None, Some(value)) => is_empty_value(value),
                    (None, None) => true,
                })
        }
        (Value::Array(sent), Value::Array(read)) => {
            sent.len() == read.len()
                && sent
                    .iter()
                    .zip(read)
                    .all(|(sent, read)| is_equivalent(sent, read))
        }
        // 5 equals 5.0.
        (Value::Number(sent), Value::Number(read)) => {
            sent == read || (sent.is_f64() != read.is_f64() && sent.as_f64() == read.as_f64())
        }
        _ => sent == read || is_empty_value(sent) && is_empty_value(read),
    }
}

/// Returns `true` for an empty value, which has the same effect as an absent field: `null`, `false`, 0, an
/// empty string or list, or an object with only empty values.
fn is_empty_value(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(string) => string.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty_value),
    }
}

#[cfg(all(test, feature = "policies"))]
mod tests {
    use pgbeam_api::operations::{UPDATE_POLICY_PROFILE, UPDATE_QUERY_TEMPLATE};

    use super::*;

    fn matches(read_back: &ReadBack, sent: &str, read: &str) -> bool {
        match (parse_object(sent.as_bytes()), parse_object(read.as_bytes())) {
            (Some(sent), Some(read)) => matches_sent(read_back, &sent, &read),
            _ => false,
        }
    }

    #[test]
    fn requires_the_identifiers_of_the_path() {
        let template = UPDATE_POLICY_PROFILE.path;
        let path = "/base/v1/projects/prj_1/policies/pol_1";
        for (identifiers, expected) in [
            (r#""id": "pol_1", "project_id": "prj_1""#, true),
            (r#""id": "pol_1""#, true),
            (r#""id": "pol_2", "project_id": "prj_1""#, false),
            (r#""id": "POL_1", "project_id": "prj_1""#, false),
            (r#""id": "pol_1", "project_id": "prj_2""#, false),
            (r#""id": "pol_1", "project_id": null"#, false),
            (r#""id": null"#, false),
            (r#""id": ["pol_1"]"#, false),
            (r#""project_id": "prj_1""#, false),
            (r#""policy_id": "pol_1""#, false),
        ] {
            let read = parse_object(format!("{{{identifiers}}}").as_bytes()).unwrap();
            let actual = has_path_identifiers(template, path, &read);
            assert_eq!(actual, expected, "{identifiers}");
        }
        assert!(!has_path_identifiers(
            "/v1/settings",
            "/v1/settings",
            &Map::new()
        ));
    }

    #[test]
    fn compares_a_profile_with_the_body_sent() {
        let read_back = UPDATE_POLICY_PROFILE.read_back.unwrap();
        let owned = r#""id": "pol_1", "project_id": "prj_1", "created_at": "x", "updated_at": "y""#;
        let defaults = r#""access_mode": "read_only", "table_allowlist": [], "masking_rules": [],
            "max_rows": 0, "write_mode": "normal", "approval_mode": "off",
            "approval_timeout_seconds": 300, "migration_safety": "off", "content_scan_mode": "off",
            "query_mode": "templates""#;
        let stored = format!(r#"{{"name": "A", {owned}, {defaults}}}"#);
        for (sent, read, expected) in [
            (r#"{"name": "A"}"#, stored.as_str(), true),
            (r#"{"name": "A", "max_rows": 0}"#, &stored, true),
            (r#"{"name": "A", "query_mode": "templates"}"#, &stored, true),
            // A concurrent change.
            (r#"{"name": "B"}"#, &stored, false),
            (r#"{"name": "A", "max_rows": 5}"#, &stored, false),
            (r#"{"name": "A", "query_mode": "sql"}"#, &stored, false),
            (
                r#"{"name": "A", "masking_rules": [{"table": "t"}]}"#,
                &stored,
                false,
            ),
            // Omitted fields have their defaults.
            (r#"{"name": "A"}"#, r#"{"name": "A"}"#, true),
            (
                r#"{"name": "A"}"#,
                r#"{"name": "A", "access_mode": "read_write"}"#,
                false,
            ),
            (
                r#"{"name": "A"}"#,
                r#"{"name": "A", "approval_timeout_seconds": 0}"#,
                false,
            ),
            (r#"{"name": "A"}"#, r#"{"name": "A", "max_rows": 5}"#, false),
            (
                r#"{"name": "A"}"#,
                r#"{"name": "A", "statement_rules": {"allow": []}}"#,
                true,
            ),
            (
                r#"{"name": "A"}"#,
                r#"{"name": "A", "statement_rules": {"allow": ["copy"]}}"#,
                false,
            ),
            // An unknown field.
            (
                r#"{"name": "A"}"#,
                r#"{"name": "A", "quarantine": "strict"}"#,
                false,
            ),
            (
                r#"{"name": "A", "quarantine": "strict"}"#,
                r#"{"name": "A"}"#,
                false,
            ),
            (
                r#"{"name": "A", "new": {"a": 1}}"#,
                r#"{"name": "A", "new": {"a": 1.0}}"#,
                true,
            ),
            // Order matters in lists, not in objects.
            (
                r#"{"name": "A", "masking_rules": [{"a": 1, "b": 2}, {"a": 3}]}"#,
                r#"{"masking_rules": [{"b": 2, "a": 1}, {"a": 3, "b": null}], "name": "A"}"#,
                true,
            ),
            (
                r#"{"table_denylist": ["a", "b"]}"#,
                r#"{"table_denylist": ["b", "a"]}"#,
                false,
            ),
            (
                r#"{"table_denylist": ["a"]}"#,
                r#"{"table_denylist": ["a", "b"]}"#,
                false,
            ),
            // Not a JSON object.
            (r#"{"name": "A"}"#, "<html>", false),
            (r#"{"name": "A"}"#, "", false),
            ("[]", "[]", false),
        ] {
            let actual = matches(&read_back, sent, read);
            assert_eq!(actual, expected, "{sent} {read}");
        }
    }

    #[test]
    fn omitted_enabled_means_true() {
        let read_back = UPDATE_QUERY_TEMPLATE.read_back.unwrap();
        let sent = r#"{"name": "a", "sql": "SELECT 1"}"#;
        for (enabled, expected) in [("true", true), ("false", false)] {
            let read = format!(
                r#"{{"name": "a", "sql": "SELECT 1", "enabled": {enabled}, "statement_kind": "select"}}"#
            );
            assert_eq!(matches(&read_back, sent, &read), expected);
        }
    }
}
