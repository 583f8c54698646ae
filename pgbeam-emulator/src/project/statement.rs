//! `Statement`: a statement of an agent that a test records.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::audit::entry::object;
use crate::clock::format_timestamp;

/// A statement that an agent sends through the PgBeam proxy.
///
/// Pass it to [`ProjectHandle::record`](crate::ProjectHandle::record). The result of the statement is not computed, so
/// its size and duration are those set here.
///
/// ```
/// use std::time::Duration;
/// use pgbeam_emulator::Statement;
///
/// let statement = Statement::new("agt_1", "SELECT id FROM orders")
///     .rows_returned(3)
///     .bytes_out(120)
///     .latency(Duration::from_millis(4));
/// # let _ = statement;
/// ```
#[derive(Clone, Debug)]
#[must_use = "pass the statement to `ProjectHandle::record`"]
pub struct Statement {
    credential_id: String,
    sql: String,
    rows_returned: u64,
    bytes_out: u64,
    latency: Option<Duration>,
    at: Option<DateTime<Utc>>,
}

impl Statement {
    /// Creates a statement of the agent credential with this id. The SQL can contain several statements, which are
    /// evaluated together. It has at most 100,000 characters.
    pub fn new(credential_id: impl Into<String>, sql: impl Into<String>) -> Self {
        Self {
            credential_id: credential_id.into(),
            sql: sql.into(),
            rows_returned: 0,
            bytes_out: 0,
            latency: None,
            at: None,
        }
    }

    /// Sets the number of rows of the result. Default: 0.
    ///
    /// If `max_rows` of the policy profile is lower, the audit log entry has the event `truncated`, and `max_rows` as
    /// its number of rows.
    pub fn rows_returned(mut self, rows: u64) -> Self {
        self.rows_returned = rows;
        self
    }

    /// Sets the size of the result in bytes. Default: 0.
    pub fn bytes_out(mut self, bytes: u64) -> Self {
        self.bytes_out = bytes;
        self
    }

    /// Sets the duration of the statement. By default, the audit log entry has no `latency_ms`.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = Some(latency);
        self
    }

    /// Sets the time of the statement. Default: the time of the emulator's clock.
    ///
    /// Budgets and the expiry of the credential are evaluated at this time.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.at = Some(time);
        self
    }

    /// Returns the body of the admin route that records a statement.
    pub(super) fn into_body(self) -> Map<String, Value> {
        let mut body = object(json!({
            "credential_id": self.credential_id,
            "sql": self.sql,
            "rows_returned": self.rows_returned,
            "bytes_out": self.bytes_out,
            "latency_ms": self.latency.map(|latency| latency.as_secs_f64() * 1000.0),
            "ts": self.at.map(format_timestamp),
        }));
        body.retain(|_, value| !value.is_null());
        body
    }
}
