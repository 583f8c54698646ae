//! Requests and responses: builds a call, sends it through a [`Transport`] and parses the response.

pub(crate) mod body_buffer;
pub(crate) mod body_limit;
pub(crate) mod byte_stream;
pub(crate) mod call;
pub(crate) mod client;
pub(crate) mod confidential;
pub(crate) mod path;
pub(crate) mod raw_response;
mod redact;
mod response;
mod transport;

pub use byte_stream::ByteStream;
pub use call::Call;
pub use client::{
    HttpBody, HttpClient, HttpError, HttpErrorKind, HttpRequest, HttpResponse, http_fn,
};
#[cfg(feature = "tower")]
pub use client::{HttpService, ServiceClient};
pub use raw_response::RawResponse;
pub use redact::Redactor;
pub use response::{Conditional, Response};
pub use transport::{
    BoxFuture, DirectTransport, PreparedRequest, Transport, bearer, maybe_applied,
};
