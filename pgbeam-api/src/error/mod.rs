//! The one error of every call: status first, and nothing lost that the server said.

mod conversion;
mod display;
mod field;
mod lenient_json;
mod predicates;
mod problem;

use std::{error::Error as StdError, io, time::Duration};

use bytes::Bytes;

use self::problem::Problem;
pub use self::{conversion::ConversionError, field::FieldError};
use crate::{InvalidId, Meta, Operation, types::ErrorCode};

/// Why a call failed.
///
/// Ask it with its predicates (`is_not_found`, `is_conflict`, …), each of which says what to do
/// about it, or with [`status`](Self::status) and [`code`](Self::code). `Display` is one line: the
/// operation, the response or the class of the failure, and what to do. The cause of a network error
/// is its [`source`](StdError::source) and not part of the line: print the chain (`{:#}` with
/// `anyhow`) to see it. Neither it nor `Debug` ever shows a credential or the
/// body of an answer.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    operation: Option<&'static Operation>,
    message: String,
    fields: Vec<FieldError>,
    problem: Problem,
    meta: Option<Meta>,
    body: Bytes,
    attempts: u32,
    elapsed: Duration,
    retry_after: Option<Duration>,
    maybe_applied: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The broad classes of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The API, or a gateway before it, answered with an error status.
    Api,
    /// No whole answer came in time.
    Timeout,
    /// No HTTP answer could be had: connecting, sending or receiving failed.
    Network,
    /// An answer of success could not be read.
    Decode,
    /// The request was refused by this library before anything was sent.
    Invalid,
    /// No credential could be had.
    Auth,
    /// The client was configured in a way that cannot work.
    Config,
}

/// Making errors: for transports and for wrappers of this crate.
impl Error {
    /// An error of `kind` with a message of one line.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            message: message.into(),
            fields: Vec::new(),
            problem: Problem::default(),
            meta: None,
            body: Bytes::new(),
            attempts: 0,
            elapsed: Duration::ZERO,
            retry_after: None,
            maybe_applied: false,
            source: None,
        }))
    }

    /// A request refused for these fields, before anything was sent.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(ErrorKind::Invalid, "");
        error.0.fields = fields;
        error
    }

    /// A request refused for one field, before anything was sent.
    pub fn invalid_field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, detail)])
    }

    /// An error response: its status and headers are in `meta`, its body is parsed as a problem
    /// document as far as possible.
    pub(crate) fn from_response(meta: Meta, body: Bytes) -> Self {
        let mut error = Self::new(ErrorKind::Api, "");
        error.0.problem = Problem::parse(&body);
        error.set_response(meta, body);
        error
    }

    /// A success response whose body could not be read, for the reason `why`.
    pub(crate) fn from_unreadable(meta: Meta, body: Bytes, why: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Decode, why);
        // The server executed the request; only its description of the result is missing.
        error.0.maybe_applied = meta.operation.is_some_and(|operation| !operation.read_only);
        error.set_response(meta, body);
        error
    }

    fn set_response(&mut self, meta: Meta, body: Bytes) {
        self.0.operation = meta.operation;
        self.0.attempts = meta.attempts();
        self.0.elapsed = meta.elapsed();
        self.0.body = body;
        self.0.meta = Some(meta);
    }

    /// Sets the wait that the server asked for.
    #[must_use]
    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    /// Names the operation, unless one is named already.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static Operation) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Says how many requests were sent and how long the call took.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// Says whether the server may have acted on the request all the same.
    #[must_use]
    pub fn with_maybe_applied(mut self, maybe_applied: bool) -> Self {
        self.0.maybe_applied = maybe_applied;
        self
    }

    /// Keeps the failure that this one comes from.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

/// What is known of the failure.
impl Error {
    /// The class of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status, when there was an answer.
    pub fn status(&self) -> Option<u16> {
        self.0.meta.as_ref().map(Meta::status)
    }

    /// The API's error code, when the answer had one. The set is open.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.problem.code.as_ref()
    }

    /// Returns the text to show a person: that of the response, else the reason phrase of its status;
    /// without a response, the class of the failure.
    pub fn message(&self) -> String {
        if let Some(message) = self.0.problem.message() {
            return message.to_owned();
        }
        match (&self.0.meta, self.0.kind) {
            (Some(meta), ErrorKind::Api) => meta.reason(),
            (_, ErrorKind::Invalid) if self.0.message.is_empty() => {
                let fields: Vec<_> = self.0.fields.iter().map(ToString::to_string).collect();
                fields.join("; ")
            }
            _ => self.0.message.clone(),
        }
    }

    /// The fields that are not as they must be: as the API's 400 names them, the first 1,000 of them,
    /// or as this library found them before sending.
    pub fn field_errors(&self) -> &[FieldError] {
        match self.0.kind {
            ErrorKind::Api => &self.0.problem.errors,
            _ => &self.0.fields,
        }
    }

    /// `type` of the problem document: a URI that names the kind of problem.
    pub fn problem_type(&self) -> Option<&str> {
        self.0.problem.type_.as_deref()
    }

    /// `title` of the problem document.
    pub fn title(&self) -> Option<&str> {
        self.0.problem.title.as_deref()
    }

    /// `detail` of the problem document.
    pub fn detail(&self) -> Option<&str> {
        self.0.problem.detail.as_deref()
    }

    /// `instance` of the problem document.
    pub fn instance(&self) -> Option<&str> {
        self.0.problem.instance.as_deref()
    }

    /// The request's id, to quote to support: from the problem document, else from the answer's
    /// `X-Request-Id`.
    pub fn request_id(&self) -> Option<&str> {
        let header = || self.0.meta.as_ref()?.request_id();
        self.0.problem.request_id.as_deref().or_else(header)
    }

    /// How long the server asks to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// How many requests were sent; 0 when none was.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call took, waits included.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Whether a write may have taken effect although the call failed: a request reached the
    /// server, or may have, and no answer settles what became of it, or the answer of success could
    /// not be read. Read the resource before sending the write again.
    pub fn maybe_applied(&self) -> bool {
        self.0.maybe_applied
    }

    /// The `operationId` of what was called, when it came so far.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.map(|operation| operation.id)
    }

    /// Status, headers and what they say, when there was an answer.
    pub fn meta(&self) -> Option<&Meta> {
        self.0.meta.as_ref()
    }

    /// The current `ETag`, which a 412 carries.
    pub fn etag(&self) -> Option<&str> {
        self.meta()?.etag()
    }

    /// The body of the answer as it came; empty when there was none. It may hold what should not
    /// be logged.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body of the answer as a type of your own, for the few operations whose errors carry more
    /// than a problem document; `None` when it is not one.
    pub fn body_as<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.0.body).ok()
    }

    fn has_status(&self, status: u16) -> bool {
        self.0.kind == ErrorKind::Api && self.status() == Some(status)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<Error> for io::Error {
    /// The kind is that of the `io::Error` which caused a network error, else the nearest one; the
    /// `Error` stays available through [`io::Error::get_ref`].
    fn from(error: Error) -> Self {
        let mut cause = StdError::source(&error);
        let mut kind = None;
        while let Some(source) = cause {
            kind = source.downcast_ref().map(Self::kind).or(kind);
            cause = source.source();
        }
        let kind = match (error.kind(), error.status()) {
            (ErrorKind::Timeout, _) => io::ErrorKind::TimedOut,
            (ErrorKind::Network, _) => kind.unwrap_or(io::ErrorKind::Other),
            (ErrorKind::Decode, _) => io::ErrorKind::InvalidData,
            (ErrorKind::Invalid | ErrorKind::Config, _) => io::ErrorKind::InvalidInput,
            (ErrorKind::Auth, _) | (_, Some(401 | 403)) => io::ErrorKind::PermissionDenied,
            (_, Some(404)) => io::ErrorKind::NotFound,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

impl From<InvalidId> for Error {
    fn from(id: InvalidId) -> Self {
        let detail = id.to_string();
        let detail = detail
            .strip_prefix(id.field())
            .unwrap_or(&detail)
            .trim_start();
        Self::invalid_field(id.field(), detail)
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests;
