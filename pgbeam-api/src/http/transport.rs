//! `Transport`, the trait that sends the requests of every call, and `DirectTransport`, which sends each
//! request once.
//!
//! The OpenAPI code generator progenitor generates code that sends requests through a hook. The hook returns
//! `reqwest::Result<Response>`, which cannot represent a request that was rejected before sending, a missing
//! credential, or the number of attempts. The generated code of this crate uses the trait instead.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};

use super::{
    ByteStream, HttpBody, HttpClient, HttpError, HttpRequest, RawResponse, Redactor,
    body_buffer::BodyBuffer,
    body_limit::{self, MAX_RESPONSE_BYTES},
    client::redact_source,
    confidential::plain_http_error,
};
use crate::{Content, Error, ErrorKind, Operation, parse_retry_after};

/// A boxed future that is [`Send`].
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

static JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request without its credential.
///
/// [`Call::send`](crate::Call::send) builds it and passes it to the [`Transport`].
#[derive(Clone)]
#[non_exhaustive]
pub struct PreparedRequest {
    /// The operation. It determines the method of the request.
    pub operation: &'static Operation,
    pub(super) uri: Uri,
    pub(super) is_confidential: bool,
    /// The headers set by the caller.
    pub headers: HeaderMap,
    /// The JSON body, if any.
    pub body: Option<Bytes>,
}

impl PreparedRequest {
    pub(crate) fn new(operation: &'static Operation) -> Self {
        Self {
            operation,
            uri: Uri::default(),
            is_confidential: false,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// Returns the absolute URI with percent-encoded path and query.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns `true` if a credential in the request is protected from the network: the scheme is `https`, or
    /// the host is a loopback host.
    pub fn is_confidential(&self) -> bool {
        self.is_confidential
    }

    /// Builds the HTTP request.
    ///
    /// `defaults` are headers that are used if the request does not set a header with the same name.
    /// `authorization` is the value that [`bearer`] returns, or `None` for a request without a credential.
    ///
    /// If neither the request nor `defaults` has the header `Accept`, it is set to JSON. If there is a body,
    /// the same applies to `Content-Type`. A POST, PUT or PATCH without a body gets `Content-Length: 0`.
    pub fn to_request(
        &self,
        defaults: &HeaderMap,
        authorization: Option<&HeaderValue>,
    ) -> HttpRequest {
        let mut request = HttpRequest::default();
        *request.method_mut() = self.operation.method.clone();
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        if !defaults.is_empty() {
            headers.clone_from(defaults);
        }
        if !self.headers.is_empty() {
            // Replaces all default values of each name.
            headers.extend(self.headers.clone());
        }
        if !headers.contains_key(header::ACCEPT) {
            headers.insert(header::ACCEPT, JSON.clone());
        }
        if let Some(authorization) = authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        if let Some(body) = &self.body {
            if !headers.contains_key(header::CONTENT_TYPE) {
                headers.insert(header::CONTENT_TYPE, JSON.clone());
            }
            *request.body_mut() = body.clone();
        }
        let write_methods = [Method::POST, Method::PUT, Method::PATCH];
        if request.body().is_empty() && write_methods.contains(&self.operation.method) {
            // Some gateways respond with 411 to a write without `Content-Length`.
            let zero = HeaderValue::from_static("0");
            request.headers_mut().insert(header::CONTENT_LENGTH, zero);
        }
        request
    }
}

impl fmt::Debug for PreparedRequest {
    /// Prints neither headers nor body: they may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest")
            .field("operation", &self.operation.id)
            .field("uri", &self.uri)
            .field("body_len", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

/// Sends the request of a call and returns the response.
///
/// An implementation adds the credential, decides about retries, and returns the response for any status.
/// It returns an [`Error`] only if there is no complete response. It must redact the credential in the
/// response with [`RawResponse::redact`], because a server may echo the credential.
pub trait Transport: Send + Sync {
    /// Sends a request and returns the response.
    ///
    /// The body is read into memory, with one exception: if the [`Content`] of the operation is
    /// [`Bytes`](Content::Bytes), the body of a success response is returned in [`RawResponse::stream`].
    ///
    /// The implementation also sets [`RawResponse::retry_after`] (see [`parse_retry_after`]) and, for a write,
    /// [`RawResponse::maybe_applied`] (see [`maybe_applied`]).
    ///
    /// # Errors
    ///
    /// An [`Error`] if there is no complete response. An error response whose body is incomplete can also be
    /// returned as a response, with the part of the body that was received.
    ///
    /// The implementation sets the attempts of the error ([`Error::with_attempts`]) and, for a write that the
    /// server may have received, [`Error::with_maybe_applied`]. [`Call::send`](crate::Call::send) sets the
    /// operation.
    fn send(&self, request: Box<PreparedRequest>)
    -> BoxFuture<'_, Result<Box<RawResponse>, Error>>;
}

/// Returns the value of the `Authorization` header for a bearer token. The value is marked as sensitive, so
/// `Debug` does not print it.
///
/// # Errors
///
/// [`ErrorKind::Config`] if the credential contains a character that is not allowed in a header.
pub fn bearer(credential: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {credential}")).map_err(|_| {
        Error::new(
            ErrorKind::Config,
            "the credential contains a character that is not allowed in a header, such as a line break",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Returns `true` if the server may have applied a request although it responded with this status.
///
/// Call this function only for a status other than 2xx: a 2xx means that the request was applied.
///
/// | status | result | reason |
/// | --- | --- | --- |
/// | 1xx as the final response | `true` | it does not tell the outcome |
/// | 3xx, 4xx | `false` | the server did not execute the request |
/// | 500 | `true` | the server may have failed after the write |
/// | 501 | `false` | the server does not implement the request |
/// | 502, 504, 503 without `Retry-After` | `true` | a gateway does not know the outcome |
/// | 503 with `Retry-After` | `false` | the server rejected the request |
/// | other 5xx, 600 and above | `true` | treated as 500 (RFC 9110, section 15) |
pub fn maybe_applied(status: StatusCode, retry_after: Option<Duration>) -> bool {
    match status.as_u16() {
        501 => false,
        503 => retry_after.is_none(),
        status => !(200..500).contains(&status),
    }
}

/// A transport that sends each request once: no retries, and no timeouts except those of the
/// [`HttpClient`].
///
/// For `https`, a `reqwest::Client` needs one of reqwest's TLS features, which this crate does not enable.
///
/// ```
/// use pgbeam_api::{Client, DirectTransport, http_fn};
///
/// # fn run() -> Result<(), pgbeam_api::Error> {
/// let http = http_fn(|_| async { Ok(http::Response::new("{}")) });
/// let transport = DirectTransport::new(http, "pbk_xxx")?.max_response_bytes(1024 * 1024);
/// let client = Client::new("https://api.pgbeam.com", transport)?;
/// # Ok(())
/// # }
/// # run().unwrap();
/// ```
#[derive(Clone)]
pub struct DirectTransport {
    http: Arc<dyn HttpClient>,
    redactor: Redactor,
    authorization: Option<HeaderValue>,
    allow_http: bool,
    max_response_bytes: u64,
}

impl DirectTransport {
    /// Creates a transport from an HTTP client and an API key, which is sent as a bearer token. An empty
    /// key sends no `Authorization` header.
    ///
    /// Use an HTTP client that neither follows redirects nor retries: a redirected write may become a GET,
    /// and a retried write may be applied twice. For a `reqwest::Client`, set `redirect::Policy::none()` and
    /// `retry::never()`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Config`] if the credential contains a character that is not allowed in a header.
    pub fn new(http: impl HttpClient + 'static, credential: &str) -> Result<Self, Error> {
        let authorization = if credential.is_empty() {
            None
        } else {
            Some(bearer(credential)?)
        };
        Ok(Self {
            http: Arc::new(http),
            redactor: Redactor::new(credential),
            authorization,
            allow_http: false,
            max_response_bytes: MAX_RESPONSE_BYTES,
        })
    }

    /// Sets whether the credential may be sent over plain `http` to a host other than a loopback host,
    /// where the network can read the credential.
    ///
    /// Default: `false`. A call that would send the credential in this way fails with [`ErrorKind::Config`],
    /// and nothing is sent.
    #[must_use]
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// Sets the maximum size in bytes of a decompressed body that is read into memory. Default: 32 MiB. 0
    /// disables the limit.
    ///
    /// If the body of a success response is larger, parsing the body is an error of kind
    /// [`Decode`](ErrorKind::Decode). If the body of an error response is larger, the body is dropped, and
    /// the error has the status and the headers.
    #[must_use]
    pub fn max_response_bytes(mut self, limit: u64) -> Self {
        self.max_response_bytes = limit;
        self
    }
}

impl fmt::Debug for DirectTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectTransport").finish_non_exhaustive()
    }
}

impl Transport for DirectTransport {
    fn send(
        &self,
        request: Box<PreparedRequest>,
    ) -> BoxFuture<'_, Result<Box<RawResponse>, Error>> {
        Box::pin(async move {
            let start = Instant::now();
            let operation = request.operation;
            let authorization = self.authorization.as_ref();
            if authorization.is_some() && !self.allow_http && !request.is_confidential {
                return Err(plain_http_error());
            }
            let http_request = request.to_request(&HeaderMap::new(), authorization);
            let to_error = move |error: HttpError| {
                let maybe_applied = !operation.read_only && error.maybe_sent();
                Error::from(error)
                    .with_operation(operation)
                    .with_attempts(1, start.elapsed())
                    .with_maybe_applied(maybe_applied)
            };
            let http_response = self.http.send(http_request).await.map_err(|error| {
                let (kind, source) = (error.kind(), error.into_source());
                to_error(HttpError::new(kind, redact_source(source, &self.redactor)))
            })?;
            let (head, body) = http_response.into_parts();
            let (status, headers) = (head.status, head.headers);
            let retry_after = parse_retry_after(&headers, SystemTime::now);
            let mut response = Box::new(RawResponse::new(operation, status, headers, Bytes::new()));
            response.body_error = body_limit::content_encoding_error(&response.headers);
            if operation.content == Content::Bytes && status.is_success() {
                response.stream = Some(ByteStream::new(MapError(body, to_error)));
            } else {
                let limit = self.max_response_bytes;
                let mut buffer = BodyBuffer::default();
                match buffer
                    .read_from(body, body_limit::max_body_len(limit))
                    .await
                {
                    Ok(true) => {}
                    Ok(false) => response.body_error = Some(body_limit::size_limit_error(limit)),
                    // For an error response, the status and the partial body are kept.
                    Err(_) if !status.is_success() => {}
                    Err(error) => return Err(to_error(error)),
                }
                response.body = buffer.take();
            }
            response.elapsed = start.elapsed();
            response.retry_after = retry_after;
            response.maybe_applied = !operation.read_only && maybe_applied(status, retry_after);
            response.redact(&self.redactor);
            Ok(response)
        })
    }
}

/// A body, and the function that converts its errors.
struct MapError<F>(HttpBody, F);

impl<F: Fn(HttpError) -> Error + Unpin> Stream for MapError<F> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = Pin::new(&mut self.0).poll_next(context);
        chunk.map_err(&self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_without_a_body_has_content_length_zero() {
        let content_length = |operation, body: Option<&'static str>| {
            let mut request = PreparedRequest::new(operation);
            request.body = body.map(|body| Bytes::from_static(body.as_bytes()));
            request
                .to_request(&HeaderMap::new(), None)
                .headers()
                .get("content-length")
                .cloned()
        };
        use crate::operations::*;
        assert_eq!(content_length(&RECOMMEND_AGENT_POLICY, None).unwrap(), "0");
        assert_eq!(
            content_length(&RECOMMEND_AGENT_POLICY, Some("")).unwrap(),
            "0"
        );
        // Otherwise the HTTP client sets it.
        assert_eq!(content_length(&RECOMMEND_AGENT_POLICY, Some("{}")), None);
        assert_eq!(content_length(&GET_POLICY_PROFILE, None), None);
        assert_eq!(content_length(&DELETE_POLICY_PROFILE, None), None);
    }

    #[test]
    fn headers_of_the_request_replace_the_defaults() {
        let map = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let to_header = |(name, value): &(&'static str, &'static str)| {
                (
                    http::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            };
            pairs.iter().map(to_header).collect()
        };
        let mut request = PreparedRequest::new(&crate::operations::UPDATE_POLICY_PROFILE);
        request.headers = map(&[("x-a", "request"), ("x-b", "request"), ("x-b", "twice")]);
        request.body = Some(Bytes::from_static(b"{}"));
        let defaults = map(&[
            ("x-b", "default"),
            ("x-c", "default"),
            ("accept", "text/csv"),
        ]);
        let request = request.to_request(&defaults, Some(&HeaderValue::from_static("Bearer x")));
        let expected = map(&[
            ("x-a", "request"),
            ("x-b", "request"),
            ("x-b", "twice"),
            ("x-c", "default"),
            ("accept", "text/csv"),
            ("authorization", "Bearer x"),
            ("content-type", "application/json"),
        ]);
        assert_eq!(request.headers(), &expected);
        assert_eq!(request.headers().len(), expected.len());
    }

    #[test]
    fn debug_does_not_show_the_credential() {
        let value = bearer("pbk_secret").unwrap();
        let transport = DirectTransport::new(
            crate::http_fn(|_| async { Ok(http::Response::new("")) }),
            "pbk_secret",
        )
        .unwrap();
        assert!(!format!("{value:?} {transport:?} {transport:#?}").contains("pbk_secret"));
        assert_eq!(value.to_str().unwrap(), "Bearer pbk_secret");
    }

    #[test]
    fn rejects_an_invalid_credential_without_showing_it() {
        for invalid in ["pbk_a\nb", "pbk_a\r\nX: y", "pbk_\u{0}"] {
            let error = DirectTransport::new(
                crate::http_fn(|_| async { Ok(http::Response::new("")) }),
                invalid,
            )
            .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error} {error:?}").contains("pbk_"));
        }
    }
}
