//! `Decision`: decides whether a statement of an agent is executed, and with which outcome.

use pgbeam_engine::{describe, lint_migration};
use serde_json::json;

use super::budget::{self, Demand};
use super::outcome::{KILL_SWITCH, Outcome};
use super::statement::Statement;
use super::{approval_mode, credential, honeytoken};
use crate::areas::agents;
use crate::areas::policies::{engine, parse_policy, stored_profile};
use crate::http::problem::Problem;
use crate::store::{PROJECTS, Resource, Store, str_field};

/// The decision about a statement.
pub(super) struct Decision {
    pub(super) outcome: Outcome,
    /// The warning about a dangerous schema change that was executed. `None` for other statements.
    pub(super) flagged: Option<Outcome>,
    /// The kind of the statement. `None` if the SQL is not a single statement, or cannot be parsed.
    pub(super) kind: Option<&'static str>,
    /// The row limit of the policy. 0 means no limit.
    pub(super) max_rows: i64,
    /// Whether the statement disables its credential, because it accesses a honeytoken with the action `kill`.
    pub(super) is_kill: bool,
}

/// Decides about a statement. Checks it in this order, and the first check that fails determines the outcome:
/// credential, project, honeytokens, policy, approval, budgets. Returns 404 if the project has no such credential.
pub(super) fn decide(
    store: &Store,
    project_id: &str,
    statement: &Statement<'_>,
) -> Result<Decision, Problem> {
    let credential = agents::find(store, project_id, statement.credential_id)?;
    let statements = describe(statement.sql).unwrap_or_default();
    let kind = match statements.as_slice() {
        [statement] => Some(statement.kind.as_str()),
        _ => None,
    };
    let decision = |outcome: Outcome| Decision {
        outcome,
        flagged: None,
        kind,
        max_rows: 0,
        is_kill: false,
    };
    let early = credential::unusable(credential, statement.at)
        .or_else(|| blocked_by_project(store.get(PROJECTS, project_id)));
    if let Some(outcome) = early {
        return Ok(decision(outcome));
    }
    if let Some(access) = honeytoken::access(store, project_id, &statements) {
        return Ok(Decision {
            is_kill: access.is_kill,
            ..decision(access.outcome)
        });
    }
    let activity = store.activity(project_id);
    let policy_id = activity.and_then(|activity| activity.bound_policy(statement.credential_id));
    let profile = policy_id.map(|id| stored_profile(store, project_id, id));
    let Some(Ok(profile)) = profile else {
        let reason = "the agent credential has no policy profile";
        return Ok(decision(Outcome::blocked("policy_missing", reason)));
    };
    let evaluation = engine(store, project_id).evaluate(&parse_policy(profile)?, statement.sql);
    if evaluation.is_block() {
        return Ok(decision(Outcome::blocked(
            evaluation.rule,
            evaluation.reason,
        )));
    }
    let demand = Demand {
        credential_id: statement.credential_id,
        at: statement.at,
        bytes_out: statement.bytes_out,
    };
    let late = approval_mode::blocked(profile, &evaluation)
        .or_else(|| budget::exhausted(profile, &activity?.audit, demand));
    if let Some(outcome) = late {
        return Ok(decision(outcome));
    }
    let max_rows = budget::limit(profile, "max_rows");
    let outcome = Outcome::executed(&evaluation, statement.rows_returned, max_rows);
    let is_linted = str_field(profile, "migration_safety") == "warn";
    Ok(Decision {
        flagged: is_linted.then(|| flagged(statement.sql)).flatten(),
        max_rows,
        ..decision(outcome)
    })
}

/// Returns the outcome `migration_flagged` if the linter finds a dangerous schema change, or else `None`. The rule is
/// that of the first finding, and the reason contains all findings.
fn flagged(sql: &str) -> Option<Outcome> {
    let findings = lint_migration(sql).ok()?;
    let first = findings.first()?;
    let reasons: Vec<String> = findings
        .iter()
        .map(|finding| format!("{}: {}", finding.rule, finding.message))
        .collect();
    Some(Outcome::new(
        "migration_flagged",
        first.rule,
        reasons.join("; "),
    ))
}

/// Returns the outcome `blocked` if the kill switch of the project is engaged or the project is suspended, or else
/// `None`.
fn blocked_by_project(project: Option<&Resource>) -> Option<Outcome> {
    let project = project?;
    if project.get("agents_disabled") == Some(&json!(true)) {
        let reason = "the kill switch of the project is engaged";
        return Some(Outcome::blocked(KILL_SWITCH, reason));
    }
    let is_suspended = project.get("status") == Some(&json!("suspended"));
    is_suspended.then(|| Outcome::blocked("project_suspended", "the project is suspended"))
}
