//! What an observer is told of each attempt.

use std::time::Duration;

use pgbeam_api::Operation;

use crate::transport::Outcome;

/// One attempt of a call, and what follows it: for
/// [`ClientBuilder::on_attempt`](crate::ClientBuilder::on_attempt).
///
/// Nothing in it is secret, and nothing names a single resource, so that all of it can be a label of
/// a metric; but for the request's id.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) number: u32,
    pub(crate) outcome: Outcome,
    pub(crate) duration: Duration,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) retry_in: Option<Duration>,
    pub(crate) throttled: bool,
}

impl<'a> Attempt<'a> {
    /// The contract's `operationId`, for example `updatePolicyProfile`.
    pub fn operation(&self) -> &'static str {
        self.operation.id
    }

    /// The HTTP method.
    pub fn method(&self) -> &'static str {
        self.operation.method.as_str()
    }

    /// The path template, for example `/v1/projects/{project_id}/policies/{policy_id}`.
    pub fn url_template(&self) -> &'static str {
        self.operation.path
    }

    /// Which attempt of its call it was; the first is 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The HTTP status, when there was a whole answer.
    pub fn status(&self) -> Option<u16> {
        self.outcome.status()
    }

    /// What kind of failure it was, in the words of OpenTelemetry's `error.type`: the status of an
    /// answer of 400 and more, else `connect`, `timeout` or `network`. Absent when it was none.
    pub fn error_type(&self) -> Option<&str> {
        self.outcome.error_type()
    }

    /// How long it took, asking the credential callback, connecting and reading the whole answer
    /// included; of a body that is streamed the head only.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The request's id (`X-Request-Id`), when there was an answer that names it.
    pub fn request_id(&self) -> Option<&'a str> {
        self.request_id
    }

    /// After how long the next attempt follows, unless a 429 of another call puts it off, beyond the
    /// total budget perhaps; absent when none does: the call is at its end, or a 401 has the credential
    /// callback asked once more.
    pub fn retry_in(&self) -> Option<Duration> {
        self.retry_in
    }

    /// Whether another attempt would have followed, but for the
    /// [`RetryThrottle`](crate::RetryThrottle).
    pub fn is_throttled(&self) -> bool {
        self.throttled
    }
}
