//! The HTTP interface: what an HTTP client implements to carry this crate's requests.

mod body;
mod error;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest;
#[cfg(feature = "tower")]
mod tower;

use std::{future::Future, sync::Arc};

use bytes::Bytes;

#[cfg(feature = "tower")]
pub use self::tower::{HttpService, ServiceClient};
pub use self::{
    body::HttpBody,
    error::{HttpError, HttpErrorKind, redact_source},
};
use super::BoxFuture;

/// A request with its whole body. An empty body means that there is none.
pub type HttpRequest = http::Request<Bytes>;

/// A response whose body is read while it arrives.
pub type HttpResponse = http::Response<HttpBody>;

/// Sends HTTP requests.
///
/// `reqwest::Client` implements it (feature `reqwest`), [`http_fn`] makes one from a closure, and
/// `ServiceClient` (feature `tower`) makes one from a `tower::Service`.
///
/// An implementation sends each request once and returns the response whatever its status. It must
/// not follow redirects and not retry: both are decisions of the caller. It may decompress a body if
/// it then removes `Content-Encoding`; a body that is still encoded is an error for the caller. It
/// frames the body (`Content-Length`) and sets `Host`.
///
/// The caller enforces its deadlines by dropping the future, limits how much of the body it reads,
/// and removes the credential from responses.
pub trait HttpClient: Send + Sync {
    /// Sends one request and returns the head of the response with a body to read.
    ///
    /// # Errors
    ///
    /// An [`HttpError`] if there is no response. Its [kind](HttpErrorKind) tells whether the server
    /// may have received the request, which decides whether a write may be sent again.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>>;
}

impl<T: HttpClient + ?Sized> HttpClient for Arc<T> {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        T::send(self, request)
    }
}

/// Makes an [`HttpClient`] from an async closure, for example as a fake network in a unit test.
///
/// ```
/// use pgbeam_api::{HttpRequest, http_fn};
///
/// let fake = http_fn(|request: HttpRequest| async move {
///     assert_eq!(request.uri().path(), "/v1/projects/prj_xxx");
///     Ok(http::Response::new(r#"{"id": "prj_xxx"}"#))
/// });
/// # let _ = pgbeam_api::Direct::new(fake, "");
/// ```
pub fn http_fn<F, R, B>(send: F) -> impl HttpClient + Clone
where
    F: Fn(HttpRequest) -> R + Clone + Send + Sync,
    R: Future<Output = Result<http::Response<B>, HttpError>> + Send + 'static,
    B: Into<HttpBody>,
{
    FnClient(send)
}

#[derive(Clone)]
struct FnClient<F>(F);

impl<F, R, B> HttpClient for FnClient<F>
where
    F: Fn(HttpRequest) -> R + Send + Sync,
    R: Future<Output = Result<http::Response<B>, HttpError>> + Send + 'static,
    B: Into<HttpBody>,
{
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        let response = self.0(request);
        Box::pin(async { Ok(response.await?.map(Into::into)) })
    }
}
