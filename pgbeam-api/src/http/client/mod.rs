//! `HttpClient`: the trait through which requests are sent with `reqwest` or any other HTTP client.

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

/// A request with its body in memory. An empty body means that the request has none.
pub type HttpRequest = http::Request<Bytes>;

/// A response with a streaming body.
pub type HttpResponse = http::Response<HttpBody>;

/// Sends HTTP requests.
///
/// `reqwest::Client` implements this trait (feature `reqwest`). [`http_fn`] creates an HTTP client from a
/// closure, and `ServiceClient` (feature `tower`) creates one from a `tower::Service`.
///
/// A [`Transport`](crate::Transport) calls the HTTP client. An implementation sends each request once and
/// returns the response for any status. It must not follow redirects, because a redirected write may become a
/// GET. It must not retry, because the transport decides about retries. It sets `Host` and frames the body
/// (`Content-Length`). It may decompress the response body if it then removes `Content-Encoding`. The
/// transport treats a body that is still compressed as an error.
///
/// The transport limits the size of the body and redacts the credential in responses. It can enforce a
/// deadline by dropping the future.
pub trait HttpClient: Send + Sync {
    /// Sends a request and returns the response as soon as its head has arrived.
    ///
    /// # Errors
    ///
    /// An [`HttpError`] if there is no response. Its [kind](HttpErrorKind) tells whether the server may have
    /// received the request, and so whether a write may be retried.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>>;
}

impl<T: HttpClient + ?Sized> HttpClient for Arc<T> {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        T::send(self, request)
    }
}

/// Creates an [`HttpClient`] from an async closure, for example to fake the network in a unit test.
///
/// ```
/// use pgbeam_api::{HttpRequest, http_fn};
///
/// let fake = http_fn(|request: HttpRequest| async move {
///     assert_eq!(request.uri().path(), "/v1/projects/prj_xxx");
///     Ok(http::Response::new(r#"{"id": "prj_xxx"}"#))
/// });
/// # let _ = pgbeam_api::DirectTransport::new(fake, "");
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
