//! Methods of `ProjectHandle` that add data that only a live proxy produces: held statements, anomaly alerts and
//! branches.

use serde_json::{Map, Value};

use super::{ProjectHandle, Rejection};
use crate::areas::anomalies::alert::{self, Anomaly};
use crate::areas::approvals::lifecycle::{self as approval, ApprovalOutcome};
use crate::areas::branches::lifecycle as branch;

impl ProjectHandle {
    /// Holds a statement of an agent credential: creates an approval request with the status `pending`, and sends the
    /// webhook event `approval_requested`. Returns the approval request as `listApprovalRequests` returns it.
    ///
    /// The statement is held even if the policy profile requires no approval. The approval request expires after
    /// `approval_timeout_seconds` of the policy profile, measured by the clock of the emulator.
    ///
    /// # Errors
    ///
    /// If `credential_id` or `sql` is empty (400), if the project, the credential or its policy profile does not exist
    /// (404), or if the credential is revoked or bound to no policy profile (409).
    ///
    /// ```
    /// use pgbeam_emulator::Emulator;
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = Emulator::start().await?;
    /// let project = emulator.project("prj_1");
    /// let policy = project.create_policy(json!({"name": "Writes", "approval_mode": "writes"}))?;
    /// project
    ///     .agent("agt_1")
    ///     .credential("agt_1")
    ///     .bind_to(policy["id"].as_str().unwrap_or_default());
    /// let approval = project.hold("agt_1", "DELETE FROM orders WHERE id = 7")?;
    /// assert_eq!(approval["status"], "pending");
    /// assert_eq!(approval["normalized_sql"], "DELETE FROM orders WHERE id = $1");
    /// # Ok(())
    /// # }
    /// ```
    pub fn hold(
        &self,
        credential_id: impl Into<String>,
        sql: impl Into<String>,
    ) -> Result<Value, Rejection> {
        let body = Map::from_iter([
            (
                "credential_id".to_owned(),
                Value::from(credential_id.into()),
            ),
            ("sql".to_owned(), Value::from(sql.into())),
        ]);
        self.change(|context| approval::hold(context, &self.id, &body))
    }

    /// Sets the outcome of a held statement after `approveApprovalRequest`. Returns the approval request, which then
    /// has the status `executed` or `failed`. Without this call, the status stays `approved`, because the emulator
    /// does not execute statements.
    ///
    /// With [`ApprovalOutcome::Executed`], adds an entry to the audit log.
    ///
    /// # Errors
    ///
    /// If the project or the approval request does not exist (404), or if the status of the approval request is not
    /// `approved` (409).
    ///
    /// ```
    /// use pgbeam_emulator::{ApprovalOutcome, Emulator};
    /// # use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = Emulator::start().await?;
    /// # let project = emulator.project("prj_1");
    /// # let policy = project.create_policy(json!({"name": "Writes"}))?;
    /// # let agent = project.agent("agt_1").credential("agt_1");
    /// # agent.bind_to(policy["id"].as_str().unwrap_or_default());
    /// let approval = project.hold("agt_1", "DELETE FROM orders WHERE id = 7")?;
    /// let id = approval["id"].as_str().unwrap_or_default();
    /// let approve = format!("{}/v1/projects/prj_1/approvals/{id}/approve", emulator.base_url());
    /// reqwest::Client::new().post(approve).bearer_auth("pbk_emulator").send().await?;
    /// let finished = project.finish_approval(id, ApprovalOutcome::Executed)?;
    /// assert_eq!(finished["status"], "executed");
    /// # Ok(())
    /// # }
    /// ```
    pub fn finish_approval(&self, id: &str, outcome: ApprovalOutcome) -> Result<Value, Rejection> {
        let body = Map::from_iter([("status".to_owned(), Value::from(outcome.as_str()))]);
        self.change(|context| approval::finish(context, &self.id, id, &body))
    }

    /// Creates an anomaly alert with the status `open`, and sends the webhook event `anomaly_alert`. Returns the alert
    /// as `listAnomalyAlerts` returns it.
    ///
    /// # Errors
    ///
    /// If the severity is unknown (400), or if the project or the credential does not exist (404).
    ///
    /// ```
    /// use pgbeam_emulator::{Anomaly, Emulator};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = Emulator::start().await?;
    /// let project = emulator.project("prj_1");
    /// let alert = project.report_anomaly(Anomaly::new("volume_spike", "critical"))?;
    /// assert_eq!(alert["status"], "open");
    /// # Ok(())
    /// # }
    /// ```
    pub fn report_anomaly(&self, anomaly: Anomaly) -> Result<Value, Rejection> {
        let body = anomaly.into_body();
        self.change(|context| alert::report(context, &self.id, &body))
    }

    /// Creates a database branch, as a session of an agent does. Returns the branch as `listDatabaseBranches` returns
    /// it.
    ///
    /// `body` is an object with two optional fields. `credential_id` is the id of the agent credential that uses the
    /// branch. `status` is the status of the branch; default: `pending`. The branch belongs to the oldest database of
    /// the project.
    ///
    /// # Errors
    ///
    /// If a field is invalid (400), or if the project or the credential does not exist (404).
    ///
    /// ```
    /// use pgbeam_emulator::Emulator;
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = Emulator::start().await?;
    /// let project = emulator.project("prj_1");
    /// let branch = project.create_branch(json!({}))?;
    /// assert_eq!(branch["status"], "pending");
    ///
    /// let id = branch["id"].as_str().unwrap_or_default();
    /// let ready = project.set_branch_status(id, "ready")?;
    /// assert_eq!(ready["status"], "ready");
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_branch(&self, body: Value) -> Result<Value, Rejection> {
        let body = body.as_object().cloned().unwrap_or_default();
        self.change(|context| branch::create(context, &self.id, &body))
    }

    /// Sets the status of a database branch and returns the branch. A `pending` branch can become `ready` or `error`,
    /// and any branch can become `discarded`.
    ///
    /// # Errors
    ///
    /// If `status` is unknown (400), if the project or the branch does not exist (404), or if the branch cannot
    /// change to this status (409).
    pub fn set_branch_status(&self, id: &str, status: &str) -> Result<Value, Rejection> {
        let body = Map::from_iter([("status".to_owned(), Value::from(status))]);
        self.change(|context| branch::update(context, &self.id, id, &body))
    }
}
