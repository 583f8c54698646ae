//! Usage by day: `getProjectUsage` and `getOrganizationUsage`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use super::entry::{AuditEntry, count, is_executed, string, sum, time};

/// The region of entries without `region`.
const UNKNOWN_REGION: &str = "unknown";

/// The rows of a usage report: one for each day, or one for each day and region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsageGrouping {
    /// One row for each day and region, with the schema `ProjectDailyUsage`.
    DayAndRegion,
    /// One row for each day, with the schema `DailyUsage`.
    Day,
}

/// Computes the usage from `start_date` to `end_date` (both inclusive, in UTC). `entries` are the audit log entries of
/// one or more projects. Returns the rows sorted by day and region. A day without entries has no row.
///
/// Only entries about executed statements count as queries, cache hits and cache misses. The `cache_status` `stale`
/// counts as a cache hit. `connection_seconds` is always 0, because entries do not contain the duration of
/// connections.
pub(crate) fn daily_usage<'a>(
    entries: impl IntoIterator<Item = &'a AuditEntry>,
    start_date: NaiveDate,
    end_date: NaiveDate,
    grouping: UsageGrouping,
) -> Vec<Value> {
    let mut groups: BTreeMap<(NaiveDate, &str), Vec<&AuditEntry>> = BTreeMap::new();
    for entry in entries {
        let region = match grouping {
            UsageGrouping::DayAndRegion => string(entry, "region").unwrap_or(UNKNOWN_REGION),
            UsageGrouping::Day => "",
        };
        let day = time(entry).map(|time| time.date_naive());
        if let Some(day) = day.filter(|day| (start_date..=end_date).contains(day)) {
            groups.entry((day, region)).or_default().push(entry);
        }
    }
    let row = |((day, region), entries): ((NaiveDate, &str), Vec<&AuditEntry>)| {
        let bytes_transferred = sum(&entries, "bytes_out");
        let queries: Vec<&AuditEntry> = entries
            .into_iter()
            .filter(|entry| is_executed(entry))
            .collect();
        let cache = |status: &str| count(&queries, "cache_status", status);
        let mut row = json!({
            "day": day,
            "queries_total": queries.len(),
            "cache_hits": cache("hit").saturating_add(cache("stale")),
            "cache_misses": cache("miss"),
            "connection_seconds": 0,
            "bytes_transferred": bytes_transferred,
        });
        if let (UsageGrouping::DayAndRegion, Some(row)) = (grouping, row.as_object_mut()) {
            row.insert("region".to_owned(), region.into());
        }
        row
    };
    groups.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::entry::object;
    use crate::audit::testing::{assert_valid, entry};

    fn rows(grouping: UsageGrouping) -> Vec<Value> {
        let entries = [
            json!({"ts": "2026-01-01T23:59:59Z", "event": "query"}),
            json!({"ts": "2026-01-02T00:00:00Z", "event": "query", "region": "b", "bytes_out": 5, "cache_status": "hit"}),
            json!({"ts": "2026-01-02T01:00:00Z", "event": "masked", "region": "a", "bytes_out": 6, "cache_status": "stale"}),
            json!({"ts": "2026-01-02T02:00:00Z", "event": "truncated", "region": "a", "cache_status": "miss"}),
            json!({"ts": "2026-01-02T03:00:00Z", "event": "blocked", "region": "a", "cache_status": "miss"}),
            json!({"ts": "2026-01-04T00:30:00+01:00", "event": "query"}),
            json!({"ts": "2026-01-04T00:00:00Z", "event": "query"}),
            json!({"ts": "not a time", "event": "query"}),
        ]
        .map(entry);
        let date = |date: &str| date.parse::<NaiveDate>().expect(date);
        let schema = match grouping {
            UsageGrouping::DayAndRegion => "ProjectDailyUsage",
            UsageGrouping::Day => "DailyUsage",
        };
        daily_usage(&entries, date("2026-01-02"), date("2026-01-03"), grouping)
            .into_iter()
            .map(|row| assert_valid(schema, object(row)))
            .collect()
    }

    #[test]
    fn rows_of_a_project_have_a_region() {
        let row = |day: &str, region: &str, [queries, hits, misses, bytes]: [i64; 4]| {
            json!({
                "day": day, "region": region, "queries_total": queries, "cache_hits": hits, "cache_misses": misses,
                "connection_seconds": 0, "bytes_transferred": bytes,
            })
        };
        let expected = [
            row("2026-01-02", "a", [2, 1, 1, 6]),
            row("2026-01-02", "b", [1, 1, 0, 5]),
            row("2026-01-03", "unknown", [1, 0, 0, 0]),
        ];
        assert_eq!(rows(UsageGrouping::DayAndRegion), expected);
    }

    #[test]
    fn rows_of_an_organization_have_no_region() {
        let rows = rows(UsageGrouping::Day);
        let figures: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row["day"].as_str(),
                    row["queries_total"].as_i64(),
                    row["bytes_transferred"].as_i64(),
                )
            })
            .collect();
        let expected = [
            (Some("2026-01-02"), Some(3), Some(11)),
            (Some("2026-01-03"), Some(1), Some(0)),
        ];
        assert_eq!(figures, expected);
    }
}
