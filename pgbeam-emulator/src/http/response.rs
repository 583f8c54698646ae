//! `Response`: the HTTP response to a request, with its body in memory.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// An HTTP response. It can be cloned, so that it can be stored for an idempotency key.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Response {
    /// Creates a response without a body.
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// Creates a response with `body` as JSON. Returns a 500 if `body` cannot be serialized, which does not happen
    /// with the types of this crate.
    pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let mut response = Self::empty(status);
        match serde_json::to_vec(body) {
            Ok(bytes) => {
                response.body = Bytes::from(bytes);
                response.set_header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            Err(_) => response.status = StatusCode::INTERNAL_SERVER_ERROR,
        }
        response
    }

    /// Sets a header. Replaces all its previous values.
    pub(crate) fn set_header(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// Adds the header `ETag`, computed from the body.
    pub(crate) fn with_etag(mut self) -> Self {
        let tag = etag(&self.body);
        if let Ok(value) = HeaderValue::from_str(&tag) {
            self.set_header(ETAG, value);
        }
        self
    }
}

/// Returns the strong entity tag of a response body, with its quotes.
pub(crate) fn etag(representation: &[u8]) -> String {
    format!("\"{}\"", short_hash(representation))
}

/// Returns the first 128 bits of the SHA-256 hash of `bytes`, in hexadecimal.
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
    fn etags_are_strong_quoted_and_differ_by_content() {
        let tag = etag(b"{}");
        assert!(
            tag.starts_with('"') && tag.ends_with('"') && tag.len() == 34,
            "{tag}"
        );
        assert_eq!(tag, etag(b"{}"));
        assert_ne!(tag, etag(b"{ }"));
    }
}
