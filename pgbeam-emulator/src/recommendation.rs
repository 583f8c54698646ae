//! `recommendAgentPolicy`: the tightest policy that admits what an agent was seen to
//! do.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::{Call, Outcome};
use crate::closed_enum::ClosedEnum;
use crate::problem::Problem;
use crate::replay::{Observed, Replay, Scope, Window};
use crate::response::Response;
use crate::sql::kind::Kind;
use crate::sql::names::TableName;
use crate::sql::parse::{Parsed, with_parsed};
use crate::sql::profile::{AccessMode, Profile, StatementRules};
use crate::templates::enabled_templates;

/// How many entries that ran and can be read a recommendation is built on at the
/// least. Fewer are insufficient history.
pub(crate) const SUFFICIENT_ENTRIES: u64 = 10;

/// The longest name of a policy, in characters.
const MAX_NAME: usize = 128;

pub(crate) fn recommend(call: &mut Call<'_>) -> Outcome {
    let fields = call.read_body()?.finish()?;
    let integer = |name: &str| fields.get(name).and_then(Value::as_u64).unwrap_or_default();
    let lookback_days = i64::try_from(integer("lookback_days")).unwrap_or(i64::MAX);
    let Some(agent) = call.project.agents.get(call.id) else {
        return Err(Problem::not_found("agent", call.id));
    };
    let window = Window::before(call.now, TimeDelta::days(lookback_days));
    let entries = call
        .project
        .traffic
        .iter()
        .filter(|entry| entry.agent_id == call.id && window.contains(entry.at));
    let observed = Observed::of(entries, integer("limit"));
    let draft = Draft::of(&observed);
    let mut recommendation = Recommendation {
        sufficient_history: draft.entries >= SUFFICIENT_ENTRIES,
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
        let profile = draft.profile();
        let scope = Scope::bound(agent.credentials.len());
        let templates = enabled_templates(call.project);
        let replay = observed.replay(&profile, &templates, scope);
        recommendation.notes = draft.notes(&observed, &replay);
        recommendation.candidate = Some(candidate(call.id, &profile));
        recommendation.replay = Some(replay);
    } else {
        recommendation.message = Some(format!(
            "{} of the agent's statements ran in the window and can be read; a recommendation \
             needs {SUFFICIENT_ENTRIES}",
            draft.entries
        ));
    }
    Ok(Response::json(StatusCode::OK, &recommendation))
}

/// What the observed statements need.
#[derive(Debug, Default)]
struct Draft {
    /// Entries that ran and can be read.
    entries: u64,
    kinds: BTreeSet<Kind>,
    tables: BTreeSet<TableName>,
    /// Whether a statement does not name its tables: a list of tables would refuse it.
    opaque: bool,
}

impl Draft {
    fn of(observed: &Observed) -> Self {
        let mut draft = Self::default();
        for query in observed.queries.iter().filter(|query| !query.blocked) {
            with_parsed(&query.sql, |parsed| {
                if let Parsed::One(analysis) = parsed {
                    // What no policy admits, no candidate can be made for.
                    if analysis.kinds.contains(&Kind::Copy) {
                        return;
                    }
                    draft.entries = draft.entries.saturating_add(query.occurrences);
                    draft.kinds.extend(&analysis.kinds);
                    draft.tables.extend(analysis.tables().cloned());
                    draft.opaque |= analysis.opaque.is_some();
                }
            });
        }
        draft
    }

    fn profile(&self) -> Profile {
        let writes = self.kinds.iter().any(|kind| kind.writes());
        let kinds = self
            .kinds
            .iter()
            .map(|kind| kind.as_str().to_owned())
            .collect();
        let tables = if self.opaque {
            Vec::new()
        } else {
            self.tables.iter().map(ToString::to_string).collect()
        };
        Profile {
            access_mode: if writes {
                AccessMode::ReadWrite
            } else {
                AccessMode::ReadOnly
            },
            statement_rules: Some(StatementRules {
                allow: Some(kinds),
                deny: None,
            }),
            table_allowlist: tables,
            ..Profile::default()
        }
    }

    fn notes(&self, observed: &Observed, replay: &Replay) -> Vec<String> {
        let mut notes = Vec::new();
        if self.opaque {
            notes.push(
                "no table_allowlist: a statement was seen that does not name its tables".to_owned(),
            );
        } else if self.tables.is_empty() {
            notes.push(
                "no table_allowlist: no table was seen in use, and an empty list restricts nothing"
                    .to_owned(),
            );
        }
        if observed.distinct > observed.queries.len() {
            notes.push(format!(
                "built from the latest {} of {} statements",
                observed.queries.len(),
                observed.distinct
            ));
        }
        if replay.summary.newly_blocked > 0 {
            notes.push(format!(
                "{} statements that ran would be refused under every policy",
                replay.summary.newly_blocked
            ));
        }
        notes
    }
}

/// A recommendation, as the API writes it.
#[derive(Debug, Serialize)]
struct Recommendation {
    sufficient_history: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Replay>,
    observed_queries: usize,
    observed_entries: u64,
    #[serde(serialize_with = "crate::clock::serialize")]
    window_start: DateTime<Utc>,
    #[serde(serialize_with = "crate::clock::serialize")]
    window_end: DateTime<Utc>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// The body that would create the recommended profile: what it decides, and no field
/// that it leaves at its default.
fn candidate(agent_id: &str, profile: &Profile) -> Value {
    let name = format!("Recommended for {agent_id}");
    let rules = profile.statement_rules.as_ref();
    json!({
        "name": name.chars().take(MAX_NAME).collect::<String>(),
        "access_mode": profile.access_mode,
        "statement_rules": {"allow": rules.and_then(|rules| rules.allow.as_ref())},
        "table_allowlist": profile.table_allowlist,
    })
}
