//! Requests and responses: how a call is assembled, sent through a [`Transport`], and read.

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
pub use transport::{BoxFuture, Direct, PreparedRequest, Transport, bearer, may_have_acted};
