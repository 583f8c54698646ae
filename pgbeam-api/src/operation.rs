//! What the contract says of one operation: the entries of the generated operation table.

use http::Method;

/// One operation of the contract: an entry of [`crate::operations`].
///
/// The transport decides from it what may be sent twice, logs it, and names it in errors.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The contract's `operationId`, for example `updatePolicyProfile`.
    pub id: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// The path template, for example `/v1/projects/{project_id}/policies/{policy_id}`.
    pub path: &'static str,
    /// The area (the contract's tag in snake case) that the operation belongs to.
    pub area: &'static str,
    /// Parameters in path, query and headers, in the contract's order.
    pub parameters: &'static [Parameter],
    /// Whether an attempt may be retried if the server may have acted on it.
    pub idempotency: Idempotency,
    /// Whether the operation takes a JSON body.
    pub body: bool,
    /// What its answers of success hold.
    pub content: Content,
    /// Whether it changes nothing on the server: [`Idempotency::ReadOnly`].
    pub read_only: bool,
    /// How to tell whether a replacement took effect whose answer was lost; absent where a read does
    /// not tell, and for what is no replacement.
    pub read_back: Option<ReadBack>,
}

impl Operation {
    /// An entry of the table, for generated code.
    #[doc(hidden)]
    #[expect(
        clippy::too_many_arguments,
        reason = "an entry of the table is one line of values"
    )]
    pub const fn new(
        id: &'static str,
        method: Method,
        path: &'static str,
        area: &'static str,
        parameters: &'static [Parameter],
        idempotency: Idempotency,
        body: bool,
        content: Content,
    ) -> Self {
        Self {
            id,
            method,
            path,
            area,
            parameters,
            idempotency,
            body,
            content,
            read_only: matches!(idempotency, Idempotency::ReadOnly),
            read_back: None,
        }
    }

    /// The entry of a replacement that can be read back, for generated code.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_read_back(mut self, read_back: ReadBack) -> Self {
        self.read_back = Some(read_back);
        self
    }
}

/// How to tell from a read of a resource whether it is what a replacement made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadBack {
    /// What reads it, from the same path.
    pub operation: &'static Operation,
    /// Members that a replacement may leave out, and what they are then, as JSON; `None` for what
    /// keeps the value that is stored. What is not named here is nothing then: absent, null, false, 0
    /// or empty.
    pub when_absent: &'static [(&'static str, Option<&'static str>)],
    /// Members that the server sets, and no replacement carries.
    pub server_owned: &'static [&'static str],
}

impl ReadBack {
    /// A part of an entry, for generated code.
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
    /// The name on the wire.
    pub name: &'static str,
    /// Where it is sent.
    pub location: Location,
    /// Whether a call without it is refused.
    pub required: bool,
    /// Whether it names a resource in the path: an empty one, `.`, `..` and what holds a slash are
    /// refused before anything is sent.
    pub identifier: bool,
}

impl Parameter {
    /// A parameter of an entry, for generated code.
    #[doc(hidden)]
    pub const fn new(name: &'static str, location: Location, required: bool) -> Self {
        Self {
            name,
            location,
            required,
            identifier: false,
        }
    }

    /// A parameter of a path that names a resource, for generated code.
    #[doc(hidden)]
    pub const fn identifier(name: &'static str) -> Self {
        Self {
            identifier: true,
            ..Self::new(name, Location::Path, true)
        }
    }
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A request header.
    Header,
}

/// What the answers of success of an operation hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// JSON.
    Json,
    /// Bytes of another media type, such as CSV: a transport gives them as a
    /// [`ByteStream`](crate::ByteStream).
    Bytes,
    /// Nothing.
    None,
}

/// The retry class of an operation: whether an attempt may be retried if the server may have acted
/// on it, because its response was lost or came from a gateway (502, 504, 503 without `Retry-After`).
///
/// An attempt on which the server cannot have acted (408, 429, 503 with `Retry-After`, no connection)
/// is retried in every class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Idempotency {
    /// Changes nothing on the server: every GET, and a POST that only computes a result. Retried.
    ReadOnly,
    /// A PUT or DELETE, which has the same effect when repeated (RFC 9110, section 9.2.2). Retried.
    Idempotent,
    /// A PATCH that sets values, so that the same body again leaves the same state. Retried.
    IdempotentPatch,
    /// A POST or PATCH whose contract declares the `Idempotency-Key` header: the server acts once for
    /// a key. Retried if the request has a key.
    Keyed,
    /// A POST or PATCH whose contract declares no `Idempotency-Key` header. A key is sent, but nothing
    /// promises that the server honours it. Not retried.
    NonIdempotent,
    /// Responds with 400 to an `Idempotency-Key`, so none is sent. Not retried.
    KeyRejected,
}
