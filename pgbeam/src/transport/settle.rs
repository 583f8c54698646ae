//! Settles a replacement that meets 412 when it is sent again: its own change, perhaps.
//!
//! A PUT with `If-Match` whose answer was lost may have taken effect, and then the resource is no
//! longer the one that its entity tag stands for. Whether it is what was sent, a read tells.

use http::{StatusCode, header};
use pgbeam_api::{PreparedRequest, RawResponse, ReadBack};
use serde_json::{Map, Value};

/// The read that tells whether the write has succeeded, where an answer leaves that open and a read
/// can.
pub(crate) fn read(
    write: &PreparedRequest,
    answer: &RawResponse,
) -> Option<(ReadBack, Box<PreparedRequest>)> {
    let open = answer.status == StatusCode::PRECONDITION_FAILED && answer.maybe_applied;
    let read_back = write.operation.read_back?;
    if !open || !write.headers.contains_key(header::IF_MATCH) {
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

/// Whether a resource that is read is what a replacement with this body makes of it.
///
/// Whatever does not follow from the contract speaks against it, such as a member that it does not
/// know: somebody else may have set it.
pub(crate) fn is_what_was_sent(read_back: &ReadBack, sent: &[u8], read: &[u8]) -> bool {
    let object = |json| serde_json::from_slice::<Map<String, Value>>(json).ok();
    let (Some(sent), Some(read)) = (object(sent), object(read)) else {
        return false;
    };
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

/// Whether a value is stored as it was sent. An object may have gained members that are nothing.
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
        // 5 and 5.0 are one number, however they are spelled.
        (Value::Number(sent), Value::Number(read)) => {
            sent == read || (sent.is_f64() != read.is_f64() && sent.as_f64() == read.as_f64())
        }
        _ => sent == read || is_nothing(sent) && is_nothing(read),
    }
}

/// Whether a value says no more than its absence would.
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
            let told = is_what_was_sent(&read_back, sent.as_bytes(), read.as_bytes());
            assert_eq!(told, want, "{sent} {read}");
        }
    }

    #[test]
    fn a_template_that_is_left_out_is_enabled() {
        let read_back = UPDATE_QUERY_TEMPLATE.read_back.unwrap();
        let sent = br#"{"name": "a", "sql": "SELECT 1"}"#;
        for (enabled, want) in [("true", true), ("false", false)] {
            let read = format!(
                r#"{{"name": "a", "sql": "SELECT 1", "enabled": {enabled}, "statement_kind": "select"}}"#
            );
            assert_eq!(is_what_was_sent(&read_back, sent, read.as_bytes()), want);
        }
    }
}
