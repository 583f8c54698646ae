//! Approval requests: creates them for held statements, approves or rejects them, sets their outcome, and expires them.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use pgbeam_engine::{Statement, describe, normalize_sql, query_hash};
use serde_json::{Map, Value, json};

use super::approval_rule;
use crate::audit::entry::{AuditEntry, object};
use crate::clock::format_timestamp;
use crate::http::problem::{FieldError, Problem};
use crate::resource::{Context, USER_ID};
use crate::store::{Resource, Store, new_id, project_collection, str_field};
use crate::webhooks::event::{EventKind, WebhookEvent};

/// The name of approval requests in error messages.
pub(crate) const NOUN: &str = "approval request";
/// The prefix of the ids of approval requests.
pub(crate) const ID_PREFIX: &str = "apr";
/// The region of the emulated proxy.
const REGION: &str = "local";
/// The value of `approval_timeout_seconds` if a policy profile does not have this field.
const DEFAULT_TIMEOUT: i64 = 300;
/// The maximum time until an approval request expires, in seconds: 100 years. A policy profile can have a longer
/// timeout, which could exceed the range of timestamps.
const MAX_TIMEOUT: i64 = 100 * 365 * 24 * 60 * 60;

/// The fields of an approval request that its audit log entries contain.
const AUDIT_FIELDS: [&str; 8] = [
    "project_id",
    "credential_id",
    "region",
    "sql",
    "normalized_sql",
    "statement_kind",
    "reason",
    "session_id",
];

/// The outcome of an approved statement.
///
/// Pass it to [`ProjectHandle::finish_approval`](crate::ProjectHandle::finish_approval).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalOutcome {
    /// The statement was executed.
    Executed,
    /// The database rejected the statement.
    Failed,
}

impl ApprovalOutcome {
    /// Returns the status of an approval request that has this outcome.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Failed => "failed",
        }
    }

    /// Parses the field `status` of a body of the admin route. Returns 400 if it is neither `executed` nor `failed`.
    fn parse(body: &Map<String, Value>) -> Result<Self, Problem> {
        let status = body.get("status").and_then(Value::as_str);
        [Self::Executed, Self::Failed]
            .into_iter()
            .find(|outcome| status == Some(outcome.as_str()))
            .ok_or_else(|| Problem::invalid_field("status", "must be one of: executed, failed"))
    }
}

/// Holds a statement that a credential sent: creates its approval request, publishes the webhook event
/// `approval_requested`, and returns the request. `body` has the fields `credential_id` and `sql`. The statement is
/// held whether or not its policy requires approval, and even if the SQL cannot be parsed.
///
/// # Errors
///
/// 400 if a field is missing or empty, 404 if the credential or its policy profile does not exist, and 409 if the
/// credential is revoked or bound to no policy profile.
pub(crate) fn hold(
    context: &mut Context<'_>,
    project_id: &str,
    body: &Map<String, Value>,
) -> Result<Value, Problem> {
    let (credential_id, sql) = held_statement(body)?;
    let policy_id = bound_policy(context.store, project_id, credential_id)?;
    let policies = project_collection(project_id, "policies");
    let policy = context.store.get(&policies, policy_id);
    let policy = policy.ok_or_else(|| Problem::not_found("policy profile", policy_id))?;
    let statements = describe(sql).unwrap_or_default();
    let mut approval = object(json!({
        "id": new_id(ID_PREFIX),
        "project_id": project_id,
        "credential_id": credential_id,
        "policy_profile_id": policy_id,
        "region": REGION,
        "session_id": new_id("ses"),
        "sql": sql,
        "normalized_sql": normalize_sql(sql),
        "estimated_rows": null,
        "target_tables": target_tables(&statements),
        "approval_rule_name": rule_name(context.store, project_id, &statements),
        "status": "pending",
        "requested_at": format_timestamp(context.now),
        "decided_at": null,
        "decided_by": null,
        "expires_at": format_timestamp(expiry(policy, context.now)),
    }));
    if let Some(kind) = statement_kind(&statements) {
        approval.insert("statement_kind".to_owned(), json!(kind));
    }
    let approvals = project_collection(project_id, "approvals");
    context
        .store
        .collection_mut(&approvals)
        .insert(str_field(&approval, "id").to_owned(), approval.clone());
    let entry = append_entry(context.store, &approval, "approval_requested", context.now);
    let kind = EventKind::ApprovalRequested;
    context.publish(&WebhookEvent::from_audit_entry(
        kind,
        project_id,
        &entry,
        context.now,
    ));
    Ok(Value::Object(approval))
}

/// Approves or rejects a pending approval request: `status` is `approved` or `rejected`. Returns the request.
///
/// # Errors
///
/// 404 if the request does not exist, and 409 if it was already approved or rejected, or has expired.
pub(crate) fn decide(
    context: &mut Context<'_>,
    project_id: &str,
    id: &str,
    status: &str,
    reason: Option<&str>,
) -> Result<Resource, Problem> {
    let mut changes = object(json!({
        "status": status, "decided_at": format_timestamp(context.now), "decided_by": USER_ID,
    }));
    if let Some(reason) = reason {
        changes.insert("reason".to_owned(), json!(reason));
    }
    let approval = change(context, project_id, id, "pending", changes)?;
    append_entry(context.store, &approval, status, context.now);
    Ok(approval)
}

/// Sets the outcome of an approved statement, and returns its approval request. `body` has the field `status`:
/// `executed` or `failed`. If the statement was executed, the audit log gets an entry.
///
/// # Errors
///
/// 400 if `status` has another value, 404 if the request does not exist, and 409 if its status is not `approved`.
pub(crate) fn finish(
    context: &mut Context<'_>,
    project_id: &str,
    id: &str,
    body: &Map<String, Value>,
) -> Result<Value, Problem> {
    let outcome = ApprovalOutcome::parse(body)?;
    let changes = object(json!({"status": outcome.as_str()}));
    let approval = change(context, project_id, id, "approved", changes)?;
    if outcome == ApprovalOutcome::Executed {
        append_entry(context.store, &approval, "query", context.now);
    }
    Ok(Value::Object(approval))
}

/// Expires each pending approval request of the project whose `expires_at` has passed: sets its status to `expired`,
/// and appends an audit log entry.
pub(crate) fn expire(context: &mut Context<'_>, project_id: &str) {
    let approvals = project_collection(project_id, "approvals");
    let expired: Vec<(String, DateTime<Utc>)> = context
        .store
        .resources(&approvals)
        .filter(|approval| str_field(approval, "status") == "pending")
        .filter_map(|approval| {
            let expires_at = str_field(approval, "expires_at").parse().ok()?;
            Some((str_field(approval, "id").to_owned(), expires_at))
        })
        .filter(|(_, expires_at)| *expires_at <= context.now)
        .collect();
    for (id, expires_at) in expired {
        if let Some(approval) = context.store.get_mut(&approvals, &id) {
            approval.insert("status".to_owned(), json!("expired"));
            let approval = approval.clone();
            append_entry(context.store, &approval, "approval_expired", expires_at);
        }
    }
}

/// Changes fields of an approval request, after expiring pending requests. Returns the changed request.
///
/// # Errors
///
/// 404 if the request does not exist, and 409 if its status is not `from`.
fn change(
    context: &mut Context<'_>,
    project_id: &str,
    id: &str,
    from: &str,
    changes: Resource,
) -> Result<Resource, Problem> {
    expire(context, project_id);
    let approvals = project_collection(project_id, "approvals");
    let approval = context.store.get_mut(&approvals, id);
    let approval = approval.ok_or_else(|| Problem::not_found(NOUN, id))?;
    let status = str_field(approval, "status");
    if status != from {
        let detail = format!("The approval request has the status {status}, but must be {from}");
        return Err(Problem::conflict("INVALID_STATE", detail));
    }
    approval.extend(changes);
    Ok(approval.clone())
}

/// Returns `credential_id` and `sql` of a body, or 400 if one of them is missing or empty.
fn held_statement(body: &Map<String, Value>) -> Result<(&str, &str), Problem> {
    let fields = ["credential_id", "sql"].map(|name| {
        let value = body.get(name).and_then(Value::as_str);
        let value = value.filter(|value| !value.is_empty());
        value.ok_or_else(|| FieldError::new(name, "must be a string that is not empty"))
    });
    match fields {
        [Ok(credential_id), Ok(sql)] => Ok((credential_id, sql)),
        fields => Err(Problem::invalid(
            fields.into_iter().filter_map(Result::err).collect(),
        )),
    }
}

fn bound_policy<'s>(
    store: &'s Store,
    project_id: &str,
    credential_id: &str,
) -> Result<&'s str, Problem> {
    let activity = store.activity(project_id);
    let credential = activity.and_then(|activity| activity.credential(credential_id));
    let credential =
        credential.ok_or_else(|| Problem::not_found("agent credential", credential_id))?;
    credential.policy_id.as_deref().ok_or_else(|| {
        let detail = format!(
            "The agent credential {credential_id} is revoked or bound to no policy profile; use another one"
        );
        Problem::conflict("INVALID_STATE", detail)
    })
}

fn expiry(policy: &Resource, now: DateTime<Utc>) -> DateTime<Utc> {
    let timeout = policy
        .get("approval_timeout_seconds")
        .and_then(Value::as_i64);
    let timeout = timeout.unwrap_or(DEFAULT_TIMEOUT).min(MAX_TIMEOUT);
    let expiry = TimeDelta::try_seconds(timeout).and_then(|delay| now.checked_add_signed(delay));
    expiry.unwrap_or(now)
}

/// Returns the kind of the first statement that writes a table. If there is none, returns the kind of the first
/// statement, or `None` without statements.
fn statement_kind(statements: &[Statement]) -> Option<&'static str> {
    let mut writes = statements
        .iter()
        .filter(|statement| !statement.writes.is_empty());
    let statement = writes.next().or_else(|| statements.first())?;
    Some(statement.kind.as_str())
}

fn target_tables(statements: &[Statement]) -> BTreeSet<String> {
    statements
        .iter()
        .flat_map(|statement| &statement.writes)
        .map(|relation| relation.qualified())
        .collect()
}

/// Returns the name of the oldest approval rule that covers one of the statements, or `None` if no rule does.
fn rule_name<'s>(store: &'s Store, project_id: &str, statements: &[Statement]) -> Option<&'s str> {
    let rules = project_collection(project_id, "approval-rules");
    let mut covering = store.resources(&rules).filter(|rule| {
        let mut statements = statements.iter();
        statements.any(|statement| approval_rule::covers(rule, statement))
    });
    covering.next().map(|rule| str_field(rule, "name"))
}

/// Appends an audit log entry about an approval request, and returns it.
fn append_entry(
    store: &mut Store,
    approval: &Resource,
    event: &str,
    at: DateTime<Utc>,
) -> AuditEntry {
    let mut entry = object(json!({
        "id": new_id("aud"),
        "event": event,
        "query_hash": query_hash(str_field(approval, "sql")),
        "rows_returned": 0,
        "bytes_out": 0,
        "source": "wire",
        "ts": format_timestamp(at),
    }));
    for name in AUDIT_FIELDS {
        if let Some(value) = approval.get(name) {
            entry.insert(name.to_owned(), value.clone());
        }
    }
    let project_id = str_field(approval, "project_id");
    store.activity_mut(project_id).audit.append(entry)
}
