//! An HTTP answer as data: what a handler decides, before any connection is involved.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Status, headers and body. Cloned to be replayed for an idempotency key.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Response {
    /// An answer without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// An answer with `body` as JSON. Everything that is passed here serialises: the
    /// types are this crate's own, with string keys throughout.
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let mut response = Self::empty(status);
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                response.body = Bytes::from(bytes);
                response.set(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            Err(_) => response.status = StatusCode::INTERNAL_SERVER_ERROR,
        }
        response
    }

    /// Sets a header in place of any of the same name.
    pub(crate) fn set(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// The answer with the `ETag` of its body.
    pub(crate) fn with_etag(mut self) -> Self {
        let tag = etag(&self.body);
        if let Ok(value) = HeaderValue::from_str(&tag) {
            self.set(ETAG, value);
        }
        self
    }
}

/// A strong entity tag, quoted: equal tags mean equal bytes.
pub(crate) fn etag(representation: &[u8]) -> String {
    format!("\"{}\"", short_hash(representation))
}

/// 128 bits of SHA-256 in hexadecimal.
pub(crate) fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_strong_quoted_and_follow_the_bytes() {
        let tag = etag(b"{}");
        assert!(
            tag.starts_with('"') && tag.ends_with('"') && tag.len() == 34,
            "{tag}"
        );
        assert_eq!(tag, etag(b"{}"));
        assert_ne!(tag, etag(b"{ }"));
    }
}
