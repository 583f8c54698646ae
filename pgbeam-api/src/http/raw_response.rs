//! `RawResponse`: the response that a transport returns, and methods to parse it.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::de::DeserializeOwned;

use super::{ByteStream, Conditional, Response};
use crate::{Error, Meta, Operation, headers::media_type};

static DEPRECATION: HeaderName = HeaderName::from_static("deprecation");

/// An HTTP response with any status, and the attempts that led to it.
///
/// A [`Transport`](crate::Transport) returns it. [`json`](Self::json), [`empty`](Self::empty),
/// [`stream`](Self::stream) and [`conditional`](Self::conditional) parse it and turn an error status into
/// an [`Error`].
#[non_exhaustive]
pub struct RawResponse {
    /// The operation of the request.
    pub operation: &'static Operation,
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body. Empty if the body is in `stream` or exceeds the size limit. If the body of an error response
    /// was not received completely, this is the part that was received.
    pub body: Bytes,
    /// The body of a success response of an operation with [`Content::Bytes`](crate::Content::Bytes). The
    /// stream reads the body from the network on demand.
    pub stream: Option<ByteStream>,
    /// Why the body cannot be used, for example because it exceeds the size limit or is compressed. For a
    /// success response, [`json`](Self::json) and [`stream`](Self::stream) then fail with this message and
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode).
    pub body_error: Option<String>,
    /// The number of attempts of the call.
    pub attempts: u32,
    /// The duration of the call, including waits.
    pub elapsed: Duration,
    /// The delay that the server asked for before a retry (`Retry-After`).
    pub retry_after: Option<Duration>,
    /// Whether a write may have been applied although the response is an error.
    pub maybe_applied: bool,
}

impl RawResponse {
    /// Creates the response to a single attempt, with a duration of zero.
    pub fn new(
        operation: &'static Operation,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        Self {
            operation,
            status,
            headers,
            body,
            stream: None,
            body_error: None,
            attempts: 1,
            elapsed: Duration::ZERO,
            retry_after: None,
            maybe_applied: false,
        }
    }

    /// Returns `true` if the operation is deprecated: the response has the header `Deprecation` (RFC 9745).
    ///
    /// [`Meta::deprecated_since`] returns the date in the header, if any.
    pub fn is_deprecated(&self) -> bool {
        self.headers.contains_key(&DEPRECATION)
    }

    /// Returns `true` if `Content-Type` names a media type other than JSON. A gateway or another service
    /// may have sent the response.
    pub fn is_non_json(&self) -> bool {
        media_type::is_non_json(&self.headers)
    }

    /// Returns `true` if `Content-Type` names a problem document (`application/problem+json`, RFC 9457): the
    /// API itself sent the error, not a gateway.
    pub fn is_problem(&self) -> bool {
        media_type::is_problem(&self.headers)
    }

    /// Returns `true` for a success response without a `body_error`.
    fn is_readable(&self) -> bool {
        self.status.is_success() && self.body_error.is_none()
    }

    /// Returns the error of a response that is not [readable](Self::is_readable): `Decode` if the status is
    /// 2xx, else `Api`.
    fn into_unreadable_error(mut self) -> Error {
        match self.body_error.take() {
            Some(reason) if self.status.is_success() => self.into_decode_error(reason),
            _ => self.into_error(),
        }
    }

    /// Parses the JSON body. The empty body of 204 and 205 is parsed as `null`, so an `Option` is `None`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) for a status other than 2xx.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the body is not a `T`, or cannot be used because of
    /// [`body_error`](Self::body_error).
    #[inline]
    pub fn json<T: DeserializeOwned>(mut self) -> Result<Response<T>, Error> {
        if !self.is_readable() {
            return Err(self.into_unreadable_error());
        }
        let has_no_content =
            [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT].contains(&self.status);
        let body = if has_no_content && self.body.is_empty() {
            b"null"
        } else {
            self.body.as_ref()
        };
        // Checking the whole body for UTF-8 is faster than checking each string in it.
        let parsed = match str::from_utf8(body) {
            Ok(json) => serde_json::from_str(json),
            Err(_) => serde_json::from_slice(body),
        };
        let error = match parsed {
            Ok(value) => {
                let body = std::mem::take(&mut self.body);
                return Ok(Response::with_body(value, self.into_meta(), body));
            }
            Err(error) => error,
        };
        Err(match self.body.is_empty() {
            true => self.into_decode_error("it is empty"),
            false => self
                .into_decode_error(without_values(&error.to_string()))
                .with_incompatible_json(),
        })
    }

    /// Checks the status of a response without content. A body that is JSON or has no `Content-Type` is
    /// ignored.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) for a status other than 2xx.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for a body of another media type: the response does
    /// not come from the API, and the API may not have received the request.
    pub fn empty(self) -> Result<Response<()>, Error> {
        if !self.status.is_success() {
            return Err(self.into_error());
        }
        if self.is_non_json() && !self.body.is_empty() {
            return Err(self.into_decode_error("it should be empty, and is not JSON"));
        }
        Ok(Response::new((), self.into_meta()))
    }

    /// Returns the body as a stream, for any media type.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) for a status other than 2xx.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the body cannot be used because of
    /// [`body_error`](Self::body_error), for example because it is compressed. Errors while the body is read
    /// are returned by the stream.
    pub fn stream(mut self) -> Result<Response<ByteStream>, Error> {
        if !self.is_readable() {
            return Err(self.into_unreadable_error());
        }
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => ByteStream::from_bytes(std::mem::take(&mut self.body)),
        };
        Ok(Response::new(stream, self.into_meta()))
    }

    /// Parses the response to a request with `If-None-Match`. 304 means that the resource has not changed.
    ///
    /// # Errors
    ///
    /// The errors of [`json`](Self::json), except that 304 is not an error.
    pub fn conditional<T: DeserializeOwned>(self) -> Result<Conditional<T>, Error> {
        if self.status == StatusCode::NOT_MODIFIED {
            Ok(Conditional::NotModified(self.into_meta()))
        } else {
            self.json().map(Conditional::Modified)
        }
    }

    /// Converts an error response to an [`Error`] of kind [`Api`](crate::ErrorKind::Api). The status is not
    /// checked: do not call this for a success response.
    pub fn into_error(mut self) -> Error {
        let body = std::mem::take(&mut self.body);
        let (retry_after, maybe_applied) = (self.retry_after, self.maybe_applied);
        Error::from_response(self.into_meta(), body)
            .with_retry_after(retry_after)
            .with_maybe_applied(maybe_applied)
    }

    /// Converts a success response that cannot be used to an [`Error`] of kind
    /// [`Decode`](crate::ErrorKind::Decode) with the message `reason`.
    pub fn into_decode_error(mut self, reason: impl Into<String>) -> Error {
        let body = std::mem::take(&mut self.body);
        let retry_after = self.retry_after;
        Error::from_undecodable(self.into_meta(), body, reason).with_retry_after(retry_after)
    }

    pub(crate) fn into_meta(self) -> Meta {
        let mut meta = Meta::new(self.status, self.headers, self.attempts, self.elapsed);
        meta.operation = Some(self.operation);
        meta
    }
}

impl fmt::Debug for RawResponse {
    /// Prints neither headers nor body: they may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("operation", &self.operation.id)
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// Removes the contents of quoted strings from the message of a serde error: they come from the body and may
/// be secrets.
fn without_values(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut quoted = false;
    let mut escaped = false;
    for c in message.chars() {
        match c {
            '"' if !escaped => {
                quoted = !quoted;
                out.push_str(if quoted { "\"…" } else { "\"" });
            }
            _ if !quoted => out.push(c),
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::operations::GET_POLICY_PROFILE;

    pub(crate) fn response(
        status: u16,
        headers: &[(&'static str, &str)],
        body: &str,
    ) -> RawResponse {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()));
        RawResponse::new(
            &GET_POLICY_PROFILE,
            StatusCode::from_u16(status).unwrap(),
            headers.collect(),
            Bytes::copy_from_slice(body.as_bytes()),
        )
    }

    #[test]
    fn parses_any_2xx_and_rejects_other_statuses() {
        for status in [200, 201, 202, 299] {
            let response = response(status, &[("etag", "\"a\"")], "7")
                .json::<u8>()
                .unwrap();
            assert_eq!((*response, response.etag()), (7, Some("\"a\"")));
        }
        for status in [301, 304, 400, 500] {
            assert_eq!(
                response(status, &[], "7")
                    .json::<u8>()
                    .unwrap_err()
                    .status(),
                Some(status)
            );
            assert_eq!(
                response(status, &[], "").empty().unwrap_err().status(),
                Some(status)
            );
        }
        assert!(response(200, &[], "ignored").empty().is_ok());
    }

    #[test]
    fn a_parse_error_keeps_the_status_and_shows_no_value() {
        for (body, expected) in [
            ("", "it is empty"),
            ("{", "invalid type: map, expected u8 at line 1 column 0"),
            (
                "\"s3\\\"cret\"",
                "invalid type: string \"…\", expected u8 at line 1 column 10",
            ),
        ] {
            let error = response(200, &[], body).json::<u8>().unwrap_err();
            assert_eq!((error.status(), error.is_decode()), (Some(200), true));
            assert_eq!(error.message(), expected);
            assert!(std::error::Error::source(&error).is_none());
        }
    }

    #[test]
    fn a_body_that_was_not_read_is_an_error_only_if_it_is_needed() {
        let unread = |status| {
            let mut response = response(status, &[], "");
            response.body_error = Some("it is too large".to_owned());
            response
        };
        let error = unread(200).json::<u8>().unwrap_err();
        assert_eq!((error.status(), error.is_decode()), (Some(200), true));
        assert_eq!(error.message(), "it is too large");
        assert!(unread(200).stream().unwrap_err().is_decode());
        assert!(unread(204).empty().is_ok());
        assert_eq!(
            unread(404).json::<u8>().unwrap_err().kind(),
            crate::ErrorKind::Api
        );
    }
}
