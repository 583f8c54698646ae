//! The functions, traits and re-exports that the generated code of this crate and the `pgbeam` crate use.
//!
//! Not a stable API: it changes with the code generator.

use std::future::Future;

pub use ::http::Method;
pub use serde;
pub use serde_json::Value as JsonValue;

#[cfg(feature = "reqwest")]
pub use crate::http::client::reqwest::ReqwestClient;
pub use crate::{
    ByteStream, Call, Client, Conditional, Content, ConversionError, Error, ErrorKind, Idempotency,
    IntoTimestamp, InvalidId, Location, Nullable, Operation, Parameter, RawResponse, ReadBack,
    Response, Secret, UnknownFields, Validate, ValidationErrors,
    http::body_buffer::BodyBuffer,
    http::body_limit::{
        MAX_RESPONSE_BYTES, content_encoding_error, max_body_len, size_limit_error,
    },
    http::call::format_parameter,
    http::client::redact_source,
    http::confidential::{is_loopback, plain_http_error},
    http::path::percent_encode,
    keep_unknown_fields, open_enum, path_id,
    validation::pattern::{PatternStep, matches_pattern},
    validation::setter_errors::SetterErrors,
    values::id::check as check_id,
    values::nullable::deserialize_nullable,
    values::open_enum::deserialize as deserialize_open_enum,
    values::timestamp::to_whole_units,
    values::unknown_fields::KnownFields,
};

/// A generated request builder.
pub trait RequestBuilder: Clone + Send + Sync + 'static {
    /// The parsed success response: [`Response`] or [`Conditional`].
    type Output: Send;

    /// Replaces the client that sends the request.
    #[must_use]
    fn with_client(self, client: Client) -> Self;

    /// Builds the call. This does not fail: if the request has validation errors, [`Call::send`] returns them
    /// and sends nothing.
    fn into_call(self) -> Call;

    /// Parses the response to a call. Returns an error for an error status or an invalid body.
    fn parse_response(response: Box<RawResponse>) -> Result<Self::Output, Error>;
}

/// A request builder with the header `If-Match`.
pub trait IfMatch: RequestBuilder {
    /// Sets `If-Match` to `etag`, unchanged. `etag` must include the quotes of the entity tag.
    #[must_use]
    fn if_match(self, etag: String) -> Self;
}

/// A request builder with the header `If-None-Match`. The response may be 304 (not modified).
pub trait IfNoneMatch: RequestBuilder {
    /// Sets `If-None-Match` to `etag`, unchanged. `etag` must include the quotes of the entity tag.
    #[must_use]
    fn if_none_match(self, etag: String) -> Self;
}

/// A request builder of a paginated list.
pub trait Paginated: RequestBuilder {
    /// Sets `page_size`, the maximum number of items of a page.
    #[must_use]
    fn page_size(self, items: i64) -> Self;
}

/// Converts the output of a request builder to a [`Response`].
pub trait IntoResponse: Sized {
    /// The type of the parsed body.
    type Value: Send;

    /// Returns the response with its value. Returns an error for 304 (not modified). Call this function only
    /// for a request without `If-None-Match`, to which a server must not respond with 304.
    fn into_response(output: Result<Self, Error>) -> Result<Response<Self::Value>, Error>;
}

impl<T: Send> IntoResponse for Response<T> {
    type Value = T;

    fn into_response(output: Result<Self, Error>) -> Result<Self, Error> {
        output
    }
}

impl<T: Send> IntoResponse for Conditional<T> {
    type Value = T;

    fn into_response(output: Result<Self, Error>) -> Result<Response<T>, Error> {
        output?.into_modified()
    }
}

/// The metadata for editing a resource. An edit reads the resource, changes fields, and replaces the
/// resource.
#[derive(Debug)]
pub struct EditRules {
    /// The operation that reads the resource and returns its `ETag`.
    pub get: &'static Operation,
    /// The operation that replaces the resource and accepts `If-Match`.
    pub update: &'static Operation,
    /// Fields that only the server sets. A replacement must not contain them.
    pub server_owned: &'static [&'static str],
    /// Fields that a replacement must contain.
    pub required: &'static [&'static str],
    /// Fields that a read does not return. An edit must set them, because it cannot keep their value.
    pub write_only: &'static [&'static str],
    /// Fields that keep their stored value if a replacement omits them, with their default as JSON. An edit
    /// sends the default to clear such a field.
    pub kept_defaults: &'static [(&'static str, &'static str)],
    /// Checks an entity tag against the constraints of `If-Match`.
    pub check_if_match: fn(&mut ValidationErrors, &str),
}

/// A resource that an edit can read, change and replace.
pub trait Editable: serde::de::DeserializeOwned + Send + 'static {
    /// The type of the body that replaces the resource.
    type Input: ResourceInput;

    /// Returns the metadata that an edit needs.
    fn edit_rules() -> &'static EditRules;
}

/// The body of a replacement of a resource.
pub trait ResourceInput:
    Clone + std::fmt::Debug + Default + serde::Serialize + Validate + Send + Sync + 'static
{
    /// Sets a field by its JSON name.
    #[must_use]
    fn field(self, name: &str, value: serde_json::Value) -> Self;
}

/// Sends a request and parses the response.
pub fn send<B: RequestBuilder>(
    builder: B,
) -> impl Future<Output = Result<B::Output, Error>> + Send {
    let call = builder.into_call();
    async { B::parse_response(call.send().await?) }
}

/// A response that is one page of a list: one array and the token of the next page.
pub trait ListPage: Send + 'static {
    /// The type of the items.
    type Item: Send + 'static;

    /// Returns the items, the token of the next page (`None` for the last page), and the total number of
    /// items (`None` if the response does not contain it).
    fn into_page(self) -> (Vec<Self::Item>, Option<String>, Option<i64>);
}
