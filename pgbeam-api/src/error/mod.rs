//! `Error`: the error of every call.

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

/// The error of a call.
///
/// Classify it with its predicates (`is_not_found`, `is_conflict`, …), whose documentation says what to do,
/// or with [`kind`](Self::kind), [`status`](Self::status) and [`code`](Self::code).
///
/// `Display` writes one line: the operation, the status, a description of the failure, the request id, the
/// number of attempts if there were several, the `Retry-After`, and what to do. For an error response, the
/// description consists of the code, the message and the first validation errors in the body. `Display` and
/// `Debug` show no other part of the body.
///
/// The cause of a network error is its [`source`](StdError::source). `Display` does not write the cause:
/// print the chain of sources (`{:#}` with `anyhow`) to see it.
///
/// In headers and in the body of an error response, the credential of the request is replaced as
/// [`Redactor`](crate::Redactor) describes.
///
/// ```
/// # fn get() -> Result<(), pgbeam_api::Error> { Ok(()) }
/// match get() {
///     Ok(()) => {}
///     Err(error) if error.is_not_found() => println!("no such policy"),
///     Err(error) => println!("{error}"),
/// }
/// ```
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
    /// Whether the body of a success response is not empty and cannot be parsed as the operation's response
    /// type.
    is_incompatible: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// The classes of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The API, or a gateway in front of it, responded with an error status.
    Api,
    /// No complete response arrived in time.
    Timeout,
    /// There is no complete HTTP response: connecting, sending or receiving failed.
    Network,
    /// A success response cannot be used. For example, it cannot be parsed, or an edit cannot safely write it
    /// back.
    Decode,
    /// This library rejected the request before sending it.
    Invalid,
    /// No valid credential is available. Nothing was sent.
    Auth,
    /// The configuration of the client is invalid. Nothing was sent.
    Config,
}

/// Constructors, for transports and for crates that wrap this one.
impl Error {
    /// Creates an error with a one-line message.
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
            is_incompatible: false,
            source: None,
        }))
    }

    /// Creates an error of kind [`Invalid`](ErrorKind::Invalid) for these fields.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let mut error = Self::new(ErrorKind::Invalid, "");
        error.0.fields = fields;
        error
    }

    /// Creates an error of kind [`Invalid`](ErrorKind::Invalid) for one field.
    pub fn invalid_field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, detail)])
    }

    /// Creates an error of kind [`Api`](ErrorKind::Api) from an error response. Parses the body as a problem
    /// document. Fields that the body does not contain stay unset.
    pub(crate) fn from_response(meta: Meta, body: Bytes) -> Self {
        let mut error = Self::new(ErrorKind::Api, "");
        error.0.problem = Problem::parse(&body);
        error.set_response(meta, body);
        error
    }

    /// Creates an error of kind [`Decode`](ErrorKind::Decode) from a success response that cannot be used.
    /// For a write, sets `maybe_applied`. `reason` is the message.
    pub(crate) fn from_undecodable(meta: Meta, body: Bytes, reason: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorKind::Decode, reason);
        // The status says that the server executed the request.
        error.0.maybe_applied = meta.operation.is_some_and(|operation| !operation.read_only);
        error.set_response(meta, body);
        error
    }

    /// Records that the body cannot be parsed as the operation's response type. `Display` then says that a
    /// newer version of this crate may parse the response, unless the headers of the response say that the
    /// body is compressed or not JSON.
    pub(crate) fn with_incompatible_json(mut self) -> Self {
        self.0.is_incompatible = true;
        self
    }

    fn set_response(&mut self, meta: Meta, body: Bytes) {
        self.0.operation = meta.operation;
        self.0.attempts = meta.attempts();
        self.0.elapsed = meta.elapsed();
        self.0.body = body;
        self.0.meta = Some(meta);
    }

    /// Sets the wait that the server asked for with `Retry-After`.
    #[must_use]
    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.0.retry_after = retry_after;
        self
    }

    /// Sets the operation, unless one is set.
    #[must_use]
    pub fn with_operation(mut self, operation: &'static Operation) -> Self {
        self.0.operation.get_or_insert(operation);
        self
    }

    /// Sets the number of attempts and the duration of the call.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32, elapsed: Duration) -> Self {
        self.0.attempts = attempts;
        self.0.elapsed = elapsed;
        self
    }

    /// Sets whether the server may have applied the request although the call failed.
    #[must_use]
    pub fn with_maybe_applied(mut self, maybe_applied: bool) -> Self {
        self.0.maybe_applied = maybe_applied;
        self
    }

    /// Sets the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }
}

/// Accessors: the details of the error.
impl Error {
    /// Returns the class of the failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the HTTP status, or `None` without a response.
    pub fn status(&self) -> Option<u16> {
        self.0.meta.as_ref().map(Meta::status)
    }

    /// Returns the error code of the API, or `None` if the response has none. New codes may be added.
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.problem.code.as_ref()
    }

    /// Returns a message for a person. For an error response, this is the message in the body, or the reason
    /// phrase of the status if the body has no message, or `HTTP <status>` if the status has no reason
    /// phrase. For any other error, the message describes the failure.
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

    /// Returns the validation errors: the first 1,000 of the error response, or all that this library found
    /// before sending.
    pub fn field_errors(&self) -> &[FieldError] {
        match self.0.kind {
            ErrorKind::Api => &self.0.problem.errors,
            _ => &self.0.fields,
        }
    }

    /// Returns `type` of the problem document: a URI that identifies the type of problem.
    pub fn problem_type(&self) -> Option<&str> {
        self.0.problem.type_.as_deref()
    }

    /// Returns `title` of the problem document.
    pub fn title(&self) -> Option<&str> {
        self.0.problem.title.as_deref()
    }

    /// Returns `detail` of the problem document.
    pub fn detail(&self) -> Option<&str> {
        self.0.problem.detail.as_deref()
    }

    /// Returns `instance` of the problem document.
    pub fn instance(&self) -> Option<&str> {
        self.0.problem.instance.as_deref()
    }

    /// Returns the request id, to pass to support: from the problem document, else from the header
    /// `X-Request-Id`.
    pub fn request_id(&self) -> Option<&str> {
        let header = || self.0.meta.as_ref()?.request_id();
        self.0.problem.request_id.as_deref().or_else(header)
    }

    /// Returns the delay that the server asked for before a retry (`Retry-After`).
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the number of attempts of the call, including attempts whose connection failed. 0 means that
    /// nothing was sent.
    ///
    /// The error of a method that makes several calls, such as `edit`, is an exception: it has the number of
    /// attempts of at most one of these calls, so other requests may have been sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// Returns the duration of the call, including waits. The error of a method that makes several calls,
    /// such as `edit`, is an exception: it has the duration of at most one of these calls.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// Returns `true` if a write may have taken effect although the call failed.
    ///
    /// This is the case if the server may have received the write and no response tells the outcome, or if
    /// the success response cannot be used. Read the resource before you retry the write.
    pub fn maybe_applied(&self) -> bool {
        self.0.maybe_applied
    }

    /// Returns the `operationId`, or `None` if the error belongs to no operation, for example because the
    /// configuration of the client is invalid.
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.map(|operation| operation.id)
    }

    /// Returns status and headers, or `None` without a response.
    pub fn meta(&self) -> Option<&Meta> {
        self.0.meta.as_ref()
    }

    /// Returns the `ETag` of the response. In a response with status 412, it is the current entity tag of the
    /// resource.
    pub fn etag(&self) -> Option<&str> {
        self.meta()?.etag()
    }

    /// Returns the body of the response. It is empty if there is no response, or if the body is empty, is a
    /// stream or exceeds the size limit. If the body of an error response was not received completely, this
    /// is the part that was received.
    ///
    /// The body may contain secrets: do not log it.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Parses the body of the response as JSON, for operations whose errors contain more than a problem
    /// document. Returns `None` if the body is not JSON or does not match `T`.
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
    /// Wraps the error in an `io::Error`. For a network error with an `io::Error` among its sources, uses the
    /// kind of the innermost `io::Error`. For any other error, uses the kind that fits best.
    /// [`io::Error::get_ref`] returns the original error.
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
