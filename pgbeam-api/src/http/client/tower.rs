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

/// Makes an [`HttpClient`] from a `tower::Service`: a stack of layers over an HTTP client, or a router
/// that is called without a network.
///
/// The service is cloned for each request and waits until it is ready. An error while it is not
/// ready counts as [`HttpErrorKind::Connect`], since the request was not sent; an error of the call is
/// converted with [`HttpError::from_error`].
#[derive(Debug, Clone)]
pub struct ServiceClient<S>(S);

impl<S> ServiceClient<S> {
    /// Sends through `service`.
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

/// Makes a `tower::Service` from an [`HttpClient`]: the innermost service of a stack of layers.
#[derive(Debug, Clone)]
pub struct HttpService<C>(C);

impl<C> HttpService<C> {
    /// Sends through `client`.
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

    /// Fails with these errors, if any: while it is not ready, and when it is called.
    #[derive(Clone)]
    struct Failing(Option<&'static str>, fn() -> Option<BoxError>);

    type BoxError = Box<dyn StdError + Send + Sync>;

    impl Service<HttpRequest> for Failing {
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
    async fn an_error_keeps_what_is_known_of_it() {
        let known = || Some(HttpError::new(HttpErrorKind::ConnectTimeout, "late").into());
        for (service, want) in [
            (Failing(Some("overloaded"), || None), HttpErrorKind::Connect),
            (Failing(None, || Some("x".into())), HttpErrorKind::Other),
            (Failing(None, known), HttpErrorKind::ConnectTimeout),
        ] {
            let client = ServiceClient::new(service);
            let error = client.send(HttpRequest::default()).await.unwrap_err();
            assert_eq!(error.kind(), want);
        }
    }

    #[tokio::test]
    async fn a_client_is_a_service_and_back() {
        let client = ServiceClient::new(Failing(None, || None));
        let client = ServiceClient::new(HttpService::new(client));
        let response = client.send(HttpRequest::default()).await.unwrap();
        let mut body = crate::runtime::Collected::default();
        assert!(body.fill(response.into_body(), 4).await.unwrap());
        assert_eq!(body.take(), "done");
    }
}
