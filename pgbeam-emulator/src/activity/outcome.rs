//! `Outcome`: what happened to a statement, as its audit log entry records it.

use pgbeam_engine::Evaluation;
use serde_json::json;

use crate::audit::entry::{AuditEntry, object};
use crate::webhooks::event::EventKind;

/// The value of [`Outcome::rule`] for a statement that the kill switch of the project blocked.
pub(super) const KILL_SWITCH: &str = "kill_switch";

/// What happened to a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// The event of the audit log entry, such as `query`.
    pub(super) event: &'static str,
    /// The rule that blocked, truncated or flagged the statement. `None` for all other statements.
    pub(super) rule: Option<String>,
    /// A human-readable reason. `None` for the event `query`.
    pub(super) reason: Option<String>,
}

impl Outcome {
    pub(super) fn new(
        event: &'static str,
        rule: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            event,
            rule: Some(rule.into()),
            reason: Some(reason.into()),
        }
    }

    pub(super) fn blocked(rule: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::new("blocked", rule, reason)
    }

    /// Returns the outcome of a statement that the policy allows. `rows` is the number of rows of its result.
    /// `max_rows` is the row limit of the policy; 0 means no limit. The event is `truncated` even if the result is
    /// also masked.
    pub(super) fn executed(evaluation: &Evaluation, rows: i64, max_rows: i64) -> Self {
        if max_rows > 0 && rows > max_rows {
            let reason = format!("the result is truncated to {max_rows} rows");
            return Self::new("truncated", "max_rows", reason);
        }
        if evaluation.masked_columns.is_empty() {
            return Self {
                event: "query",
                rule: None,
                reason: None,
            };
        }
        Self {
            event: "masked",
            rule: None,
            reason: Some(evaluation.reason.clone()),
        }
    }

    /// Returns `true` if the credential was rejected, so that no session exists.
    pub(super) fn is_login_failure(&self) -> bool {
        matches!(self.event, "auth_failed" | "credential_expired")
    }

    /// Returns the type of the webhook event about the statement; `None` if no event is sent.
    pub(super) fn webhook_event(&self) -> Option<EventKind> {
        match self.event {
            "blocked" if self.rule.as_deref() == Some(KILL_SWITCH) => Some(EventKind::KillSwitch),
            "blocked" => Some(EventKind::QueryBlocked),
            "budget_exhausted" => Some(EventKind::BudgetExhausted),
            "masked" => Some(EventKind::Masked),
            "canary_tripped" => Some(EventKind::CanaryTripped),
            "migration_flagged" => Some(EventKind::MigrationFlagged),
            _ => None,
        }
    }

    /// Returns the fields of the audit log entry that this outcome determines.
    pub(super) fn fields(&self) -> AuditEntry {
        object(json!({"event": self.event, "decision_rule": self.rule, "reason": self.reason}))
    }
}
