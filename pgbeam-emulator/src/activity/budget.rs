//! The budgets of a policy profile: queries per hour and per day, and bytes per day.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::outcome::Outcome;
use crate::audit::entry::{AuditEntry, is_executed, string, sum};
use crate::audit::log::AuditLog;
use crate::store::Resource;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// The data of a statement that its budgets depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Demand<'a> {
    pub(super) credential_id: &'a str,
    pub(super) at: DateTime<Utc>,
    pub(super) bytes_out: i64,
}

/// Returns the outcome `budget_exhausted` if the statement would exceed a budget of the profile, or else `None`.
///
/// Each credential has its own budgets. Only the executed statements of the credential count, in the hour or day (UTC)
/// of the statement. So a budget resets at the start of the next hour or day.
pub(super) fn exhausted(profile: &Resource, log: &AuditLog, demand: Demand<'_>) -> Option<Outcome> {
    let check = |name: &str, period: Period, used: &dyn Fn(&[&AuditEntry]) -> i64| {
        let limit = limit(profile, name);
        if limit == 0 {
            return None;
        }
        let (start, end) = period.around(demand.at)?;
        let executed: Vec<&AuditEntry> = log
            .between(start, end)
            .filter(|entry| string(entry, "credential_id") == Some(demand.credential_id))
            .filter(|entry| is_executed(entry))
            .collect();
        (used(&executed) > limit).then(|| {
            let resets_at = end.to_rfc3339_opts(SecondsFormat::Secs, true);
            let reason = format!("{name} is {limit}; the budget resets at {resets_at}");
            Outcome::new("budget_exhausted", name, reason)
        })
    };
    let queries = |entries: &[&AuditEntry]| {
        let executed = i64::try_from(entries.len()).unwrap_or(i64::MAX);
        executed.saturating_add(1)
    };
    // A result counts as at least one byte, so that an exhausted budget also blocks empty results.
    let bytes =
        |entries: &[&AuditEntry]| sum(entries, "bytes_out").saturating_add(demand.bytes_out.max(1));
    check("budget_queries_per_hour", Period(HOUR), &queries)
        .or_else(|| check("budget_queries_per_day", Period(DAY), &queries))
        .or_else(|| check("egress_bytes_per_day", Period(DAY), &bytes))
}

/// Returns a limit of a profile. 0 means no limit, as does an absent field.
pub(super) fn limit(profile: &Resource, name: &str) -> i64 {
    let limit = profile.get(name).and_then(Value::as_i64);
    limit.unwrap_or_default()
}

/// The length of a period in seconds. Each period starts at a multiple of this length since the Unix epoch.
#[derive(Clone, Copy, Debug)]
struct Period(i64);

impl Period {
    /// Returns the start (inclusive) and the end (exclusive) of the period that contains `time`, or `None` if one of
    /// them is out of range.
    fn around(self, time: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let seconds = time.timestamp();
        let start = seconds.saturating_sub(seconds.rem_euclid(self.0));
        let end = start.saturating_add(self.0);
        Some((
            DateTime::from_timestamp(start, 0)?,
            DateTime::from_timestamp(end, 0)?,
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audit::entry::object;

    fn time(timestamp: &str) -> DateTime<Utc> {
        timestamp.parse().expect(timestamp)
    }

    fn log() -> AuditLog {
        let mut log = AuditLog::default();
        for (ts, credential, event, bytes) in [
            ("2026-01-01T23:59:59.999999Z", "a", "query", 500),
            ("2026-01-02T00:00:00Z", "a", "query", 10),
            ("2026-01-02T00:10:00Z", "a", "masked", 20),
            ("2026-01-02T00:20:00Z", "a", "blocked", 500),
            ("2026-01-02T00:30:00Z", "b", "query", 500),
            ("2026-01-02T01:00:00Z", "a", "truncated", 30),
        ] {
            log.append(object(json!({
                "ts": ts, "credential_id": credential, "event": event, "bytes_out": bytes,
            })));
        }
        log
    }

    #[test]
    fn executed_statements_of_the_period_count() {
        // (field, limit, time, bytes of the statement, whether the budget is exhausted)
        let cases = [
            (
                "budget_queries_per_hour",
                0,
                "2026-01-02T00:40:00Z",
                0,
                false,
            ),
            (
                "budget_queries_per_hour",
                3,
                "2026-01-02T00:40:00Z",
                0,
                false,
            ),
            (
                "budget_queries_per_hour",
                2,
                "2026-01-02T00:40:00Z",
                0,
                true,
            ),
            (
                "budget_queries_per_hour",
                2,
                "2026-01-02T01:00:00Z",
                0,
                false,
            ),
            ("budget_queries_per_day", 3, "2026-01-02T23:59:59Z", 0, true),
            (
                "budget_queries_per_day",
                4,
                "2026-01-02T23:59:59Z",
                0,
                false,
            ),
            (
                "budget_queries_per_day",
                1,
                "2026-01-03T00:00:00Z",
                0,
                false,
            ),
            ("egress_bytes_per_day", 60, "2026-01-02T12:00:00Z", 0, true),
            ("egress_bytes_per_day", 61, "2026-01-02T12:00:00Z", 0, false),
            (
                "egress_bytes_per_day",
                100,
                "2026-01-02T12:00:00Z",
                40,
                false,
            ),
            (
                "egress_bytes_per_day",
                100,
                "2026-01-02T12:00:00Z",
                41,
                true,
            ),
            (
                "egress_bytes_per_day",
                100,
                "2026-01-02T12:00:00Z",
                i64::MAX,
                true,
            ),
        ];
        for (name, limit, at, bytes_out, expected) in cases {
            let profile = object(json!({name: limit}));
            let demand = Demand {
                credential_id: "a",
                at: time(at),
                bytes_out,
            };
            let outcome = exhausted(&profile, &log(), demand);
            assert_eq!(
                outcome.is_some(),
                expected,
                "{name} {limit} {at} {bytes_out}"
            );
        }
    }

    #[test]
    fn the_reason_has_the_time_of_the_reset() {
        for (name, resets_at) in [
            ("budget_queries_per_hour", "2026-01-02T01:00:00Z"),
            ("budget_queries_per_day", "2026-01-03T00:00:00Z"),
        ] {
            let profile = object(json!({name: 1}));
            let demand = Demand {
                credential_id: "a",
                at: time("2026-01-02T00:40:00Z"),
                bytes_out: 0,
            };
            let expected = Outcome::new(
                "budget_exhausted",
                name,
                format!("{name} is 1; the budget resets at {resets_at}"),
            );
            assert_eq!(exhausted(&profile, &log(), demand), Some(expected));
        }
    }

    #[test]
    fn periods_start_at_multiples_of_their_length() {
        for (at, start) in [
            ("1969-12-31T23:30:00Z", "1969-12-31T23:00:00Z"),
            ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("0000-01-01T00:59:59Z", "0000-01-01T00:00:00Z"),
        ] {
            let period = Period(HOUR).around(time(at)).expect("in range");
            assert_eq!(period.0, time(start), "{at}");
        }
    }
}
