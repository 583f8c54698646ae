//! Replacing a resource.

use pgbeam_api::{Error, Response};

use super::awaitable;
use crate::{CallOptions, Project, original, resource::Resource};

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
        Self {
            project,
            id: id.to_owned(),
            input,
            if_match: None,
            options: CallOptions::new(),
        }
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

    fn run(self) -> impl Future<Output = Result<Response<R>, Error>> + Send {
        let mut call = super::call(&self.project, R::UPDATE, self.options);
        call.set_path(R::ID, self.id);
        let call = super::conditional(call, "If-Match", self.if_match.as_deref());
        let call = super::with_body(call, &self.input);
        async { Ok(original::read(call.send().await?)?.map(R::of)) }
    }
}

awaitable!(Update<R> => Response<R>);
