//! Filters of the audit log: the query parameters of `listAuditLogs` and `exportAuditLogs`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::entry::{AuditEntry, decision, string, time};

/// The period from `start` (inclusive) to `end` (exclusive). If one of them is `None`, the period is open on that side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Period {
    pub(crate) start: Option<DateTime<Utc>>,
    pub(crate) end: Option<DateTime<Utc>>,
}

impl Period {
    /// Parses the query parameters `start` and `end` of a request. An invalid timestamp counts as omitted, but the
    /// request validation has already rejected it.
    pub(crate) fn from_query(query: &Map<String, Value>) -> Self {
        Self {
            start: timestamp(query, "start"),
            end: timestamp(query, "end"),
        }
    }

    /// Returns `true` if the entry is in this period. An entry without a valid time is only in the period that has
    /// neither a start nor an end.
    pub(crate) fn contains(&self, entry: &AuditEntry) -> bool {
        match time(entry) {
            Some(time) => {
                self.start.is_none_or(|start| start <= time)
                    && self.end.is_none_or(|end| time < end)
            }
            None => *self == Self::default(),
        }
    }
}

/// The filters of a request. An entry must match all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AuditFilter {
    /// The names of string fields, and the value that each must have.
    fields: Vec<(&'static str, String)>,
    decision: Option<String>,
    period: Period,
    /// The period that ends at the query parameter `before`. It has no start.
    before: Period,
}

impl AuditFilter {
    /// Parses the filters in the query parameters of a request, and ignores other parameters. An invalid timestamp
    /// counts as omitted, but the request validation has already rejected it.
    pub(crate) fn from_query(query: &Map<String, Value>) -> Self {
        Self {
            fields: ["credential_id", "event", "source"]
                .into_iter()
                .filter_map(|name| Some((name, parameter(query, name)?.to_owned())))
                .collect(),
            decision: parameter(query, "decision").map(str::to_owned),
            period: Period::from_query(query),
            before: Period {
                start: None,
                end: timestamp(query, "before"),
            },
        }
    }

    /// Returns `true` if the entry matches all filters.
    pub(crate) fn matches(&self, entry: &AuditEntry) -> bool {
        self.fields
            .iter()
            .all(|(name, value)| string(entry, name) == Some(value))
            && (self.decision.is_none() || self.decision.as_deref() == decision(entry))
            && self.period.contains(entry)
            && self.before.contains(entry)
    }
}

fn parameter<'a>(query: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    query.get(name)?.as_str()
}

fn timestamp(query: &Map<String, Value>, name: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::parse_from_rfc3339(parameter(query, name)?).ok()?;
    Some(time.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::entry;

    #[test]
    fn an_entry_must_match_all_filters() {
        let entry = entry(serde_json::json!({
            "event": "budget_exhausted",
            "credential_id": "cred_1",
            "source": "mcp",
            "ts": "2026-01-02T00:00:00Z",
        }));
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[], true),
            (&[("page_size", "1")], true),
            (&[("credential_id", "cred_1")], true),
            (&[("credential_id", "cred_2")], false),
            (&[("event", "budget_exhausted")], true),
            (&[("event", "blocked")], false),
            (&[("decision", "block")], true),
            (&[("decision", "allow")], false),
            (&[("decision", "unknown")], false),
            (&[("source", "mcp")], true),
            (&[("source", "wire")], false),
            (&[("start", "2026-01-02T00:00:00Z")], true),
            (&[("start", "2026-01-02T01:00:00+01:00")], true),
            (&[("start", "2026-01-02T00:00:00.000001Z")], false),
            (&[("end", "2026-01-02T00:00:00.000001Z")], true),
            (&[("end", "2026-01-02T00:00:00Z")], false),
            (&[("before", "2026-01-03T00:00:00Z")], true),
            (&[("before", "2026-01-02T00:00:00Z")], false),
            (&[("source", "mcp"), ("event", "query")], false),
            (
                &[
                    ("before", "2026-01-03T00:00:00Z"),
                    ("end", "2026-01-01T00:00:00Z"),
                ],
                false,
            ),
        ];
        for (query, matches) in cases {
            let query: Map<String, Value> = query
                .iter()
                .map(|(name, value)| ((*name).to_owned(), Value::from(*value)))
                .collect();
            let filter = AuditFilter::from_query(&query);
            assert_eq!(filter.matches(&entry), *matches, "{query:?}");
        }
    }

    #[test]
    fn an_entry_without_a_field_matches_only_if_the_filter_is_absent() {
        let entry = entry(serde_json::json!({"event": "query", "ts": "not a time"}));
        let filter = |name: &str, value: &str| {
            let query = [(name.to_owned(), Value::from(value))];
            AuditFilter::from_query(&query.into_iter().collect()).matches(&entry)
        };
        assert!(filter("event", "query"));
        assert!(!filter("credential_id", "cred_1"));
        assert!(!filter("start", "2026-01-02T00:00:00Z"));
        assert!(!filter("before", "2026-01-02T00:00:00Z"));
    }
}
