//! `Attempt`: the data about a finished attempt that the callback of `ClientBuilder::on_attempt` receives.

use std::time::Duration;

use pgbeam_api::Operation;

use crate::transport::Outcome;

/// A finished attempt of a call, passed to the callback of
/// [`ClientBuilder::on_attempt`](crate::ClientBuilder::on_attempt).
///
/// An attempt contains no secrets and no resource identifiers. Its values can be labels of a metric, because
/// they have low cardinality. Three values have high cardinality: [`request_id`](Self::request_id),
/// [`duration`](Self::duration) and [`retry_in`](Self::retry_in).
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
    /// Returns the `operationId` of the API contract, for example `updatePolicyProfile`.
    pub fn operation(&self) -> &'static str {
        self.operation.id
    }

    /// Returns the HTTP method.
    pub fn method(&self) -> &'static str {
        self.operation.method.as_str()
    }

    /// Returns the path template, for example `/v1/projects/{project_id}/policies/{policy_id}`.
    pub fn url_template(&self) -> &'static str {
        self.operation.path
    }

    /// Returns the number of the attempt within its call, starting at 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Returns the HTTP status. `None` if no response was received, or if the body of a success response is
    /// incomplete. An error status is returned even if the body is incomplete.
    pub fn status(&self) -> Option<u16> {
        self.outcome.status()
    }

    /// Returns the error type as in OpenTelemetry's `error.type`. If the status is 400 or above, returns the
    /// status as a string. If [`status`](Self::status) is `None`, returns `connect`, `timeout` or `network`.
    /// If the status is below 400, returns `None`.
    pub fn error_type(&self) -> Option<&str> {
        self.outcome.error_type()
    }

    /// Returns the duration of the attempt: calling the credential provider (if the client calls the provider
    /// for this attempt), connecting, sending the request and reading the whole response. If the body is a
    /// [`ByteStream`](crate::ByteStream), the duration ends when the response headers have arrived.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns the request id (`X-Request-Id`); `None` if the header is missing or invalid, or if
    /// [`status`](Self::status) is `None`.
    pub fn request_id(&self) -> Option<&'a str> {
        self.request_id
    }

    /// Returns the wait before the next attempt; `None` if no retry follows.
    ///
    /// The value is the wait that is planned when this attempt ends. A 429 of another call can make the wait
    /// longer. If the longer wait would exceed the total timeout, the client does not retry.
    ///
    /// After a 401 the value is `None`, even if an attempt with another key follows.
    pub fn retry_in(&self) -> Option<Duration> {
        self.retry_in
    }

    /// Returns `true` if the [`RetryThrottle`](crate::RetryThrottle) prevented the retry of this attempt.
    pub fn is_throttled(&self) -> bool {
        self.throttled
    }
}
