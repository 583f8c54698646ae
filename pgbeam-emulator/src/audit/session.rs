//! The summary of a session: `getAuditSessionSummary`.

use std::collections::BTreeSet;

use pgbeam_engine::describe;
use serde_json::{Map, Value, json};

use super::entry::{
    AuditEntry, count_decision, decision, distinct, object, string, sum, sum_floats, time_span,
};
use super::filter::Period;
use crate::clock::format_timestamp;

/// Summarizes the entries of a session in the period. Returns a body of the schema `AuditSessionSummary` without
/// `anomalies`, or `None` if the session has no entry with a valid time in the period.
///
/// Entries with a [decision] count as `statements`, entries without one as `other`.
pub(crate) fn summarize<'a>(
    entries: impl IntoIterator<Item = &'a AuditEntry>,
    project_id: &str,
    session_id: &str,
    period: &Period,
) -> Option<Map<String, Value>> {
    let is_in_session = |entry: &&AuditEntry| {
        string(entry, "session_id") == Some(session_id) && period.contains(entry)
    };
    let entries: Vec<&AuditEntry> = entries.into_iter().filter(is_in_session).collect();
    let (start, end) = time_span(&entries)?;
    let statements: Vec<&AuditEntry> = entries
        .iter()
        .copied()
        .filter(|entry| decision(entry).is_some())
        .collect();
    let tables = Tables::from_statements(&statements);
    let latencies = statements
        .iter()
        .filter_map(|entry| entry.get("latency_ms")?.as_f64());
    Some(object(json!({
        "session_id": session_id,
        "project_id": project_id,
        "credential_ids": distinct(&entries, "credential_id"),
        "sources": distinct(&entries, "source"),
        "started_at": format_timestamp(start),
        "ended_at": format_timestamp(end),
        "duration_ms": (end - start).as_seconds_f64() * 1000.0,
        "entries_scanned": entries.len(),
        "statements": statements.len(),
        "allowed": count_decision(&entries, "allow"),
        "blocked": count_decision(&entries, "block"),
        "masked": count_decision(&entries, "mask"),
        "truncated": count_decision(&entries, "truncate"),
        "other": entries.len().saturating_sub(statements.len()),
        "rows_returned": sum(&entries, "rows_returned"),
        "bytes_out": sum(&entries, "bytes_out"),
        "latency_ms_total": sum_floats(latencies),
        "tables_read": tables.read,
        "tables_written": tables.written,
        "tables_blocked": tables.blocked,
        "unparsed_statements": tables.unparsed_statements,
        "scan_truncated": false,
    })))
}

/// The tables that statements use.
#[derive(Default)]
struct Tables {
    /// The tables of executed statements that write no table.
    read: BTreeSet<String>,
    /// The tables of executed statements that write a table, including the tables that they only read.
    written: BTreeSet<String>,
    /// The tables of blocked statements.
    blocked: BTreeSet<String>,
    /// The number of entries whose SQL cannot be parsed.
    unparsed_statements: usize,
}

impl Tables {
    fn from_statements(entries: &[&AuditEntry]) -> Self {
        let mut tables = Self::default();
        for entry in entries {
            let Some(sql) = string(entry, "sql") else {
                continue;
            };
            let Ok(statements) = describe(sql) else {
                tables.unparsed_statements = tables.unparsed_statements.saturating_add(1);
                continue;
            };
            for statement in statements {
                let list = match decision(entry) {
                    Some("block") => &mut tables.blocked,
                    _ if statement.writes.is_empty() => &mut tables.read,
                    _ => &mut tables.written,
                };
                let relations = statement.reads.iter().chain(&statement.writes);
                list.extend(relations.map(ToString::to_string));
            }
        }
        tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::{assert_valid, entry, time};

    fn entries() -> Vec<AuditEntry> {
        let session = |minute: u8, event: &str, sql: &str, more: Value| {
            let mut fields = entry(json!({
                "event": event, "sql": sql, "session_id": "ses_1", "source": "wire", "credential_id": "cred_1",
                "ts": format!("2026-01-01T00:{minute:02}:00Z"),
            }));
            fields.extend(entry(more));
            fields
        };
        vec![
            session(
                5,
                "query",
                "SELECT * FROM public.orders",
                json!({"rows_returned": 3, "latency_ms": 1.5}),
            ),
            session(
                1,
                "masked",
                "SELECT * FROM Customers",
                json!({"bytes_out": 10, "latency_ms": 2}),
            ),
            session(
                2,
                "truncated",
                "INSERT INTO archive SELECT * FROM old",
                json!({"source": "mcp"}),
            ),
            session(
                3,
                "blocked",
                "SELECT * FROM secrets; DELETE FROM orders",
                json!({"credential_id": null}),
            ),
            session(4, "query", "SELEC", json!({"credential_id": "cred_0"})),
            session(4, "auth_failed", "", json!({})),
            session(
                4,
                "approval_requested",
                "DELETE FROM held",
                json!({"latency_ms": 100}),
            ),
            session(
                9,
                "query",
                "SELECT * FROM elsewhere",
                json!({"session_id": "ses_2"}),
            ),
        ]
    }

    #[test]
    fn a_summary_covers_the_entries_of_the_session() {
        let summary = summarize(&entries(), "prj_1", "ses_1", &Period::default());
        let body = assert_valid("AuditSessionSummary", summary.expect("entries"));
        let expected = json!({
            "session_id": "ses_1", "project_id": "prj_1",
            "credential_ids": ["cred_0", "cred_1"], "sources": ["mcp", "wire"],
            "started_at": "2026-01-01T00:01:00.000000Z", "ended_at": "2026-01-01T00:05:00.000000Z",
            "duration_ms": 240_000.0, "entries_scanned": 7, "statements": 6,
            "allowed": 2, "blocked": 2, "masked": 1, "truncated": 1, "other": 1,
            "rows_returned": 3, "bytes_out": 10, "latency_ms_total": 3.5,
            "tables_read": ["customers", "public.orders"], "tables_written": ["archive", "old"],
            "tables_blocked": ["orders", "secrets"], "unparsed_statements": 1, "scan_truncated": false,
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_summary_covers_only_the_period() {
        let period = |start: &str, end: &str| Period {
            start: Some(time(start)),
            end: Some(time(end)),
        };
        let minute = period("2026-01-01T00:02:00Z", "2026-01-01T00:03:00Z");
        let summary = summarize(&entries(), "prj_1", "ses_1", &minute).expect("an entry");
        assert_eq!(
            (&summary["entries_scanned"], &summary["truncated"]),
            (&json!(1), &json!(1))
        );
        let later = period("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z");
        assert!(summarize(&entries(), "prj_1", "ses_1", &later).is_none());
        assert!(summarize(&entries(), "prj_1", "ses_3", &Period::default()).is_none());
    }
}
