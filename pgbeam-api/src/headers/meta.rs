//! `Meta`: the metadata of a response, such as the status, the request id and the rate limit.

use std::{fmt, time::Duration};

use http::{HeaderMap, StatusCode};

use super::{RateLimit, link};
use crate::Operation;

/// The metadata of a response: status, headers, and the attempts of the call.
///
/// ```
/// use std::time::Duration;
///
/// let mut headers = http::HeaderMap::new();
/// headers.insert("x-request-id", http::HeaderValue::from_static("req_1"));
/// let meta = pgbeam_api::Meta::new(http::StatusCode::OK, headers, 1, Duration::ZERO);
/// assert_eq!(meta.request_id(), Some("req_1"));
/// ```
#[derive(Clone)]
pub struct Meta {
    /// The operation of the request. Errors created from the response name it.
    pub(crate) operation: Option<&'static Operation>,
    status: StatusCode,
    headers: HeaderMap,
    attempts: u32,
    elapsed: Duration,
}

impl Meta {
    /// Creates metadata from a status, headers, the number of attempts and the duration of the call.
    pub fn new(status: StatusCode, headers: HeaderMap, attempts: u32, elapsed: Duration) -> Self {
        Self {
            operation: None,
            status,
            headers,
            attempts,
            elapsed,
        }
    }

    /// Returns the HTTP status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// Returns the reason phrase of the status, such as `Not Found`. For a status without one, returns
    /// `HTTP <status>`.
    pub(crate) fn reason(&self) -> String {
        match self.status.canonical_reason() {
            Some(reason) => reason.to_owned(),
            None => format!("HTTP {}", self.status.as_u16()),
        }
    }

    /// Returns all headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the first value of a header, or `None` if the header is absent or the value contains
    /// characters other than visible ASCII, spaces and tabs.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the request id (`X-Request-Id`), to pass to support.
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-request-id")
    }

    /// Returns the entity tag (`ETag`), including its quotes.
    pub fn etag(&self) -> Option<&str> {
        self.header("etag")
    }

    /// Returns the remaining request quota (`RateLimit`, `RateLimit-Policy`), or `None` without a valid
    /// `RateLimit` header.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::parse(&self.headers)
    }

    /// Returns the date since which the operation is deprecated (`Deprecation`, RFC 9745), in seconds since
    /// the Unix epoch. The date may be in the future. `None` if the operation is not deprecated, or if the
    /// header has no valid date.
    pub fn deprecated_since(&self) -> Option<i64> {
        self.header("deprecation")?
            .trim()
            .strip_prefix('@')?
            .parse()
            .ok()
    }

    /// Returns the date after which the operation responds with 410 (`Sunset`, RFC 8594), or `None` if the
    /// header is absent or invalid.
    pub fn sunset(&self) -> Option<std::time::SystemTime> {
        httpdate::parse_http_date(self.header("sunset")?.trim()).ok()
    }

    /// Returns the URL of the documentation of the deprecation (`Link` with `rel="deprecation"`). The URL may
    /// be relative.
    pub fn deprecation_link(&self) -> Option<&str> {
        link::target(&self.headers, "deprecation")
    }

    /// Returns the URL of the operation's successor (`Link` with `rel="successor-version"`). The URL may be
    /// relative.
    pub fn successor_link(&self) -> Option<&str> {
        link::target(&self.headers, "successor-version")
    }

    /// Returns the number of attempts of the call. For the response of an edit, returns the number of
    /// attempts of the edit's last call.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the duration of the call, including waits. For the response of an edit, returns the duration
    /// of the edit's last call.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl fmt::Debug for Meta {
    /// Does not print the headers: they may contain secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meta")
            .field("status", &self.status)
            .field("request_id", &self.request_id())
            .field("etag", &self.etag())
            .field("attempts", &self.attempts)
            .field("elapsed", &self.elapsed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::http::raw_response::tests::response;

    #[test]
    fn parses_the_deprecation_headers() {
        let headers = [
            ("deprecation", "@1700000000"),
            ("sunset", "Sun, 06 Nov 1994 08:49:37 GMT"),
            (
                "link",
                "<https://x.test/d>; rel=deprecation, </v2>; rel=\"successor-version\"",
            ),
        ];
        let meta = response(200, &headers, "1")
            .json::<u8>()
            .unwrap()
            .meta()
            .clone();
        assert_eq!(meta.deprecated_since(), Some(1_700_000_000));
        let sunset = meta
            .sunset()
            .unwrap()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        assert_eq!(sunset.as_secs(), 784_111_777);
        assert_eq!(meta.deprecation_link(), Some("https://x.test/d"));
        assert_eq!(meta.successor_link(), Some("/v2"));
        let none = response(200, &[("deprecation", "true"), ("sunset", "soon")], "1");
        let none = none.json::<u8>().unwrap();
        assert_eq!(
            (none.meta().deprecated_since(), none.meta().sunset()),
            (None, None)
        );
    }
}
