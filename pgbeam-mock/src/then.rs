//! How a request is answered.

use std::{fmt, marker::PhantomData};

use serde::Serialize;

use crate::Problem;

/// How a request of the operation whose builder is `O` is answered.
///
/// Each operation has its answers of success as methods of its own; these here are the same for all.
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

    /// An error of the API, with its problem document.
    pub fn problem(self, problem: Problem) -> Self {
        let json = problem.json().to_string();
        let then = self.bytes(problem.status(), "application/problem+json", json);
        then.header("X-Request-Id", problem.id())
    }

    /// Any status with any JSON: what an operation answers errors with beside problem documents, or
    /// what no API should answer.
    pub fn json(self, status: u16, value: &(impl Serialize + ?Sized)) -> Self {
        self.and(|then| {
            then.status(status)
                .header("Content-Type", "application/json")
                .json_body_obj(value)
        })
    }

    /// Any status and no body.
    pub fn empty(self, status: u16) -> Self {
        self.and(|then| then.status(status))
    }

    /// Any status with bytes of any media type, the HTML of a gateway for instance.
    pub fn bytes(self, status: u16, media_type: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.and(|then| {
            then.status(status)
                .header("Content-Type", media_type)
                .body(bytes)
        })
    }

    /// The entity tag of the answer, quotes included.
    pub fn etag(self, etag: &str) -> Self {
        self.header("ETag", etag)
    }

    /// A header of the answer.
    pub fn header(self, name: &str, value: &str) -> Self {
        self.and(|then| then.header(name, value))
    }

    /// All else that `httpmock` can do, such as a delay.
    pub fn and(self, set: impl FnOnce(httpmock::Then) -> httpmock::Then) -> Self {
        Self::new(set(self.inner))
    }
}

impl<O> fmt::Debug for Then<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Then").finish_non_exhaustive()
    }
}
