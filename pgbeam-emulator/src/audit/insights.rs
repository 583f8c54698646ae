//! Statistics on the queries of a project: `getProjectInsights`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::entry::{AuditEntry, count, is_executed, object, string, sum_floats, time};
use super::usage::percentile;

/// Computes the statistics on the executed statements after `start`. Returns a body of the schema `ProjectInsights`,
/// with at most `limit` queries, the most frequent first.
///
/// Entries with the same `query_hash` are one query. The `cache_status` `stale` counts as a cache hit. `hit_rate` is a
/// fraction from 0 to 1. Latencies are computed from the entries that have `latency_ms`.
pub(crate) fn insights<'a>(
    entries: impl IntoIterator<Item = &'a AuditEntry>,
    start: DateTime<Utc>,
    limit: usize,
) -> Map<String, Value> {
    let entries: Vec<&AuditEntry> = entries
        .into_iter()
        .filter(|entry| is_executed(entry) && time(entry).is_some_and(|time| time > start))
        .collect();
    let mut by_hash: BTreeMap<&str, Vec<&AuditEntry>> = BTreeMap::new();
    for entry in &entries {
        let hash = string(entry, "query_hash").unwrap_or_default();
        by_hash.entry(hash).or_default().push(entry);
    }
    let mut queries: Vec<_> = by_hash.into_iter().collect();
    queries.sort_by_key(|(_, entries)| Reverse(entries.len()));
    let queries = queries.iter().take(limit);
    let (hits, misses) = cache_counts(&entries);
    let (avg_ms, p99_ms) = latency(&entries);
    object(json!({
        "queries": queries.map(|(hash, entries)| query(hash, entries)).collect::<Vec<_>>(),
        "cache": {
            "total_hits": hits,
            "total_misses": misses,
            "hit_rate": mean(hits as f64, hits.saturating_add(misses)),
        },
        "latency": {"avg_ms": avg_ms, "p99_ms": p99_ms},
    }))
}

fn query(hash: &str, entries: &[&AuditEntry]) -> Value {
    let first = entries.first();
    let (hits, misses) = cache_counts(entries);
    let (avg_latency_ms, p99_latency_ms) = latency(entries);
    json!({
        "query_hash": hash,
        "query_pattern": first.and_then(|entry| string(entry, "normalized_sql")).unwrap_or_default(),
        "total_count": entries.len(),
        "total_cache_hits": hits,
        "total_cache_misses": misses,
        "avg_latency_ms": avg_latency_ms,
        "p99_latency_ms": p99_latency_ms,
    })
}

/// Returns the numbers of cache hits and misses.
fn cache_counts(entries: &[&AuditEntry]) -> (usize, usize) {
    let cache = |status: &str| count(entries, "cache_status", status);
    (cache("hit").saturating_add(cache("stale")), cache("miss"))
}

/// Returns the mean and the 99th percentile of the latencies, in milliseconds. Without latencies, both are 0.
fn latency(entries: &[&AuditEntry]) -> (f64, f64) {
    let latencies = entries.iter();
    let mut latencies: Vec<f64> = latencies
        .filter_map(|entry| entry.get("latency_ms")?.as_f64())
        .collect();
    latencies.sort_by(f64::total_cmp);
    let total = sum_floats(latencies.iter().copied());
    (mean(total, latencies.len()), percentile(&latencies, 99))
}

/// Returns `total` divided by `count`, or 0 if `count` is 0.
fn mean(total: f64, count: usize) -> f64 {
    if count == 0 {
        0.0
    } else {
        total / count as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::{assert_valid, entry, time};

    fn body(limit: usize) -> Value {
        let entries = [
            json!({"ts": "2026-01-01T00:00:00Z", "event": "query", "query_hash": "old"}),
            json!({
                "ts": "2026-01-02T00:00:00Z", "event": "query", "query_hash": "a", "normalized_sql": "SELECT $1",
                "cache_status": "miss", "latency_ms": 8.0,
            }),
            json!({
                "ts": "2026-01-02T01:00:00Z", "event": "query", "query_hash": "b", "normalized_sql": "SELECT b",
                "cache_status": "hit", "latency_ms": 1,
            }),
            json!({
                "ts": "2026-01-02T02:00:00Z", "event": "masked", "query_hash": "b", "cache_status": "stale",
                "latency_ms": 3,
            }),
            json!({"ts": "2026-01-02T03:00:00Z", "event": "truncated", "query_hash": "b"}),
            json!({"ts": "2026-01-02T04:00:00Z", "event": "blocked", "query_hash": "c", "latency_ms": 99}),
        ]
        .map(entry);
        let start = time("2026-01-01T00:00:00Z");
        assert_valid("ProjectInsights", insights(&entries, start, limit))
    }

    #[test]
    fn queries_are_grouped_by_hash() {
        let body = body(10);
        let expected = json!({
            "queries": [
                {
                    "query_hash": "b", "query_pattern": "SELECT b", "total_count": 3, "total_cache_hits": 2,
                    "total_cache_misses": 0, "avg_latency_ms": 2.0, "p99_latency_ms": 3.0,
                },
                {
                    "query_hash": "a", "query_pattern": "SELECT $1", "total_count": 1, "total_cache_hits": 0,
                    "total_cache_misses": 1, "avg_latency_ms": 8.0, "p99_latency_ms": 8.0,
                },
            ],
            "cache": {"total_hits": 2, "total_misses": 1, "hit_rate": 2.0 / 3.0},
            "latency": {"avg_ms": 4.0, "p99_ms": 8.0},
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn the_limit_does_not_change_the_totals() {
        let body = body(1);
        assert_eq!(body["queries"].as_array().map(Vec::len), Some(1));
        assert_eq!(body["cache"]["total_misses"], 1);
    }

    #[test]
    fn insights_without_entries_are_empty() {
        let empty = insights([], time("2026-01-01T00:00:00Z"), 10);
        let expected = json!({
            "queries": [], "cache": {"total_hits": 0, "total_misses": 0, "hit_rate": 0.0},
            "latency": {"avg_ms": 0.0, "p99_ms": 0.0},
        });
        assert_eq!(Value::Object(empty), expected);
    }
}
