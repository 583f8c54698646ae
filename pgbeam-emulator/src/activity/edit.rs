//! Edits audit log entries, so that a test can simulate tampering.

use serde_json::{Map, Value};

use super::body;
use crate::audit::entry::{AuditEntry, string};
use crate::contract::RequestBody;
use crate::http::problem::Problem;
use crate::resource::Context;

/// The path of the audit log of a project.
const AUDIT_LOGS: &str = "/v1/projects/{project_id}/audit-logs";

/// Changes fields of an audit log entry. Does not recompute its hash, so that `verifyAuditChain` can find the edit.
/// `null` removes a field. Returns the changed entry.
///
/// # Errors
///
/// 404 if there is no such entry. 400 if a field is unknown, or if the changed entry does not match its schema.
pub(crate) fn edit_audit_entry(
    context: &mut Context<'_>,
    project_id: &str,
    id: &str,
    changes: &Map<String, Value>,
) -> Result<Value, Problem> {
    let not_found = || Problem::not_found("audit log entry", id);
    let activity = context.store.activity(project_id).ok_or_else(not_found)?;
    let has_id = |entry: &&AuditEntry| string(entry, "id") == Some(id);
    let entry = activity.audit.entries().iter().find(has_id);
    let mut changed = entry.ok_or_else(not_found)?.clone();
    changed.extend(changes.clone());
    changed.retain(|_, value| !value.is_null());

    let schema = context
        .contract
        .collection(AUDIT_LOGS)
        .ok_or_else(|| Problem::internal("The contract has no audit log"))?;
    let schema = RequestBody {
        schema: schema.resource.clone(),
        required: true,
    };
    body::check(context.contract, &schema, &changed)?;
    let audit = &mut context.store.activity_mut(project_id).audit;
    let edited = audit.edit(id, changes.clone()).ok_or_else(not_found)?;
    Ok(Value::Object(edited.clone()))
}
