//! A decoded answer, with what its headers say.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use bytes::Bytes;

use crate::{Error, Meta};

/// A decoded answer: the value, which it dereferences to, and what came with it.
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    meta: Meta,
    body: Bytes,
}

impl<T> Response<T> {
    /// A value with what came with it; for tests, and for wrappers of this crate.
    pub fn new(value: T, meta: Meta) -> Self {
        let body = Bytes::new();
        Self { value, meta, body }
    }

    /// A value that was read from this body.
    pub(crate) fn with_body(value: T, meta: Meta, body: Bytes) -> Self {
        Self { value, meta, body }
    }

    /// The body as the server sent it; empty if there was none, or if it is a stream. It may hold what
    /// should not be logged.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The value and what came with it.
    pub fn into_parts(self) -> (T, Meta) {
        (self.value, self.meta)
    }

    /// Changes the value and keeps what came with it.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            value: change(self.value),
            meta: self.meta,
            body: self.body,
        }
    }

    /// Status, headers and what they say.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The request's id, to quote to support.
    pub fn request_id(&self) -> Option<&str> {
        self.meta.request_id()
    }

    /// The entity tag, quotes included, to give to `if_match` or `if_none_match`. A PUT's answer
    /// carries none.
    pub fn etag(&self) -> Option<&str> {
        self.meta.etag()
    }

    /// The entity tag, for a write that must not overwrite what somebody else changes meanwhile.
    ///
    /// # Errors
    ///
    /// Kind [`Decode`](crate::ErrorKind::Decode) when the answer carries none.
    pub fn require_etag(&self) -> Result<&str, Error> {
        self.etag().ok_or_else(|| {
            let message = "the answer carries no ETag, without which a change that somebody else \
                           makes meanwhile would be lost";
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

/// The answer to a read with `If-None-Match`.
#[derive(Debug, Clone)]
pub enum Conditional<T> {
    /// 200: the resource is not the one that the entity tag stands for; here it is.
    Modified(Response<T>),
    /// 304: it is, so nothing was sent again.
    NotModified(Meta),
}

impl<T> Conditional<T> {
    /// The new value, when there is one.
    pub fn modified(self) -> Option<Response<T>> {
        match self {
            Self::Modified(response) => Some(response),
            Self::NotModified(_) => None,
        }
    }

    /// The new value, for a read that named no entity tag and so must have one.
    ///
    /// # Errors
    ///
    /// The API's error with status 304 where nobody asked for it.
    pub fn into_modified(self) -> Result<Response<T>, Error> {
        match self {
            Self::Modified(response) => Ok(response),
            Self::NotModified(meta) => Err(Error::from_response(meta, Bytes::new())),
        }
    }

    /// Whether the resource is still the one that the entity tag stands for.
    pub fn is_not_modified(&self) -> bool {
        matches!(self, Self::NotModified(_))
    }

    /// Status, headers and what they say.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Modified(response) => response.meta(),
            Self::NotModified(meta) => meta,
        }
    }

    /// Changes the value, where there is one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Conditional<U> {
        match self {
            Self::Modified(response) => Conditional::Modified(response.map(change)),
            Self::NotModified(meta) => Conditional::NotModified(meta),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::http::raw_response::tests::answer;

    #[test]
    fn an_etag_that_is_required_is_there_or_an_error() {
        let tagged = answer(200, &[("etag", "\"a\"")], "7").json::<u8>().unwrap();
        assert_eq!(tagged.require_etag().unwrap(), "\"a\"");
        let untagged = answer(200, &[], "7").json::<u8>().unwrap();
        assert!(untagged.require_etag().unwrap_err().is_decode());
    }

    #[test]
    fn not_modified_is_a_value() {
        let kept = answer(304, &[("etag", "\"a\"")], "")
            .conditional::<u8>()
            .unwrap();
        assert!(kept.is_not_modified());
        assert_eq!(kept.meta().etag(), Some("\"a\""));
        let unasked = kept.into_modified().unwrap_err();
        assert_eq!(
            (unasked.status(), unasked.operation()),
            (Some(304), Some("getPolicyProfile"))
        );
        assert_eq!(
            *answer(200, &[], "7")
                .conditional::<u8>()
                .unwrap()
                .modified()
                .unwrap(),
            7
        );
        assert_eq!(
            answer(412, &[], "")
                .conditional::<u8>()
                .unwrap_err()
                .status(),
            Some(412)
        );
    }
}
