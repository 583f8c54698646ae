//! Recorded statements of agents, the input of replays and recommendations.

use chrono::{DateTime, Utc};

/// `recorded_event` of an allowed statement.
const ALLOWED_EVENT: &str = "query";
/// `recorded_event` of a blocked statement.
const BLOCKED_EVENT: &str = "blocked";

/// A recorded statement of an agent and its result. Can stand for several identical entries.
///
/// Pass it to [`CredentialHandle::record_traffic`](crate::CredentialHandle::record_traffic).
///
/// ```
/// use pgbeam_emulator::Traffic;
///
/// let reads = Traffic::allowed("SELECT id FROM orders").times(12);
/// let blocked = Traffic::blocked("DELETE FROM orders", "read_only");
/// # let _ = (reads, blocked);
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass the traffic to `CredentialHandle::record_traffic`"]
pub struct Traffic {
    pub(crate) sql: String,
    pub(crate) at: Option<DateTime<Utc>>,
    pub(crate) times: u64,
    pub(crate) event: String,
    pub(crate) rule: Option<String>,
    pub(crate) blocked: bool,
}

impl Traffic {
    /// An allowed statement, recorded as the event `query`.
    pub fn allowed(sql: impl Into<String>) -> Self {
        Self {
            sql: sql.into(),
            at: None,
            times: 1,
            event: ALLOWED_EVENT.to_owned(),
            rule: None,
            blocked: false,
        }
    }

    /// A statement that `rule` blocked, recorded as the event `blocked`.
    pub fn blocked(sql: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            event: BLOCKED_EVENT.to_owned(),
            rule: Some(rule.into()),
            blocked: true,
            ..Self::allowed(sql)
        }
    }

    /// Sets the time of the statement. The default is one second before the emulator's current time.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.at = Some(time);
        self
    }

    /// Sets the number of identical entries. The default is 1; 0 records nothing.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Sets the name of the recorded event. The default is `query` or `blocked`.
    ///
    /// It does not change whether the statement counts as blocked.
    pub fn event(mut self, event: impl Into<String>) -> Self {
        self.event = event.into();
        self
    }
}

/// Recorded traffic with its agent and credential.
#[derive(Clone, Debug)]
pub(crate) struct TrafficEntry {
    pub(crate) agent_id: String,
    pub(crate) credential_id: String,
    pub(crate) sql: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) times: u64,
    pub(crate) event: String,
    pub(crate) rule: Option<String>,
    pub(crate) blocked: bool,
}
