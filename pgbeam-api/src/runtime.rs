//! What generated code stands on, under one path.
//!
//! Not for use by hand: it changes with the generator.

use std::future::Future;

pub use ::http::Method;
pub use serde;
pub use serde_json::Value as JsonValue;

#[cfg(feature = "reqwest")]
pub use crate::http::client::reqwest::ReqwestClient;
pub use crate::{
    ByteStream, Call, Client, Conditional, Content, ConversionError, Error, ErrorKind, Idempotency,
    IntoTimestamp, InvalidId, Location, Nullable, Operation, Parameter, RawResponse, ReadBack,
    Response, Secret, UnknownFields, Validate, Violations,
    http::body_limit::{MAX_RESPONSE_BYTES, compressed, most, too_large},
    http::byte_stream::Collected,
    http::call::parameter,
    http::client::redact_source,
    http::confidential::{is_loopback, not_confidential},
    http::path::escape,
    keep_unknown_fields, open_enum, path_id,
    validation::pattern::{Step, matches},
    validation::setter_errors::SetterErrors,
    values::id::check as check_id,
    values::nullable::read as nullable,
    values::open_enum::deserialize as deserialize_open_enum,
    values::timestamp::whole_units,
    values::unknown_fields::KnownFields,
};

/// A request of one operation that is being put together: what every generated builder is.
pub trait Builder: Clone + Send + Sync + 'static {
    /// What a success gives.
    type Output: Send;

    /// Sends it through this client in place of the one that it was made with.
    #[must_use]
    fn through(self, client: Client) -> Self;

    /// Puts the parts together and checks them; what is wrong is reported when the call is sent.
    fn into_call(self) -> Call;

    /// Reads the response.
    fn read(answer: Box<RawResponse>) -> Result<Self::Output, Error>;
}

/// A builder that takes `If-Match`.
pub trait IfMatch: Builder {
    /// Sets `If-Match`.
    #[must_use]
    fn if_match(self, etag: String) -> Self;
}

/// A builder that takes `If-None-Match`, and so may give "not modified".
pub trait IfNoneMatch: Builder {
    /// Sets `If-None-Match`.
    #[must_use]
    fn if_none_match(self, etag: String) -> Self;
}

/// A builder of a list.
pub trait Paged: Builder {
    /// Sets `page_size`.
    #[must_use]
    fn page_size(self, items: i64) -> Self;
}

/// What a builder gives, as a response.
pub trait IntoResponse: Sized {
    /// The value of a success.
    type Value: Send;

    /// Returns the response; "not modified" is an error, because nobody asked for it.
    fn into_response(read: Result<Self, Error>) -> Result<Response<Self::Value>, Error>;
}

impl<T: Send> IntoResponse for Response<T> {
    type Value = T;

    fn into_response(read: Result<Self, Error>) -> Result<Self, Error> {
        read
    }
}

impl<T: Send> IntoResponse for Conditional<T> {
    type Value = T;

    fn into_response(read: Result<Self, Error>) -> Result<Response<T>, Error> {
        read?.into_modified()
    }
}

/// What an edit of a resource must know.
#[derive(Debug)]
pub struct EditRules {
    /// The read, which gives an `ETag`.
    pub get: &'static Operation,
    /// The replacement, which takes `If-Match`.
    pub update: &'static Operation,
    /// Fields that the server sets and a replacement must not carry.
    pub server_owned: &'static [&'static str],
    /// Fields that a replacement must carry.
    pub required: &'static [&'static str],
    /// Fields that the read does not return.
    pub write_only: &'static [&'static str],
    /// Fields that keep their stored value when a replacement omits them, with their defaults as
    /// JSON.
    pub kept_defaults: &'static [(&'static str, &'static str)],
    /// Checks an entity tag against the bounds of `If-Match`.
    pub check_if_match: fn(&mut Violations, &str),
}

/// A resource that can be read, changed and put back whole.
pub trait Editable: serde::de::DeserializeOwned + Send + 'static {
    /// What a replacement carries.
    type Input: ResourceInput;

    /// What an edit of the resource must know.
    fn resource() -> &'static EditRules;
}

/// What a replacement of a resource carries.
pub trait ResourceInput:
    Clone + std::fmt::Debug + Default + serde::Serialize + Validate + Send + Sync + 'static
{
    /// Sets a field by its name in the contract.
    #[must_use]
    fn field(self, name: &str, value: serde_json::Value) -> Self;
}

/// Sends a request.
pub fn send<B: Builder>(builder: B) -> impl Future<Output = Result<B::Output, Error>> + Send {
    let call = builder.into_call();
    async { B::read(call.send().await?) }
}

/// One page of a list: what an answer is that holds one array and says where to go on.
pub trait Listed: Send + 'static {
    /// What is listed.
    type Item: Send + 'static;

    /// The items, the token of the next page, and how many there are in all where the answer says so.
    fn into_page(self) -> (Vec<Self::Item>, Option<String>, Option<i64>);
}
