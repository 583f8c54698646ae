//! The way out: what every call, generated or not, passes through.
//!
//! The generator's own hook returns `reqwest::Result<Response>`, which cannot carry a refusal
//! before sending, a credential that could not be had, or how many attempts were made. The
//! generated code therefore stands on this trait, which can.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use reqwest::Request;
use url::Url;

use super::{
    ByteStream, RawResponse, Redactor,
    body_limit::{self, MAX_RESPONSE_BYTES},
    byte_stream::{Collected, Pieces},
    confidential::{is_confidential, not_confidential},
    reason::reason,
};
use crate::{Content, Error, ErrorKind, Operation, retry_after};

/// A boxed future that can cross threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A request that is complete but for the credential.
#[derive(Clone)]
#[non_exhaustive]
pub struct PreparedRequest {
    /// What is called; its method is the request's.
    pub operation: &'static Operation,
    /// The whole URL, its path and query escaped.
    pub url: Url,
    /// Headers of the contract's parameters.
    pub headers: HeaderMap,
    /// The body, JSON where there is one.
    pub body: Option<Bytes>,
}

impl PreparedRequest {
    pub(crate) fn new(operation: &'static Operation, url: Url) -> Self {
        Self {
            operation,
            url,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// Makes the request that goes over the wire: with `defaults`, which stand where it has no such
    /// header itself, those that every request has, and the credential, which is [`bearer`]'s.
    pub fn to_request(&self, defaults: &HeaderMap, authorization: Option<&HeaderValue>) -> Request {
        let mut request = Request::new(self.operation.method.clone(), self.url.clone());
        let headers = request.headers_mut();
        if !defaults.is_empty() {
            headers.clone_from(defaults);
        }
        if !self.headers.is_empty() {
            // Each name with all of its values, in place of all that the defaults have of it.
            headers.extend(self.headers.clone());
        }
        let json = HeaderValue::from_static("application/json");
        if !headers.contains_key(header::ACCEPT) {
            headers.insert(header::ACCEPT, json.clone());
        }
        if let Some(authorization) = authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        if let Some(body) = &self.body {
            if !headers.contains_key(header::CONTENT_TYPE) {
                headers.insert(header::CONTENT_TYPE, json);
            }
            *request.body_mut() = Some(body.clone().into());
        } else if matches!(
            self.operation.method,
            Method::POST | Method::PUT | Method::PATCH
        ) {
            // Some front ends refuse such a request with 411 if it does not say that it has no body.
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        request
    }
}

impl fmt::Debug for PreparedRequest {
    /// Leaves headers and body out: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest")
            .field("operation", &self.operation.id)
            .field("url", &self.url.as_str())
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

/// The plainest transport: one request a call, no retry, no timeout but those of the
/// `reqwest::Client` that it is given. For `https` that client needs TLS, which this crate does not
/// bring: enable one of reqwest's TLS features.
#[derive(Clone)]
pub struct Direct {
    http: reqwest::Client,
    redactor: Redactor,
    authorization: Option<HeaderValue>,
    allow_http: bool,
    max_response_bytes: u64,
}

impl Direct {
    /// Sends through `http` with this bearer credential; none is sent when it is empty.
    ///
    /// Give it a client that follows no redirects: a redirect is an answer of the API, and a write
    /// that follows one may become a GET.
    ///
    /// # Errors
    ///
    /// Kind [`Config`](ErrorKind::Config) when the credential holds what a header cannot carry.
    pub fn new(http: reqwest::Client, credential: &str) -> Result<Self, Error> {
        let authorization = if credential.is_empty() {
            None
        } else {
            Some(bearer(credential)?)
        };
        Ok(Self {
            http,
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
            if authorization.is_some() && !self.allow_http && !is_confidential(&outgoing.url) {
                return Err(not_confidential());
            }
            let request = outgoing.to_request(&HeaderMap::new(), authorization);
            let failed = move |error: reqwest::Error| {
                let kind = if error.is_timeout() {
                    ErrorKind::Timeout
                } else {
                    ErrorKind::Network
                };
                let changes = !operation.read_only && !error.is_connect();
                let error = error.without_url();
                Error::new(kind, error.to_string())
                    .with_operation(operation)
                    .with_attempts(1, start.elapsed())
                    .with_maybe_applied(changes)
                    .with_source(error)
            };
            let mut response = self.http.execute(request).await.map_err(failed)?;
            let status = response.status();
            let reason = reason(&response);
            let headers = std::mem::take(response.headers_mut());
            let retry_after = retry_after(&headers, SystemTime::now);
            let mut answer = Box::new(RawResponse::new(operation, status, headers, Bytes::new()));
            answer.reason = reason;
            answer.unread = body_limit::compressed(&answer.headers);
            if operation.content == Content::Bytes && status.is_success() {
                answer.stream = Some(ByteStream::new(Pieces::of(response, failed)));
            } else {
                let limit = self.max_response_bytes;
                let pieces = Pieces::of(response, failed);
                let mut body = Collected::default();
                match body.fill(pieces, body_limit::most(limit)).await {
                    Ok(true) => {}
                    Ok(false) => answer.unread = Some(body_limit::too_large(limit)),
                    // A status of error, and what came of its body, say more than that it broke off.
                    Err(_) if !status.is_success() => {}
                    Err(error) => return Err(error),
                }
                answer.body = body.take();
            }
            answer.elapsed = start.elapsed();
            answer.retry_after = retry_after;
            answer.maybe_applied = !operation.read_only && may_have_acted(status, retry_after);
            answer.redact(&self.redactor);
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_without_a_body_says_so() {
        let length = |operation, body: Option<&'static str>| {
            let url = Url::parse("https://x.test/").unwrap();
            let mut outgoing = PreparedRequest::new(operation, url);
            outgoing.body = body.map(|body| Bytes::from_static(body.as_bytes()));
            outgoing
                .to_request(&HeaderMap::new(), None)
                .headers()
                .get("content-length")
                .cloned()
        };
        use crate::operations::*;
        assert_eq!(length(&RECOMMEND_AGENT_POLICY, None).unwrap(), "0");
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
        let url = Url::parse("https://x.test/").unwrap();
        let mut outgoing = PreparedRequest::new(&crate::operations::UPDATE_POLICY_PROFILE, url);
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
        let direct = Direct::new(reqwest::Client::new(), "pbk_secret").unwrap();
        assert!(!format!("{value:?} {direct:?} {direct:#?}").contains("pbk_secret"));
        assert_eq!(value.to_str().unwrap(), "Bearer pbk_secret");
    }

    #[test]
    fn a_credential_that_no_header_can_carry_is_refused_without_being_shown() {
        for bad in ["pbk_a\nb", "pbk_a\r\nX: y", "pbk_\u{0}"] {
            let error = Direct::new(reqwest::Client::new(), bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(!format!("{error} {error:?}").contains("pbk_"));
        }
    }
}
