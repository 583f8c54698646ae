//! `recommendAgentPolicy`: the tightest policy that admits what an agent was seen to
//! do.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde::Serialize;

use crate::answer::Answer;
use crate::call::{Call, Outcome};
use crate::fields::{self, Choice, Fields, finish};
use crate::policies::model::{AccessMode, Extra, Profile, StatementRules};
use crate::problem::Problem;
use crate::replay::{DEFAULT_LIMIT, MAX_LIMIT, Observed, Replay, Scope, Window};
use crate::sql::kind::Kind;
use crate::sql::names::TableName;
use crate::sql::parse::{Parsed, with_parsed};

const DEFAULT_LOOKBACK_DAYS: i64 = 30;
const MAX_LOOKBACK_DAYS: i64 = 365;

/// How many entries that ran and can be read a recommendation is built on at the
/// least. Fewer are insufficient history.
pub(crate) const SUFFICIENT_ENTRIES: u64 = 10;

/// The longest name of a policy, in characters.
const MAX_NAME: usize = 128;

pub(crate) fn recommend(call: &mut Call<'_>) -> Outcome {
    let (lookback_days, limit) = read(call)?;
    let Some(agent) = call.project.agents.get(call.id) else {
        return Err(Problem::not_found("agent", call.id));
    };
    let window = Window::before(call.now, TimeDelta::days(lookback_days));
    let entries = call
        .project
        .traffic
        .iter()
        .filter(|entry| entry.agent_id == call.id && window.contains(entry.at));
    let observed = Observed::of(entries, limit);
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
        let profile = draft.profile(call.id);
        let scope = Scope::bound(agent.credentials.len());
        let templates = call.project.enabled_templates();
        let replay = observed.replay(&profile, &templates, scope);
        recommendation.notes = draft.notes(&observed, &replay);
        recommendation.candidate = Some(Candidate::from(profile));
        recommendation.replay = Some(replay);
    } else {
        recommendation.message = Some(format!(
            "{} of the agent's statements ran in the window and can be read; a recommendation \
             needs {SUFFICIENT_ENTRIES}",
            draft.entries
        ));
    }
    Ok(Answer::json(StatusCode::OK, &recommendation))
}

/// The body is optional.
fn read(call: &Call<'_>) -> Result<(i64, i64), Problem> {
    if call.body.is_empty() {
        return Ok((DEFAULT_LOOKBACK_DAYS, DEFAULT_LIMIT));
    }
    let body = fields::object(call.body)?;
    let mut errors = Vec::new();
    let mut fields = Fields::new(&body, "", &mut errors);
    let lookback = fields.integer_in("lookback_days", 1, MAX_LOOKBACK_DAYS);
    let limit = fields.integer_in("limit", 1, MAX_LIMIT);
    finish(
        Some((
            lookback.unwrap_or(DEFAULT_LOOKBACK_DAYS),
            limit.unwrap_or(DEFAULT_LIMIT),
        )),
        errors,
    )
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

    fn profile(&self, agent_id: &str) -> Profile {
        let name: String = format!("Recommended for {agent_id}")
            .chars()
            .take(MAX_NAME)
            .collect();
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
                extra: Extra::new(),
            }),
            table_allowlist: tables,
            ..Profile::named(name)
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
    candidate: Option<Candidate>,
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

/// The body that would create the recommended profile: what it decides, and nothing
/// that it leaves at its default.
#[derive(Debug, Serialize)]
struct Candidate {
    name: String,
    access_mode: AccessMode,
    statement_rules: Option<StatementRules>,
    table_allowlist: Vec<String>,
}

impl From<Profile> for Candidate {
    fn from(profile: Profile) -> Self {
        Self {
            name: profile.name,
            access_mode: profile.access_mode,
            statement_rules: profile.statement_rules,
            table_allowlist: profile.table_allowlist,
        }
    }
}
