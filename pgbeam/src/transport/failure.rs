//! Why an attempt has no response, and what the transport makes of an attempt.

use std::error::Error as StdError;

use pgbeam_api::{Error, ErrorKind, HttpError, RawResponse, Redactor, runtime::redact_source};

use super::{deadline::Limit, outcome::Outcome};

/// Why an attempt has no response.
#[derive(Debug)]
pub(crate) struct Failure {
    outcome: Outcome,
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// The attempt took longer than this limit.
    pub(crate) fn timeout(limit: Limit) -> Self {
        let message = format!("timed out after {limit}");
        Self {
            outcome: Outcome::Timeout,
            kind: ErrorKind::Timeout,
            message,
            source: None,
        }
    }

    /// The HTTP client failed.
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

    /// Drops the cause if its text contains the credential.
    pub(crate) fn redact(&mut self, redactor: &Redactor) {
        self.source = self.source.take().map(|it| redact_source(it, redactor));
    }

    /// Adds to the message that the head of the response had arrived.
    pub(crate) fn while_reading(mut self, status: http::StatusCode) -> Self {
        self.message = format!(
            "the answer (HTTP {}) broke off: {}",
            status.as_u16(),
            self.message
        );
        self
    }

    /// Converts into the error of a call whose last attempt failed so.
    pub(crate) fn into_error(self) -> Error {
        let error = Error::new(self.kind, self.message);
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }
}

/// The outcome of an attempt.
pub(crate) fn outcome(attempt: &Result<Box<RawResponse>, Failure>) -> Outcome {
    match attempt {
        Ok(answer) => Outcome::Response {
            status: answer.status,
            retry_after: answer.retry_after,
        },
        Err(failure) => failure.outcome,
    }
}
