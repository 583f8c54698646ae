//! `recommendAgentPolicy`: recommends a policy that allows only the kinds of statements and the tables of an agent's
//! recorded statements.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use pgbeam_engine::{RelationName, StatementKind, describe};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::replay::{ObservedTraffic, ReplayResult, ReplayScope, TimeWindow};
use super::{engine, parse_policy};
use crate::areas::honeytokens;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::{HandlerResult, OperationRequest};
use crate::store::Resource;

/// The minimum number of traffic entries for a recommendation. An entry counts if its statement was allowed, can be
/// parsed, is not COPY and uses no honeytoken.
pub(crate) const MIN_ENTRIES: u64 = 10;

/// The maximum length of the name of a policy profile in the API contract, in characters.
const MAX_NAME_LENGTH: usize = 128;

pub(crate) fn recommend(request: &mut OperationRequest<'_>) -> HandlerResult {
    let fields = request.parse_body()?.finish()?;
    let integer = |name: &str| fields.get(name).and_then(Value::as_u64).unwrap_or_default();
    let lookback_days = i64::try_from(integer("lookback_days")).unwrap_or(i64::MAX);
    let activity = request.activity();
    let agent = activity.and_then(|activity| Some((activity, activity.agents.get(request.id())?)));
    let Some((activity, agent)) = agent else {
        return Err(Problem::not_found("agent", request.id()));
    };
    let window = TimeWindow::until(request.now, TimeDelta::days(lookback_days));
    let entries = activity
        .traffic
        .iter()
        .filter(|entry| entry.agent_id == request.id() && window.contains(entry.at));
    let observed = ObservedTraffic::from_entries(entries, integer("limit"));
    let honeytokens = request.project_collection("honeytokens");
    let honeytokens = request.store.resources(&honeytokens).collect::<Vec<_>>();
    let required = RequiredAccess::from_traffic(&observed, &honeytokens);
    let mut recommendation = Recommendation {
        sufficient_history: required.entries >= MIN_ENTRIES,
        message: None,
        candidate: None,
        replay: None,
        observed_queries: observed.distinct,
        observed_entries: observed.entries,
        window_start: window.start,
        window_end: window.end,
        notes: Vec::new(),
    };
    if recommendation.sufficient_history {
        let candidate = required.candidate(request.id());
        let policy = parse_policy(&candidate)?;
        let scope = ReplayScope::bound(agent.credentials.len());
        let replay = observed.replay(&engine(request.store, request.project_id()), &policy, scope);
        recommendation.notes = required.notes(&observed, &replay);
        recommendation.candidate = Some(Value::Object(candidate));
        recommendation.replay = Some(replay);
    } else {
        recommendation.message = Some(format!(
            "{} of the agent's statements in the window were allowed and can be parsed; a \
             recommendation needs {MIN_ENTRIES}",
            required.entries
        ));
    }
    Ok(Response::json(StatusCode::OK, &recommendation))
}

/// The access that the observed statements require. Statements that were blocked, cannot be parsed, are COPY or use a
/// honeytoken do not count.
#[derive(Debug, Default)]
struct RequiredAccess {
    /// The number of traffic entries that count.
    entries: u64,
    kinds: BTreeSet<StatementKind>,
    /// The relations that the statements read or write, as entries of `table_allowlist`.
    relations: BTreeSet<String>,
}

impl RequiredAccess {
    fn from_traffic(observed: &ObservedTraffic, honeytokens: &[&Resource]) -> Self {
        let is_honeytoken = |relation: &RelationName| {
            let mut tokens = honeytokens.iter();
            tokens.any(|honeytoken| honeytokens::matches(honeytoken, relation))
        };
        let mut required = Self::default();
        for query in observed.queries.iter().filter(|query| !query.blocked) {
            let Ok(statements) = describe(&query.sql) else {
                continue;
            };
            // Every policy blocks COPY and honeytokens.
            if statements.iter().any(|statement| {
                let mut relations = statement.reads.iter().chain(&statement.writes);
                statement.kind == StatementKind::Copy || relations.any(is_honeytoken)
            }) {
                continue;
            }
            required.entries = required.entries.saturating_add(query.occurrences);
            for statement in statements {
                required.kinds.insert(statement.kind);
                required.kinds.extend(statement.inner_kinds);
                let relations = statement.reads.iter().chain(&statement.writes);
                required
                    .relations
                    .extend(relations.map(RelationName::qualified));
            }
        }
        required
    }

    /// Returns the request body that creates the recommended policy profile. Sets only `name`, `access_mode`,
    /// `statement_rules` and `table_allowlist`.
    fn candidate(&self, agent_id: &str) -> Map<String, Value> {
        let name = format!("Recommended for {agent_id}");
        let writes = self.kinds.iter().any(|kind| kind.is_write());
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.as_str()).collect();
        let fields = [
            (
                "name",
                Value::from(name.chars().take(MAX_NAME_LENGTH).collect::<String>()),
            ),
            (
                "access_mode",
                Value::from(if writes { "read_write" } else { "read_only" }),
            ),
            ("statement_rules", json!({ "allow": kinds })),
            ("table_allowlist", json!(self.relations)),
        ];
        fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    fn notes(&self, observed: &ObservedTraffic, replay: &ReplayResult) -> Vec<String> {
        let mut notes = Vec::new();
        if self.relations.is_empty() {
            notes.push(
                "no table_allowlist: no statement uses a table, and an empty list restricts nothing"
                    .to_owned(),
            );
        }
        if observed.distinct > observed.queries.len() {
            notes.push(format!(
                "based on the latest {} of {} statements",
                observed.queries.len(),
                observed.distinct
            ));
        }
        if replay.summary.newly_blocked > 0 {
            notes.push(format!(
                "{} allowed statements would be blocked by every policy",
                replay.summary.newly_blocked
            ));
        }
        notes
    }
}

/// The response body of `recommendAgentPolicy`.
#[derive(Debug, Serialize)]
struct Recommendation {
    sufficient_history: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<ReplayResult>,
    observed_queries: usize,
    observed_entries: u64,
    #[serde(serialize_with = "crate::clock::serialize")]
    window_start: DateTime<Utc>,
    #[serde(serialize_with = "crate::clock::serialize")]
    window_end: DateTime<Utc>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}
