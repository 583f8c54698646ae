//! The methods of `ProjectHandle` that record statements, and that read and edit the audit log.

use serde_json::Value;

use super::{ProjectHandle, Rejection, Statement};
use crate::activity::{edit_audit_entry, record};
use crate::http::problem::Problem;

impl ProjectHandle {
    /// Records a statement of an agent, as if the agent had sent it through the PgBeam proxy. Returns its audit log
    /// entry, with the fields of the schema `AuditLogEntry`.
    ///
    /// The emulator evaluates the statement under the policy profile of the credential. The field `event` is the
    /// result, for example `query`, `masked` or `blocked`: see [Recorded statements](crate#recorded-statements). Usage
    /// reports include the entry, replays and recommendations use the statement, and webhook endpoints receive events
    /// about it.
    ///
    /// ```
    /// use pgbeam_emulator::{Emulator, Statement};
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = Emulator::start().await?;
    /// let project = emulator.project("prj_1");
    /// let policy = project.create_policy(json!({"name": "Reader", "table_denylist": ["secrets"]}))?;
    /// let created = project
    ///     .create_agent_credential(json!({"name": "Bot", "policy_profile_id": policy["id"]}))?;
    /// let id = created["credential"]["id"].as_str().unwrap_or_default();
    ///
    /// let allowed = project.record(Statement::new(id, "SELECT id FROM orders").rows_returned(3))?;
    /// assert_eq!(allowed["event"], "query");
    /// let blocked = project.record(Statement::new(id, "SELECT * FROM secrets"))?;
    /// assert_eq!(blocked["event"], "blocked");
    /// assert_eq!(blocked["decision_rule"], "table_denied");
    ///
    /// assert_eq!(project.audit_log(), [allowed, blocked]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A status of 404 if the project does not exist or has no agent credential with this id. A credential that only
    /// [`AgentHandle::credential`](crate::AgentHandle::credential) created is not enough. A status of 400, with the
    /// validation errors, if the SQL is longer than 100,000 characters, or if a number is greater than `i64::MAX`. A
    /// blocked statement is not an error.
    pub fn record(&self, statement: Statement) -> Result<Value, Rejection> {
        let body = statement.into_body();
        self.change(|context| record(context, &self.id, &body))
    }

    /// Returns all entries of the audit log, in the order in which they were recorded.
    #[must_use]
    pub fn audit_log(&self) -> Vec<Value> {
        self.with(|store| {
            let activity = store.activity(&self.id).into_iter();
            activity
                .flat_map(|activity| activity.audit.entries())
                .cloned()
                .map(Value::Object)
                .collect()
        })
    }

    /// Changes fields of the audit log entry with this id, and returns the changed entry. `changes` is a JSON object,
    /// in which `null` removes a field.
    ///
    /// The hash chain is not recomputed, so `verifyAuditChain` detects the change and returns `false` in `ok`. This
    /// simulates tampering.
    ///
    /// ```
    /// # use pgbeam_emulator::{Emulator, Statement};
    /// # use serde_json::json;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::start().await?;
    /// # let project = emulator.project("prj_1");
    /// # let policy = project.create_policy(json!({"name": "Reader"}))?;
    /// # let body = json!({"name": "Bot", "policy_profile_id": policy["id"]});
    /// # let created = project.create_agent_credential(body)?;
    /// # let credential = created["credential"]["id"].as_str().unwrap_or_default();
    /// let entry = project.record(Statement::new(credential, "SELECT 1"))?;
    /// let id = entry["id"].as_str().unwrap_or_default();
    /// let edited = project.edit_audit_entry(id, json!({"sql": "SELECT 2"}))?;
    /// assert_eq!(edited["entry_hash"], entry["entry_hash"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A status of 404 if the project or the entry does not exist. A status of 400, with the validation errors, if
    /// `changes` is not an object, a field is unknown, or the changed entry does not match the schema
    /// `AuditLogEntry`.
    pub fn edit_audit_entry(&self, id: &str, changes: Value) -> Result<Value, Rejection> {
        let Value::Object(changes) = changes else {
            return Err(Problem::invalid_field("changes", "must be a JSON object").into());
        };
        self.change(|context| edit_audit_entry(context, &self.id, id, &changes))
    }
}
