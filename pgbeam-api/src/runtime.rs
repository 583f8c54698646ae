//! What generated code stands on, under one path.
//!
//! Not for use by hand: it changes with the generator.

use std::future::Future;

pub use ::http::Method;
pub use serde;

#[cfg(feature = "reqwest")]
pub use crate::http::client::reqwest::ReqwestClient;
pub use crate::{
    ByteStream, Call, Client, Conditional, Content, ConversionError, Error, ErrorKind, Idempotency,
    InvalidId, Location, Nullable, Operation, Parameter, RawResponse, ReadBack, Response, Secret,
    Validate, Violations,
    http::body_limit::{MAX_RESPONSE_BYTES, compressed, most, too_large},
    http::byte_stream::Collected,
    http::call::parameter,
    http::client::redact_source,
    http::confidential::{is_loopback, not_confidential},
    http::path::escape,
    open_enum, path_id,
    validation::{Step, matches},
    values::id::check as check_id,
    values::nullable::read as nullable,
    values::open_enum::deserialize as deserialize_open_enum,
    values::optional::Optional,
};

/// A request of one operation that is being put together: what every generated builder is.
pub trait Builder: Clone + Send + 'static {
    /// What a success gives.
    type Output: Send;

    /// Sends it through this client in place of the one that it was made with.
    #[must_use]
    fn through(self, client: Client) -> Self;

    /// Puts the parts together and checks them; what is wrong is reported when the call is sent.
    fn into_call(self) -> Call;

    /// Reads the answer.
    fn read(answer: RawResponse) -> Result<Self::Output, Error>;
}

/// A builder that takes `If-Match`.
pub trait IfMatch: Builder {}

/// Sends a request.
pub fn send<B: Builder>(builder: B) -> impl Future<Output = Result<B::Output, Error>> + Send {
    let call = builder.into_call();
    async { B::read(*call.send().await?) }
}

/// One page of a list: what an answer is that holds one array and says where to go on.
pub trait Listed: Send + 'static {
    /// What is listed.
    type Item: Send + 'static;

    /// The items, the token of the next page, and how many there are in all where the answer says so.
    fn into_page(self) -> (Vec<Self::Item>, Option<String>, Option<i64>);
}
