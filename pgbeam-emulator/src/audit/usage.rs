//! The usage report of agents: `getAgentUsageBreakdown`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::entry::{
    AuditEntry, count, count_decision, distinct, is_executed, object, string, sum, sum_floats,
    time_span,
};
use super::filter::Period;
use crate::clock::format_timestamp;

/// The length of the period if the request has no `start`.
const DEFAULT_PERIOD: TimeDelta = TimeDelta::days(30);
/// The maximum length of the period.
pub(crate) const MAX_PERIOD: TimeDelta = TimeDelta::days(92);
/// The event of an entry that replaces dropped entries.
const DROPPED: &str = "entries_dropped";

/// Computes the usage of a project from the entries in the period. Returns a body of the schema `AgentUsageReport`.
/// `marginal_rates` has the schema `AgentUsageMarginalRates`.
///
/// An omitted start or end of the period has its [default](with_defaults). `window_start` and `window_end` are the
/// times of the earliest and the latest entry. Without entries, both are the end of the period.
///
/// An entry with the event `entries_dropped` should contain the number of dropped entries, but the format is not
/// published. So the reported number is 0, and each such entry counts as `markers_unparsed`.
pub(crate) fn report<'a>(
    entries: impl IntoIterator<Item = &'a AuditEntry>,
    project_id: &str,
    period: &Period,
    now: DateTime<Utc>,
    marginal_rates: Map<String, Value>,
) -> Map<String, Value> {
    let (start, end) = start_and_end(period, now);
    let period = with_defaults(period, now);
    let entries: Vec<&AuditEntry> = entries
        .into_iter()
        .filter(|entry| period.contains(entry))
        .collect();
    let mut by_credential: BTreeMap<Option<&str>, Vec<&AuditEntry>> = BTreeMap::new();
    for entry in &entries {
        let group = by_credential.entry(string(entry, "credential_id"));
        group.or_default().push(entry);
    }
    let unattributed = by_credential.remove(&None).unwrap_or_default();
    let mut agents: Vec<_> = by_credential.into_iter().collect();
    agents.sort_by_key(|(_, entries)| Reverse(entries.len()));
    let agents = agents.iter().map(|(id, entries)| line(*id, entries));

    let markers: Vec<&AuditEntry> = entries
        .iter()
        .copied()
        .filter(|entry| string(entry, "event") == Some(DROPPED))
        .collect();
    let (window_start, window_end) = time_span(&entries).unwrap_or((end, end));
    object(json!({
        "project_id": project_id,
        "requested_start": format_timestamp(start),
        "requested_end": format_timestamp(end),
        "window_start": format_timestamp(window_start),
        "window_end": format_timestamp(window_end),
        "complete": markers.is_empty(),
        "agents": agents.collect::<Vec<_>>(),
        "unattributed": line(None, &unattributed),
        "totals": line(None, &entries),
        "marginal_rates": marginal_rates,
        "drop_markers": {
            "markers": markers.len(),
            "truncated": false,
            "entries_dropped": 0,
            "markers_unparsed": markers.len(),
            "reasons": distinct(&markers, "reason"),
        },
    }))
}

/// Returns the period with a start and an end. The default end is one microsecond after `now`, so that entries at `now`
/// are included. The default start is 30 days before the end.
pub(crate) fn with_defaults(period: &Period, now: DateTime<Utc>) -> Period {
    let (start, end) = start_and_end(period, now);
    Period {
        start: Some(start),
        end: Some(end),
    }
}

fn start_and_end(period: &Period, now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let default_end = now.checked_add_signed(TimeDelta::microseconds(1));
    let end = period.end.or(default_end).unwrap_or(now);
    let default_start = end.checked_sub_signed(DEFAULT_PERIOD);
    let start = period.start.or(default_start).unwrap_or(end);
    (start, end)
}

/// Computes the usage in the entries: a value of the schema `AgentUsageLine`. `credential_id` is `None` for the entries
/// without a credential and for the totals.
///
/// Only the latencies of executed statements count, because blocked statements would make an agent look fast.
fn line(credential_id: Option<&str>, entries: &[&AuditEntry]) -> Value {
    let mut latencies: Vec<f64> = entries
        .iter()
        .filter(|entry| is_executed(entry))
        .filter_map(|entry| entry.get("latency_ms")?.as_f64())
        .collect();
    latencies.sort_by(f64::total_cmp);
    let cache = |status: &str| count(entries, "cache_status", status);
    let cached = ["hit", "stale", "miss", "bypass"].map(cache);
    let [cache_hit, cache_stale, cache_miss, cache_bypass] = cached;
    let seen = time_span(entries);
    json!({
        "credential_id": credential_id,
        "entries": entries.len(),
        "allowed": count_decision(entries, "allow"),
        "blocked": count_decision(entries, "block"),
        "masked": count_decision(entries, "mask"),
        "truncated": count_decision(entries, "truncate"),
        "rows_returned": sum(entries, "rows_returned"),
        "bytes_out": sum(entries, "bytes_out"),
        "cache_hit": cache_hit,
        "cache_stale": cache_stale,
        "cache_miss": cache_miss,
        "cache_bypass": cache_bypass,
        // Includes absent and unknown values, so that the sum of the five counts is `entries`.
        "cache_none": cached.into_iter().fold(entries.len(), usize::saturating_sub),
        "latency_measured": latencies.len(),
        "latency_unmeasured": entries.len().saturating_sub(latencies.len()),
        "latency_ms_total": sum_floats(latencies.iter().copied()),
        "latency_p50_ms": percentile(&latencies, 50),
        "latency_p95_ms": percentile(&latencies, 95),
        "latency_p99_ms": percentile(&latencies, 99),
        "first_seen": seen.map(|(first, _)| format_timestamp(first)),
        "last_seen": seen.map(|(_, last)| format_timestamp(last)),
    })
}

/// Returns the smallest value that is greater than or equal to at least `percent` percent of the values, or 0 if there
/// are no values. `sorted` contains the values in ascending order.
pub(crate) fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    let value = rank.checked_sub(1).and_then(|index| sorted.get(index));
    value.copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::{assert_valid, entry, time};

    fn rates() -> Value {
        json!({
            "plan": "pro", "queries_per_day": 1, "bytes_per_month": 1, "overage_per_1k_queries": 0.0,
            "overage_per_gb": 0.0, "query_overage_billable": false, "bytes_overage_billable": false,
        })
    }

    fn body<const N: usize>(entries: [Value; N], period: Period) -> Value {
        let now = time("2026-01-31T00:00:00Z");
        let entries = entries.map(entry);
        let report = report(&entries, "prj_1", &period, now, object(rates()));
        assert_valid("AgentUsageReport", report)
    }

    #[test]
    fn usage_is_reported_by_credential() {
        let entries = [
            json!({
                "ts": "2026-01-02T00:00:00Z", "credential_id": "a", "event": "query", "latency_ms": 4,
                "cache_status": "hit",
            }),
            json!({
                "ts": "2026-01-03T00:00:00Z", "credential_id": "b", "event": "query", "latency_ms": 2,
                "cache_status": "miss",
            }),
            json!({"ts": "2026-01-04T00:00:00Z", "credential_id": "b", "event": "blocked", "latency_ms": 0}),
            json!({
                "ts": "2026-01-05T00:00:00Z", "credential_id": "b", "event": "masked", "bytes_out": 7,
                "cache_status": "stale",
            }),
            json!({"ts": "2026-01-06T00:00:00Z", "event": "auth_failed"}),
            json!({"ts": "2025-12-31T00:00:00Z", "credential_id": "old", "event": "query"}),
        ];
        let body = body(entries, Period::default());
        assert_eq!(body["requested_start"], "2026-01-01T00:00:00.000001Z");
        assert_eq!(body["requested_end"], "2026-01-31T00:00:00.000001Z");
        assert_eq!(body["window_start"], "2026-01-02T00:00:00.000000Z");
        assert_eq!(body["window_end"], "2026-01-06T00:00:00.000000Z");
        assert_eq!(body["complete"], true);
        assert_eq!(body["marginal_rates"], rates());
        assert_eq!(body["agents"].as_array().map(Vec::len), Some(2));
        let busiest = json!({
            "credential_id": "b", "entries": 3, "allowed": 1, "blocked": 1, "masked": 1, "truncated": 0,
            "rows_returned": 0, "bytes_out": 7,
            "cache_hit": 0, "cache_stale": 1, "cache_miss": 1, "cache_bypass": 0, "cache_none": 1,
            "latency_measured": 1, "latency_unmeasured": 2, "latency_ms_total": 2.0,
            "latency_p50_ms": 2.0, "latency_p95_ms": 2.0, "latency_p99_ms": 2.0,
            "first_seen": "2026-01-03T00:00:00.000000Z", "last_seen": "2026-01-05T00:00:00.000000Z",
        });
        assert_eq!(body["agents"][0], busiest);
        assert_eq!(body["agents"][1]["credential_id"], "a");
        assert_eq!(body["unattributed"]["entries"], 1);
        assert_eq!(body["unattributed"]["credential_id"], Value::Null);
        assert_eq!(body["totals"]["entries"], 5);
        assert_eq!(body["totals"]["latency_ms_total"], 6.0);
    }

    #[test]
    fn a_report_without_entries_is_empty() {
        let period = Period {
            start: Some(time("2026-01-01T00:00:00Z")),
            end: Some(time("2026-01-02T00:00:00Z")),
        };
        let body = body([], period);
        assert_eq!(body["window_start"], body["requested_end"]);
        assert_eq!(body["agents"], json!([]));
        assert_eq!(body["totals"]["latency_p99_ms"], 0.0);
        assert_eq!(body["totals"]["latency_ms_total"].to_string(), "0.0");
        assert_eq!(body["totals"]["first_seen"], Value::Null);
    }

    #[test]
    fn entries_of_this_instant_are_included() {
        let entries = [json!({"ts": "2026-01-31T00:00:00Z", "event": "query"})];
        assert_eq!(body(entries, Period::default())["totals"]["entries"], 1);
    }

    #[test]
    fn dropped_entries_make_the_report_incomplete() {
        let marker = json!({
            "ts": "2026-01-30T00:00:00Z", "event": "entries_dropped", "reason": "buffer full",
        });
        let body = body([marker.clone(), marker], Period::default());
        assert_eq!(body["complete"], false);
        assert_eq!(body["drop_markers"]["markers"], 2);
        assert_eq!(body["drop_markers"]["reasons"], json!(["buffer full"]));
    }

    #[test]
    fn percentiles_are_values_of_the_list() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        for (values, percent, expected) in [
            (&[][..], 50, 0.0),
            (&[7.0], 50, 7.0),
            (&[7.0], 99, 7.0),
            (&[1.0, 2.0, 3.0], 50, 2.0),
            (&hundred, 50, 50.0),
            (&hundred, 95, 95.0),
            (&hundred, 99, 99.0),
        ] {
            assert_eq!(
                percentile(values, percent),
                expected,
                "{percent} of {values:?}"
            );
        }
    }
}
