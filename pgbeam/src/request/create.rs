//! Making a resource.

use pgbeam_api::{Error, Response};

use super::awaitable;
use crate::{CallOptions, Project, original, resource::Resource};

/// Creates a resource.
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct Create<R: Resource> {
    project: Project,
    input: R::Input,
    options: CallOptions,
}

impl<R: Resource> Create<R> {
    pub(crate) fn new(project: Project, input: R::Input) -> Self {
        Self {
            project,
            input,
            options: CallOptions::new(),
        }
    }

    call_options!(options);

    fn run(self) -> impl Future<Output = Result<Response<R>, Error>> + Send {
        let call = super::call(&self.project, R::CREATE, self.options);
        let call = super::with_body(call, &self.input);
        async { Ok(original::read(call.send().await?)?.map(R::of)) }
    }
}

awaitable!(Create<R> => Response<R>);
