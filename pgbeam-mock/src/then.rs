//! `Then`: sets the response of a mock.

use std::{fmt, marker::PhantomData};

use serde::Serialize;

use crate::Problem;

/// Sets the response of a mock. `O` is the request builder of the operation in `pgbeam-api`.
///
/// Each operation has generated methods for its success responses, such as `ok`. All operations have the methods
/// below.
pub struct Then<O> {
    inner: httpmock::Then,
    operation: PhantomData<fn() -> O>,
}

impl<O> Then<O> {
    pub(crate) fn new(inner: httpmock::Then) -> Self {
        Self {
            inner,
            operation: PhantomData,
        }
    }

    /// Responds with a problem document. The response has the status of the problem document, and its request id as
    /// the header `X-Request-Id`.
    pub fn problem(self, problem: Problem) -> Self {
        let json = problem.to_json().to_string();
        let then = self.bytes(problem.status(), "application/problem+json", json);
        then.header("X-Request-Id", &problem.request_id)
    }

    /// Responds with any status and any JSON, for example an error that is not a problem document.
    ///
    /// # Panics
    ///
    /// If `value` cannot be serialized to JSON.
    pub fn json(self, status: u16, value: &(impl Serialize + ?Sized)) -> Self {
        self.and(|then| {
            then.status(status)
                .header("Content-Type", "application/json")
                .json_body_obj(value)
        })
    }

    /// Responds with any status and no body.
    pub fn empty(self, status: u16) -> Self {
        self.and(|then| then.status(status))
    }

    /// Responds with any status and a body of any media type, for example an HTML page of a gateway.
    pub fn bytes(self, status: u16, media_type: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.and(|then| {
            then.status(status)
                .header("Content-Type", media_type)
                .body(bytes)
        })
    }

    /// Adds the header `ETag`. `etag` must include the quotes.
    pub fn etag(self, etag: &str) -> Self {
        self.header("ETag", etag)
    }

    /// Adds a response header.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.and(|then| then.header(name, value))
    }

    /// Changes the underlying [`httpmock::Then`] with `configure`, for example to add a delay.
    pub fn and(self, configure: impl FnOnce(httpmock::Then) -> httpmock::Then) -> Self {
        Self::new(configure(self.inner))
    }
}

impl<O> fmt::Debug for Then<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then").finish_non_exhaustive()
    }
}
