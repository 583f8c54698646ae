//! Statements that agents are said to have sent: what replay and recommendation read.

use chrono::{DateTime, Utc};

/// What `recorded_event` says of a statement that was let through.
const ALLOWED_EVENT: &str = "query";
/// What `recorded_event` says of a statement that was refused.
const BLOCKED_EVENT: &str = "blocked";

/// A statement that an agent sent, and what became of it: one entry of the record, or
/// several alike.
///
/// Handed to [`CredentialHandle::traffic`](crate::CredentialHandle::traffic).
///
/// ```
/// use pgbeam_emulator::Traffic;
///
/// let reads = Traffic::ran("SELECT id FROM orders").times(12);
/// let refused = Traffic::blocked("DELETE FROM orders", "read_only");
/// # let _ = (reads, refused);
/// ```
#[derive(Clone, Debug)]
#[must_use = "traffic does nothing until a credential is given it"]
pub struct Traffic {
    pub(crate) sql: String,
    pub(crate) at: Option<DateTime<Utc>>,
    pub(crate) times: u64,
    pub(crate) event: String,
    pub(crate) rule: Option<String>,
    pub(crate) blocked: bool,
}

impl Traffic {
    /// A statement that was let through; recorded as the event `query`.
    pub fn ran(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            at: None,
            times: 1,
            event: ALLOWED_EVENT.to_owned(),
            rule: None,
            blocked: false,
        }
    }

    /// A statement that was refused by `rule`; recorded as the event `blocked`.
    pub fn blocked(sql: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            event: BLOCKED_EVENT.to_owned(),
            rule: Some(rule.into()),
            blocked: true,
            ..Self::ran(sql)
        }
    }

    /// When it was sent; one second before the emulator's present time unless told.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.at = Some(time);
        self
    }

    /// How many entries alike there are; 1 unless told, and 0 is none at all.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// What the record calls the event, where another word than the emulator's own is
    /// wanted. It does not change whether the statement counts as refused.
    pub fn event(mut self, event: impl Into<String>) -> Self {
        self.event = event.into();
        self
    }
}

/// Recorded traffic, with who sent it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) agent_id: String,
    pub(crate) credential_id: String,
    pub(crate) sql: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) times: u64,
    pub(crate) event: String,
    pub(crate) rule: Option<String>,
    pub(crate) blocked: bool,
}
