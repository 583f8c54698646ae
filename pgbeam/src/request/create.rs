//! Making a resource.

use pgbeam_api::{Error, Response};

use super::awaitable;
use crate::{
    CallOptions, Project,
    resource::{Input, Resource},
};

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
        Self { project, input, options: CallOptions::new() }
    }

    call_options!(options);

    async fn run(self) -> Result<Response<R>, Error> {
        let call = super::call(&self.project, R::CREATE, self.options);
        let answer = call.invalid(self.input.check()).json(self.input.members()).send().await?;
        Ok(answer.json::<R::Wire>()?.map(Into::into))
    }
}

awaitable!(Create<R> => Response<R>);
