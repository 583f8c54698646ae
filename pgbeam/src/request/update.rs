//! Replacing a resource.

use pgbeam_api::{Error, Response};

use super::awaitable;
use crate::{
    CallOptions, Project,
    resource::{Input, Resource},
};

/// Replaces a resource. What the input does not set goes back to its default.
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct Update<R: Resource> {
    project: Project,
    id: String,
    input: R::Input,
    if_match: Option<String>,
    options: CallOptions,
}

impl<R: Resource> Update<R> {
    pub(crate) fn new(project: Project, id: &str, input: R::Input) -> Self {
        Self { project, id: id.to_owned(), input, if_match: None, options: CallOptions::new() }
    }

    /// Replaces it only if it is still the one that this `ETag` stands for.
    ///
    /// Otherwise the answer is 412 ([`Error::is_precondition_failed`]) and nothing changes. `*`
    /// stands for whatever exists.
    pub fn if_match(mut self, etag: impl Into<String>) -> Self {
        self.if_match = Some(etag.into());
        self
    }

    call_options!(options);

    async fn run(self) -> Result<Response<R>, Error> {
        let call = super::call(&self.project, R::UPDATE, self.options).path(R::ID, self.id);
        let call = super::conditional(call, "If-Match", self.if_match.as_deref());
        let answer = call.invalid(self.input.check()).json(self.input.members()).send().await?;
        Ok(answer.json::<R::Wire>()?.map(Into::into))
    }
}

awaitable!(Update<R> => Response<R>);
