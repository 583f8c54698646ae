//! One attempt: one request out, and the whole answer in, or what kept it from coming.

use std::{error::Error as StdError, pin::pin};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use pgbeam_api::{
    BoxFuture, Content, Error, ErrorKind, RawResponse,
    runtime::{Collected, compressed, most, too_large},
};

use super::{
    body::{Pieces, Reading},
    deadline::Limit,
    outcome::Outcome,
};

/// Sends one request once.
pub(crate) trait Sender: Send + Sync {
    /// Sends the request and reads the head of the answer, whatever its status.
    fn send(&self, request: reqwest::Request) -> BoxFuture<'_, Result<Head, Failure>>;
}

/// The head of an answer, and what reads its body.
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    /// The words of the status line, where they are others than HTTP has.
    pub(crate) reason: Option<Box<str>>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Pieces,
}

/// Waits for the head of an answer and reads its body, all within the limit; all but the body of a
/// success where the operation answers with other than JSON, which is read while it is used.
///
/// A status of error stands, whatever becomes of its body, and so does what came of that: both say more
/// than that the body broke off or came too slowly, and the status decides what may be sent again.
#[expect(
    clippy::manual_async_fn,
    reason = "what is given to an async fn takes its place twice"
)]
pub(crate) fn receive(
    head: BoxFuture<'_, Result<Head, Failure>>,
    reading: Reading,
) -> impl Future<Output = Result<Box<RawResponse>, Failure>> {
    async move {
        let Reading {
            operation,
            start,
            begun,
            largest,
            ..
        } = reading;
        let limit = reading.limits.next(begun - start);
        let (mut received, mut kept) = (None, Collected::default());
        let read = {
            let whole = pin!(async {
                let Head {
                    status,
                    reason,
                    headers,
                    body,
                } = head.await?;
                let answer = Box::new(RawResponse::new(operation, status, headers, Bytes::new()));
                let answer = received.insert(answer);
                answer.reason = reason;
                answer.unread = compressed(&answer.headers);
                if operation.content == Content::Bytes && status.is_success() {
                    answer.stream = Some(reading.stream(body, status));
                    return Ok(());
                }
                if !kept.fill(body, most(largest)).await? {
                    answer.unread = Some(too_large(largest));
                }
                Ok(())
            });
            limit
                .apply(begun, whole)
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
            // An answer is there as soon as its head is.
            (Ok(()), None) => Err(Failure::timeout(limit)),
        }
    }
}

/// Why an attempt has no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    outcome: Outcome,
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Failure {
    /// A limit passed first.
    pub(crate) fn timeout(limit: Limit) -> Self {
        let message = format!("timed out after {limit}");
        Self {
            outcome: Outcome::Timeout,
            kind: ErrorKind::Timeout,
            message,
            source: None,
        }
    }

    pub(super) fn new(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let cause = innermost(&error);
        let (outcome, kind, message) = match (error.is_connect(), error.is_timeout()) {
            // Nothing was sent.
            (true, true) => (
                Outcome::Connect,
                ErrorKind::Timeout,
                "could not connect in time".to_owned(),
            ),
            (true, false) => (
                Outcome::Connect,
                ErrorKind::Network,
                format!("could not connect: {cause}"),
            ),
            (false, true) => {
                let message = format!("timed out by a limit of the HTTP client: {cause}");
                (Outcome::Timeout, ErrorKind::Timeout, message)
            }
            (false, false) => (
                Outcome::Network,
                ErrorKind::Network,
                format!("the connection failed: {cause}"),
            ),
        };
        Self {
            outcome,
            kind,
            message,
            source: Some(Box::new(error)),
        }
    }

    /// Says that what failed was reading the body, after the head had come.
    pub(crate) fn while_reading(mut self, status: http::StatusCode) -> Self {
        self.message = format!(
            "the answer (HTTP {}) broke off: {}",
            status.as_u16(),
            self.message
        );
        self
    }

    /// The error of the call whose last attempt ended so.
    pub(crate) fn into_error(self) -> Error {
        let error = Error::new(self.kind, self.message);
        match self.source {
            Some(source) => error.with_source(source),
            None => error,
        }
    }

    #[cfg(all(test, feature = "policies"))]
    pub(crate) fn scripted(outcome: Outcome) -> Self {
        let late = outcome == Outcome::Timeout;
        let kind = if late {
            ErrorKind::Timeout
        } else {
            ErrorKind::Network
        };
        Self {
            outcome,
            kind,
            message: "scripted".to_owned(),
            source: None,
        }
    }
}

/// What became of an attempt.
pub(crate) fn outcome(attempt: &Result<Box<RawResponse>, Failure>) -> Outcome {
    match attempt {
        Ok(answer) => Outcome::Response {
            status: answer.status,
            retry_after: answer.retry_after,
        },
        Err(failure) => failure.outcome,
    }
}

/// What lies at the bottom of an error: the sentence that says what happened.
pub(crate) fn innermost(error: &(dyn StdError + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
