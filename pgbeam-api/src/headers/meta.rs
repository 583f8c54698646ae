//! What comes with an answer beside its body.

use std::{fmt, time::Duration};

use http::{HeaderMap, StatusCode};

use super::{RateLimit, link};
use crate::Operation;

/// What came with an answer beside its body.
#[derive(Clone)]
pub struct Meta {
    /// What was called, to be named should the answer turn out to be an error.
    pub(crate) operation: Option<&'static Operation>,
    status: StatusCode,
    headers: HeaderMap,
    attempts: u32,
    elapsed: Duration,
}

impl Meta {
    /// Status and headers of an answer, and how it was come by.
    pub fn new(status: StatusCode, headers: HeaderMap, attempts: u32, elapsed: Duration) -> Self {
        Self {
            operation: None,
            status,
            headers,
            attempts,
            elapsed,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// Returns the reason phrase that HTTP defines for the status, else `HTTP <status>`.
    pub(crate) fn reason(&self) -> String {
        match self.status.canonical_reason() {
            Some(reason) => reason.to_owned(),
            None => format!("HTTP {}", self.status.as_u16()),
        }
    }

    /// All headers as they came.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header by its name, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The request's id (`X-Request-Id`), to quote to support.
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-request-id")
    }

    /// The entity tag (`ETag`), quotes included.
    pub fn etag(&self) -> Option<&str> {
        self.header("etag")
    }

    /// How much of the request quota is left (`RateLimit`, `RateLimit-Policy`).
    pub fn rate_limit(&self) -> Option<RateLimit> {
        RateLimit::parse(&self.headers)
    }

    /// Since when the operation is deprecated (`Deprecation`, RFC 9745), in seconds since the
    /// epoch; absent when it is not, and where the header does not say so.
    pub fn deprecated_since(&self) -> Option<i64> {
        self.header("deprecation")?
            .trim()
            .strip_prefix('@')?
            .parse()
            .ok()
    }

    /// When the operation will stop answering (`Sunset`, RFC 8594); after that it is 410.
    pub fn sunset(&self) -> Option<std::time::SystemTime> {
        httpdate::parse_http_date(self.header("sunset")?.trim()).ok()
    }

    /// Where the deprecation is explained (`Link` with `rel="deprecation"`): a URL, as the API wrote
    /// it.
    pub fn deprecation_link(&self) -> Option<&str> {
        link::target(&self.headers, "deprecation")
    }

    /// What takes the operation's place (`Link` with `rel="successor-version"`): a URL, as the API
    /// wrote it.
    pub fn successor_link(&self) -> Option<&str> {
        link::target(&self.headers, "successor-version")
    }

    /// How many requests were sent for this answer, at least 1.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long the call took, waits included.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }
}

impl fmt::Debug for Meta {
    /// Leaves headers out: they may hold secrets.
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
    use crate::http::raw_response::tests::answer;

    #[test]
    fn reads_the_lifecycle_headers() {
        let headers = [
            ("deprecation", "@1700000000"),
            ("sunset", "Sun, 06 Nov 1994 08:49:37 GMT"),
            (
                "link",
                "<https://x.test/d>; rel=deprecation, </v2>; rel=\"successor-version\"",
            ),
        ];
        let meta = answer(200, &headers, "1")
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
        let none = answer(200, &[("deprecation", "true"), ("sunset", "soon")], "1");
        let none = none.json::<u8>().unwrap();
        assert_eq!(
            (none.meta().deprecated_since(), none.meta().sunset()),
            (None, None)
        );
    }
}
