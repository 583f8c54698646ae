//! What became of one attempt, and what that says of it.

use std::time::Duration;

use http::StatusCode;
use pgbeam_api::may_have_acted;

/// The shortest wait that spreads load: the unit of `Retry-After`.
const SCHEDULE: Duration = Duration::from_secs(1);

/// What became of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A whole answer, and how long it asks to wait.
    Response {
        status: StatusCode,
        retry_after: Option<Duration>,
    },
    /// No connection: nothing was sent.
    Connect,
    /// No whole answer in time. The request may have been sent.
    Timeout,
    /// The connection failed after it was made: it was reset or closed, or the body broke off. The
    /// request may have been sent.
    Network,
}

impl Outcome {
    /// Whether the same request may fare better a moment later.
    pub(crate) fn is_retryable(&self) -> bool {
        match self {
            Self::Response { status, .. } => matches!(status.as_u16(), 408 | 429 | 502 | 503 | 504),
            Self::Connect | Self::Timeout | Self::Network => true,
        }
    }

    /// Whether the server may have acted on a request that ended so, other than by a success.
    pub(crate) fn may_have_acted(&self) -> bool {
        match self {
            Self::Response {
                status,
                retry_after,
            } => may_have_acted(*status, *retry_after),
            Self::Connect => false,
            Self::Timeout | Self::Network => true,
        }
    }

    /// Whether it shows that the service is there and does its work, be it by refusing.
    pub(crate) fn shows_service_at_work(&self) -> bool {
        match self {
            Self::Response { status, .. } => !self.is_retryable() && status.as_u16() < 500,
            _ => false,
        }
    }

    /// How long a 429 asks to wait, which all calls of the client are to know. At once, or nearly, is no
    /// schedule: a server whose clock is late says so to all.
    pub(crate) fn scheduled(&self) -> Option<Duration> {
        match self {
            Self::Response {
                status,
                retry_after,
            } if *status == StatusCode::TOO_MANY_REQUESTS => {
                retry_after.filter(|wait| *wait >= SCHEDULE)
            }
            _ => None,
        }
    }

    /// Whether the server says itself when it is to be sent more.
    pub(crate) fn is_scheduled(&self) -> bool {
        self.scheduled().is_some()
    }

    /// The status of the answer, when there was one.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Response { status, .. } => Some(status.as_u16()),
            _ => None,
        }
    }

    /// OpenTelemetry's `error.type`; `None` for what is no failure.
    pub(crate) fn error_type(&self) -> Option<&str> {
        match self {
            Self::Response { status, .. } if status.as_u16() < 400 => None,
            Self::Response { status, .. } => Some(status.as_str()),
            Self::Connect => Some("connect"),
            Self::Timeout => Some("timeout"),
            Self::Network => Some("network"),
        }
    }

    /// How long the answer asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Response { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
