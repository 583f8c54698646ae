//! `Response` and `Conditional`: parsed success responses.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use bytes::Bytes;

use crate::{Error, Meta};

/// A parsed success response: the value and the response metadata.
///
/// A `Response<T>` dereferences to the value, a `T`.
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    meta: Meta,
    body: Bytes,
}

impl<T> Response<T> {
    /// Creates a response with an empty body, for tests and for wrappers of this crate.
    pub fn new(value: T, meta: Meta) -> Self {
        let body = Bytes::new();
        Self { value, meta, body }
    }

    /// Creates a response with the body from which the value was parsed.
    pub(crate) fn with_body(value: T, meta: Meta, body: Bytes) -> Self {
        Self { value, meta, body }
    }

    /// Returns the body of a JSON response as the server sent it. Empty for a stream and for an operation
    /// without content.
    ///
    /// The body may contain secrets: do not log it.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the value.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Returns the value and the response metadata.
    pub fn into_parts(self) -> (T, Meta) {
        (self.value, self.meta)
    }

    /// Maps the value and keeps the metadata and the body.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            value: f(self.value),
            meta: self.meta,
            body: self.body,
        }
    }

    /// Returns the response metadata: status, headers and attempts.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Returns the request id, to pass to support.
    pub fn request_id(&self) -> Option<&str> {
        self.meta.request_id()
    }

    /// Returns the entity tag (`ETag`), including its quotes, for `if_match` or `if_none_match`. The API
    /// sends no entity tag in the response to a PUT.
    pub fn etag(&self) -> Option<&str> {
        self.meta.etag()
    }

    /// Returns the entity tag, for a write that must not overwrite a concurrent change.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no `ETag`. Read the resource with
    /// a GET to get its entity tag.
    pub fn require_etag(&self) -> Result<&str, Error> {
        self.etag().ok_or_else(|| {
            let message = "the response has no ETag, which is needed to detect concurrent changes";
            Error::new(crate::ErrorKind::Decode, message)
                .with_attempts(self.meta.attempts(), self.meta.elapsed())
        })
    }
}

impl<T> Deref for Response<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("value", &self.value)
            .field("meta", &self.meta)
            .finish()
    }
}

/// The response to a read that accepts `If-None-Match`.
#[derive(Debug, Clone)]
pub enum Conditional<T> {
    /// 2xx: the resource does not match the entity tag, or the request has no entity tag.
    Modified(Response<T>),
    /// 304: the resource matches the entity tag. The response has no body.
    NotModified(Meta),
}

impl<T> Conditional<T> {
    /// Returns the response with the new value, or `None` for 304.
    pub fn modified(self) -> Option<Response<T>> {
        match self {
            Self::Modified(response) => Some(response),
            Self::NotModified(_) => None,
        }
    }

    /// Returns the response with the value, for a read without `If-None-Match`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) with status 304 if the server sent 304.
    pub fn into_modified(self) -> Result<Response<T>, Error> {
        match self {
            Self::Modified(response) => Ok(response),
            Self::NotModified(meta) => Err(Error::from_response(meta, Bytes::new())),
        }
    }

    /// Returns `true` for 304: the resource matches the entity tag.
    pub fn is_not_modified(&self) -> bool {
        matches!(self, Self::NotModified(_))
    }

    /// Returns the response metadata: status, headers and attempts.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Modified(response) => response.meta(),
            Self::NotModified(meta) => meta,
        }
    }

    /// Maps the value, if any.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Conditional<U> {
        match self {
            Self::Modified(response) => Conditional::Modified(response.map(f)),
            Self::NotModified(meta) => Conditional::NotModified(meta),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::http::raw_response::tests::response;

    #[test]
    fn require_etag_returns_the_etag_or_an_error() {
        let tagged = response(200, &[("etag", "\"a\"")], "7")
            .json::<u8>()
            .unwrap();
        assert_eq!(tagged.require_etag().unwrap(), "\"a\"");
        let untagged = response(200, &[], "7").json::<u8>().unwrap();
        assert!(untagged.require_etag().unwrap_err().is_decode());
    }

    #[test]
    fn parses_304_as_not_modified() {
        let not_modified = response(304, &[("etag", "\"a\"")], "")
            .conditional::<u8>()
            .unwrap();
        assert!(not_modified.is_not_modified());
        assert_eq!(not_modified.meta().etag(), Some("\"a\""));
        let unexpected = not_modified.into_modified().unwrap_err();
        assert_eq!(
            (unexpected.status(), unexpected.operation()),
            (Some(304), Some("getPolicyProfile"))
        );
        assert_eq!(
            *response(200, &[], "7")
                .conditional::<u8>()
                .unwrap()
                .modified()
                .unwrap(),
            7
        );
        assert_eq!(
            response(412, &[], "")
                .conditional::<u8>()
                .unwrap_err()
                .status(),
            Some(412)
        );
    }
}
