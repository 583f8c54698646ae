//! `Operation`: the metadata of one API operation, and the other types of the generated operation table.

use http::Method;

/// Metadata of one API operation: an entry of [`crate::operations`].
///
/// A transport uses the metadata to decide about retries and to name the operation in logs and errors.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The `operationId`, for example `updatePolicyProfile`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path template, for example `/v1/projects/{project_id}/policies/{policy_id}`.
    pub path: &'static str,
    /// The area: the operation's OpenAPI tag in snake case.
    pub area: &'static str,
    /// The path, query and header parameters, in the order of the API contract.
    pub parameters: &'static [Parameter],
    /// The retry class: whether an attempt may be retried if the server may have acted on it.
    pub idempotency: Idempotency,
    /// Whether the operation takes a JSON body.
    pub has_body: bool,
    /// The content of a success response.
    pub content: Content,
    /// Whether the operation changes nothing on the server: [`Idempotency::ReadOnly`].
    pub read_only: bool,
    /// How to check whether a full replacement (PUT) was applied, if its response was lost.
    ///
    /// `None` if the operation is not a full replacement, or if a read cannot tell whether the replacement
    /// was applied.
    pub read_back: Option<ReadBack>,
}

impl Operation {
    /// Creates an entry of the operation table. For generated code.
    #[doc(hidden)]
    #[expect(
        clippy::too_many_arguments,
        reason = "generated code passes all values in one line"
    )]
    pub const fn new(
        id: &'static str,
        method: Method,
        path: &'static str,
        area: &'static str,
        parameters: &'static [Parameter],
        idempotency: Idempotency,
        has_body: bool,
        content: Content,
    ) -> Self {
        Self {
            id,
            method,
            path,
            area,
            parameters,
            idempotency,
            has_body,
            content,
            read_only: matches!(idempotency, Idempotency::ReadOnly),
            read_back: None,
        }
    }

    /// Sets `read_back`, for generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_read_back(mut self, read_back: ReadBack) -> Self {
        self.read_back = Some(read_back);
        self
    }
}

/// The rules to compare a resource with the body of a full replacement (PUT), to check whether the
/// replacement was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadBack {
    /// The operation that reads the resource. It has the same path.
    pub operation: &'static Operation,
    /// The values that the server stores for fields that a replacement omits: the name of each field, and the
    /// value as JSON.
    ///
    /// `None` means that the server keeps the stored value. If a replacement omits a field that is not in
    /// this list, the server stores an empty value: absent, `null`, `false`, `0`, or an empty string, list or
    /// object.
    pub when_absent: &'static [(&'static str, Option<&'static str>)],
    /// The fields that the server sets and that a replacement does not contain.
    pub server_owned: &'static [&'static str],
}

impl ReadBack {
    /// Creates a value for [`Operation::with_read_back`], for generated code.
    #[doc(hidden)]
    pub const fn new(
        operation: &'static Operation,
        when_absent: &'static [(&'static str, Option<&'static str>)],
        server_owned: &'static [&'static str],
    ) -> Self {
        Self {
            operation,
            when_absent,
            server_owned,
        }
    }
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Parameter {
    /// The name in the request.
    pub name: &'static str,
    /// The part of the request that contains the parameter.
    pub location: Location,
    /// Whether the API requires the parameter.
    pub required: bool,
    /// Whether the parameter is a resource identifier in the path.
    ///
    /// A value that is empty, `.` or `..`, or that contains anything but ASCII letters, digits, `_`, `.`
    /// and `-`, is rejected before the request is sent.
    pub is_identifier: bool,
}

impl Parameter {
    /// Creates a parameter, for generated code.
    #[doc(hidden)]
    pub const fn new(name: &'static str, location: Location, required: bool) -> Self {
        Self {
            name,
            location,
            required,
            is_identifier: false,
        }
    }

    /// Creates a resource identifier in the path, for generated code.
    #[doc(hidden)]
    pub const fn identifier(name: &'static str) -> Self {
        Self {
            is_identifier: true,
            ..Self::new(name, Location::Path, true)
        }
    }
}

/// The part of a request that contains a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A path segment.
    Path,
    /// The query string.
    Query,
    /// A request header.
    Header,
}

/// The content of a success response of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// A JSON body.
    Json,
    /// A body of another media type, such as CSV. A transport returns it as a
    /// [`ByteStream`](crate::ByteStream).
    Bytes,
    /// No body.
    None,
}

/// The retry class of an operation: whether an attempt may be retried if the server may have acted
/// on it, because its response was lost or came from a gateway (502, 504, 503 without `Retry-After`).
///
/// An attempt on which the server cannot have acted (408, 429, 503 with `Retry-After`, no connection)
/// is retried in every class. Any other error status, such as 500, is not retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Idempotency {
    /// Changes nothing on the server: every GET, and a POST that only computes a result. Retried.
    ReadOnly,
    /// A PUT or DELETE: idempotent by RFC 9110, section 9.2.2. Retried.
    Idempotent,
    /// A PATCH that sets values: applying the same body twice leaves the same state. Retried.
    IdempotentPatch,
    /// A POST or PATCH that declares the `Idempotency-Key` header in the API contract: the server acts
    /// once per key. Retried if the request has a key. A request without a key is retried only if the server
    /// cannot have acted on it.
    Keyed,
    /// A POST or PATCH that does not declare the `Idempotency-Key` header: the server may ignore a key.
    /// Retried only if the server cannot have acted on the request.
    NonIdempotent,
    /// A POST or PATCH that the server rejects with 400 if the request has an `Idempotency-Key`. A transport
    /// must not add a key. Retried only if the server cannot have acted on the request.
    KeyRejected,
}
