//! Why an HTTP client has no response, and whether the request may have been sent.

use std::{borrow::Cow, error::Error as StdError, fmt};

use crate::{Error, ErrorKind, Redactor};

type BoxError = Box<dyn StdError + Send + Sync>;

/// Why an [`HttpClient`](crate::HttpClient) has no response, or only the beginning of one.
///
/// `Display` names the kind; the cause is the [`source`](StdError::source).
#[derive(Debug)]
pub struct HttpError {
    kind: HttpErrorKind,
    source: BoxError,
}

/// The classes of [`HttpError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HttpErrorKind {
    /// There is no connection, or the client refused the request. Nothing was sent.
    Connect,
    /// The connection was not established in time. Nothing was sent.
    ConnectTimeout,
    /// The client has a time limit, and it passed. The request may have been sent.
    Timeout,
    /// Any other failure: the connection was closed, the response is not HTTP. The request may have
    /// been sent.
    Other,
}

impl HttpErrorKind {
    /// Returns whether the server may have received the request.
    ///
    /// If `false`, any request may be sent again. If `true`, only one that can be repeated safely.
    pub fn may_have_been_sent(self) -> bool {
        match self {
            Self::Connect | Self::ConnectTimeout => false,
            Self::Timeout | Self::Other => true,
        }
    }

    /// Returns whether a time limit passed.
    pub fn is_timeout(self) -> bool {
        matches!(self, Self::ConnectTimeout | Self::Timeout)
    }
}

impl HttpError {
    /// Creates an error of this kind with its cause: an error, or a string.
    pub fn new(kind: HttpErrorKind, source: impl Into<BoxError>) -> Self {
        Self {
            kind,
            source: source.into(),
        }
    }

    /// Converts any error.
    ///
    /// An `HttpError` stays as it is, and a `reqwest::Error` gets the kind that fits (feature
    /// `reqwest`). Everything else becomes [`HttpErrorKind::Other`], which assumes that the request
    /// may have been sent.
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

    /// The same failure after the head of the response: the request was sent, whatever the client says.
    pub(super) fn of_body(mut self) -> Self {
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

    /// Returns whether the server may have received the request; see
    /// [`HttpErrorKind::may_have_been_sent`].
    pub fn may_have_been_sent(&self) -> bool {
        self.kind.may_have_been_sent()
    }

    /// Returns the cause.
    pub fn into_source(self) -> BoxError {
        self.source
    }
}

/// Returns the cause of a failure, or a note in its place if its text contains the credential: an HTTP
/// client may quote the request.
pub fn redact_source(source: BoxError, redactor: &Redactor) -> BoxError {
    let mut text = format!("{source:?}");
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&*source);
    while let Some(error) = cause {
        text += &error.to_string();
        cause = error.source();
    }
    if matches!(redactor.redact(&text), Cow::Owned(_)) {
        return "the cause is not shown: it contains the credential".into();
    }
    source
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            HttpErrorKind::Connect => "could not connect",
            HttpErrorKind::ConnectTimeout => "could not connect in time",
            HttpErrorKind::Timeout => "timed out by a limit of the HTTP client",
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
    /// The message is the class of the failure, the source its cause.
    fn from(error: HttpError) -> Self {
        let kind = match error.kind.is_timeout() {
            true => ErrorKind::Timeout,
            false => ErrorKind::Network,
        };
        Self::new(kind, error.to_string()).with_source(error.source)
    }
}
