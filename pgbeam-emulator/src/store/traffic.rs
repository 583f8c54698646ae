//! `Traffic`: recorded statements of agents, from which replays and recommendations are computed.

use chrono::{DateTime, Utc};

/// The default `recorded_event` of an allowed statement.
const ALLOWED_EVENT: &str = "query";
/// The default `recorded_event` of a blocked statement.
const BLOCKED_EVENT: &str = "blocked";

/// A recorded statement of an agent: the SQL, and whether it was allowed. It counts as one traffic entry, unless
/// [`times`](Self::times) sets another number.
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
    /// Creates an allowed statement. Its [`event`](Self::event) is `query`.
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

    /// Creates a statement that `rule` blocked. Its [`event`](Self::event) is `blocked`.
    ///
    /// Replays return `rule` as `recorded_rule`. It can be any string.
    pub fn blocked(sql: impl Into<String>, rule: impl Into<String>) -> Self {
        Self {
            event: BLOCKED_EVENT.to_owned(),
            rule: Some(rule.into()),
            blocked: true,
            ..Self::allowed(sql)
        }
    }

    /// Sets the time of the statement. Default: one second before the time at which it is recorded.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.at = Some(time);
        self
    }

    /// Sets how many traffic entries the statement counts as. Default: 1. With 0, replays and recommendations ignore
    /// the statement.
    pub fn times(mut self, times: u64) -> Self {
        self.times = times;
        self
    }

    /// Sets the event, which replays return as `recorded_event`. Default: `query` for an allowed statement, `blocked`
    /// for a blocked one.
    ///
    /// The event does not change whether the statement counts as blocked.
    pub fn event(mut self, event: impl Into<String>) -> Self {
        self.event = event.into();
        self
    }
}

/// A recorded statement with its agent and credential. It counts as `times` entries.
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
