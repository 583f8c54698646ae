//! Reading a resource.

use std::marker::PhantomData;

use pgbeam_api::{Conditional, Error, Response};

use super::awaitable;
use crate::{CallOptions, Project, original, resource::Resource};

/// Reads a resource.
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct Get<R> {
    project: Project,
    id: String,
    options: CallOptions,
    of: PhantomData<fn() -> R>,
}

impl<R: Resource> Get<R> {
    pub(crate) fn new(project: Project, id: &str) -> Self {
        Self {
            project,
            id: id.to_owned(),
            options: CallOptions::new(),
            of: PhantomData,
        }
    }

    /// Asks for it only if it is no longer the one that this `ETag` stands for.
    ///
    /// The answer is then a [`Conditional`]: "not modified" is a value, not an error.
    ///
    /// ```no_run
    /// # async fn run(policies: pgbeam::policies::Policies) -> Result<(), pgbeam::Error> {
    /// use pgbeam::Conditional;
    ///
    /// let profile = policies.get("pol_xxx").await?;
    /// let etag = profile.etag().unwrap_or_default().to_owned();
    /// match policies.get("pol_xxx").if_none_match(etag).await? {
    ///     Conditional::Modified(profile) => println!("now {}", profile.name()),
    ///     Conditional::NotModified(_) => println!("still the same"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn if_none_match(self, etag: impl Into<String>) -> GetIfNoneMatch<R> {
        GetIfNoneMatch {
            request: self,
            etag: etag.into(),
        }
    }

    call_options!(options);

    async fn run(self) -> Result<Response<R>, Error> {
        let call = super::call(&self.project, R::GET, self.options).path(R::ID, self.id);
        Ok(original::read(call.send().await?)?.map(R::of))
    }
}

awaitable!(Get<R> => Response<R>);

/// Reads a resource if it has changed; from [`Get::if_none_match`].
#[derive(Clone, Debug)]
#[must_use = "a request is sent when it is awaited"]
pub struct GetIfNoneMatch<R> {
    request: Get<R>,
    etag: String,
}

impl<R: Resource> GetIfNoneMatch<R> {
    call_options!(request.options);

    async fn run(self) -> Result<Conditional<R>, Error> {
        let Get {
            project,
            id,
            options,
            ..
        } = self.request;
        let call = super::call(&project, R::GET, options).path(R::ID, id);
        let call = super::conditional(call, "If-None-Match", Some(&self.etag));
        Ok(original::read_conditional(call.send().await?)?.map(R::of))
    }
}

awaitable!(GetIfNoneMatch<R> => Conditional<R>);
