//! The way out: what every call, generated or not, passes through.
//!
//! The hook of progenitor returns `reqwest::Result<Response>`, which cannot carry a refusal before
//! sending, a missing credential, or the number of attempts. The generated code uses this trait
//! instead.

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
    body_limit::{self, MAX_RESPONSE_BYTES},
    byte_stream::Collected,
    client::redact_source,
    confidential::not_confidential,
};
use crate::{Content, Error, ErrorKind, Operation, retry_after};

/// A boxed future that can cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

static JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A request that is complete but for the credential.
#[derive(Clone)]
#[non_exhaustive]
pub struct PreparedRequest {
    /// What is called; its method is the request's.
    pub operation: &'static Operation,
    pub(super) uri: Uri,
    pub(super) is_confidential: bool,
    /// Headers of the contract's parameters.
    pub headers: HeaderMap,
    /// The body, JSON where there is one.
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

    /// Returns the absolute URI, its path and query escaped.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns whether the request can carry a credential without showing it to the network: over
    /// `https`, or without leaving this machine.
    pub fn is_confidential(&self) -> bool {
        self.is_confidential
    }

    /// Makes the request that goes over the wire: with `defaults`, which stand where it has no such
    /// header itself, those that every request has, and the credential, which is [`bearer`]'s.
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
            // Each name with all of its values, in place of all that the defaults have of it.
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
        let writes = [Method::POST, Method::PUT, Method::PATCH];
        if request.body().is_empty() && writes.contains(&self.operation.method) {
            // Some gateways respond with 411 to a write without a length.
            let zero = HeaderValue::from_static("0");
            request.headers_mut().insert(header::CONTENT_LENGTH, zero);
        }
        request
    }
}

impl fmt::Debug for PreparedRequest {
    /// Leaves headers and body out: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest")
            .field("operation", &self.operation.id)
            .field("uri", &self.uri)
            .field("body_len", &self.body.as_ref().map(Bytes::len))
            .finish_non_exhaustive()
    }
}

/// Sends requests.
///
/// An implementation adds the credential, decides what is sent again, and returns the answer
/// whatever its status is; an [`Error`] only where there is none. A server may echo the credential,
/// so it is replaced with [`RawResponse::redact`].
pub trait Transport: Send + Sync {
    /// Sends the request and reads the whole answer; the body of a success only where the operation
    /// answers with JSON or nothing, else it is [`RawResponse::stream`].
    fn send(
        &self,
        outgoing: Box<PreparedRequest>,
    ) -> BoxFuture<'_, Result<Box<RawResponse>, Error>>;
}

/// Makes the value of the `Authorization` header, marked so that no log prints it.
///
/// # Errors
///
/// Kind [`Config`](ErrorKind::Config) when the credential holds what a header cannot carry.
pub fn bearer(credential: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::try_from(format!("Bearer {credential}")).map_err(|_| {
        Error::new(
            ErrorKind::Config,
            "the credential holds a character that a header cannot carry, a line break perhaps",
        )
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether a server may have acted on a request that it answered with this status, other than by
/// a success.
///
/// 502, 504 and a bare 503 come from gateways that do not know. A 500 comes from code that failed
/// somewhere, perhaps after it wrote. The same goes for every other 5xx but 501, and for what lies
/// beyond 599, which HTTP has clients take for a 5xx (RFC 9110, section 15). A 503 that says when to
/// come back comes from a server that turned the request away. A 1xx that nothing follows, such as a 101
/// that nobody asked for, says nothing of what became of the request.
pub fn may_have_acted(status: StatusCode, retry_after: Option<Duration>) -> bool {
    match status.as_u16() {
        501 => false,
        503 => retry_after.is_none(),
        status => !(200..500).contains(&status),
    }
}

/// The plainest transport: one request per call, no retry, no timeout except those of the
/// [`HttpClient`]. For `https`, a `reqwest::Client` needs one of reqwest's TLS features, which this
/// crate does not enable.
#[derive(Clone)]
pub struct Direct {
    http: Arc<dyn HttpClient>,
    redactor: Redactor,
    authorization: Option<HeaderValue>,
    allow_http: bool,
    max_response_bytes: u64,
}

impl Direct {
    /// Sends through `http` with this bearer credential; none is sent when it is empty.
    ///
    /// Use a client that does not follow redirects: a write that follows one may become a GET.
    ///
    /// # Errors
    ///
    /// Kind [`Config`](ErrorKind::Config) when the credential holds what a header cannot carry.
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

    /// Whether the credential may be sent over plain `http` to another machine, where anybody on the
    /// way can read it. Off unless set, and then such a call is an error of kind
    /// [`Config`](ErrorKind::Config).
    #[must_use]
    pub fn allow_http(mut self, allow: bool) -> Self {
        self.allow_http = allow;
        self
    }

    /// The most bytes of a body that are read into memory, after decompression. 32 MiB unless set; 0
    /// turns the limit off. A larger answer of success is an error of kind
    /// [`Decode`](ErrorKind::Decode); of a larger error the body is left out.
    #[must_use]
    pub fn max_response_bytes(mut self, limit: u64) -> Self {
        self.max_response_bytes = limit;
        self
    }
}

impl fmt::Debug for Direct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Direct").finish_non_exhaustive()
    }
}

impl Transport for Direct {
    fn send(
        &self,
        outgoing: Box<PreparedRequest>,
    ) -> BoxFuture<'_, Result<Box<RawResponse>, Error>> {
        Box::pin(async move {
            let start = Instant::now();
            let operation = outgoing.operation;
            let authorization = self.authorization.as_ref();
            if authorization.is_some() && !self.allow_http && !outgoing.is_confidential {
                return Err(not_confidential());
            }
            let request = outgoing.to_request(&HeaderMap::new(), authorization);
            let failed = move |error: HttpError| {
                let changes = !operation.read_only && error.may_have_been_sent();
                Error::from(error)
                    .with_operation(operation)
                    .with_attempts(1, start.elapsed())
                    .with_maybe_applied(changes)
            };
            let response = self.http.send(request).await.map_err(|error| {
                let (kind, source) = (error.kind(), error.into_source());
                failed(HttpError::new(kind, redact_source(source, &self.redactor)))
            })?;
            let (head, body) = response.into_parts();
            let (status, headers) = (head.status, head.headers);
            let retry_after = retry_after(&headers, SystemTime::now);
            let mut answer = Box::new(RawResponse::new(operation, status, headers, Bytes::new()));
            answer.unread = body_limit::compressed(&answer.headers);
            if operation.content == Content::Bytes && status.is_success() {
                answer.stream = Some(ByteStream::new(MapError(body, failed)));
            } else {
                let limit = self.max_response_bytes;
                let mut kept = Collected::default();
                match kept.fill(body, body_limit::most(limit)).await {
                    Ok(true) => {}
                    Ok(false) => answer.unread = Some(body_limit::too_large(limit)),
                    // A status of error, and what came of its body, say more than that it broke off.
                    Err(_) if !status.is_success() => {}
                    Err(error) => return Err(failed(error)),
                }
                answer.body = kept.take();
            }
            answer.elapsed = start.elapsed();
            answer.retry_after = retry_after;
            answer.maybe_applied = !operation.read_only && may_have_acted(status, retry_after);
            answer.redact(&self.redactor);
            Ok(answer)
        })
    }
}

/// A body as the caller of [`Direct`] reads it.
struct MapError<F>(HttpBody, F);

impl<F: Fn(HttpError) -> Error + Unpin> Stream for MapError<F> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = Pin::new(&mut self.0).poll_next(context);
        piece.map_err(&self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_without_a_body_says_so() {
        let length = |operation, body: Option<&'static str>| {
            let mut outgoing = PreparedRequest::new(operation);
            outgoing.body = body.map(|body| Bytes::from_static(body.as_bytes()));
            outgoing
                .to_request(&HeaderMap::new(), None)
                .headers()
                .get("content-length")
                .cloned()
        };
        use crate::operations::*;
        assert_eq!(length(&RECOMMEND_AGENT_POLICY, None).unwrap(), "0");
        assert_eq!(length(&RECOMMEND_AGENT_POLICY, Some("")).unwrap(), "0");
        // Else it is for the HTTP client to say.
        assert_eq!(length(&RECOMMEND_AGENT_POLICY, Some("{}")), None);
        assert_eq!(length(&GET_POLICY_PROFILE, None), None);
        assert_eq!(length(&DELETE_POLICY_PROFILE, None), None);
    }

    #[test]
    fn what_is_its_own_goes_before_the_defaults() {
        let map = |pairs: &[(&'static str, &'static str)]| -> HeaderMap {
            let pair = |(name, value): &(&'static str, &'static str)| {
                (
                    http::HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            };
            pairs.iter().map(pair).collect()
        };
        let mut outgoing = PreparedRequest::new(&crate::operations::UPDATE_POLICY_PROFILE);
        outgoing.headers = map(&[("x-a", "own"), ("x-b", "own"), ("x-b", "twice")]);
        outgoing.body = Some(Bytes::from_static(b"{}"));
        let defaults = map(&[
            ("x-b", "default"),
            ("x-c", "default"),
            ("accept", "text/csv"),
        ]);
        let request = outgoing.to_request(&defaults, Some(&HeaderValue::from_static("Bearer x")));
        let want = map(&[
            ("x-a", "own"),
            ("x-b", "own"),
            ("x-b", "twice"),
            ("x-c", "default"),
            ("accept", "text/csv"),
            ("authorization", "Bearer x"),
            ("content-type", "application/json"),
        ]);
        assert_eq!(request.headers(), &want);
        assert_eq!(request.headers().len(), want.len());
    }

    #[test]
    fn a_credential_is_never_printed() {
        let value = bearer("pbk_secret").unwrap();
        let direct = Direct::new(
            crate::http_fn(|_| async { Ok(http::Response::new("")) }),
            "pbk_secret",
        )
        .unwrap();
        assert!(!format!("{value:?} {direct:?} {direct:#?}").contains("pbk_secret"));
        assert_eq!(value.to_str().unwrap(), "Bearer pbk_secret");
    }

    #[test]
    fn a_credential_that_no_header_can_carry_is_refused_without_being_shown() {
        for bad in ["pbk_a\nb", "pbk_a\r\nX: y", "pbk_\u{0}"] {
            let error = Direct::new(
                crate::http_fn(|_| async { Ok(http::Response::new("")) }),
                bad,
            )
            .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error} {error:?}").contains("pbk_"));
        }
    }
}
