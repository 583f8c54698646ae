//! `HttpError`: the error of an HTTP client, and whether the request may have been sent.

use std::{borrow::Cow, error::Error as StdError, fmt};

use crate::{Error, ErrorKind, Redactor};

type BoxError = Box<dyn StdError + Send + Sync>;

/// The error of an [`HttpClient`](crate::HttpClient): there is no complete response.
///
/// `Display` describes the kind. The cause is the [`source`](StdError::source).
#[derive(Debug)]
pub struct HttpError {
    kind: HttpErrorKind,
    source: BoxError,
}

/// The classes of [`HttpError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// There is no connection, or the client rejected the request. Nothing was sent.
    Connect,
    /// The connection was not established in time. Nothing was sent.
    ConnectTimeout,
    /// A timeout of the HTTP client expired. The request may have been sent.
    Timeout,
    /// Any other failure, such as a closed connection or an invalid response. The request may have been
    /// sent.
    Other,
}

impl HttpErrorKind {
    /// Returns `true` if the server may have received the request.
    ///
    /// If `false`, any request may be retried. If `true`, only an idempotent request, or one with an
    /// idempotency key, may be retried.
    pub fn maybe_sent(self) -> bool {
        match self {
            Self::Connect | Self::ConnectTimeout => false,
            Self::Timeout | Self::Other => true,
        }
    }

    /// Returns `true` if a timeout expired.
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::ConnectTimeout | Self::Timeout)
    }
}

impl HttpError {
    /// Creates an error with its cause: an error, or a string.
    pub fn new(kind: HttpErrorKind, source: impl Into<BoxError>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// Converts any error.
    ///
    /// An `HttpError` is returned unchanged. A `reqwest::Error` gets the matching kind (feature `reqwest`).
    /// Any other error becomes [`HttpErrorKind::Other`]: the request may have been sent.
    pub fn from_error(error: impl Into<BoxError>) -> Self {
        let error = match error.into().downcast::<Self>() {
            Ok(error) => return *error,
            Err(error) => error,
        };
        #[cfg(feature = "reqwest")]
        let error = match error.downcast::<reqwest::Error>() {
            Ok(error) => return (*error).into(),
            Err(error) => error,
        };
        Self::new(HttpErrorKind::Other, error)
    }

    /// Converts an error that occurred while reading the body. The request was sent, so the kind `Connect`
    /// becomes [`Other`](HttpErrorKind::Other), and `ConnectTimeout` becomes
    /// [`Timeout`](HttpErrorKind::Timeout).
    pub(super) fn into_body_error(mut self) -> Self {
        self.kind = match self.kind {
            HttpErrorKind::Connect => HttpErrorKind::Other,
            HttpErrorKind::ConnectTimeout => HttpErrorKind::Timeout,
            kind => kind,
        };
        self
    }

    /// Returns the class of the failure.
    pub fn kind(&self) -> HttpErrorKind {
        self.kind
    }

    /// Returns `true` if the server may have received the request: see
    /// [`HttpErrorKind::maybe_sent`].
    pub fn maybe_sent(&self) -> bool {
        self.kind.maybe_sent()
    }

    /// Returns the cause.
    pub fn into_source(self) -> BoxError {
        self.source
    }
}

/// Returns the cause, or a placeholder if it contains the credential: an HTTP client may quote the request.
pub fn redact_source(source: BoxError, redactor: &Redactor) -> BoxError {
    let mut message = format!("{source:?}");
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&*source);
    while let Some(error) = cause {
        message += &error.to_string();
        cause = error.source();
    }
    if matches!(redactor.redact(&message), Cow::Owned(_)) {
        return "the cause is omitted because it contains the credential".into();
    }
    source
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            HttpErrorKind::Connect => "could not connect",
            HttpErrorKind::ConnectTimeout => "could not connect in time",
            HttpErrorKind::Timeout => "the HTTP client timed out",
            HttpErrorKind::Other => "the connection failed",
        })
    }
}

impl StdError for HttpError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}

impl From<HttpError> for Error {
    /// Converts a timeout to kind `Timeout` and any other kind to `Network`. The message describes the kind
    /// of the HTTP error, and the source is its cause.
    fn from(error: HttpError) -> Self {
        let kind = match error.kind.is_timeout() {
            true => ErrorKind::Timeout,
            false => ErrorKind::Network,
        };
        Self::new(kind, error.to_string()).with_source(error.source)
    }
}
