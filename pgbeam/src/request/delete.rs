//! Removing a resource.

use std::marker::PhantomData;

use pgbeam_api::{Error, Response};

use super::awaitable;
use crate::{CallOptions, Project, resource::Resource};

/// Deletes a resource.
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct Delete<R> {
    project: Project,
    id: String,
    options: CallOptions,
    of: PhantomData<fn() -> R>,
}

impl<R: Resource> Delete<R> {
    pub(crate) fn new(project: Project, id: &str) -> Self {
        Self {
            project,
            id: id.to_owned(),
            options: CallOptions::new(),
            of: PhantomData,
        }
    }

    call_options!(options);

    async fn run(self) -> Result<Response<()>, Error> {
        super::call(&self.project, R::DELETE, self.options)
            .path(R::ID, self.id)
            .send()
            .await?
            .empty()
    }
}

awaitable!(Delete<R> => Response<()>);
