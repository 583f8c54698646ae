//! One attempt: sends a request and reads the response.

use std::{error::Error as StdError, pin::pin};

use bytes::Bytes;
use pgbeam_api::{
    BoxFuture, Content, Error, ErrorKind, HttpError, HttpResponse, RawResponse, Redactor,
    runtime::{Collected, compressed, most, redact_source, too_large},
};

use super::{body::Reading, deadline::Limit, outcome::Outcome};

/// Waits for the head of a response and reads its body, all within the limit. The body of a success of
/// an operation that does not return JSON is left to the caller, as a stream.
///
/// An error status stands even if its body breaks off or comes too slowly: the status decides about
/// retries, and the part of the body that was received is kept.
pub(crate) async fn receive(
    head: BoxFuture<'_, Result<HttpResponse, HttpError>>,
    reading: &Reading,
) -> Result<Box<RawResponse>, Failure> {
    let limit = reading.limits.next(reading.begun - reading.start);
    let (mut received, mut kept) = (None, Collected::default());
    let read = {
        let whole = pin!(async {
            let (status, headers, mut body) = {
                let (head, body) = head.await.map_err(Failure::new)?.into_parts();
                (head.status, head.headers, body)
            };
            let answer = Box::new(RawResponse::new(
                reading.operation,
                status,
                headers,
                Bytes::new(),
            ));
            let answer = received.insert(answer);
            answer.unread = compressed(&answer.headers);
            if reading.operation.content == Content::Bytes && status.is_success() {
                answer.stream = Some(reading.stream(body, status));
                return Ok(());
            }
            if !kept
                .fill(&mut body, most(reading.largest))
                .await
                .map_err(Failure::new)?
            {
                answer.unread = Some(too_large(reading.largest));
            }
            Ok(())
        });
        limit
            .apply(reading.begun, whole)
            .await
            .unwrap_or_else(|limit| Err(Failure::timeout(limit)))
    };
    match (read, received) {
        (Err(failure), Some(answer)) if answer.status.is_success() => {
            Err(failure.while_reading(answer.status))
        }
        (_, Some(mut answer)) => {
            answer.body = kept.take();
            Ok(answer)
        }
        (Err(failure), None) => Err(failure),
        // Unreachable: a success has set `received`.
        (Ok(()), None) => Err(Failure::timeout(limit)),
    }
}

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
            outcome: match (kind.may_have_been_sent(), kind.is_timeout()) {
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
