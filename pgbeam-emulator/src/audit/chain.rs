//! The hash of an audit log entry.
//!
//! Every entry contains its own hash and the hash of the entry before it, so that a changed entry and a gap can be
//! found.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::entry::{AuditEntry, FIELDS, plain, time};
use crate::clock::format_timestamp;

/// The `prev_hash` of the first entry of a chain.
pub(crate) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Computes the `entry_hash` of an entry: a SHA-256 hash in lower-case hex. `prev_hash` is the hash of the entry before
/// it.
///
/// The input is `seq`, then the fields from `id` to `ts` in the order of [`FIELDS`], then `prev_hash`. Each field is
/// its length in 8 bytes (big-endian), then its value in UTF-8. `prev_hash` has no length. An absent number is hashed
/// as `0`, any other absent field as an empty string. Before `credential_id` there is a byte: 1 if the field is
/// present, 0 if it is absent. An absent `credential_id` is only this byte.
pub(crate) fn entry_hash(entry: &AuditEntry, prev_hash: &str) -> String {
    let mut bytes = Vec::new();
    write_field(&mut bytes, &canonical(entry, "seq"));
    for name in FIELDS.into_iter().take_while(|name| *name != "seq") {
        if name == "credential_id" {
            let is_present = plain(entry, name).is_some();
            bytes.push(u8::from(is_present));
            if !is_present {
                continue;
            }
        }
        write_field(&mut bytes, &canonical(entry, name));
    }
    bytes.extend_from_slice(prev_hash.as_bytes());
    Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn write_field(bytes: &mut Vec<u8>, value: &str) {
    let length = u64::try_from(value.len()).unwrap_or(u64::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(value.as_bytes());
}

/// Returns the value of a field as a string, for the hash.
fn canonical(entry: &AuditEntry, name: &str) -> String {
    let formatted = match name {
        "latency_ms" => entry.get(name).and_then(Value::as_f64).map(format_float),
        "ts" => time(entry).map(format_time),
        _ => None,
    };
    let is_number = matches!(name, "seq" | "rows_returned" | "bytes_out" | "latency_ms");
    let absent = if is_number { "0" } else { "" };
    formatted
        .or_else(|| plain(entry, name))
        .unwrap_or_else(|| absent.to_owned())
}

/// Formats a number as `FormatFloat(value, 'g', -1, 64)` does in Go: with the fewest digits that identify it. If the
/// decimal exponent is less than -4 or greater than 5, the result has an exponent of at least two digits.
fn format_float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let parts = scientific.split_once('e');
    let Some((digits, Ok(exponent))) = parts.map(|(digits, e)| (digits, e.parse::<i32>())) else {
        return scientific;
    };
    if (-4..6).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

/// Formats a time in UTC, truncated to microseconds, without trailing zeros in the fraction.
fn format_time(time: DateTime<Utc>) -> String {
    let time = format_timestamp(time);
    let digits = time.trim_end_matches('Z').trim_end_matches('0');
    format!("{}Z", digits.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit::testing::{entry, time};

    /// The published test vector of the hash.
    fn vector() -> AuditEntry {
        entry(json!({
            "seq": 1, "id": "aud_1", "project_id": "prj_1", "credential_id": "cred_1", "region": "iad",
            "event": "query", "sql": "SELECT 1", "normalized_sql": "SELECT $1", "query_hash": "abc",
            "statement_kind": "select", "decision_rule": "", "reason": "", "rows_returned": 1, "bytes_out": 42,
            "latency_ms": 1.5, "cache_status": "miss", "client_ip": "10.0.0.1", "session_id": "sess_1",
            "source": "wire", "ts": "2026-07-15T10:00:00.123456Z",
        }))
    }

    #[test]
    fn the_hash_is_that_of_the_published_vector() {
        const EXPECTED: &str = "1b1c602a50ceb3471440f9e3f3f7b6d9e394a23fb22626b1b048c36b38464757";
        assert_eq!(entry_hash(&vector(), GENESIS), EXPECTED);
        // (field, value, whether the hash stays the same)
        let cases = [
            ("reason", json!(null), true),
            ("ts", json!("2026-07-15T12:00:00.123456789+02:00"), true),
            ("prev_hash", json!("unused"), true),
            ("entry_hash", json!("unused"), true),
            ("seq", json!(2), false),
            ("credential_id", json!(null), false),
            ("credential_id", json!(""), false),
            ("rows_returned", json!(null), false),
            ("latency_ms", json!(1.25), false),
            ("ts", json!("not a time"), false),
            ("sql", json!(["SELECT 1"]), false),
        ];
        for (name, value, is_same) in cases {
            let mut changed = vector();
            changed.insert(name.to_owned(), value.clone());
            let hash = entry_hash(&changed, GENESIS);
            assert_eq!(hash == EXPECTED, is_same, "{name} {value}");
        }
        assert_ne!(entry_hash(&vector(), EXPECTED), EXPECTED);
    }

    #[test]
    fn absent_fields_are_hashed_as_empty_or_zero() {
        let absent = entry(json!({"id": "aud_1"}));
        let zero = entry(json!({
            "id": "aud_1", "seq": 0, "rows_returned": 0, "bytes_out": 0, "latency_ms": 0.0, "sql": "", "ts": null,
        }));
        assert_eq!(entry_hash(&absent, GENESIS), entry_hash(&zero, GENESIS));
        let empty = entry(json!({"id": "aud_1", "credential_id": ""}));
        assert_ne!(entry_hash(&absent, GENESIS), entry_hash(&empty, GENESIS));
    }

    #[test]
    fn numbers_are_formatted_as_in_go() {
        for (value, formatted) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (-12.25, "-12.25"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.000012, "1.2e-05"),
            (1e-100, "1e-100"),
            (100_000.0, "100000"),
            (123_456.5, "123456.5"),
            (999_999.9, "999999.9"),
            (1e6, "1e+06"),
            (1_234_567.8, "1.2345678e+06"),
            (1e21, "1e+21"),
        ] {
            assert_eq!(format_float(value), formatted, "{value}");
        }
    }

    #[test]
    fn times_have_no_trailing_zeros() {
        for (timestamp, formatted) in [
            ("2026-07-15T10:00:00Z", "2026-07-15T10:00:00Z"),
            ("2026-07-15T10:20:30.000000Z", "2026-07-15T10:20:30Z"),
            ("2026-07-15T10:00:00.120Z", "2026-07-15T10:00:00.12Z"),
            (
                "2026-07-15T10:00:00.1234569Z",
                "2026-07-15T10:00:00.123456Z",
            ),
            ("2026-07-15T10:00:00+01:00", "2026-07-15T09:00:00Z"),
        ] {
            assert_eq!(format_time(time(timestamp)), formatted, "{timestamp}");
        }
    }
}
