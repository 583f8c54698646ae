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
