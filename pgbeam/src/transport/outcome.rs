//! The outcome of one attempt.

use std::time::Duration;

use http::StatusCode;
use pgbeam_api::maybe_applied;

/// The minimum `Retry-After` of a 429 that [schedules](Outcome::scheduled) the retry.
const MIN_SCHEDULED_WAIT: Duration = Duration::from_secs(1);

/// The outcome of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A response, and its `Retry-After`. The body of a success response is complete. The body of any other
    /// response may be incomplete.
    Response {
        status: StatusCode,
        retry_after: Option<Duration>,
    },
    /// No connection: nothing was sent.
    Connect,
    /// The attempt timed out before a response arrived, or before the body of a success response was
    /// complete. The server may have received the request.
    Timeout,
    /// Any other failure after the connection was established. The server may have received the request.
    Network,
}

impl Outcome {
    /// Returns `true` if a retry may succeed. Does not check whether a retry could apply a write twice.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Response { status, .. } => matches!(status.as_u16(), 408 | 429 | 502 | 503 | 504),
            Self::Connect | Self::Timeout | Self::Network => true,
        }
    }

    /// Returns `true` if the attempt failed, but the server may have executed the request.
    pub(crate) fn is_ambiguous(&self) -> bool {
        match self {
            Self::Response {
                status,
                retry_after,
            } => maybe_applied(*status, *retry_after),
            Self::Connect => false,
            Self::Timeout | Self::Network => true,
        }
    }

    /// Returns `true` for a response with a status below 500 other than 408 and 429. Such a response shows
    /// that the service works, even if it rejects the request.
    pub(crate) fn is_service_healthy(&self) -> bool {
        match self {
            Self::Response { status, .. } => !self.is_retryable() && status.as_u16() < 500,
            _ => false,
        }
    }

    /// Returns the `Retry-After` of a 429 if it is at least one second. The server then schedules the retry:
    /// the retry takes nothing from the retry budget, and other calls of the client delay their retries, too.
    ///
    /// Returns `None` for a shorter `Retry-After`, because it may be wrong: if the header has a date and the
    /// clock of the server is slow, the date lies in the past, and the wait is zero.
    pub(crate) fn scheduled(&self) -> Option<Duration> {
        match self {
            Self::Response {
                status,
                retry_after,
            } if *status == StatusCode::TOO_MANY_REQUESTS => {
                retry_after.filter(|wait| *wait >= MIN_SCHEDULED_WAIT)
            }
            _ => None,
        }
    }

    /// Returns `true` if [`scheduled`](Self::scheduled) returns a wait.
    pub(crate) fn is_scheduled(&self) -> bool {
        self.scheduled().is_some()
    }

    /// Returns the status of the response; `None` if there is no response.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Response { status, .. } => Some(status.as_u16()),
            _ => None,
        }
    }

    /// Returns the value of OpenTelemetry's `error.type`; `None` for a response with a status below 400.
    pub(crate) fn error_type(&self) -> Option<&str> {
        match self {
            Self::Response { status, .. } if status.as_u16() < 400 => None,
            Self::Response { status, .. } => Some(status.as_str()),
            Self::Connect => Some("connect"),
            Self::Timeout => Some("timeout"),
            Self::Network => Some("network"),
        }
    }

    /// Returns the `Retry-After` of the response; `None` if there is no response, or if it has no
    /// `Retry-After`.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Response { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
