//! `Failure`: the reason why an attempt got no complete response.

use std::error::Error as StdError;

use pgbeam_api::{Error, ErrorKind, HttpError, RawResponse, Redactor, runtime::redact_source};

use super::{deadline::TimeLimit, outcome::Outcome};

/// The reason why an attempt got no complete response.
#[derive(Debug)]
pub(crate) struct Failure {
    outcome: Outcome,
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// Creates the failure of an attempt that exceeded this time limit.
    pub(crate) fn timeout(limit: TimeLimit) -> Self {
        let message = format!("timed out after {limit}");
        Self {
            outcome: Outcome::Timeout,
            kind: ErrorKind::Timeout,
            message,
            source: None,
        }
    }

    /// Creates the failure of an attempt from the error of the HTTP client.
    pub(super) fn new(error: HttpError) -> Self {
        let kind = error.kind();
        Self {
            outcome: match (kind.maybe_sent(), kind.is_timeout()) {
                (false, _) => Outcome::Connect,
                (true, true) => Outcome::Timeout,
                (true, false) => Outcome::Network,
            },
            kind: match kind.is_timeout() {
                true => ErrorKind::Timeout,
                false => ErrorKind::Network,
            },
            message: error.to_string(),
            source: Some(error.into_source()),
        }
    }

    /// Replaces the source with a placeholder if the source or one of its causes prints the credential.
    pub(crate) fn redact(&mut self, redactor: &Redactor) {
        self.source = self
            .source
            .take()
            .map(|source| redact_source(source, redactor));
    }

    /// Prepends to the message that the body of a response with this status is incomplete.
    pub(crate) fn while_reading(mut self, status: http::StatusCode) -> Self {
        self.message = format!(
            "the response body (HTTP {}) is incomplete: {}",
            status.as_u16(),
            self.message
        );
        self
    }

    /// Converts the failure of the last attempt into the error of the call.
    pub(crate) fn into_error(self) -> Error {
        let error = Error::new(self.kind, self.message);
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

/// Returns the outcome of an attempt that ended with this response or failure.
pub(crate) fn outcome(attempt: &Result<Box<RawResponse>, Failure>) -> Outcome {
    match attempt {
        Ok(response) => Outcome::Response {
            status: response.status,
            retry_after: response.retry_after,
        },
        Err(failure) => failure.outcome,
    }
}
