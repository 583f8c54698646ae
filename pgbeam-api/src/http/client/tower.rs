//! Adapters between [`HttpClient`] and `tower::Service`, in both directions.

use std::{
    error::Error as StdError,
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::Body;
use tower_service::Service;

use super::{HttpBody, HttpClient, HttpError, HttpErrorKind, HttpRequest, HttpResponse};
use crate::BoxFuture;

/// An [`HttpClient`] that sends requests through a `tower::Service`. The service can be a stack of layers
/// over an HTTP client, or a router that is called without a network.
///
/// Each request uses its own clone of the service and waits until the clone is ready. An error of
/// `poll_ready` becomes [`HttpErrorKind::Connect`], because the request was not sent. An error of the call
/// is converted with [`HttpError::from_error`].
#[derive(Debug, Clone)]
pub struct ServiceClient<S>(S);

impl<S> ServiceClient<S> {
    /// Creates a client that sends requests through `service`.
    pub fn new(service: S) -> Self {
        Self(service)
    }
}

impl<S, B> HttpClient for ServiceClient<S>
where
    S: Service<HttpRequest, Response = http::Response<B>> + Clone + Send + Sync,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    S::Future: Send,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|context| service.poll_ready(context))
                .await
                .map_err(|error| HttpError::new(HttpErrorKind::Connect, error))?;
            let response = service.call(request).await.map_err(HttpError::from_error)?;
            Ok(response.map(HttpBody::new))
        })
    }
}

/// A `tower::Service` that sends requests through an [`HttpClient`]. Use it as the innermost service of a
/// stack of layers.
#[derive(Debug, Clone)]
pub struct HttpService<C>(C);

impl<C> HttpService<C> {
    /// Creates a service that sends requests through `client`.
    pub fn new(client: C) -> Self {
        Self(client)
    }
}

impl<C: HttpClient + Clone + 'static> Service<HttpRequest> for HttpService<C> {
    type Response = HttpResponse;
    type Error = HttpError;
    type Future = BoxFuture<'static, Result<HttpResponse, HttpError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), HttpError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let client = self.0.clone();
        Box::pin(async move { client.send(request).await })
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Ready, ready};

    use super::*;

    /// A service whose `poll_ready` fails with the error in the first field, if any. Its `call` fails with
    /// the error that the second field returns, if any.
    #[derive(Clone)]
    struct FailingService(Option<&'static str>, fn() -> Option<BoxError>);

    type BoxError = Box<dyn StdError + Send + Sync>;

    impl Service<HttpRequest> for FailingService {
        type Response = HttpResponse;
        type Error = BoxError;
        type Future = Ready<Result<HttpResponse, BoxError>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            Poll::Ready(self.0.map_or(Ok(()), |error| Err(error.into())))
        }

        fn call(&mut self, _: HttpRequest) -> Self::Future {
            let response = http::Response::new("done".into());
            ready((self.1)().map_or(Ok(response), Err))
        }
    }

    #[tokio::test]
    async fn converts_errors_of_the_service() {
        let http_error = || Some(HttpError::new(HttpErrorKind::ConnectTimeout, "late").into());
        for (service, expected) in [
            (
                FailingService(Some("overloaded"), || None),
                HttpErrorKind::Connect,
            ),
            (
                FailingService(None, || Some("x".into())),
                HttpErrorKind::Other,
            ),
            (
                FailingService(None, http_error),
                HttpErrorKind::ConnectTimeout,
            ),
        ] {
            let client = ServiceClient::new(service);
            let error = client.send(HttpRequest::default()).await.unwrap_err();
            assert_eq!(error.kind(), expected);
        }
    }

    #[tokio::test]
    async fn a_client_converts_to_a_service_and_back() {
        let client = ServiceClient::new(FailingService(None, || None));
        let client = ServiceClient::new(HttpService::new(client));
        let response = client.send(HttpRequest::default()).await.unwrap();
        let mut body = crate::runtime::BodyBuffer::default();
        assert!(body.read_from(response.into_body(), 4).await.unwrap());
        assert_eq!(body.take(), "done");
    }
}
