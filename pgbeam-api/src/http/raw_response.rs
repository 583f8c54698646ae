//! An answer as it comes from the transport, and how it is read.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};
use serde::de::DeserializeOwned;

use super::{ByteStream, Conditional, Response};
use crate::{Error, Meta, Operation, headers::media_type};

static DEPRECATION: HeaderName = HeaderName::from_static("deprecation");

/// An answer as it came over the wire, whatever its status, and how it was come by.
///
/// A [`Transport`](crate::Transport) makes one with [`RawResponse::new`].
#[non_exhaustive]
pub struct RawResponse {
    /// What was called.
    pub operation: &'static Operation,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body; empty where it comes as `stream`.
    pub body: Bytes,
    /// The body of a success whose operation answers with other [`Content`](crate::Content) than
    /// JSON: it is read while it is used.
    pub stream: Option<ByteStream>,
    /// Why the body of a success is not there, where a transport does not read it: it is larger than
    /// the limit, say. Reading the answer is an error of kind [`Decode`](crate::ErrorKind::Decode)
    /// then.
    pub unread: Option<String>,
    /// How many requests were sent for it, at least 1.
    pub attempts: u32,
    /// How long the call took, waits included.
    pub elapsed: Duration,
    /// How long the server asks to wait, as the transport understood it.
    pub retry_after: Option<Duration>,
    /// Whether an earlier attempt may have been applied although this answer is an error.
    pub maybe_applied: bool,
}

impl RawResponse {
    /// An answer to one attempt that took no time.
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
            unread: None,
            attempts: 1,
            elapsed: Duration::ZERO,
            retry_after: None,
            maybe_applied: false,
        }
    }

    /// Whether the API says that the operation is deprecated (`Deprecation`, RFC 9745), whether it says
    /// since when, which is [`Meta::deprecated_since`], or not.
    pub fn is_deprecated(&self) -> bool {
        self.headers.contains_key(&DEPRECATION)
    }

    /// Whether it is of another media type than JSON, so that a gateway or another service may have
    /// given it, and not the API.
    pub fn is_foreign(&self) -> bool {
        media_type::is_foreign(&self.headers)
    }

    /// Returns `true` if the body is a problem document (`application/problem+json`, RFC 9457): the
    /// API itself sent the error, not a gateway.
    pub fn is_problem(&self) -> bool {
        media_type::is_problem(&self.headers)
    }

    /// Whether it is a success whose body is there.
    fn is_readable(&self) -> bool {
        self.status.is_success() && self.unread.is_none()
    }

    /// Why it is none: an error of the API, or what the transport says.
    fn unreadable(mut self) -> Error {
        match self.unread.take() {
            Some(why) if self.status.is_success() => self.into_decode_error(why),
            _ => self.into_error(),
        }
    }

    /// Reads a JSON body. 204 and 205, which hold none, are read as `null`: an `Option` is `None`.
    ///
    /// # Errors
    ///
    /// The API's error for a status other than 2xx; kind [`Decode`](crate::ErrorKind::Decode) for a
    /// body that is not a `T`.
    #[inline]
    pub fn json<T: DeserializeOwned>(mut self) -> Result<Response<T>, Error> {
        if !self.is_readable() {
            return Err(self.unreadable());
        }
        let bare = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT].contains(&self.status);
        let body = if bare && self.body.is_empty() {
            b"null"
        } else {
            self.body.as_ref()
        };
        // One look at the whole body is quicker than one at each text in it.
        let read = match str::from_utf8(body) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(body),
        };
        let error = match read {
            Ok(value) => {
                let body = std::mem::take(&mut self.body);
                return Ok(Response::with_body(value, self.into_meta(), body));
            }
            Err(error) => error,
        };
        Err(match self.body.is_empty() {
            true => self.into_decode_error("it is empty"),
            false => self.into_decode_error(without_values(&error.to_string())),
        })
    }

    /// Expects nothing but success; a body of JSON is passed over.
    ///
    /// # Errors
    ///
    /// The API's error for a status other than 2xx; kind [`Decode`](crate::ErrorKind::Decode) for a
    /// body of another media type, which the API has not given: it may not have been asked.
    pub fn empty(self) -> Result<Response<()>, Error> {
        if !self.status.is_success() {
            return Err(self.into_error());
        }
        if self.is_foreign() && !self.body.is_empty() {
            return Err(self.into_decode_error("it should hold nothing, and is not JSON"));
        }
        Ok(Response::new((), self.into_meta()))
    }

    /// Takes the body as it comes in, whatever its media type.
    ///
    /// # Errors
    ///
    /// The API's error for a status other than 2xx; kind [`Decode`](crate::ErrorKind::Decode) for a
    /// body that is not there to be read. What goes wrong later is an error of the stream.
    pub fn stream(mut self) -> Result<Response<ByteStream>, Error> {
        if !self.is_readable() {
            return Err(self.unreadable());
        }
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => ByteStream::whole(std::mem::take(&mut self.body)),
        };
        Ok(Response::new(stream, self.into_meta()))
    }

    /// Reads the answer to a conditional request: 304 says that nothing changed.
    ///
    /// # Errors
    ///
    /// As [`json`](Self::json).
    pub fn conditional<T: DeserializeOwned>(self) -> Result<Conditional<T>, Error> {
        if self.status == StatusCode::NOT_MODIFIED {
            Ok(Conditional::NotModified(self.into_meta()))
        } else {
            self.json().map(Conditional::Modified)
        }
    }

    /// Turns an error response into the API's error.
    pub fn into_error(mut self) -> Error {
        let body = std::mem::take(&mut self.body);
        let (retry_after, maybe_applied) = (self.retry_after, self.maybe_applied);
        Error::from_response(self.into_meta(), body)
            .with_retry_after(retry_after)
            .with_maybe_applied(maybe_applied)
    }

    /// Turns a success response into an error of kind [`Decode`](crate::ErrorKind::Decode): it cannot
    /// be used, for the reason `why`.
    pub fn into_decode_error(mut self, why: impl Into<String>) -> Error {
        let body = std::mem::take(&mut self.body);
        let retry_after = self.retry_after;
        Error::from_unreadable(self.into_meta(), body, why).with_retry_after(retry_after)
    }

    pub(crate) fn into_meta(self) -> Meta {
        let mut meta = Meta::new(self.status, self.headers, self.attempts, self.elapsed);
        meta.operation = Some(self.operation);
        meta
    }
}

impl fmt::Debug for RawResponse {
    /// Leaves headers and body out: they may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("operation", &self.operation.id)
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// What serde says of a body, with the strings of the body taken out: they may be secrets.
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

    pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> RawResponse {
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
    fn any_success_is_decoded_and_any_other_status_is_an_error() {
        for status in [200, 201, 202, 299] {
            let response = answer(status, &[("etag", "\"a\"")], "7")
                .json::<u8>()
                .unwrap();
            assert_eq!((*response, response.etag()), (7, Some("\"a\"")));
        }
        for status in [301, 304, 400, 500] {
            assert_eq!(
                answer(status, &[], "7").json::<u8>().unwrap_err().status(),
                Some(status)
            );
            assert_eq!(
                answer(status, &[], "").empty().unwrap_err().status(),
                Some(status)
            );
        }
        assert!(answer(200, &[], "ignored").empty().is_ok());
    }

    #[test]
    fn a_body_that_cannot_be_read_keeps_its_status_and_shows_no_value() {
        for (body, want) in [
            ("", "it is empty"),
            ("{", "invalid type: map, expected u8 at line 1 column 0"),
            (
                "\"s3\\\"cret\"",
                "invalid type: string \"…\", expected u8 at line 1 column 10",
            ),
        ] {
            let error = answer(200, &[], body).json::<u8>().unwrap_err();
            assert_eq!((error.status(), error.is_decode()), (Some(200), true));
            assert_eq!(error.message(), want);
            assert!(std::error::Error::source(&error).is_none());
        }
    }

    #[test]
    fn a_body_that_was_not_read_is_an_error_of_who_wants_it() {
        let unread = |status| {
            let mut answer = answer(status, &[], "");
            answer.unread = Some("it is too large".to_owned());
            answer
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
