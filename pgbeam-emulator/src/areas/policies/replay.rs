//! `replayPolicy`: evaluates recorded traffic against a policy.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use pgbeam_engine::{Engine, Evaluation, Policy, StatementKind, Verdict, query_hash, rule};
use serde::Serialize;
use serde_json::Value;

use super::engine;
use super::evaluation::{check_policy, requested_policy};
use crate::http::response::Response;
use crate::resource::{Body, HandlerResult, OperationRequest};
use crate::store::TrafficEntry;

const DEFAULT_WINDOW: TimeDelta = TimeDelta::days(7);

pub(crate) fn replay(request: &mut OperationRequest<'_>) -> HandlerResult {
    let mut body = request.parse_body()?;
    check_policy(&mut body);
    if body.has("credential_id") && body.has("bound_policy_id") {
        for name in ["credential_id", "bound_policy_id"] {
            body.reject(
                name,
                "only one of credential_id and bound_policy_id is allowed",
            );
        }
    }
    let window = requested_window(&body, request.now);
    if window.start >= window.end {
        body.reject(
            "start_ts",
            "must be before end_ts, which defaults to the current time",
        );
    }
    let fields = body.finish()?;
    let policy = requested_policy(request, &fields)?;
    let str_field = |name: &str| fields.get(name).and_then(Value::as_str);
    let credential_id = str_field("credential_id");
    let bound_policy_id = str_field("bound_policy_id");
    let limit = fields.get("limit").and_then(Value::as_u64);

    let activity = request.activity();
    let bound: Option<Vec<&str>> = bound_policy_id.map(|id| {
        let activity = activity.into_iter();
        activity
            .flat_map(|activity| activity.credentials_bound_to(id))
            .collect()
    });
    let scope = match &bound {
        Some(credentials) => ReplayScope::bound(credentials.len()),
        None => ReplayScope::PROJECT,
    };
    let traffic = activity.into_iter().flat_map(|activity| &activity.traffic);
    let in_scope = traffic.filter(|entry| {
        let matches_credential = credential_id.is_none_or(|id| id == entry.credential_id);
        let matches_policy = bound
            .as_ref()
            .is_none_or(|ids| ids.contains(&entry.credential_id.as_str()));
        matches_credential && matches_policy && window.contains(entry.at)
    });
    let observed = ObservedTraffic::from_entries(in_scope, limit.unwrap_or_default());
    let result = observed.replay(&engine(request.store, request.project_id()), &policy, scope);
    Ok(Response::json(StatusCode::OK, &result))
}

/// The period from `start` (inclusive) to `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeWindow {
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    /// Whether the window contains `end`. `true` if `end` is the time of the request, so that the window contains
    /// statements that were recorded at the same time.
    includes_end: bool,
}

impl TimeWindow {
    /// Returns the window of this length that ends at `now` and contains `now`.
    pub(crate) fn until(now: DateTime<Utc>, length: TimeDelta) -> Self {
        Self {
            start: start(now, length),
            end: now,
            includes_end: true,
        }
    }

    pub(crate) fn contains(&self, time: DateTime<Utc>) -> bool {
        self.start <= time && (time < self.end || (self.includes_end && time == self.end))
    }
}

/// Returns the start of the window of this length that ends at `end`.
fn start(end: DateTime<Utc>, length: TimeDelta) -> DateTime<Utc> {
    let start = end.checked_sub_signed(length);
    start.unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Returns the time window of a request: from `start_ts` to `end_ts`. An omitted `end_ts` is `now`, and an omitted
/// `start_ts` is 7 days before the end. An invalid timestamp counts as omitted, but `body` already has an error for it.
fn requested_window(body: &Body<'_>, now: DateTime<Utc>) -> TimeWindow {
    let time = |name: &str| {
        let time = DateTime::parse_from_rfc3339(body.get_str(name)?).ok()?;
        Some(time.with_timezone(&Utc))
    };
    let requested_end = time("end_ts");
    let end = requested_end.unwrap_or(now);
    TimeWindow {
        start: time("start_ts").unwrap_or_else(|| start(end, DEFAULT_WINDOW)),
        end,
        includes_end: requested_end.is_none(),
    }
}

/// The field `traffic_scope` of a replay: whether the traffic of the whole project or only the traffic of certain
/// credentials was replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum TrafficScope {
    Project,
    BoundCredentials,
}

/// The scope of a replay. `bound_credentials` is the number of credentials whose traffic was replayed, or `None` if the
/// scope is the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplayScope {
    traffic_scope: TrafficScope,
    bound_credentials: Option<usize>,
}

impl ReplayScope {
    /// The scope of a request without `bound_policy_id`: the project, even if `credential_id` selects one credential.
    const PROJECT: Self = Self {
        traffic_scope: TrafficScope::Project,
        bound_credentials: None,
    };

    /// Creates the scope of a replay of the traffic of certain credentials: those that are bound to a policy, or those
    /// of an agent. `credentials` is the number of credentials.
    pub(crate) fn bound(credentials: usize) -> Self {
        Self {
            traffic_scope: TrafficScope::BoundCredentials,
            bound_credentials: Some(credentials),
        }
    }
}

/// A distinct statement of the traffic, with the data of all its entries. `sql`, `event`, `rule` and `blocked` come
/// from its latest entry.
#[derive(Clone, Debug)]
pub(crate) struct DistinctQuery {
    hash: String,
    pub(crate) sql: String,
    pub(crate) occurrences: u64,
    first_seen: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    event: String,
    rule: Option<String>,
    pub(crate) blocked: bool,
}

/// Recorded traffic, grouped by distinct statement. The statement with the latest entry is first.
#[derive(Debug)]
pub(crate) struct ObservedTraffic {
    /// The distinct statements, up to the limit.
    pub(crate) queries: Vec<DistinctQuery>,
    /// The number of entries, including those of statements beyond the limit.
    pub(crate) entries: u64,
    /// The number of distinct statements, including those beyond the limit.
    pub(crate) distinct: usize,
}

impl ObservedTraffic {
    /// Groups entries by the hash of their normalized statement. Keeps the `limit` statements with the latest entries.
    pub(crate) fn from_entries<'a>(
        entries: impl Iterator<Item = &'a TrafficEntry>,
        limit: u64,
    ) -> Self {
        let mut queries: HashMap<String, DistinctQuery> = HashMap::new();
        let mut count = 0_u64;
        for entry in entries.filter(|entry| entry.times > 0) {
            count = count.saturating_add(entry.times);
            let hash = query_hash(&entry.sql);
            let query = queries
                .entry(hash.clone())
                .or_insert_with(|| DistinctQuery {
                    hash,
                    sql: entry.sql.clone(),
                    occurrences: 0,
                    first_seen: entry.at,
                    last_seen: entry.at,
                    event: entry.event.clone(),
                    rule: entry.rule.clone(),
                    blocked: entry.blocked,
                });
            query.occurrences = query.occurrences.saturating_add(entry.times);
            query.first_seen = query.first_seen.min(entry.at);
            if entry.at >= query.last_seen {
                query.last_seen = entry.at;
                query.sql.clone_from(&entry.sql);
                query.event.clone_from(&entry.event);
                query.rule.clone_from(&entry.rule);
                query.blocked = entry.blocked;
            }
        }
        let distinct = queries.len();
        let mut queries: Vec<DistinctQuery> = queries.into_values().collect();
        queries.sort_by(|a, b| {
            b.last_seen
                .cmp(&a.last_seen)
                .then_with(|| a.hash.cmp(&b.hash))
        });
        queries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Self {
            queries,
            entries: count,
            distinct,
        }
    }

    /// Evaluates the distinct statements against `policy`. Skips empty SQL and statements that cannot be parsed, and
    /// counts them as `skipped_unparseable`.
    pub(crate) fn replay(
        &self,
        engine: &Engine,
        policy: &Policy,
        scope: ReplayScope,
    ) -> ReplayResult {
        let mut items = Vec::new();
        let mut skipped = 0_usize;
        for query in &self.queries {
            let evaluation = engine.evaluate(policy, &query.sql);
            if [rule::PARSE_ERROR, rule::EMPTY].contains(&evaluation.rule) {
                skipped = skipped.saturating_add(1);
                continue;
            }
            items.push(ReplayItem {
                query_hash: query.hash.clone(),
                sql: query.sql.clone(),
                statement_kind: match evaluation.statements.as_slice() {
                    [statement] => Some(statement.kind),
                    _ => None,
                },
                occurrences: query.occurrences,
                first_seen: query.first_seen,
                last_seen: query.last_seen,
                recorded_event: query.event.clone(),
                recorded_rule: query.rule.clone(),
                change: Change::new(query.blocked, evaluation.is_block()),
                result: evaluation,
            });
        }
        let with_verdict = |verdict| {
            items
                .iter()
                .filter(|item| item.result.verdict == verdict)
                .count()
        };
        let with_change = |change| items.iter().filter(|item| item.change == change).count();
        let summary = ReplaySummary {
            traffic_scope: scope.traffic_scope,
            bound_credentials: scope.bound_credentials,
            entries_scanned: self
                .queries
                .iter()
                .fold(0, |sum: u64, query| sum.saturating_add(query.occurrences)),
            distinct_queries: self.queries.len(),
            evaluated: items.len(),
            would_allow: with_verdict(Verdict::Allow),
            would_block: with_verdict(Verdict::Block),
            would_mask: with_verdict(Verdict::Mask),
            would_row_filter: with_verdict(Verdict::RowFilter),
            newly_blocked: with_change(Change::NewlyBlocked),
            newly_allowed: with_change(Change::NewlyAllowed),
            skipped_unparseable: skipped,
            truncated: self.distinct > self.queries.len(),
        };
        ReplayResult { summary, items }
    }
}

/// Whether a statement was blocked when it was recorded, and whether the policy blocks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    NewlyBlocked,
    NewlyAllowed,
    StillAllowed,
    StillBlocked,
}

impl Change {
    fn new(was_blocked: bool, is_blocked: bool) -> Self {
        match (was_blocked, is_blocked) {
            (false, true) => Self::NewlyBlocked,
            (true, false) => Self::NewlyAllowed,
            (false, false) => Self::StillAllowed,
            (true, true) => Self::StillBlocked,
        }
    }
}

/// The response body of `replayPolicy`.
#[derive(Debug, Serialize)]
pub(crate) struct ReplayResult {
    pub(crate) summary: ReplaySummary,
    pub(crate) items: Vec<ReplayItem>,
}

/// The summary of a replay. `entries_scanned` is the number of traffic entries. All other counts of statements are
/// numbers of distinct statements. If `truncated` is `true`, there were more distinct statements than `limit`, and the
/// counts do not include the oldest statements.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct ReplaySummary {
    traffic_scope: TrafficScope,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_credentials: Option<usize>,
    entries_scanned: u64,
    distinct_queries: usize,
    evaluated: usize,
    would_allow: usize,
    would_block: usize,
    would_mask: usize,
    would_row_filter: usize,
    pub(crate) newly_blocked: usize,
    newly_allowed: usize,
    skipped_unparseable: usize,
    truncated: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct ReplayItem {
    query_hash: String,
    sql: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    statement_kind: Option<StatementKind>,
    occurrences: u64,
    #[serde(serialize_with = "crate::clock::serialize")]
    first_seen: DateTime<Utc>,
    #[serde(serialize_with = "crate::clock::serialize")]
    last_seen: DateTime<Utc>,
    recorded_event: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_rule: Option<String>,
    change: Change,
    result: Evaluation,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sql: &str, seconds: i64, times: u64, blocked: bool) -> TrafficEntry {
        TrafficEntry {
            agent_id: "agt".to_owned(),
            credential_id: "cred".to_owned(),
            sql: sql.to_owned(),
            at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(seconds),
            times,
            event: if blocked { "blocked" } else { "query" }.to_owned(),
            rule: blocked.then(|| "read_only".to_owned()),
            blocked,
        }
    }

    #[test]
    fn the_summary_matches_the_items() {
        let entries = [
            entry("SELECT 1", 10, 3, false),
            entry("select  1;", 30, 2, false),
            entry("DELETE FROM a", 20, 1, false),
            entry("SELECT a", 15, 4, true),
            entry("DROP TABLE a", 5, 1, true),
            entry("SELEC", 1, 7, false),
            entry("SELECT b", 1, 0, false),
        ];
        let observed = ObservedTraffic::from_entries(entries.iter(), 10);
        let replay = observed.replay(&Engine::default(), &Policy::default(), ReplayScope::PROJECT);
        assert_eq!(
            replay.summary,
            ReplaySummary {
                traffic_scope: TrafficScope::Project,
                bound_credentials: None,
                entries_scanned: 18,
                distinct_queries: 5,
                evaluated: 4,
                would_allow: 2,
                would_block: 2,
                would_mask: 0,
                would_row_filter: 0,
                newly_blocked: 1,
                newly_allowed: 1,
                skipped_unparseable: 1,
                truncated: false,
            }
        );
        let first = replay.items.first().expect("an item");
        assert_eq!((first.sql.as_str(), first.occurrences), ("select  1;", 5));
        assert_eq!((first.last_seen - first.first_seen).num_seconds(), 20);
        let changes: Vec<_> = replay.items.iter().map(|item| item.change).collect();
        assert_eq!(
            changes,
            [
                Change::StillAllowed,
                Change::NewlyBlocked,
                Change::NewlyAllowed,
                Change::StillBlocked
            ]
        );
    }

    #[test]
    fn the_latest_entry_has_the_recorded_result() {
        let entries = [
            entry("SELECT 1", 2, 1, true),
            entry("SELECT 1", 1, 1, false),
        ];
        let observed = ObservedTraffic::from_entries(entries.iter(), 1);
        assert_eq!(
            observed.queries.first().map(|query| query.blocked),
            Some(true)
        );
    }

    #[test]
    fn a_limit_keeps_the_latest_statements() {
        let entries = [
            entry("SELECT 1", 1, 1, false),
            entry("SELECT a", 2, 1, false),
        ];
        let observed = ObservedTraffic::from_entries(entries.iter(), 1);
        let replay = observed.replay(
            &Engine::default(),
            &Policy::default(),
            ReplayScope::bound(0),
        );
        assert!(replay.summary.truncated);
        assert_eq!(
            (replay.summary.distinct_queries, replay.summary.evaluated),
            (1, 1)
        );
        assert_eq!((replay.summary.entries_scanned, observed.entries), (1, 2));
        assert_eq!(replay.summary.bound_credentials, Some(0));
        assert_eq!(
            replay.items.first().map(|item| item.sql.as_str()),
            Some("SELECT a")
        );
    }
}
