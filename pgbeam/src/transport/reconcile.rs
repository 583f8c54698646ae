//! Reconciles a replacement whose retry got 412: the first attempt may have caused it.
//!
//! A PUT with `If-Match` whose response was lost may have been applied, so that its entity tag no
//! longer matches. A read of the resource tells whether it holds what was sent.

use http::{StatusCode, header};
use pgbeam_api::{PreparedRequest, RawResponse, ReadBack};
use serde_json::{Map, Value};

/// Returns the read that decides whether the write was applied; `None` if the response already says
/// so, or if no read can tell.
pub(crate) fn read_back(
    write: &PreparedRequest,
    response: &RawResponse,
) -> Option<(ReadBack, Box<PreparedRequest>)> {
    let is_open = response.status == StatusCode::PRECONDITION_FAILED && response.maybe_applied;
    let read_back = write.operation.read_back?;
    if !is_open || !write.headers.contains_key(header::IF_MATCH) {
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

/// Returns `true` if `body`, which the read returned, is the resource that the write makes.
///
/// A resource with another identity, or with a field that the contract does not explain, is not:
/// somebody else may have written it.
pub(crate) fn is_applied(read_back: &ReadBack, write: &PreparedRequest, body: &[u8]) -> bool {
    let sent = object(write.body.as_deref().unwrap_or_default());
    let (Some(sent), Some(read)) = (sent, object(body)) else {
        return false;
    };
    let (template, path) = (write.operation.path, write.uri().path());
    is_same_resource(template, path, &read) && is_what_was_sent(read_back, &sent, &read)
}

fn object(json: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(json).ok()
}

/// Returns `true` if the resource's `id` is the last identifier of the path, and no field such as
/// `project_id` differs from the path's parameter of that name.
fn is_same_resource(template: &str, path: &str, read: &Map<String, Value>) -> bool {
    // From the end, since the base URL may have a path as well.
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
    // A path without an identifier names no resource to compare.
    field.is_none()
}

/// Returns `true` if every field holds what was sent, or its default if it was omitted.
fn is_what_was_sent(
    read_back: &ReadBack,
    sent: &Map<String, Value>,
    read: &Map<String, Value>,
) -> bool {
    let when_absent = |name: &str| read_back.when_absent.iter().find(|(of, _)| *of == name);
    let as_sent = sent.iter().all(|(name, value)| match read.get(name) {
        Some(read) => is_same(value, read),
        None => is_nothing(value),
    });
    let as_omitted = read.iter().all(|(name, value)| {
        sent.contains_key(name)
            || read_back.server_owned.contains(&name.as_str())
            || match when_absent(name) {
                Some((_, None)) => true,
                Some((_, Some(json))) => {
                    serde_json::from_str(json).is_ok_and(|default| is_same(&default, value))
                }
                None => is_nothing(value),
            }
    });
    as_sent && as_omitted
}

/// Returns `true` if a value is stored as it was sent. A stored object may have further fields that
/// are nothing.
fn is_same(sent: &Value, read: &Value) -> bool {
    match (sent, read) {
        (Value::Object(sent), Value::Object(read)) => {
            let names = sent.keys().chain(read.keys());
            names
                .into_iter()
                .all(|name| match (sent.get(name), read.get(name)) {
                    (Some(sent), Some(read)) => is_same(sent, read),
                    (Some(only), None) | (None, Some(only)) => is_nothing(only),
                    (None, None) => true,
                })
        }
        (Value::Array(sent), Value::Array(read)) => {
            sent.len() == read.len()
                && sent
                    .iter()
                    .zip(read)
                    .all(|(sent, read)| is_same(sent, read))
        }
        // 5 and 5.0 are the same number.
        (Value::Number(sent), Value::Number(read)) => {
            sent == read || (sent.is_f64() != read.is_f64() && sent.as_f64() == read.as_f64())
        }
        _ => sent == read || is_nothing(sent) && is_nothing(read),
    }
}

/// Returns `true` if a value means the same as an absent field.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_nothing),
    }
}

#[cfg(all(test, feature = "policies"))]
mod tests {
    use pgbeam_api::operations::{UPDATE_POLICY_PROFILE, UPDATE_QUERY_TEMPLATE};

    use super::*;

    fn is_stored(read_back: &ReadBack, sent: &str, read: &str) -> bool {
        match (object(sent.as_bytes()), object(read.as_bytes())) {
            (Some(sent), Some(read)) => is_what_was_sent(read_back, &sent, &read),
            _ => false,
        }
    }

    #[test]
    fn only_the_resource_of_the_path_counts() {
        let template = UPDATE_POLICY_PROFILE.path;
        let path = "/base/v1/projects/prj_1/policies/pol_1";
        for (identity, want) in [
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
            let read = object(format!("{{{identity}}}").as_bytes()).unwrap();
            let got = is_same_resource(template, path, &read);
            assert_eq!(got, want, "{identity}");
        }
        assert!(!is_same_resource(
            "/v1/settings",
            "/v1/settings",
            &Map::new()
        ));
    }

    #[test]
    fn a_profile_is_what_was_sent_or_is_not() {
        let read_back = UPDATE_POLICY_PROFILE.read_back.unwrap();
        let owned = r#""id": "pol_1", "project_id": "prj_1", "created_at": "x", "updated_at": "y""#;
        let defaults = r#""access_mode": "read_only", "table_allowlist": [], "masking_rules": [],
            "max_rows": 0, "write_mode": "normal", "approval_mode": "off",
            "approval_timeout_seconds": 300, "migration_safety": "off", "content_scan_mode": "off",
            "query_mode": "templates""#;
        let fresh = format!(r#"{{"name": "A", {owned}, {defaults}}}"#);
        for (sent, read, want) in [
            (r#"{"name": "A"}"#, fresh.as_str(), true),
            (r#"{"name": "A", "max_rows": 0}"#, &fresh, true),
            (r#"{"name": "A", "query_mode": "templates"}"#, &fresh, true),
            // Somebody else has put another one there.
            (r#"{"name": "B"}"#, &fresh, false),
            (r#"{"name": "A", "max_rows": 5}"#, &fresh, false),
            (r#"{"name": "A", "query_mode": "sql"}"#, &fresh, false),
            (
                r#"{"name": "A", "masking_rules": [{"table": "t"}]}"#,
                &fresh,
                false,
            ),
            // What was left out is what it is then, and nothing else.
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
            // A member that this version does not know.
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
            // Order counts in lists and not in objects.
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
            // What cannot be read tells nothing.
            (r#"{"name": "A"}"#, "<html>", false),
            (r#"{"name": "A"}"#, "", false),
            ("[]", "[]", false),
        ] {
            let told = is_stored(&read_back, sent, read);
            assert_eq!(told, want, "{sent} {read}");
        }
    }

    #[test]
    fn a_template_that_is_left_out_is_enabled() {
        let read_back = UPDATE_QUERY_TEMPLATE.read_back.unwrap();
        let sent = r#"{"name": "a", "sql": "SELECT 1"}"#;
        for (enabled, want) in [("true", true), ("false", false)] {
            let read = format!(
                r#"{{"name": "a", "sql": "SELECT 1", "enabled": {enabled}, "statement_kind": "select"}}"#
            );
            assert_eq!(is_stored(&read_back, sent, &read), want);
        }
    }
}
